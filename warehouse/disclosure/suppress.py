"""From the plan to what is hidden: the one way in for a run.

Here: the steps in their order, and what they cost readers. Not here: each step.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

from warehouse.disclosure.build_constraints import UNKNOWN, Public, count_up, everybody
from warehouse.disclosure.complementary_suppression import CARRIED, PRIMARY, SECONDARY, Before, Choice
from warehouse.disclosure.counts import EQUAL, Counts
from warehouse.disclosure.enclosed_cells import enclosed_cells
from warehouse.disclosure.planned_figures import GRAIN, Figure, Key, read
from warehouse.disclosure.reported_figures import REPORTED, report
from warehouse.disclosure.snapshot_suppression import choose_over_time
from warehouse.disclosure.suppression_units import few_records, hidden_medians, units, whole_key


@dataclass(frozen=True)
class Suppressed:
    """What the suppressor did, in cells (rows by race) of persons and in the persons whom they count.

    `…_by_whole_rows`: what hiding a place and period with all its races would have lost wherever one cell is small.
    `cells_told_before`: small counts that earlier releases have told too well. `rows_awaiting_revision`: frozen ones.
    """

    planned_cells: int
    cells_hidden_as_small: int
    cells_hidden_beside: int
    cells_hidden_as_in_earlier_snapshots: int
    cells_hidden_by_whole_rows: int
    planned_persons: float
    persons_hidden: float
    persons_hidden_by_whole_rows: float
    cells_told_before: int
    rows_awaiting_revision: int


def suppress(con: DuckDBPyConnection, reported: Path, as_of: dt.datetime) -> Suppressed:
    """Write `disclosure.reported`: each confidential row that goes out, with why it is hidden, if it is.

    `con`: the working warehouse with the candidate attached as `release`, all of its models built but the published ones.
    `reported`: the file of figures reported before. `as_of`: the run's clock.
    """
    public = _public(con)
    report(con, reported, public, as_of)
    figures = list(read(con, REPORTED))
    counts = count_up([*figures, *enclosed_cells(con)], public)
    before = _before(con, figures)
    chosen = choose_over_time(counts, units(figures, counts), _least(figures, counts), before, public.stocks)
    hidden = dict(chosen.rows) | dict.fromkeys(few_records(figures), PRIMARY)
    medians = hidden_medians(figures, counts, chosen.counts, public.universes)
    hidden |= dict.fromkeys(medians - hidden.keys(), SECONDARY)
    _mark(con, figures, hidden, {figure.key: _shows_unknown(figure, counts, chosen, hidden) for figure in figures})
    return _summed_up(con, figures, hidden, chosen)


def next_due(con: DuckDBPyConnection, as_of: dt.datetime) -> str | None:
    """The next moment after `as_of` at which something else goes out: a period closes, or corrections may be taken over."""
    found = con.execute(
        f"""
        select min(moment) from (
            select closes_on as moment from intermediate.int_disclosure__closings
            union all
            select date_trunc('quarter', reported_at) + interval 3 months from {REPORTED} where is_revision_pending
        )
        where moment > ?::timestamp
        """,
        [as_of],
    ).fetchone()
    # the receipt's moment has passed once a run's clock is beyond it
    return (found[0] - dt.timedelta(seconds=1)).isoformat() if found and found[0] else None


def _public(con: DuckDBPyConnection) -> Public:
    kinds = con.execute("select race_ethnicity_code, kind from release.marts.dim_race_ethnicity order by all").fetchall()
    records = con.execute("select records, universe, persons_stay from release.reference.publication_records order by all")
    named = records.fetchall()
    universes = {name: universe for name, universe, _ in named if universe is not None}
    return Public(dict(kinds), universes, frozenset(name for name, _, persons_stay in named if persons_stay))


def _before(con: DuckDBPyConnection, figures: Sequence[Figure]) -> Before:
    """What earlier runs chose for the figures, which are all that is reported, in the order of their grain."""
    query = f"select hidden_because, shows_unknown, is_settled from {REPORTED} order by {', '.join(GRAIN)}"
    states = zip(figures, con.execute(query).fetchall(), strict=True)
    settled = [(figure, because is None, shows) for figure, (because, shows, is_settled) in states if is_settled]
    # the row of all says it of its slice: of a hidden row beside it nothing is shown anyway
    whole = [(figure.key, shows) for figure, _, shows in settled if figure.kind != "median" and figure.key == whole_key(figure)]
    return Before(
        shown=frozenset(figure.key for figure, is_shown, _ in settled if is_shown),
        hidden=frozenset(figure.key for figure, is_shown, _ in settled if not is_shown),
        unknown_shown=frozenset(key for key, shows in whole if shows),
        unknown_hidden=frozenset(key for key, shows in whole if not shows),
    )


def _least(figures: Sequence[Figure], counts: Counts) -> list[float]:
    """A row that is there counts somebody, where rows of nobody are shown."""
    least = [0.0] * len(counts)
    for figure in figures:
        is_share = figure.kind == "proportion" and figure.denominator_records is not None
        number = counts.get(figure.denominator_records if is_share else figure.numerator_records, figure.at)  # type: ignore[arg-type]
        if number is not None and not figure.hides_zeros and counts.value[number] >= 1.0:
            least[number] = 1.0
    return least


def _shows_unknown(figure: Figure, counts: Counts, chosen: Choice, hidden: dict[Key, str]) -> bool:
    if figure.key in hidden:
        return False
    if figure.kind == "median":
        at = everybody(figure.at)._replace(race=UNKNOWN)
        number = counts.get(figure.rests_on_records, at) if figure.rests_on_records else None
        return number is None or not chosen.counts[number]
    whole = whole_key(figure)
    at = everybody(figure.at)._replace(race=UNKNOWN)
    return whole not in hidden and whole not in chosen.unknown and counts.get(figure.numerator_records, at) is not None


def _mark(con: DuckDBPyConnection, figures: Sequence[Figure], hidden: dict[Key, str], shows: dict[Key, bool]) -> None:
    columns = list(zip(*(_grain(figure.key) for figure in figures), strict=True)) or [()] * len(GRAIN)
    pattern = pa.table(
        {
            **{name: list(values) for name, values in zip(GRAIN, columns, strict=True)},
            "because": pa.array([hidden.get(figure.key) for figure in figures], pa.string()),
            "shows": pa.array([shows[figure.key] for figure in figures], pa.bool_()),
        }
    )
    if not figures:
        return
    con.register("pattern", pattern)
    same = " and ".join(f"reported.{name} = pattern.{name}" for name in GRAIN)
    con.execute(
        f"update {REPORTED} as reported set hidden_because = pattern.because, shows_unknown = pattern.shows "
        f"from pattern where {same}"
    )
    con.unregister("pattern")


def _grain(key: Key) -> tuple[object, ...]:
    return (key.measure_id, key.measure_version, *key.at[:8], key.method, *key.at[8:])


def _summed_up(con: DuckDBPyConnection, figures: Sequence[Figure], hidden: dict[Key, str], chosen: Choice) -> Suppressed:
    rows = [figure for figure in figures if figure.kind != "median" and figure.at.race != "all"]
    primary_rows = {whole_key(figure) for figure in rows if hidden.get(figure.key) == PRIMARY}
    of_whole_rows = [figure for figure in rows if whole_key(figure) in primary_rows]
    hidden_rows = [figure for figure in rows if figure.key in hidden]
    pending = con.execute(f"select count(*) from {REPORTED} where is_revision_pending").fetchone()
    return Suppressed(
        planned_cells=len(rows),
        cells_hidden_as_small=sum(hidden[figure.key] == PRIMARY for figure in hidden_rows),
        cells_hidden_beside=sum(hidden[figure.key] == SECONDARY for figure in hidden_rows),
        cells_hidden_as_in_earlier_snapshots=sum(hidden[figure.key] == CARRIED for figure in hidden_rows),
        cells_hidden_by_whole_rows=len(of_whole_rows),
        planned_persons=_persons(rows),
        persons_hidden=_persons(hidden_rows),
        persons_hidden_by_whole_rows=_persons(of_whole_rows),
        cells_told_before=len(chosen.unsafe),
        rows_awaiting_revision=int(pending[0]) if pending else 0,
    )


def _persons(figures: Sequence[Figure]) -> float:
    """How many persons rows tell of: those of the denominator, or of the numerator where all rows share a denominator."""
    total = 0.0
    for figure in figures:
        counted = figure.denominator if figure.kind == "proportion" else figure.numerator
        total += counted if counted is not None and counted > EQUAL else 0.0
    return total
