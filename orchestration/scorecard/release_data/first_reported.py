"""Read what was first reported for the figures of a measure's page, and put it into words.

The public table `as_reported_history` decides what may be repeated; a row without first figures is not listed. See `changes` for
the comparison with an edition.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from duckdb import DuckDBPyConnection
from markupsafe import Markup

from orchestration.scorecard.words.figures import Cell
from orchestration.scorecard.words.texts import Name, Period, Texts, day

TABLE = "as_reported_history"
MOST_FIGURES = 30  # that a page lists, the newest first
_TOTAL = "all"
_ROW = (
    "measure_id", "measure_version", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "race_standard", "race_ethnicity_code", "tabulation", "method",
)  # fmt: skip


class FirstReported(NamedTuple):
    """A figure that was revised: its first value, and that of now."""

    period_type: str
    period_start: dt.date
    period_end: dt.date
    race_ethnicity_code: str
    unit: str
    release_id: str
    published_on: dt.date
    first: float
    now: float


class FirstReportedLine(NamedTuple):
    """A figure that was revised, in words. `release_id`: its first release, of which an edition may exist."""

    period: Markup
    group: Markup
    first: Markup
    now: Markup
    published_on: Markup
    release_id: str


def read_first_reported(con: DuckDBPyConnection) -> Mapping[str, tuple[FirstReported, ...]]:
    """Return the revised figures of the place that opens each page, the newest first."""
    found: dict[str, list[FirstReported]] = defaultdict(list)
    rows = con.execute(
        f"""
        select rows.measure_id, rows.period_type, rows.period_start, rows.period_end, rows.race_ethnicity_code, rows.unit,
            history.first_release_id, history.first_published_on, history.first_value, history.value
        from scorecard as rows
        inner join {TABLE} as history using ({", ".join(_ROW)})
        semi join (select * from scorecard where is_featured) as featured
            on rows.measure_id = featured.measure_id and rows.period_type = featured.period_type
            and rows.geography_type = featured.geography_type and rows.geography_vintage = featured.geography_vintage
            and rows.geoid = featured.geoid
        where history.stratum_type = 'all' and history.first_value is not null and history.value is not null
            and not rows.is_stand_in
        order by rows.measure_id, rows.period_start desc, rows.group_order, rows.race_ethnicity_code
        """
    ).fetchall()
    for code, *values in rows:
        found[code].append(FirstReported(*values))
    return defaultdict(tuple, {code: tuple(figures) for code, figures in found.items()})


def first_reported_lines(figures: Sequence[FirstReported], texts: Texts) -> tuple[FirstReportedLine, ...]:
    """Return the revised figures in words, without those that differ below the last digit."""
    lines = []
    for figure in figures:
        first, now = (Cell(value, figure.unit).in_language(texts) for value in (figure.first, figure.now))
        if first != now:
            code = figure.race_ethnicity_code
            group = Name("reference_group", "overall") if code == _TOTAL else Name("race_ethnicity", code)
            when = Period(figure.period_type, figure.period_start, figure.period_end).in_language(texts)
            published_on = day(figure.published_on).in_language(texts)
            lines.append(FirstReportedLine(when, group.in_language(texts), first, now, published_on, figure.release_id))
    return tuple(lines[:MOST_FIGURES])
