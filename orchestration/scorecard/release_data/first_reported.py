"""Read what was first reported for the figures of a measure's page, and what each edition printed, and put it into words.

The public tables `as_reported_history` and `as_reported_editions` decide what may be repeated; a row without earlier figures is
not listed. See `changes` for the comparison with an edition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection

from orchestration.scorecard.release_data.open_release import Record, records
from orchestration.scorecard.words.figures import Cell
from orchestration.scorecard.words.texts import Name, Period, Texts, day
from warehouse.sql import queries

HISTORY, EDITIONS = "as_reported_history", "as_reported_editions"
MOST_FIGURES = 30  # that a page lists, the newest first
_TOTAL = "all"
_ROW = (
    "measure_id", "measure_version", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "race_standard", "race_ethnicity_code", "tabulation", "method", "stratum_type", "stratum_code",
)  # fmt: skip
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), row=_ROW)


def read_first_reported(con: DuckDBPyConnection) -> Mapping[str, tuple[Record, ...]]:
    """Return the revised figures of the place that opens each page, the newest first, with what each edition printed."""
    found: dict[str, list[Record]] = defaultdict(list)
    for row in records(con, _SQL.first_reported()):
        found[row.measure_id].append(row)
    return defaultdict(tuple, {code: tuple(figures) for code, figures in found.items()})


def read_printed(con: DuckDBPyConnection, edition: str) -> Mapping[str, tuple[int, tuple[Record, ...]]]:
    """Return per measure how many figures of an edition are others now, and those of the place that opens its page."""
    counted = con.execute(
        f"select measure_id, count(*) from {EDITIONS} where edition = ? group by measure_id order by measure_id", [edition]
    ).fetchall()
    figures: dict[str, list[Record]] = defaultdict(list)
    for row in records(con, _SQL.printed(), [edition]):
        figures[row.measure_id].append(row)
    return {code: (number, tuple(figures[code])) for code, number in counted}


def first_reported_lines(figures: Sequence[Record], texts: Texts) -> tuple[Record, ...]:
    """Return the revised figures in words, without those that differ below the last digit."""
    lines = []
    for figure in figures:
        first, now = (Cell(value, figure.unit).in_language(texts) for value in (figure.first, figure.now))
        if first != now:
            code = figure.race_ethnicity_code
            group = Name("reference_group", "overall") if code == _TOTAL else Name("race_ethnicity", code)
            when = Period(figure.period_type, figure.period_start, figure.period_end).in_language(texts)
            published_on = day(figure.published_on).in_language(texts)
            written = {"period": when, "group": group.in_language(texts), "first": first, "now": now}
            lines.append(Record(figure, **written, published_on=published_on))
    return tuple(lines[:MOST_FIGURES])
