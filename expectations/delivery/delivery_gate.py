"""Run the gate on a delivery, before Levelground promotes it.

A gate reads and never writes. See `orchestration.pipeline.ingest_source` for the consequences.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from expectations.delivery.cell_checks import delivery_query
from expectations.delivery.column_differences import missing_columns
from expectations.delivery.delivery_facts import DeliveryFacts
from expectations.delivery.suite_from_contract import delivery_suite
from expectations.delivery.unmapped_labels import Labels
from expectations.engine.checks import Check
from expectations.engine.runner import Session
from expectations.results import ExpectationResult, GateResult
from ingest.contract import Contract
from ingest.contract.vocabularies import Vocabulary
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
    reading = delivery_query(contract, relation, missing_columns(contract, facts.columns_missing), labels, facts.city_zone)
    checks = delivery_suite(contract, reading, facts, labels, vocabulary or contract.vocabulary)
    findings = Session(database).run(contract.source, reading.query, checks)
    return GateResult("delivery", contract.source, tuple(_with_locations(database, reading.query, checks, findings)))


def _with_locations(
    database: Engine | Path, query: str, checks: Sequence[Check], findings: Sequence[ExpectationResult]
) -> Iterator[ExpectationResult]:
    """The findings; a failure on rows also names the first file and record, so that the steward can find it."""
    failed = [
        at
        for at, finding in enumerate(findings)
        if not finding.success and finding.observed is not None and checks[at].type == "expect_share_of_rows"
    ]
    located: dict[int, str] = {}
    if failed:
        conditions = [f"filter (where ({checks[at].kwargs['among']}) and ({checks[at].kwargs['rows']}))" for at in failed]
        columns = [f"min((_source_file, _source_row)) {rows}, count(distinct _source_file) {rows}" for rows in conditions]
        try:
            with dialect.engine(database).connect() as connection:
                row = connection.exec_driver_sql(f"select {', '.join(columns)} from ({query})").one()
        except SQLAlchemyError:
            # the result is valid without the location
            yield from findings
            return
        for at, (file, record), files in zip(failed, row[::2], row[1::2], strict=True):
            located[at] = f"{file}, record {record}{f', and in {files - 1} more files' if files > 1 else ''}"
    for at, finding in enumerate(findings):
        first = located.get(at)
        yield dataclasses.replace(finding, message=f"{finding.message}; first in {first}", first=first) if first else finding
