"""Run the gate on the marts, before Levelground releases them.

A gate reads and never writes. See `orchestration.pipeline.gates` for the consequences, and
`expectations.published.public_file_gate` for the public tables, which use the same suites.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from expectations.engine.runner import Session
from expectations.marts.failing_rows import LISTED
from expectations.marts.suites import Place, Suite, placed_sql, read_suites, suite_checks
from expectations.results import ExpectationResult, GateResult, Severity
from warehouse.connection import joined
from warehouse.printable import first_names
from warehouse.sql import columns_of, identifier, one_value, tables_of

OnTable = Callable[[str, int, int], None]
OnResult = Callable[[GateResult], None]


def gate_build(
    database: Path,
    suites: Iterable[Suite] | None = None,
    *,
    schema: str = "release.marts",
    valid_results: Mapping[str, GateResult] | None = None,
    grown: Mapping[str, Sequence[str]] | None = None,
    on_table: OnTable = lambda *_: None,
    on_result: OnResult = lambda _: None,
) -> list[GateResult]:
    """Evaluate the marts: one result per table, in the order of their names.

    `database`: the path of a file that this process may open, or has open. `schema` of the
    tables, after the name under which it has their file attached. A suite without its table is a critical failure; a table
    without a suite is noted. `valid_results`: earlier results by subject that are still valid, because neither the table nor one
    that its suite reads has changed. `grown`: by table, the new loads of a table that had passed its suite (`suite_checks`).
    `on_table` is called before each table: its name, its number, of how many. `on_result` gets each result at once.
    """
    chosen = {suite.table: suite for suite in (read_suites() if suites is None else suites)}
    attached, _, schema = schema.partition(".")
    place = Place(attached, schema, council_district(database, attached))
    tables = _tables(database, place)
    results = []
    session: Session | None = None
    ordered = sorted({*chosen, *tables})
    for number, table in enumerate(ordered, 1):
        subject = f"{schema}.{table}"
        on_table(subject, number, len(ordered))
        if valid_results and subject in valid_results and table in tables and table in chosen:
            results.append(valid_results[subject])
            on_result(results[-1])
            continue
        if table not in tables:
            findings = _not_evaluated("table_exists", "critical", f"{subject} does not exist; build it, or remove its suite")
        elif table not in chosen:
            findings = _not_evaluated("suite_exists", "info", f"{subject} has no suite; write expectations/suites/{table}.yml")
        else:
            session = session or Session(database)
            checks = tuple(suite_checks(chosen[table], place, (grown or {}).get(table)))
            found = session.run(subject, f"select * from {place.table(table)}", checks)
            findings = tuple(_with_names(database, chosen[table], place, finding) for finding in found)
        results.append(GateResult("build", subject, findings))
        on_result(results[-1])
    return results


def _with_names(database: Path, suite: Suite, place: Place, finding: ExpectationResult) -> ExpectationResult:
    """The finding whose message lists the keys that its rule names, at most `LISTED`."""
    rule = next((rule for rule in suite.rules if rule.name == finding.expectation), None)
    if finding.success or finding.observed is None or rule is None or rule.no_rows is None or not rule.names:
        return finding
    names = ", ".join(map(identifier, rule.names))
    query = f"select distinct {names} from ({placed_sql(rule.no_rows, suite, place)}) as failing order by all"
    with joined(database) as con:
        rows = [" ".join(map(str, row)) for row in con.execute(query).fetchall()]
    return dataclasses.replace(finding, message=f"{finding.message}: {first_names(rows, LISTED)}")


def council_district(database: Path, attached: str) -> str:
    """The type of place that elects the council, as `council_place_type` of dbt finds it in the seeds."""
    reference = f"{identifier(attached)}.reference"
    council = (
        f"select types.geography_type from {reference}.place_types as types "
        f"inner join {reference}.geography_vintages as maps on types.geography_type = maps.geography_type "
        "where types.equivalent_to = 'aldermanic_district' and types.fact_columns <> 'none' "
        "and maps.valid_to is null and maps.is_city_only "
        "order by types.geography_type <> 'aldermanic_district', types.rowid"
    )
    with joined(database) as con:
        has_seed = ("reference", "place_types") in tables_of(con, attached)
        return (one_value(con, council) if has_seed else None) or Place.district


def _tables(database: Path, place: Place) -> set[str]:
    """The tables and views: a fact whose rows are in the lake is one."""
    with joined(database) as con:
        return {name for schema, name in columns_of(con, place.database) if schema == place.schema}


def _not_evaluated(expectation: str, severity: Severity, message: str) -> tuple[ExpectationResult, ...]:
    return (ExpectationResult(expectation, None, severity, False, None, None, message),)
