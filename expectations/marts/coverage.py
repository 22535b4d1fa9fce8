"""Check what the deliveries cover: missing periods and districts, unusual volumes, and periods that an earlier release had.

Each finding is a warning: figures of a period that is not covered are withheld, whatever the gate does. Rows and thresholds are
those of the dbt models in `models/measures/coverage`; a message names sources, periods and districts, and no count of records.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine

from expectations.marts.failing_rows import LISTED
from expectations.results import ExpectationResult, GateResult
from warehouse import dialect
from warehouse.sql import queries

SUBJECT = "quality.coverage"
_SQL = queries(
    Path(__file__).with_suffix(".sql.jinja"),
    coverage="intermediate.int_sources__coverage",
    places="intermediate.int_source_places__missing",
)


def check_coverage(database: Engine | Path, *, previous: str | None = None) -> GateResult:
    """The findings on the candidate; `previous`: the name under which the file of the current release is attached, if any."""
    with dialect.engine(database).connect() as connection:
        findings = [
            _finding("periods_covered", _texts(connection, _SQL.lacking()), "due, and not covered by the deliveries"),
            _finding("volume_usual", _texts(connection, _SQL.unusual()), "not the usual number of records"),
            _finding(
                "districts_present",
                _texts(connection, _SQL.empty_places()),
                "without a record, and with records in each period before",
            ),
        ]
        if previous and _has_coverage(connection, previous):
            lost = _texts(connection, _SQL.lost(previous))
            findings.append(_finding("periods_stay", lost, "covered in the current release, and no longer"))
    return GateResult("build", SUBJECT, tuple(findings))


def _texts(connection: Connection, query: str) -> list[str]:
    return [str(row[0]) for row in connection.exec_driver_sql(query)]


def _has_coverage(connection: Connection, database: str) -> bool:
    known = "select 1 from duckdb_tables() where database_name = $1 and schema_name = 'quality' and table_name = 'coverage'"
    return connection.exec_driver_sql(known, (database,)).first() is not None


def _finding(name: str, found: Sequence[str], problem: str) -> ExpectationResult:
    more = f" and {len(found) - LISTED} more (quality.coverage)" if len(found) > LISTED else ""
    message = f"{SUBJECT}: {problem}: {'; '.join(found[:LISTED])}{more}" if found else ""
    return ExpectationResult(name, None, "warning", not found, float(len(found)), 0.0, message)
