"""Smoothed values of small areas, limits of districts, and shares expected of the mix of cases, over rows that a test makes up.

The formulas are tested in tests/unit/stats.
"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.integration.dbt.test_measure_figures import SLICE, Row, figure_row, rows_of_model
from tests.support.empty_warehouse import EmptyWarehouse

pytestmark = pytest.mark.xdist_group("dbt")

SHARE: Row = {"measure_id": "m", "measure_version": 1, "kind": "proportion", "interval_basis": "sampling"}


def tract(number: int, numerator: float | None, denominator: float | None, **changes: object) -> Row:
    value = None if numerator is None or denominator is None else 100 * numerator / denominator
    place = {"geography_type": "tract", "geoid": f"{number:011d}", "unit": "percent"}
    return SLICE | place | {"numerator": numerator, "denominator": denominator, "value": value} | changes


def figures(
    warehouse: EmptyWarehouse, rows: list[Row], measure: Row = SHARE, model: str = "fct_equity_measures"
) -> dict[str, Row]:
    given = {"int_equity_measures__with_significance": [{k: v for k, v in row.items() if k != "source"} for row in rows]}
    found = rows_of_model(warehouse, model, dim_measure=[measure], **given)
    return {row["geoid"]: row for row in found}


def test_shares_of_tracts_are_drawn_toward_their_mean(empty_warehouse: EmptyWarehouse) -> None:
    """Four tracts each with 2, 5 and 8 of 10: by the moments of test_proportions_by_hand 20 % become 30.6, 80 % 69.4."""
    rows = [tract(number, (2, 5, 8)[number % 3], 10) for number in range(12)]
    outside = tract(13, 1, 1) | {"geoid": "outside"}
    found = figures(empty_warehouse, [*rows, outside, tract(12, None, 10)])
    drawn = 30 * 35 / 54
    for number, expected in ((0, 50 - drawn), (1, 50), (2, 50 + drawn)):
        assert found[f"{number:011d}"]["value_smoothed"] == pytest.approx(expected)
        assert found[f"{number:011d}"]["smoothing_method"] == "empirical_bayes_share"
    assert found["outside"]["value_smoothed"] is None
    assert found[f"{12:011d}"]["value_smoothed"] is None


def test_a_hidden_tract_is_in_no_mean(empty_warehouse: EmptyWarehouse) -> None:
    """A row without a value, as the public file has it, changes no other row, whatever its denominator."""
    rows = [tract(number, number, 20) for number in range(12)]
    hidden = tract(12, 19, 20) | {"numerator": None, "value": None}
    without = figures(empty_warehouse, rows)
    found = figures(empty_warehouse, [*rows, hidden])
    assert {geoid: found[geoid]["value_smoothed"] for geoid in without} == {
        geoid: row["value_smoothed"] for geoid, row in without.items()
    }


def test_nine_areas_are_too_few(empty_warehouse: EmptyWarehouse) -> None:
    found = figures(empty_warehouse, [tract(number, number, 20) for number in range(9)])
    assert {row["value_smoothed"] for row in found.values()} == {None}


def test_estimates_are_smoothed_by_their_limits_or_stay_as_modelled(empty_warehouse: EmptyWarehouse) -> None:
    """0, 3 and 6 with variance 1, four times each: Σ(y - 3)² / (A + 1) = 72 / (A + 1) = 11, A is 61/11, A / (A + 1) 61/72."""
    half = 1.959963984540054
    rows = [
        tract(number, None, None, value=(0.0, 3.0, 6.0)[number % 3]) | {"ci_low": (0.0, 3.0, 6.0)[number % 3] - half}
        | {"ci_high": (0.0, 3.0, 6.0)[number % 3] + half, "unit": "days"}
        for number in range(12)
    ]  # fmt: skip
    sampled = figures(empty_warehouse, rows, SHARE | {"kind": "median"})
    assert sampled[f"{0:011d}"]["value_smoothed"] == pytest.approx(3 - 3 * 61 / 72)
    assert sampled[f"{0:011d}"]["smoothing_method"] == "fay_herriot"
    modelled = figures(empty_warehouse, rows, SHARE | {"kind": "estimate", "interval_basis": "model"})
    assert (modelled[f"{0:011d}"]["value_smoothed"], modelled[f"{0:011d}"]["smoothing_method"]) == (0, "publisher_model")


def test_a_full_count_is_not_smoothed(empty_warehouse: EmptyWarehouse) -> None:
    found = figures(empty_warehouse, [tract(number, number, 20) for number in range(12)], SHARE | {"interval_basis": "none"})
    assert {row["value_smoothed"] for row in found.values()} == {None}


def district(number: int, numerator: float, denominator: float) -> Row:
    return tract(number, numerator, denominator) | {"geography_type": "aldermanic_district", "geoid": str(number)}


def test_limits_of_a_district_are_around_its_city(empty_warehouse: EmptyWarehouse) -> None:
    """10 records and a city of 50 %: the limits of test_shares_by_hand."""
    city = SLICE | {"unit": "percent", "numerator": 50, "denominator": 100, "value": 50.0}
    found = figures(empty_warehouse, [city, district(7, 9, 10)])
    assert found["7"]["funnel_low_95"] == pytest.approx(10 * (2 - (56 - 25.6) / 45))
    assert found["7"]["funnel_high_95"] == pytest.approx(10 * (8 - (1013 - 998.4) / 45))
    assert found["7"]["funnel_low_998"] < found["7"]["funnel_low_95"]
    assert found["7"]["funnel_high_998"] > found["7"]["funnel_high_95"]
    assert found["1"]["funnel_low_95"] is None
    assert found["7"]["value_smoothed"] is None


def test_events_that_repeat_have_no_limits_of_chance(empty_warehouse: EmptyWarehouse) -> None:
    city = SLICE | {"unit": "per_1000", "numerator": 50, "denominator": 1000, "value": 50.0}
    rate = SHARE | {"kind": "rate"}
    one = district(7, 9, 100) | {"unit": "per_1000", "value": 90.0}
    calls = {"measure_id": "police_calls_per_1000"}
    assert figures(empty_warehouse, [city, one], rate)["7"]["funnel_low_95"] is not None
    found = figures(empty_warehouse, [city | calls, one | calls], rate | calls)
    assert found["7"]["funnel_low_95"] is None


def test_a_change_of_the_mix_alone_changes_no_ratio(empty_warehouse: EmptyWarehouse) -> None:
    """Lights are closed 8 times in 10, trees 2 in 10: 50 and 50 requests, then 10 and 90. 50 % become 26 %, the ratio stays 1."""
    rows = []
    for month, lights, trees in ((3, 50, 50), (8, 10, 90)):
        closed = 0.8 * lights + 0.2 * trees
        row = SLICE | {
            "period_type": "month", "period_start": dt.date(2025, month, 1), "kind": "proportion", "unit": "percent",
            "factor": 100.0, "race_kind": "total", "value_status": "computed", "is_computable": True, "denominator": 100.0,
            "ci_low": closed - 10,
            "ci_high": closed + 10,
        }  # fmt: skip
        rows.append(row | {"numerator": closed, "value": closed})
        rows.append(row | {"numerator": closed, "value": closed, "stratum_type": "case_mix", "stratum_code": "expected"})
    referenced = rows_of_model(
        empty_warehouse,
        "int_equity_measures__with_reference",
        int_equity_measures__with_intervals=rows,
        stg_receipts__settings=[{"city_geoid": "1"}],
    )
    assert {row["stratum_type"] for row in referenced} == {"all"}
    assert [(row["period_start"].month, row["value"], row["expected_value"]) for row in referenced] == [(3, 50, 50), (8, 26, 26)]
    columns = (*SLICE, "value", "ci_low", "ci_high", "unit", "expected_value")
    given = [{column: row[column] for column in columns if column != "source"} for row in referenced]
    found = rows_of_model(
        empty_warehouse, "fct_equity_measures", int_equity_measures__with_significance=given, dim_measure=[SHARE]
    )
    assert {row["observed_expected_ratio"] for row in found} == {1}
    (august,) = (row for row in found if row["period_start"].month == 8)
    assert (august["observed_expected_ci_low"], august["observed_expected_ci_high"]) == pytest.approx((16 / 26, 36 / 26))


def requests_of(month: int, types: dict[str, tuple[int, int]]) -> list[Row]:
    """Requests of a month: of each type how many, and how many of these were closed a day later."""
    made = dt.datetime(2025, month, 10, 9)
    row = {
        "source": "s", "jurisdiction": "1", "occurred_on": made.date(), "service_request_at": made,
        "followed_until_at": made + dt.timedelta(days=5),
    }  # fmt: skip
    return [
        row | {"request_type": kind, "closed_at": made + dt.timedelta(days=1) if number < closed else None}
        for kind, (count, closed) in types.items()
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("august", "share", "ratio"),
    [
        # a light is closed 8 times in 10, a tree 2 in 10, in both months; more trees are asked for: 50 % become 26 %
        ({"light": (20, 16), "tree": (180, 36)}, 0.26, 1.0),
        # as many of each, and half of them closed: over both months 60 % and 15 % are, so that 37.5 % are expected of the mix
        ({"light": (100, 40), "tree": (100, 10)}, 0.25, 25 / 37.5),
    ],
    ids=["other_mix", "slower"],
)
def test_planted_mix(empty_warehouse: EmptyWarehouse, august: dict[str, tuple[int, int]], share: float, ratio: float) -> None:
    """Where only the mix changes the raw share falls and the ratio stays; where the city is slower, both fall."""
    records = requests_of(3, {"light": (100, 80), "tree": (100, 20)}) + requests_of(8, august)
    closed: dict[tuple[str, int], float] = {}
    for model in ("int_service_requests__aggregated", "int_service_request_case_mix__aggregated"):
        for row in rows_of_model(empty_warehouse, model, fct_service_requests=records):
            key = (model, row["occurred_on"].month)
            closed[key] = closed.get(key, 0) + row["closed_count"] / 200
    assert closed["int_service_requests__aggregated", 3] == pytest.approx(0.5)
    assert closed["int_service_requests__aggregated", 8] == pytest.approx(share)
    expected = closed["int_service_request_case_mix__aggregated", 8]
    assert closed["int_service_requests__aggregated", 8] / expected == pytest.approx(ratio)


def test_years_that_differ_by_more_than_chance_widen_the_interval(empty_warehouse: EmptyWarehouse) -> None:
    """Four times the variance of chance: 40 events are as sure as 10, by Byar 4.79 to 18.39; rounded outward to two digits."""
    row = figure_row(kind="rate", unit="per_1000", numerator=40, denominator=1000, measure_id="police_calls_per_1000")
    years = SLICE | {"measure_id": "police_calls_per_1000", "overdispersion": 4.0}
    of_figure = {"source", "jurisdiction", "period_type", "period_start", "period_end", "geoid"}
    given = {key: value for key, value in years.items() if key not in of_figure}
    (chance,) = rows_of_model(empty_warehouse, "int_equity_measures__with_intervals", int_equity_measures__with_known_race=[row])
    (found,) = rows_of_model(
        empty_warehouse,
        "int_equity_measures__with_intervals",
        int_equity_measures__with_known_race=[row],
        int_equity_measures__overdispersion=[given],
    )
    assert chance["ci_method"] == "byar"
    assert found["ci_method"] == "overdispersed_years"
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((19, 74))
    assert found["ci_low"] < chance["ci_low"] < chance["ci_high"] < found["ci_high"]
