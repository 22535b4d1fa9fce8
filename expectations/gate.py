"""Run the gates: on a delivery before it is promoted, on the marts before they are released.

A gate reads and never writes. See `orchestration` for the consequences, and `expectations.disclosure` for the disclosure audit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from expectations.delivery.cell_checks import read_delivery
from expectations.delivery.header_drift import missing_columns
from expectations.delivery.suite_from_contract import DeliveryFacts, delivery_suite
from expectations.delivery.unmapped_labels import Labels
from expectations.engine.checks import Check
from expectations.engine.runner import Session
from expectations.marts.suites import Place, Suite, read_suites, suite_checks
from expectations.results import Finding, GateResult, Severity
from ingest.contract import Contract
from ingest.contract.vocabulary import Vocabulary, load_vocabulary
from warehouse import dialect
from warehouse.sql import identifier


def gate_delivery(
    database: Engine | Path,
    contract: Contract,
    facts: DeliveryFacts,
    labels: Labels,
    *,
    schema: str = "delivery",
    table: str | None = None,
    vocabulary: Vocabulary | None = None,
) -> GateResult:
    """Evaluate one delivery, `<schema>.<table>` (by default `delivery.<source>`): text under the contract's names.

    `database`: an engine of `warehouse.dialect`, or the path of a file that this process may open, or has open.
    """
    relation = f"{identifier(schema)}.{identifier(table or contract.source)}"
    reading = read_delivery(contract, relation, missing_columns(contract, facts.columns_missing), labels, facts.city_zone)
    checks = delivery_suite(contract, reading, facts, labels, vocabulary or load_vocabulary())
    findings = Session(database).run(contract.source, reading.query, checks)
    return GateResult("delivery", contract.source, tuple(_located(database, reading.query, checks, findings)))


def gate_build(
    database: Engine | Path,
    suites: Iterable[Suite] | None = None,
    *,
    attached: str = "release",
    schema: str = "marts",
    kept: Mapping[str, GateResult] | None = None,
    grown: Mapping[str, Sequence[str]] | None = None,
) -> list[GateResult]:
    """Evaluate the marts: one result per table, in the order of their names.

    `database` as in `gate_delivery`; `attached` is the name under which it has the file with `schema` attached. A suite
    without its table is a critical failure, a table without a suite a warning. `kept`: earlier results by subject that
    are still valid, because neither the table nor one that its suite reads has changed. `grown`: by table, the new loads of a
    table that had passed its suite (`suite_checks`).
    """
    chosen = {suite.table: suite for suite in (read_suites() if suites is None else suites)}
    place = Place(attached, schema)
    there = _tables(database, place)
    results = []
    session: Session | None = None
    for table in sorted({*chosen, *there}):
        subject = f"{schema}.{table}"
        if kept and subject in kept and table in there and table in chosen:
            results.append(kept[subject])
            continue
        if table not in there:
            findings = _unjudged("table_exists", "critical", f"{subject} does not exist; build it, or remove its suite")
        elif table not in chosen:
            findings = _unjudged("suite_exists", "warning", f"{subject} has no suite; write expectations/suites/{table}.yml")
        else:
            session = session or Session(database)
            checks = suite_checks(chosen[table], place, (grown or {}).get(table))
            findings = session.run(subject, f"select * from {place.table(table)}", checks)
        results.append(GateResult("build", subject, findings))
    return results


def _located(database: Engine | Path, query: str, checks: Sequence[Check], findings: Sequence[Finding]) -> Iterator[Finding]:
    """The findings; a failure on rows also names the first file and record, so that the steward can find it."""
    failed = [
        at
        for at, finding in enumerate(findings)
        if not finding.success and finding.observed is not None and checks[at].type == "expect_share_of_rows"
    ]
    places: dict[int, str] = {}
    if failed:
        conditions = [f"filter (where ({checks[at].kwargs['among']}) and ({checks[at].kwargs['rows']}))" for at in failed]
        columns = [f"min((_source_file, _source_row)) {rows}, count(distinct _source_file) {rows}" for rows in conditions]
        try:
            with _engine(database).connect() as connection:
                row = connection.exec_driver_sql(f"select {', '.join(columns)} from ({query})").one()
        except SQLAlchemyError:
            # the result is valid without the location
            yield from findings
            return
        for number, at in enumerate(failed):
            (file, record), files = row[2 * number], row[2 * number + 1]
            more = f", and in {files - 1} more files" if files > 1 else ""
            places[at] = f"; first in {file}, record {record}{more}"
    for at, finding in enumerate(findings):
        yield dataclasses.replace(finding, message=finding.message + places.get(at, ""))


def _engine(database: Engine | Path) -> Engine:
    return dialect.engine(database) if isinstance(database, Path) else database


def _tables(database: Engine | Path, place: Place) -> set[str]:
    query = text("select table_name from duckdb_tables() where database_name = :database and schema_name = :schema")
    with _engine(database).connect() as connection:
        return set(connection.execute(query, {"database": place.database, "schema": place.schema}).scalars())


def _unjudged(expectation: str, severity: Severity, message: str) -> tuple[Finding, ...]:
    return (Finding(expectation, None, severity, False, None, None, message),)
