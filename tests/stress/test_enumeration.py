"""All completions of random small tables are listed; suppressor and audit are seen to fail without a family of equations.

The suppressor and the audit share no code, and share how they were thought of: a family of equations that both lack would be
missed by both. The enumeration has no equations (`enumeration`). Random tables are of one seed, so that a failure is repeatable.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

from expectations.disclosure.equations import attacker_model, sum_equations
from expectations.disclosure.inputs.audit_inputs import CellKey, Row
from tests.integration.test_suppressor_and_attack import as_published, figures_of
from tests.stress.enumeration import Table, TooMany, too_narrow
from tests.unit.expectations.disclosure.world import attack, district, measure, month, publish, quarter, slice_rows, where
from warehouse.disclosure import build_constraints as suppressor
from warehouse.disclosure.complementary_suppression import find_pattern
from warehouse.disclosure.counts import Cell
from warehouse.disclosure.states.planned_figures import RowKey
from warehouse.disclosure.suppression_units import suppression_units

THRESHOLD, TABLES = 4, 60
RACES = ("black", "white", "hispanic")
STOPS = measure("composition", "stops", threshold=THRESHOLD, minimum_n=0.0)
SEARCHED = measure("proportion", "searched", threshold=THRESHOLD, minimum_n=0.0)
CHOSEN = measure("composition", "chosen", threshold=THRESHOLD, minimum_n=0.0)
CITED = measure("proportion", "cited", threshold=THRESHOLD, minimum_n=0.0)
UNIVERSES = {"searched.denominator": "all stops", "cited.denominator": "all stops"}  # every stop has both answers


@dataclass
class City:
    """Inner counts, the true rows over them, and the inner counts of each row's numerator and denominator."""

    truth: np.ndarray[Any, Any]
    rows: list[Row]
    numerator: dict[tuple[str, CellKey], tuple[int, ...]]
    denominator: dict[tuple[str, CellKey], tuple[int, ...]]


def _of_parts(rng: np.random.Generator, parts: Sequence[CellKey], whole: CellKey) -> City:
    """Stops by race in each part, and in the whole."""
    size = len(parts) * len(RACES)
    truth = rng.choice([0, 1, 2, 3, 5, 8, 12], size, p=[0.1, 0.2, 0.15, 0.15, 0.15, 0.15, 0.1])
    city = City(truth, [], {}, {})
    every = tuple(range(size))
    slices = [(at, every[number * len(RACES) : (number + 1) * len(RACES)]) for number, at in enumerate(parts)]
    for at, cells in [*slices, (whole, every)]:
        of_race = {race: tuple(cell for cell in cells if cell % len(RACES) == code) for code, race in enumerate(RACES)}
        counts = {race: (int(truth[list(of)].sum()), 0) for race, of in of_race.items()}
        city.rows += slice_rows(STOPS, at, counts)
        for race, of in {**of_race, "all": cells}.items():
            city.numerator[STOPS.measure_id, at._replace(race=race)] = of
            city.denominator[STOPS.measure_id, at._replace(race=race)] = cells
    return city


def _districts(rng: np.random.Generator) -> City:
    return _of_parts(rng, [district(1), district(2)], where())


def _months(rng: np.random.Generator) -> City:
    return _of_parts(rng, [month(1), month(2), month(3)], quarter(1))


def _reasons(rng: np.random.Generator) -> City:
    reasons = [where(stratum_type="stop_reason", stratum_code=code) for code in ("traffic", "suspicious")]
    return _of_parts(rng, reasons, where())


def _searches(rng: np.random.Generator) -> City:
    """Stops by race, searched and not searched: a share reveals both."""
    truth = rng.choice([0, 1, 2, 3, 6, 12], 2 * len(RACES), p=[0.15, 0.2, 0.15, 0.15, 0.2, 0.15])
    pairs = {race: (2 * code, 2 * code + 1) for code, race in enumerate(RACES)}
    counts = {race: (int(truth[x]), int(truth[x] + truth[rest])) for race, (x, rest) in pairs.items()}
    city = City(truth, slice_rows(SEARCHED, where(), counts), {}, {})
    for race, pair in {**pairs, "all": tuple(range(len(truth)))}.items():
        city.numerator[SEARCHED.measure_id, where(race)] = tuple(cell for cell in pair if cell % 2 == 0)
        city.denominator[SEARCHED.measure_id, where(race)] = pair
    return city


def _combinations(rng: np.random.Generator) -> City:
    """Persons of one race, of two and of three, and those of each race alone or in combination."""
    chosen = [pick for size in (1, 2, 3) for pick in itertools.combinations(RACES, size)]
    truth = rng.choice([0, 1, 2, 3, 5, 8], len(chosen), p=[0.1, 0.2, 0.2, 0.2, 0.15, 0.15])
    every = tuple(range(len(chosen)))
    exclusive = {**{race: (code,) for code, race in enumerate(RACES)}, "multiracial": every[len(RACES) :], "all": every}
    with_others = {race: tuple(cell for cell, pick in enumerate(chosen) if race in pick) for race in RACES}
    city = City(truth, [], {}, {})
    for tabulation, groups in (("exclusive", exclusive), ("alone_or_in_combination", with_others)):
        at = where(tabulation=tabulation)
        counts = {race: (int(truth[list(cells)].sum()), 0) for race, cells in groups.items()} | {"all": (int(truth.sum()), 0)}
        city.rows += [row for row in slice_rows(CHOSEN, at, counts) if row.where.race in groups]
        city.numerator |= {(CHOSEN.measure_id, at._replace(race=race)): cells for race, cells in groups.items()}
    city.denominator = dict.fromkeys(city.numerator, every)
    return city


def _answers(rng: np.random.Generator) -> City:
    """Stops by race, searched, cited or neither: the shares of two measures have the same stops as their denominator.

    One group is small in both. Nearly all of another were searched, and nearly all of a third cited: each measure hides one of
    them next to the small group, and shows the other.
    """
    many, rest = rng.integers(6, 9, 2), rng.integers(1, 4, 2)
    groups_of = np.array([[*rng.integers(0, 2, 2), 1], [many[0], 0, rest[0]], [0, many[1], rest[1]]])
    truth = rng.permutation(groups_of).ravel()
    city = City(truth, [], {}, {})
    every = tuple(range(len(truth)))
    for which, of in enumerate((SEARCHED, CITED)):
        groups = {race: (every[3 * code + which :][:1], every[3 * code : 3 * code + 3]) for code, race in enumerate(RACES)}
        counts = {race: (int(truth[list(x)].sum()), int(truth[list(n)].sum())) for race, (x, n) in groups.items()}
        city.rows += slice_rows(of, where(), counts)
        groups["all"] = (every[which::3], every)
        city.numerator |= {(of.measure_id, where(race)): x for race, (x, _) in groups.items()}
        city.denominator |= {(of.measure_id, where(race)): n for race, (_, n) in groups.items()}
    return city


def _published(city: City) -> list[Row]:
    """What the suppressor lets through."""
    figures = figures_of(city.rows)
    kinds = {**dict.fromkeys(RACES, "category"), "multiracial": "combination", "all": "total"}
    counts = suppressor.build_constraints(figures, suppressor.PublicReference(kinds, UNIVERSES))
    chosen = find_pattern(counts, suppression_units(figures, counts), [min(1.0, value) for value in counts.value])
    published: list[Row] = []
    for of in dict.fromkeys(row.measure for row in city.rows):
        rows = [row for row in city.rows if row.measure == of]
        keys = {row.where: RowKey(of.measure_id, 1, Cell(*row.where), row.method) for row in rows}
        hidden = {at for at, key in keys.items() if key in chosen.rows}
        unknown = {at for at, key in keys.items() if key in chosen.unknown} | {at for at in hidden if at.race == "all"}
        published += publish(rows, hidden, unknown_hidden=unknown, also=partial(as_published, unknown_hidden=unknown))
    return published


def _is_narrow(city: City, published: Sequence[Row]) -> bool:
    """By enumeration: whether too few values remain for a small count, or for the rest of a count."""
    table = Table(city.truth)
    for row in published:
        key = (row.measure.measure_id, row.where)
        x, n = city.numerator[key], city.denominator[key]
        is_share = row.measure.kind == "proportion"
        if row.status == "suppressed":
            # zeros are shown, and a row of no one is hidden only with its denominator
            table.not_empty += [cells for cells in [n if is_share else x] if table.of(cells)]
        else:
            table.shown += [(x, table.of(x)), (n, table.of(n))]
        table.sensitive += [x, tuple(sorted({*n} - {*x}))] + ([n] if is_share else [])
    return bool(too_narrow(table, THRESHOLD))


WORLDS: dict[str, Callable[[np.random.Generator], City]] = {
    "districts": _districts, "months": _months, "reasons": _reasons, "searches": _searches, "combinations": _combinations,
    "answers": _answers,
}  # fmt: skip


def _cities(world: str) -> Iterator[City]:
    rng = np.random.default_rng(20_26)
    return itertools.islice((WORLDS[world](rng) for _ in itertools.count()), TABLES)


@pytest.mark.parametrize("world", WORLDS)
def test_no_small_count_of_what_is_published_has_few_values(world: str, record_property: Callable[[str, object], None]) -> None:
    checked = 0
    for city in _cities(world):
        try:
            assert not _is_narrow(city, _published(city))
            checked += 1
        except TooMany:
            continue
    record_property(f"tables of {world} checked", checked)
    assert checked > TABLES / 2


def _nothing(*_: object, **__: object) -> tuple[()]:
    return ()


# world, and the functions that make a family of equations in the suppressor and in the audit
FAMILIES = {
    "races": ("districts", "_add_race_sums", (sum_equations, "_add_race_sums")),
    "places": ("districts", "_add_place_sums", (sum_equations, "_add_place_sums")),
    "periods": ("months", "period_sums", (sum_equations, "period_sums")),
    "strata": ("reasons", "_stratum_sums", (sum_equations, "_stratum_sums")),
    "complements": ("searches", "_add_complements", (attacker_model, "add_complement")),
    "combinations": ("combinations", "_add_combinations", (sum_equations, "_add_combinations")),
    "same persons": ("answers", "_equate_same_persons", (attacker_model, "equate_same_persons")),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_audit_fails_where_the_suppressor_lacks_a_family(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world, function, _ = FAMILIES[family]
    monkeypatch.setattr(suppressor, function, _nothing)
    assert any(attack(_published(city), city.rows, subsets=UNIVERSES.items()).leaks for city in _cities(world))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_enumeration_finds_what_both_miss_without_a_family(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blind audit finds nothing in a table that the blind suppressor lets through, and the enumeration does."""
    world, function, (module, of_audit) = FAMILIES[family]
    monkeypatch.setattr(suppressor, function, _nothing)
    monkeypatch.setattr(module, of_audit, _nothing)
    missed = 0
    for city in _cities(world):
        published = _published(city)
        try:
            missed += _is_narrow(city, published) and not attack(published, city.rows, subsets=UNIVERSES.items()).leaks
        except TooMany:
            continue
    assert missed


def test_completions_are_listed() -> None:
    """Two by two with rows 3 and 4 and a column of 5: the first count is 1 to 3, and no table has a count below zero."""
    table = Table(np.array([1, 2, 4, 0]), [((0, 1), 3), ((2, 3), 4), ((0, 2), 5)], [], [(0,), (1,), (3,)])
    assert too_narrow(table, 4) == [((0,), 1, 3), ((1,), 0, 2)]
    table.not_empty.append((1,))
    assert too_narrow(table, 3) == [((0,), 1, 2), ((1,), 1, 2)]
    assert too_narrow(Table(np.array([1, 2]), [((0, 1), 3)], [], [(0,)]), 4) == []
