"""What an earlier snapshot of a stock hides, a later one hides too, while most of its persons are still there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.unit.warehouse.disclosure.tables import KINDS, at, figure
from warehouse.disclosure.build_constraints import PublicReference, build_constraints
from warehouse.disclosure.complementary_suppression import CARRIED, PRIMARY, SECONDARY, EarlierReleases, SuppressionPattern
from warehouse.disclosure.snapshot_suppression import find_pattern_over_snapshots
from warehouse.disclosure.states.planned_figures import Figure, RowKey
from warehouse.disclosure.suppression_units import medians_of_few_records, medians_of_hidden_counts, suppression_units

FIRST, SECOND, THIRD = dt.date(2025, 12, 31), dt.date(2026, 3, 31), dt.date(2026, 6, 30)
STOCKS = frozenset({"staff.numerator"})
STAFF = {"black": 400, "white": 600, "asian": 5, "hispanic": 14}


def _composition(day: dt.date, cells: Mapping[str, float]) -> list[Figure]:
    total = sum(cells.values())
    known_race = (total, total)
    return [
        figure(at(race, period_type="snapshot", period_start=day), number, total, measure="staff", known_race=known_race)
        for race, number in (*cells.items(), ("all", total))
    ]


def _choose(
    *snapshots: tuple[dt.date, Mapping[str, float]], before: EarlierReleases | None = None, stocks: bool = True
) -> SuppressionPattern:
    figures = [one for day, cells in snapshots for one in _composition(day, cells)]
    counts = build_constraints(figures, PublicReference(KINDS, {}, STOCKS if stocks else frozenset()))
    return find_pattern_over_snapshots(
        counts, suppression_units(figures, counts), [0.0] * len(counts), before or EarlierReleases(), STOCKS if stocks else ()
    )


def _reasons(chosen: SuppressionPattern, day: dt.date) -> dict[str, str]:
    return {key.at.race: why for key, why in chosen.rows.items() if key.at.period_start == day}


def test_a_hidden_group_that_grows_a_little_stays_hidden() -> None:
    chosen = _choose((FIRST, STAFF), (SECOND, STAFF | {"asian": 13}))
    assert _reasons(chosen, FIRST) == {"asian": PRIMARY, "hispanic": SECONDARY}
    assert _reasons(chosen, SECOND) == {"asian": CARRIED, "hispanic": CARRIED}
    separately = _choose((FIRST, STAFF), (SECOND, STAFF | {"asian": 13}), stocks=False)
    assert _reasons(separately, SECOND) == {}


def test_a_group_that_changed_by_the_threshold_is_shown() -> None:
    chosen = _choose((FIRST, STAFF), (SECOND, {"black": 400, "white": 600, "asian": 16, "hispanic": 25}))
    assert _reasons(chosen, SECOND) == {}


def test_what_is_hidden_as_before_is_protected_as_a_small_count_is() -> None:
    """The group that was small is large now; the one hidden to protect it must not be the remainder of the others."""
    chosen = _choose((FIRST, STAFF), (SECOND, STAFF | {"asian": 40}))
    hidden = _reasons(chosen, SECOND)
    assert hidden["hispanic"] == CARRIED
    assert len(hidden) > 1


def test_it_is_the_snapshot_that_needed_it_that_counts() -> None:
    """A group that grows slowly is shown once it is far from what an earlier snapshot needed to hide."""
    chosen = _choose((FIRST, STAFF), (SECOND, STAFF | {"asian": 12}), (THIRD, STAFF | {"asian": 22, "hispanic": 30}))
    assert _reasons(chosen, SECOND)["asian"] == CARRIED
    assert "asian" not in _reasons(chosen, THIRD)


def test_that_no_one_is_left_may_be_shown() -> None:
    chosen = _choose((FIRST, STAFF | {"hispanic": 40}), (SECOND, {"black": 400, "white": 600, "asian": 0, "hispanic": 90}))
    assert "asian" not in _reasons(chosen, SECOND)


@pytest.mark.parametrize("is_stock", [True, False])
def test_an_older_snapshot_that_comes_later_does_not_hide_behind_what_is_out(is_stock: bool) -> None:
    """The next snapshot shows the group that would protect the small one, so another one has to."""
    later = STAFF | {"asian": 60, "black": 420}
    published = frozenset(
        RowKey("staff", 1, at(race, period_type="snapshot", period_start=SECOND), "individual") for race in (*later, "all")
    )
    chosen = _choose((FIRST, STAFF), (SECOND, later), before=EarlierReleases(dict.fromkeys(published, True)), stocks=is_stock)
    assert _reasons(chosen, SECOND) == {}
    hidden = _reasons(chosen, FIRST)
    assert hidden.pop("asian") == PRIMARY
    assert ("hispanic" in hidden) is not is_stock
    assert hidden


def _median(race: str, records: float, **also: object) -> Figure:
    key = RowKey("pay", 1, at(race), "individual")
    figure = Figure(key, "computed", None, None, 11, False, "median", "pay", None, "staff", None, None, records, 20.0)
    return replace(figure, **{"bin_records": 11.0, "has_small_bin": False, **also})


def test_a_median_of_few_is_hidden_whatever_its_reliability() -> None:
    few, enough = _median("asian", 19.0), _median("black", 20.0)
    assert medians_of_few_records([few, enough]) == {few.key}


@pytest.mark.parametrize(
    ("also", "is_hidden"),
    [
        ({}, False),
        ({"bin_records": 10.0}, True),  # an agreement asks for more than when it was reported
        ({"has_small_bin": True}, True),
        ({"has_small_bin": None}, True),  # of a measure without a grid
        ({"has_small_bin": None, "bin_records": None, "value_status": "not_observable"}, False),
    ],
)
def test_a_median_is_hidden_where_few_records_share_its_bin(also: dict[str, object], is_hidden: bool) -> None:
    assert bool(medians_of_few_records([_median("black", 200.0, **also)])) is is_hidden


def test_the_median_of_a_group_that_is_hidden_as_before_is_hidden() -> None:
    figures = [one for day, cells in ((FIRST, STAFF), (SECOND, STAFF | {"asian": 13})) for one in _composition(day, cells)]
    where = at("asian", period_type="snapshot", period_start=SECOND)
    median = Figure(
        RowKey("pay", 1, where, "individual"),
        "computed",
        None,
        None,
        11,
        False,
        "median",
        "pay",
        None,
        "paid",
        None,
        None,
        30,
        20.0,
    )
    universes = {"paid": "staff.numerator"}
    counts = build_constraints([*figures, median], PublicReference(KINDS, universes, STOCKS))
    chosen = find_pattern_over_snapshots(
        counts, suppression_units([*figures, median], counts), [0.0] * len(counts), EarlierReleases(), STOCKS
    )
    assert medians_of_hidden_counts([median], counts, chosen.counts, universes) == {median.key}
