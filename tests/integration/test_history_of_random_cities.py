"""Random cities in two releases: their first figures reveal no hidden count, unless a figure was withdrawn."""

from __future__ import annotations

import random
from functools import partial

import pytest

from expectations.disclosure.equations.attacker_model import build_attacker_model
from expectations.disclosure.history_attack import History, counts_revealed_by_history
from expectations.disclosure.inputs.audit_inputs import Row
from tests.integration.test_suppressor_and_attack import AMONG, RACES, SEARCHED, STOPS, as_published, figures_of
from tests.unit.expectations.disclosure.world import KINDS, district, publish, published_rows, slice_rows, where
from warehouse.disclosure.build_constraints import PublicReference, build_constraints
from warehouse.disclosure.complementary_suppression import find_pattern
from warehouse.disclosure.counts import Cell
from warehouse.disclosure.states.planned_figures import RowKey
from warehouse.disclosure.suppression_units import suppression_units

City = list[dict[str, tuple[int, int]]]
COUNTED, REPEATED = ("numerator", "denominator"), ("value", "bound_low", "bound_high")
# the change of a count: none, or as many as a quarterly revision may reveal
CHANGES = ((0, 0), (0, 0), (0, 0), (22, 11), (40, 20))


def random_city(draw: random.Random) -> tuple[City, City]:
    """Stops and searches per district and group, as first reported and as revised."""
    before = [{race: _searched(draw.choice((0, 3, 8, 15, 30, 60, 90)), draw) for race in RACES} for _ in range(3)]
    after = [{race: _revised(counts, draw) for race, counts in line.items()} for line in before]
    return before, after


def _searched(stops: int, draw: random.Random) -> tuple[int, int]:
    return stops, round(stops * draw.random())


def _revised(counts: tuple[int, int], draw: random.Random) -> tuple[int, int]:
    stops, searched = draw.choice(CHANGES) if counts[0] else (0, 0)
    return counts[0] + stops, counts[1] + searched


def true_rows(city: City) -> list[Row]:
    whole = {race: (sum(line[race][0] for line in city), sum(line[race][1] for line in city)) for race in RACES}
    rows = []
    for at, cells in [*((district(number), line) for number, line in enumerate(city, 1)), (where(), whole)]:
        rows += slice_rows(STOPS, at, {race: (stops, 0) for race, (stops, _) in cells.items()})
        rows += slice_rows(
            SEARCHED, at, {race: (searched, stops) for race, (stops, searched) in cells.items()}, reference="white"
        )
    return rows


def release(truth: list[Row]) -> list[Row]:
    """The public rows, as the suppressor hides them."""
    figures = figures_of(truth)
    counts = build_constraints(figures, PublicReference(KINDS, AMONG))
    chosen = find_pattern(counts, suppression_units(figures, counts), [min(1.0, value) for value in counts.value])
    published: list[Row] = []
    for of in (STOPS, SEARCHED):
        rows = [row for row in truth if row.measure == of]
        keys = {RowKey(of.measure_id, 1, Cell(*row.where), row.method): row.where for row in rows}
        hidden = {at for key, at in keys.items() if key in chosen.rows}
        unknown = {at for key, at in keys.items() if key in chosen.unknown or (at in hidden and at.race == "all")}
        published += publish(rows, hidden, unknown_hidden=unknown, also=partial(as_published, unknown_hidden=unknown))
    return published


def history_of(first: list[Row], now: list[Row]) -> tuple[History, bool]:
    """First figures of all rows that are shown in both releases, and whether a row was shown in the first alone."""
    shown = [{(row.measure, row.where): row for row in rows if row.status == "published"} for rows in (first, now)]
    repeated, unchanged = [], []
    for key in sorted(shown[0].keys() & shown[1].keys(), key=str):
        before, after = shown[0][key], shown[1][key]
        old, new = (
            {name: row.figures[name] for name in (*COUNTED, *REPEATED) if name in row.figures and name in after.figures}
            for row in (before, after)
        )
        is_revised = any(abs(old[name] - new[name]) > 1e-9 for name in REPEATED if name in old)
        target, figures, row = (repeated, old, before) if is_revised else (unchanged, new, after)
        target.append(row._replace(figures=figures, words={}, release="r1"))
    return History(tuple(repeated), tuple(unchanged)), bool(shown[0].keys() - shown[1].keys())


def revealed(first: list[Row], now: list[Row], truth: list[Row], history: History) -> list[object]:
    published = published_rows(now, ledger=first, subsets=AMONG.items())
    return list(counts_revealed_by_history(build_attacker_model(published, truth), published, history))


@pytest.mark.parametrize("seed", range(6))
def test_first_figures_reveal_nothing_where_nothing_was_withdrawn(seed: int) -> None:
    draw = random.Random(seed)
    while True:
        before, after = map(true_rows, random_city(draw))
        first, now = release(before), release(after)
        history, is_withdrawn = history_of(first, now)
        if history.repeated and not is_withdrawn:
            break
    assert revealed(first, now, after, history) == []


def test_the_attack_finds_a_withdrawn_figure_that_first_figures_give_back() -> None:
    """What the model withholds is needed: 2 of 211 such cities leak, though hidden rows themselves are left out."""
    draw = random.Random(1100)
    before, after = map(true_rows, random_city(draw))
    first, now = release(before), release(after)
    history, is_withdrawn = history_of(first, now)
    assert is_withdrawn
    assert revealed(first, now, after, history)
