"""Years add up to a pooled period, hidden ones included; the same persons under two names are one count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest

from tests.unit.warehouse.disclosure.tables import KINDS, at, figure, narrowest
from warehouse.disclosure.build_constraints import PublicReference, build_constraints, years
from warehouse.disclosure.complementary_suppression import PRIMARY, SuppressionPattern, find_pattern
from warehouse.disclosure.counts import CountSystem
from warehouse.disclosure.states.planned_figures import Figure
from warehouse.disclosure.suppression_units import suppression_units


def _shares(period_type: str, start: dt.date, cells: Mapping[str, tuple[float, float]]) -> list[Figure]:
    """A proportion of persons by race in a period, with the row of all."""
    total = tuple(map(sum, zip(*cells.values(), strict=True)))
    known_race = (float(total[0]), float(total[1]))
    where = {"period_type": period_type, "period_start": start}
    return [
        figure(at(race, **where), x, n, kind="proportion", measure="lead", known_race=known_race)
        for race, (x, n) in (*cells.items(), ("all", known_race))
    ]


def _choose(figures: list[Figure], universes: Mapping[str, str] | None = None) -> tuple[CountSystem, SuppressionPattern]:
    counts = build_constraints(figures, PublicReference(KINDS, universes or {}))
    return counts, find_pattern(counts, suppression_units(figures, counts), [0.0] * len(counts))


def _hidden(chosen: SuppressionPattern, period_type: str) -> set[tuple[int, str]]:
    return {(key.at.period_start.year, key.at.race) for key in chosen.rows if key.at.period_type == period_type}


YEARS = [
    {"black": (30.0, 100.0), "white": (40.0, 200.0)},
    {"black": (25.0, 100.0), "white": (5.0, 200.0)},
    {"black": (35.0, 100.0), "white": (45.0, 200.0)},
]


@pytest.mark.parametrize("year", ["year", "school_year"])
def test_a_pooled_count_does_not_reveal_a_hidden_year(year: str) -> None:
    first = dt.date(2020, 7 if year == "school_year" else 1, 1)
    figures = [one for step, cells in enumerate(YEARS) for one in _shares(year, first.replace(year=2020 + step), cells)]
    pooled = {race: tuple(map(sum, zip(*(cells[race] for cells in YEARS), strict=True))) for race in ("black", "white")}
    figures += _shares("3_year", first, pooled)  # type: ignore[arg-type]
    counts, chosen = _choose(figures)
    hidden = _hidden(chosen, year)
    assert (2021, "white") in hidden
    # with the pool out, one more year of the group is hidden, or the pool is
    assert len([one for one in hidden if one[1] == "white"]) + len(_hidden(chosen, "3_year")) > 1
    assert narrowest(figures, counts, set(chosen.rows), set(chosen.unknown), [0.0] * len(counts)) >= -1e-5
    without_pooled, _ = _choose([one for one in figures if one.at.period_type == year])
    assert len(without_pooled.equations) < len(counts.equations)


def test_a_pooled_period_is_the_sum_of_years_and_not_of_months() -> None:
    figures = _shares("3_year", dt.date(2020, 1, 1), {"black": (90.0, 300.0)})
    figures += _shares("month", dt.date(2020, 1, 1), {"black": (20.0, 50.0)})
    counts, _ = _choose(figures)
    types = {tuple(sorted({counts.names[n].at.period_type for n in equation.terms})) for equation in counts.equations}
    assert ("3_year", "month") not in types
    assert years("3_year", dt.date(2020, 1, 1)) == range(2020, 2023)
    assert years("5_year", dt.date(2020, 7, 1)) == range(2020, 2025)
    assert years("month", dt.date(2020, 5, 1)) == range(2020, 2021)


def test_the_same_persons_under_two_names_are_protected_once() -> None:
    """Who answered one question answered the next: what the one measure shows, the other cannot hide."""
    universes = {"asked": "stops", "asked_too": "stops"}
    searched = [figure(at(race), x, n, kind="proportion", measure="s", records=("searched", "asked")) for race, x, n in SEARCHED]
    cited = [figure(at(race), x, n, kind="proportion", measure="c", records=("cited", "asked_too")) for race, x, n in CITED]
    counts, chosen = _choose([*searched, *cited], universes)
    pairs = [equation for equation in counts.equations if len({counts.names[n].records for n in equation.terms}) == 2]
    assert {frozenset(counts.names[n].records for n in one.terms) for one in pairs} >= {frozenset({"asked", "asked_too"})}
    assert chosen.rows[searched[0].key] == PRIMARY
    other = [
        figure(one.at, one.numerator, one.denominator + 1, kind="proportion", measure="c", records=("cited", "asked_too"))
        for one in cited
    ]
    counts, _ = _choose([*searched, *other], universes)
    assert not any({counts.names[n].records for n in equation.terms} == {"asked", "asked_too"} for equation in counts.equations)


def test_records_of_districts_are_protected_from_the_universe_of_their_city() -> None:
    """160 - 130 - 26 = 4: two hidden districts would have from 0 to 4 of them each, so that more is hidden; of 360 nothing is."""
    inside = {"1": 130.0, "2": 26.0, "3": 1.0, "4": 3.0}
    parts = [
        figure(at(geography_type="district", geoid=name), count, kind="count", measure="part", records=("part", None))
        for name, count in inside.items()
    ]
    for whole, is_more in ((160.0, True), (360.0, False)):
        figures = [*parts, figure(at(), whole, kind="count", measure="whole", records=("whole", None))]
        counts, chosen = _choose(figures, {"part": "whole"})
        hidden = {key.at.geoid for key in chosen.rows}
        assert ({"3", "4"} < hidden, hidden == {"3", "4"}) == (is_more, not is_more), whole
        assert narrowest(figures, counts, set(chosen.rows), set(chosen.unknown), [0.0] * len(counts)) >= -1e-5


SEARCHED = [("black", 4.0, 100.0), ("white", 50.0, 200.0), ("all", 54.0, 300.0)]
CITED = [("black", 40.0, 100.0), ("white", 90.0, 200.0), ("all", 130.0, 300.0)]
