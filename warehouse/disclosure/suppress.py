"""Run disclosure control on the candidate release: reported figures, constraints, suppression, and a summary of the loss."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

from warehouse.disclosure.build_constraints import UNKNOWN, WHOLE_PLACES, PublicReference, all_races, build_constraints
from warehouse.disclosure.complementary_suppression import PRIMARY, SECONDARY, EarlierReleases, SuppressionPattern
from warehouse.disclosure.counts import EQUAL, Cell, CountSystem
from warehouse.disclosure.snapshot_suppression import find_pattern_over_snapshots
from warehouse.disclosure.states.planned_figures import GRAIN, Figure, RowKey, Scope, earlier_states, read_figures
from warehouse.disclosure.states.reported_figures import REPORTED, SLICE, Urgent, write_reported_figures
from warehouse.disclosure.suppression_units import (
    all_races_key,
    medians_of_few_records,
    medians_of_hidden_counts,
    suppression_units,
)
from warehouse.sql import one_value, queries

_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), grain=GRAIN, reported=REPORTED, whole_places=WHOLE_PLACES)


@dataclass(frozen=True)
class SuppressionSummary:
    """Suppressed cells (rows by race) and the persons they count.

    `…_by_whole_rows`: the loss if every place and period with a small cell were hidden with all its races, for comparison.
    `cells_told_before`: small counts that earlier releases disclose. `rows_awaiting_revision`: rows frozen at an earlier figure.
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
    unsafe_revisions: tuple[tuple[str, tuple[int, ...]], ...] = ()  # sources and years whose correction would disclose persons
    urgent_revisions: tuple[tuple[str, tuple[int, ...]], ...] = ()  # those that were taken over before the quarter turned
    idle_revisions: tuple[Urgent, ...] = ()  # those without a figure that differs from its records


def suppress(
    con: DuckDBPyConnection,
    reported: Path,
    as_of: dt.datetime,
    *,
    ledger: Path | None = None,
    kept_from: Mapping[str, dt.date] | None = None,
    also: Sequence[Scope] = (),
    urgent: Collection[Urgent] = (),
) -> SuppressionSummary:
    """Write `disclosure.reported`: every planned row of confidential persons, with the reason if it is hidden.

    `con`: the working warehouse with the candidate attached as `release` and every model built except the published ones.
    `reported`: the file of figures reported by earlier releases. `as_of`: the run's clock. `ledger`: the file of every state that
    was ever published. `kept_from`: per source whose records may be kept for a time only, the first event that still may.
    `also`: rows to hide besides, for which the audit had no answer. `urgent`: corrections that do not wait for the next quarter.
    """
    public = _public_reference(con)
    revisions = write_reported_figures(con, reported, public, as_of, kept_from or {}, ledger, urgent)
    figures = list(read_figures(con, REPORTED))
    counts = build_constraints([*figures, *enclosed_cells(con)], public)
    before = _earlier_releases(con, figures, also)
    units, known = suppression_units(figures, counts), _shown_before(con, counts, public, ledger)
    chosen = find_pattern_over_snapshots(counts, units, _lower_bounds(figures, counts), before, public.stocks, known)
    hidden = dict(chosen.rows) | dict.fromkeys(medians_of_few_records(figures), PRIMARY)
    medians = medians_of_hidden_counts(figures, counts, chosen.counts, public.universes)
    hidden |= dict.fromkeys(medians - hidden.keys(), SECONDARY)
    _write_pattern(con, figures, hidden, [_shows_unknown(figure, counts, chosen, hidden) for figure in figures])
    [summary] = con.execute(_SQL.summary(len(chosen.unsafe))).fetchall()
    return SuppressionSummary(*(*summary, *revisions))


def enclosed_cells(con: DuckDBPyConnection) -> Iterator[Figure]:
    """The cells without a row that three published margins enclose, from the marts."""
    return read_figures(con, _SQL.enclosed_cells())


def next_due(con: DuckDBPyConnection, as_of: dt.datetime) -> str | None:
    """The next time after `as_of` at which the public file changes by itself: a period closes, or corrections are due."""
    found = one_value(con, _SQL.next_due(as_of))
    # a run is due when its clock is later than the recorded time
    return (found - dt.timedelta(seconds=1)).isoformat() if found else None


def _public_reference(con: DuckDBPyConnection) -> PublicReference:
    kinds = con.execute("select race_ethnicity_code, kind from release.marts.dim_race_ethnicity order by all").fetchall()
    records = con.execute("select records, universe, persons_stay from release.reference.publication_records order by all")
    named = records.fetchall()
    universes = {name: universe for name, universe, _ in named if universe is not None}
    # a later version counts records of its own, whose universe is that of the same version
    versions = con.execute("select distinct measure_version from release.marts.dim_measure where measure_version > 1").fetchall()
    universes |= {f"{name}@{at}": f"{universe}@{at}" for name, universe in universes.items() for (at,) in versions}
    return PublicReference(dict(kinds), universes, frozenset(name for name, _, persons_stay in named if persons_stay))


def _earlier_releases(con: DuckDBPyConnection, figures: Sequence[Figure], also: Sequence[Scope]) -> EarlierReleases:
    """The pattern of earlier runs for the figures, which are the rows of `disclosure.reported` in the order of their grain.

    Figures of `also` count as hidden by an earlier run.
    """
    query = f"select hidden_because, shows_unknown, is_settled from {REPORTED} order by {', '.join(GRAIN)}"
    rows, unknown = {}, {}
    for figure, (because, shows, is_settled) in zip(figures, con.execute(query).fetchall(), strict=True):
        is_asked = any(scope.has(figure) for scope in also)
        if is_settled or is_asked:
            rows[figure.key] = because is None and not is_asked
            # the row of all races decides for its slice: a hidden row of the slice shows no figure of unknown race anyway
            if figure.kind != "median" and figure.key == all_races_key(figure):
                unknown[figure.key] = bool(shows) and not is_asked
    return EarlierReleases(rows, unknown)


def _shown_before(con: DuckDBPyConnection, counts: CountSystem, public: PublicReference, ledger: Path | None) -> set[int]:
    """The counts that some earlier release shows as they are now, in slices that this run revises.

    Hiding such a count protects no other: readers have it.
    """
    slices = ", ".join(SLICE)
    revised = f"({slices}) in (select ({slices}) from {REPORTED} where not is_settled)"
    found = set()
    for then, _ in earlier_states(con, ledger, revised):
        earlier = build_constraints(then, public)
        shown = {earlier.names[number] for unit in suppression_units(then, earlier) for number in unit.counts}
        for name in shown & counts.number.keys():
            if abs(earlier.value[earlier.number[name]] - counts.value[counts.number[name]]) <= EQUAL:
                found.add(counts.number[name])
    return found


def _lower_bounds(figures: Sequence[Figure], counts: CountSystem) -> list[float]:
    """The lower bound of each count: a published row counts at least one person, where rows of zero persons are published."""
    least = [0.0] * len(counts)
    for figure in figures:
        is_share = figure.kind == "proportion" and figure.denominator_records is not None
        number = counts.get(figure.denominator_records if is_share else figure.numerator_records, figure.at)  # type: ignore[arg-type]
        if number is not None and not figure.hides_zeros and counts.value[number] >= 1.0:
            least[number] = 1.0
    return least


def shows_known_share(records: str, at: Cell, counts: CountSystem, chosen: SuppressionPattern) -> bool:
    """Whether the known share of a median's records may be shown: another row shows the same count of unknown race.

    A share of records that no row counts discloses in lowest terms both counts, or their multiples.
    """
    number = counts.get(records, all_races(at)._replace(race=UNKNOWN))
    return number is not None and not chosen.counts[number]


def _shows_unknown(figure: Figure, counts: CountSystem, chosen: SuppressionPattern, hidden: dict[RowKey, str]) -> bool:
    if figure.key in hidden:
        return False
    if figure.kind == "median":
        return figure.rests_on_records is not None and shows_known_share(figure.rests_on_records, figure.at, counts, chosen)
    whole = all_races_key(figure)
    at = all_races(figure.at)._replace(race=UNKNOWN)
    return whole not in hidden and whole not in chosen.unknown and counts.get(figure.numerator_records, at) is not None


def _write_pattern(
    con: DuckDBPyConnection, figures: Sequence[Figure], hidden: Mapping[RowKey, str], shows: Sequence[bool]
) -> None:
    if not figures:
        return
    columns = zip(*(figure.key.grain for figure in figures), strict=True)
    because = pa.array([hidden.get(figure.key) for figure in figures], pa.string())
    con.register("pattern", pa.table({**dict(zip(GRAIN, columns, strict=True)), "because": because, "shows": shows}))
    same = " and ".join(f"reported.{name} = pattern.{name}" for name in GRAIN)
    con.execute(
        f"update {REPORTED} as reported set hidden_because = pattern.because, shows_unknown = pattern.shows "
        f"from pattern where {same}"
    )
    con.unregister("pattern")
