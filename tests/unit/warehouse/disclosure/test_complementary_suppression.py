"""What is hidden is enough, and not more than it must be."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.warehouse.disclosure.tables import at, composition, counted, figure, narrowest
from warehouse.disclosure.complementary_suppression import PRIMARY, SECONDARY, EarlierReleases, SuppressionPattern, find_pattern
from warehouse.disclosure.counts import CountSystem
from warehouse.disclosure.linear_programs import DeviationProgram
from warehouse.disclosure.states.planned_figures import Figure
from warehouse.disclosure.suppression_units import suppression_units

RACES = ("black", "white", "asian", "hispanic")
GROUPS = (*RACES, "aian", "multiracial")


def _choose(figures: list[Figure], before: EarlierReleases | None = None) -> tuple[CountSystem, SuppressionPattern]:
    counts = counted(figures)
    return counts, find_pattern(counts, suppression_units(figures, counts), [0.0] * len(counts), before)


def _safe(figures: list[Figure], counts: CountSystem, chosen: SuppressionPattern) -> bool:
    return narrowest(figures, counts, set(chosen.rows), set(chosen.unknown), [0.0] * len(counts)) >= -1e-5


def test_many_small_counts_of_one_component_need_few_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Months, a quarter and its races in one system: programs over hidden counts settle most small counts at once."""
    solved = []
    cheapest = DeviationProgram.cheapest
    monkeypatch.setattr(DeviationProgram, "cheapest", lambda *given: solved.append(given[1]) or cheapest(*given))
    draws = np.random.default_rng(611)
    total, figures = dict.fromkeys(GROUPS, 0), []
    for month in range(1, 13):
        cells = dict(zip(GROUPS, draws.integers(1, 18, len(GROUPS)).tolist(), strict=True))
        total = {race: total[race] + cells[race] for race in GROUPS}
        figures += composition(cells, period_type="month", period_start=dt.date(2024, month, 1))
    figures += composition(total)
    counts, chosen = _choose(figures)
    small = sum(counts.is_sensitive(number) for number in range(len(counts)))
    assert small > 30
    assert len(solved) < small / 2  # of two passes
    assert _safe(figures, counts, chosen)


def test_a_count_is_safe_where_it_may_be_smaller_and_larger() -> None:
    """Of 9 and 9 out of 18, each may be 0 to 18, so that neither needs a third group."""
    figures = composition({"black": 400, "white": 600, "asian": 9, "hispanic": 9})
    counts, chosen = _choose(figures)
    assert {key.at.race for key in chosen.rows} == {"asian", "hispanic"}
    assert _safe(figures, counts, chosen)


def test_nothing_is_hidden_without_a_small_count() -> None:
    _, chosen = _choose(composition({"black": 40, "white": 60, "asian": 30}))
    assert not chosen.rows
    assert not chosen.unknown


def test_a_small_count_takes_another_with_it() -> None:
    figures = composition({"black": 400, "white": 600, "asian": 4, "hispanic": 30})
    counts, chosen = _choose(figures)
    reasons = {key.at.race: why for key, why in chosen.rows.items()}
    assert reasons == {"asian": PRIMARY, "hispanic": SECONDARY}  # the smallest that will do, since the total is out
    assert _safe(figures, counts, chosen)


def test_a_zero_is_shown_where_zeros_may_be() -> None:
    figures = composition({"black": 40, "white": 60, "asian": 0})
    _, chosen = _choose(figures)
    assert not chosen.rows


def test_two_small_counts_that_together_are_too_few_take_a_third() -> None:
    figures = composition({"black": 400, "white": 600, "asian": 1, "hispanic": 1})
    counts, chosen = _choose(figures)
    assert {key.at.race for key in chosen.rows} > {"asian", "hispanic"}
    assert _safe(figures, counts, chosen)


def test_few_persons_of_unknown_race_are_not_revealed_by_the_known_share() -> None:
    figures = composition({"black": 400, "white": 600, "asian": 50, "declined": 3})
    counts, chosen = _choose(figures)
    assert "declined" in {key.at.race for key in chosen.rows}
    assert chosen.unknown
    assert _safe(figures, counts, chosen)


def test_who_is_not_in_the_numerator_is_counted_too() -> None:
    rows = {"black": (95, 100), "white": (50, 100), "all": (145, 200)}
    figures = [figure(at(race), x, n, kind="proportion", known_race=(145, 200)) for race, (x, n) in rows.items()]
    counts, chosen = _choose(figures)
    assert chosen.rows[figures[0].key] == PRIMARY  # five who were not
    assert _safe(figures, counts, chosen)


def test_months_are_not_revealed_by_their_quarter() -> None:
    figures = []
    for month, cells in ((1, {"black": 4, "white": 60}), (2, {"black": 30, "white": 50}), (3, {"black": 40, "white": 55})):
        figures += composition(cells, period_type="month", period_start=dt.date(2024, month, 1))
    figures += composition({"black": 74, "white": 165}, period_type="quarter")
    counts, chosen = _choose(figures)
    assert _safe(figures, counts, chosen)
    assert len(chosen.rows) >= 4  # a rectangle of months and races at least


def test_what_was_out_stays_out_and_what_was_hidden_stays_hidden() -> None:
    figures = composition({"black": 400, "white": 600, "asian": 4, "hispanic": 30})
    keys = {row.at.race: row.key for row in figures}
    before = EarlierReleases({keys["hispanic"]: True, keys["all"]: True, keys["asian"]: False, keys["black"]: False})
    counts, chosen = _choose(figures, before)
    assert set(chosen.rows) == {keys["asian"], keys["black"]}
    assert not chosen.unsafe
    assert _safe(figures, counts, chosen)


def test_a_count_that_is_already_published_is_reported_as_unsafe() -> None:
    figures = composition({"black": 400, "white": 600, "asian": 4})
    keys = {row.at.race: row.key for row in figures}
    _, chosen = _choose(figures, EarlierReleases(dict.fromkeys((keys["black"], keys["white"], keys["all"]), True)))
    assert chosen.unsafe


def test_the_order_of_rows_does_not_matter() -> None:
    figures = composition({"black": 4, "white": 30, "asian": 30, "hispanic": 30})
    first, second = (_choose(rows)[1].rows for rows in (figures, list(reversed(figures))))
    assert first == second


@given(
    st.lists(st.lists(st.integers(0, 40), min_size=4, max_size=4), min_size=2, max_size=4),
    st.integers(0, 15),
    st.booleans(),
)
def test_no_small_count_of_random_tables_can_be_computed(table: list[list[int]], unknown: int, districts: bool) -> None:
    figures = []
    for row, cells in enumerate(table):
        place = {"geography_type": "aldermanic_district", "geography_vintage": "2022", "geoid": str(row + 1)}
        month = {"period_type": "month", "period_start": dt.date(2024, row + 1, 1)}
        figures += composition(dict(zip(RACES, cells, strict=True)) | {"declined": unknown}, **(place if districts else month))
    total = {race: sum(cells[i] for cells in table) for i, race in enumerate(RACES)} | {"declined": unknown * len(table)}
    figures += composition(total, **({} if districts or len(table) < 3 else {"period_type": "quarter"}))
    counts, chosen = _choose(figures)
    assert not chosen.unsafe
    assert _safe(figures, counts, chosen)


@pytest.mark.parametrize("has_second_measure", [True, False])
def test_a_count_that_two_measures_show_is_hidden_in_both(has_second_measure: bool) -> None:
    searched = [
        figure(
            at(race), x, n, kind="proportion", measure="searched", records=("searched", "stops.numerator"), known_race=(75, 1030)
        )
        for race, x, n in (
            ("black", 40, 400),
            ("white", 35, 600),
            ("asian", 0, 30 if has_second_measure else 4),
            ("all", 75, 1030),
        )
    ]
    figures = [*composition({"black": 400, "white": 600, "asian": 30 if has_second_measure else 4}), *searched]
    _, chosen = _choose(figures)
    hidden = {(key.measure_id, key.at.race) for key in chosen.rows}
    assert (("stops", "asian") in hidden) == (("searched", "asian") in hidden) == (not has_second_measure)


def test_few_persons_in_groups_without_a_row_are_not_revealed_by_the_others() -> None:
    rows = {"black": (94, 186), "white": (351, 419), "all": (473, 640)}  # 28 of 35 others of known race, so that 7 were not
    figures = [figure(at(race), x, n, kind="proportion", known_race=(473, 640)) for race, (x, n) in rows.items()]
    counts, chosen = _choose(figures)
    assert chosen.rows or chosen.unknown
    assert _safe(figures, counts, chosen)
