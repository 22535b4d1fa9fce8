"""Freeze the published counts of engagement responses as first reported, until a revision that discloses no small difference.

The rule is that of `reported_figures`, for a table without measures: a year of a city is frozen with all its themes and words. A
correction is accepted at the first run of a new quarter, and only if no count of a theme, of all themes or of all others differs
by 1 to threshold − 1 persons from any state that was ever reported. Until then its rows have `is_revision_pending`.

`responses.parquet` contains every state, hidden counts too, with the status that the public file gave each row.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.disclosure.counts import EQUAL
from warehouse.disclosure.states.planned_figures import stored_states
from warehouse.sql import queries

PLANNED_RESPONSES = "intermediate.int_engagement_responses__aggregated"
REPORTED_RESPONSES = "disclosure.reported_responses"
_FATES = ("adopted_count", "adapted_count", "declined_count", "pending_count")
_FRAMED = (
    "jurisdiction", "period_start", "period_end", "closed_on", "shown_theme_code", "inputs_count", *_FATES, "first_told_on",
    "last_told_on", "told_in_languages", "declined_reasons", "decision_references",
)  # fmt: skip
_PUBLISHED = ("publication_status", "release_id", "published_at")
_SQL = queries(
    Path(__file__).with_suffix(".sql.jinja"), planned=PLANNED_RESPONSES, reported=REPORTED_RESPONSES, framed=_FRAMED,
    published=_PUBLISHED, months=("first_told_on", "last_told_on"),
)  # fmt: skip

Themes = Mapping[str, tuple[float, ...]]  # the counts of each answer, by theme


def write_reported_responses(
    con: DuckDBPyConnection,
    file: Path,
    as_of: dt.datetime,
    is_hidden: Callable[[str, dt.date], bool] = lambda _city, _year: False,
) -> None:
    """Write `disclosure.reported_responses`. `file`: the states of earlier releases; it may be missing.

    `is_hidden`: whether all themes of a city and year are hidden whatever they count.
    """
    con.execute("create schema if not exists disclosure")
    added = f"null::timestamp as reported_at, {', '.join(f'null::varchar as {name}' for name in _PUBLISHED)}"
    con.execute(_SQL.compare(stored_states(file, f"select *, {added} from {PLANNED_RESPONSES}")))
    for year in con.execute(_SQL.revisable(as_of)).fetchall():
        if _is_safe_revision(con, year):
            for table in ("responses_before", "responses_differing"):
                con.execute(f"delete from {table} where (jurisdiction, period_start) = (?, ?)", year)
    con.execute(_SQL.report(as_of))
    for year in con.execute(f"select distinct jurisdiction, period_start from {REPORTED_RESPONSES} order by all").fetchall():
        if is_hidden(*year):
            con.execute(f"update {REPORTED_RESPONSES} set is_hidden = true where (jurisdiction, period_start) = (?, ?)", year)


def states_query(release_id: str, published_at: dt.datetime, file: Path) -> str:
    """SQL of every state: those in `file`, and the published rows of this release whose state is new."""
    return str(_SQL.states(release_id, published_at.isoformat(), str(file) if file.is_file() else ""))


def _is_safe_revision(con: DuckDBPyConnection, year: tuple[object, ...]) -> bool:
    """Whether today's counts of a year differ from every reported state by zero or by at least the threshold."""
    columns = f"shown_theme_code, threshold, {', '.join(_FATES)}"
    of_year = "where (jurisdiction, period_start) = (?, ?)"
    now = con.execute(f"select {columns} from {PLANNED_RESPONSES} {of_year}", year).fetchall()
    states: dict[object, list[tuple[object, ...]]] = {}
    for reported_at, *row in con.execute(f"select reported_at, {columns} from response_states {of_year}", year).fetchall():
        states.setdefault(reported_at, []).append(tuple(row))
    threshold = max(row[1] for rows in (now, *states.values()) for row in rows)
    return all(is_safe_change(_themes(state), _themes(now), threshold) for state in states.values())


def _themes(rows: Iterable[tuple[object, ...]]) -> Themes:
    return {str(theme): tuple(float(count) for count in counts) for theme, _, *counts in rows}  # type: ignore[arg-type]


def is_safe_change(before: Themes, now: Themes, threshold: float) -> bool:
    """Whether each sum of answers changes by zero or at least the threshold: of each theme, of all, and of all others."""
    return all(abs(change) <= EQUAL or abs(change) >= threshold - EQUAL for change in _changes(before, now))


def _changes(before: Themes, now: Themes) -> Iterator[float]:
    nothing = (0.0,) * len(_FATES)
    by_theme = [
        [after - then for after, then in zip(now.get(theme, nothing), before.get(theme, nothing), strict=True)]
        for theme in {*before, *now}
    ]
    for size in range(1, len(_FATES) + 1):
        for answers in itertools.combinations(range(len(_FATES)), size):
            of_themes = [sum(changes[answer] for answer in answers) for changes in by_theme]
            total = sum(of_themes)
            yield from (total, *of_themes, *(total - change for change in of_themes))
