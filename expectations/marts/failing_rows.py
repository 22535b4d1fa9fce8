"""Find which rows and places a failed finding on a mart or a public table is about, without private values.

A finding counts ("18 found"); `levelground try` also names what was counted. Only columns that identify a row of a measure, a
place or a delivered record are read (`NAMED`), and tracts of single records only in groups of at least `least` records.
"""

from __future__ import annotations

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from expectations.marts.suites import Place, Suite, placed_sql
from expectations.results import ExpectationResult
from warehouse.sql import identifier, one_value, quoted

# keys of measures, places and seeds; none is a cell of a delivery
NAMED = (
    "measure_id", "measure_version", "goal_id", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "tract_geoid", "from_type", "from_vintage", "from_geoid", "to_type", "to_vintage", "to_geoid", "race_standard",
    "race_ethnicity_code", "tabulation", "method", "stratum_type", "stratum_code", "reference_code", "source",
    "subject", "code", "text_id", "language_code",
)  # fmt: skip
RECORD = ("source", "_source_file", "_source_row")
LISTED = 12


@dataclass(frozen=True)
class FailingRows:
    """The distinct rows behind a finding, at most `LISTED` of `total`, under the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int


def failing_query(suite: Suite, finding: ExpectationResult, place: Place) -> str | None:
    """The query of the rows that a finding of the suite counts; None for a finding that counts no rows."""
    table, column = place.table(suite.table), quoted(finding.column) if finding.column else ""
    rule = next((rule for rule in suite.rules if rule.name == finding.expectation), None)
    if rule is not None and rule.bad_rows is not None:
        bad, among = (placed_sql(sql, suite, place) for sql in (rule.bad_rows, rule.among))
        return f"select * from {table} where ({among}) and ({bad})"
    if rule is not None:
        return None if rule.no_rows is None else placed_sql(rule.no_rows, suite, place)
    if finding.expectation == "grain":
        names = ", ".join(quoted(name) for name in suite.grain)
        return f"select * from {table} qualify count(*) over (partition by {names}) > 1"
    if finding.expectation == "not_null" and column:
        return f"select * from {table} where {column} is null"
    return None


def failing_rows(con: DuckDBPyConnection, query: str, least: int) -> tuple[FailingRows, ...]:
    """The keys of the rows of a query; of delivered records, their numbers in the files, and the tracts with `least` or more."""
    available = [row[0] for row in con.execute(f"describe select * from ({query}) as failing").fetchall()]
    if "_source_row" not in available:
        columns = [name for name in NAMED if name in available]
        found = _distinct(con, query, columns) if columns else None
        return (found,) if found else ()
    records = _distinct(con, query, [name for name in RECORD if name in available])
    if "tract_geoid" not in available:
        return (records,) if records else ()
    number = f"case when count(*) >= {int(least)} then cast(count(*) as varchar) else 'fewer than {int(least)}' end"
    tracts = f"select tract_geoid, {number} as records from ({query}) as failing group by tract_geoid"
    return tuple(found for found in (records, _distinct(con, tracts, ["tract_geoid", "records"])) if found)


def _distinct(con: DuckDBPyConnection, query: str, columns: list[str]) -> FailingRows | None:
    names = ", ".join(identifier(name) for name in columns)
    distinct = f"select distinct {names} from ({query}) as failing"
    number = one_value(con, f"select count(*) from ({distinct})")
    if not number:
        return None
    rows = con.execute(f"{distinct} order by all limit {LISTED}").fetchall()
    return FailingRows(tuple(columns), tuple(tuple("" if cell is None else str(cell) for cell in row) for row in rows), number)
