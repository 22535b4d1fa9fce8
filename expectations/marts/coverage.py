"""Check what the deliveries cover: missing periods and districts, unusual volumes, and periods that an earlier release had.

Each finding is a warning: figures of a period that is not covered are withheld, whatever the gate does. Rows and thresholds are
those of the dbt models in `models/measures/coverage`; a message names sources, periods and districts, and no count of records.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection

from expectations.marts.failing_rows import LISTED
from expectations.results import ExpectationResult, GateResult
from warehouse.connection import joined
from warehouse.printable import first_names
from warehouse.sql import queries, tables_of

SUBJECT = "quality.coverage"
# by expectation, which is the name of its query
PROBLEMS = {
    "periods_covered": "due, and not covered by the deliveries",
    "volume_usual": "not the usual number of records",
    "districts_present": "without a record, and with records in each period before",
    "periods_stay": "covered in the current release, and no longer",
}


def check_coverage(database: Path, *, previous: str | None = None) -> GateResult:
    """The findings on the candidate; `previous`: the name under which the file of the current release is attached, if any."""
    with joined(database) as con:
        if previous and not _has_coverage(con, previous):
            previous = None
        sql = queries(
            Path(__file__).with_suffix(".sql.jinja"),
            coverage="intermediate.int_sources__coverage",
            places="intermediate.int_source_places__missing",
            previous=previous,
        )
        names = [name for name in PROBLEMS if previous or name != "periods_stay"]
        findings = [_finding(name, [found for (found,) in con.execute(getattr(sql, name)()).fetchall()]) for name in names]
    return GateResult("build", SUBJECT, tuple(findings))


def _has_coverage(con: DuckDBPyConnection, database: str) -> bool:
    return ("quality", "coverage") in tables_of(con, database)


def _finding(name: str, found: Sequence[str]) -> ExpectationResult:
    message = f"{SUBJECT}: {PROBLEMS[name]}: {first_names(found, LISTED, '; ', 'more (quality.coverage)')}"
    return ExpectationResult.of_count(name, "warning", len(found), message)
