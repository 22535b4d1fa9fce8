"""Read what was first reported for the figures of a measure's page, and what each edition printed.

The public tables `as_reported_history` and `as_reported_editions` decide what may be repeated; a row without earlier figures is
not listed. See `changes` for the comparison with an edition.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path

from duckdb import DuckDBPyConnection

from orchestration.scorecard.release_data.open_release import Record, grouped, records
from warehouse.sql import queries

_ROW = (
    "measure_id", "measure_version", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "race_standard", "race_ethnicity_code", "tabulation", "method", "stratum_type", "stratum_code",
)  # fmt: skip
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), row=_ROW)


def read_first_reported(con: DuckDBPyConnection) -> Mapping[str, list[Record]]:
    """Return the revised figures of the place that opens each page, the newest first, with what each edition printed."""
    return grouped(records(con, _SQL.first_reported()), attrgetter("measure_id"))


def read_printed(con: DuckDBPyConnection, edition: str) -> Mapping[str, tuple[int, list[Record]]]:
    """Return per measure how many figures of an edition are others now, and those of the place that opens its page."""
    counted = con.execute(
        "select measure_id, count(*) from as_reported_editions where edition = ? group by measure_id order by measure_id",
        [edition],
    ).fetchall()
    figures = grouped(records(con, _SQL.printed(), [edition]), attrgetter("measure_id"))
    return {code: (number, figures[code]) for code, number in counted}
