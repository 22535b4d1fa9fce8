"""Read what was first reported for the figures of a measure's page, and what each edition printed, and put it into words.

The public tables `as_reported_history` and `as_reported_editions` decide what may be repeated; a row without earlier figures is
not listed. See `changes` for the comparison with an edition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from orchestration.scorecard.release_data.open_release import Record, records
from orchestration.scorecard.words.figures import Cell
from orchestration.scorecard.words.texts import Name, Period, Texts, day

HISTORY, EDITIONS = "as_reported_history", "as_reported_editions"
MOST_FIGURES = 30  # that a page lists, the newest first
_TOTAL = "all"
_ROW = (
    "measure_id", "measure_version", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "race_standard", "race_ethnicity_code", "tabulation", "method", "stratum_type", "stratum_code",
)  # fmt: skip


_DAY = "strptime(left(history.release_id, 8), '%Y%m%d')::date"  # on which the release was built
# The figures of a measure's page: those of the place that opens it.
_OF_PAGE = f"""
    from scorecard as rows
    inner join {{table}} as history using ({", ".join(_ROW)})
    semi join (select * from scorecard where is_featured) as featured
        on rows.measure_id = featured.measure_id and rows.period_type = featured.period_type
        and rows.geography_type = featured.geography_type and rows.geography_vintage = featured.geography_vintage
        and rows.geoid = featured.geoid
    where history.{{earlier}} is not null and history.value is not null and not rows.is_stand_in
"""
_COLUMNS = "rows.measure_id, rows.period_type, rows.period_start, rows.period_end, rows.race_ethnicity_code, rows.unit"


def read_first_reported(con: DuckDBPyConnection) -> Mapping[str, tuple[Record, ...]]:
    """Return the revised figures of the place that opens each page, the newest first, with what each edition printed."""
    found: dict[str, list[Record]] = defaultdict(list)
    query = f"""
        select * exclude (group_order) from (
            select {_COLUMNS}, history.first_release_id as release_id, history.first_published_on as published_on,
                history.first_value as first, history.value as now, rows.group_order
            {_OF_PAGE.format(table=HISTORY, earlier="first_value")}
            union all
            -- what was printed first is listed above
            select {_COLUMNS}, history.release_id, {_DAY}, history.edition_value, history.value, rows.group_order
            {_OF_PAGE.format(table=EDITIONS, earlier="edition_value")}
                and history.release_id not in (select first_release_id from {HISTORY} where first_release_id is not null
                    and {" and ".join(f"{HISTORY}.{name} = history.{name}" for name in _ROW)})
        )
        order by measure_id, period_start desc, group_order, race_ethnicity_code, release_id
        """
    for row in records(con, query):
        found[row.measure_id].append(row)
    return defaultdict(tuple, {code: tuple(figures) for code, figures in found.items()})


def read_printed(con: DuckDBPyConnection, edition: str) -> Mapping[str, tuple[int, tuple[Record, ...]]]:
    """Return per measure how many figures of an edition are others now, and those of the place that opens its page."""
    counted = con.execute(
        f"select measure_id, count(*) from {EDITIONS} where edition = ? group by measure_id order by measure_id", [edition]
    ).fetchall()
    figures: dict[str, list[Record]] = defaultdict(list)
    query = f"""
        select {_COLUMNS}, history.release_id, {_DAY} as published_on, history.edition_value as first, history.value as now
        {_OF_PAGE.format(table=EDITIONS, earlier="edition_value")} and history.edition = ?
        order by rows.measure_id, rows.period_start desc, rows.group_order, rows.race_ethnicity_code
        """
    for row in records(con, query, [edition]):
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
