"""Aggregates that an agreement protects: zeros, rates of delivered denominators, and rows that the source stars."""

from __future__ import annotations

import dataclasses
import math

from tests.unit.warehouse.disclosure.tables import at, counted, figure, narrowest
from warehouse.disclosure.build_constraints import UNKNOWN
from warehouse.disclosure.complementary_suppression import PRIMARY, SuppressionPattern, find_pattern
from warehouse.disclosure.counts import Cell, CountSystem
from warehouse.disclosure.states.planned_figures import Figure
from warehouse.disclosure.suppression_units import suppression_units

REMOVALS = ("removals", "students")


def _rate(where: Cell, removals: float | None, students: float | None, threshold: int = 20, status: str = "computed") -> Figure:
    rate = figure(
        where, removals, students, kind="rate", measure="removals", records=REMOVALS, threshold=threshold, hides_zeros=True
    )
    return dataclasses.replace(rate, value_status=status)


def _choose(figures: list[Figure]) -> tuple[CountSystem, SuppressionPattern]:
    counts = counted(figures)
    return counts, find_pattern(counts, suppression_units(figures, counts), [0.0] * len(counts))


def _races(chosen: SuppressionPattern) -> set[str]:
    return {key.at.race for key in chosen.rows}


def test_a_category_that_no_form_asks_for_hides_no_group() -> None:
    """Zeros are hidden, but everybody knows that a form without a box has no answer in it."""
    figures = [
        _rate(at("black"), 300, 900), _rate(at("white"), 200, 2000), _rate(at("all"), 500, 2900),
        _rate(at("aian"), None, None, status="not_collected"),
    ]  # fmt: skip
    counts, chosen = _choose(figures)
    assert not chosen.rows
    assert not chosen.unknown
    unknown = counts.get("removals", at(UNKNOWN))
    assert unknown is not None and counts.value[unknown] == 0.0 and not counts.is_sensitive(unknown)


def test_a_group_whose_cells_are_all_hidden_by_the_state_hides_no_other_group() -> None:
    """Totals hold for the students whom the state shows, so that a group of which it shows none is in no total."""
    figures = [_rate(at("black"), 300, 900), _rate(at("white"), 200, 2000), _rate(at("all"), 500, 2900)]
    starred = _rate(at("nhpi"), None, None, status="suppressed_at_source")
    assert _choose([*figures, starred])[1].rows  # of which the totals may hold some
    assert not _choose([*figures, dataclasses.replace(starred, place_coverage_pct=0.0)])[1].rows


def test_a_real_zero_is_hidden_and_protected_by_another_row() -> None:
    figures = [
        _rate(at("black"), 300, 900),
        _rate(at("white"), 200, 2000),
        _rate(at("asian"), 0, 60),
        _rate(at("all"), 500, 2960),
    ]
    counts, chosen = _choose(figures)
    assert {key.at.race: why for key, why in chosen.rows.items()}["asian"] == PRIMARY
    assert len(chosen.rows) > 1
    assert narrowest(figures, counts, set(chosen.rows), set(chosen.unknown), [0.0] * len(counts)) >= -1e-5


def test_a_delivered_denominator_is_a_count_and_no_universe() -> None:
    """More removals than students are possible: there is no complement, and 15 students are fewer than 20."""
    figures = [
        _rate(at("black"), 900, 300),
        _rate(at("white"), 200, 2000),
        _rate(at("asian"), 90, 15),
        _rate(at("all"), 1190, 2315),
    ]
    counts, chosen = _choose(figures)
    assert "asian" in _races(chosen) and len(chosen.rows) > 1
    assert all(value >= 0 for value in counts.value)
    assert {name.records for name in counts.names} == set(REMOVALS)
    looser = [dataclasses.replace(one, threshold=11) for one in figures]
    assert not _choose(looser)[1].rows


def test_a_school_that_stars_all_of_its_rows_is_in_the_sums_by_race() -> None:
    """Else the sums by race and in all make its count zero, and nothing can protect it."""
    district, school = {"geography_type": "school_district", "geoid": "A"}, {"geography_type": "school"}
    figures = [
        *(_rate(at(race, **district), None, None, status="suppressed_at_source") for race in ("black", "white", "all")),
        *(_rate(at(race, **school, geoid="A/B"), 100.0, 400.0) for race in ("black", "white")),
        _rate(at("all", **school, geoid="A/B"), 200.0, 800.0),
        _rate(at("all", **school, geoid="A/C"), None, None, status="suppressed_at_source"),
    ]
    counts, chosen = _choose(figures)
    starred = counts.get("students", at("all", **school, geoid="A/C"))
    assert starred is not None and math.isnan(counts.value[starred])
    assert not chosen.unsafe


def test_that_no_school_is_left_out_is_no_zero_to_hide() -> None:
    district, school = {"geography_type": "school_district", "geoid": "A"}, {"geography_type": "school"}
    other = {"geography_type": "school_district", "geoid": "B"}
    figures = [
        _rate(at("all", **district), 500, 900), _rate(at("all", **school, geoid="A/B"), 500, 900),
        _rate(at("all", **other), 400, 800), _rate(at("all", **school, geoid="B/C"), 300, 700),
    ]  # fmt: skip
    counts, chosen = _choose(figures)
    rests = {name.at.geoid: number for name, number in counts.number.items() if name.at.geoid.endswith("/rest")}
    assert [counts.value[number] for _, number in sorted(rests.items())] == [0.0, 100.0]
    assert not chosen.rows
