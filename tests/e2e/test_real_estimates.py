"""The real deliveries: figures of other publishers, as their files have them. Deselected without LEVELGROUND_REAL_DELIVERIES."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import CommandLine

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]

Milwaukee = tuple[CommandLine, dict[str, Any]]
# Measure, year in which the window ends, and the values of groups; read from the delivered files with csv.
FIGURES: list[tuple[str, int, dict[str, float]]] = [
    ("median_household_income", 2023, {"all": 51_639, "white": 67_945, "black": 37_523, "hispanic": 51_250}),
    ("median_household_income", 2023, {"other_groups_combined": 51_486}),
    ("median_household_income_county", 2023, {"black": 38_375, "white": 76_900, "hispanic": 55_412}),
    ("employment_25_54_share", 2023, {"all": 77.5, "white": 85.3, "black": 70.9, "hispanic": 76.9}),
    ("hs_diploma_19_20_share", 2023, {"white": 98.3, "black": 79.0, "hispanic": 85.4}),
    ("preschool_enrollment_share", 2023, {"white": 41.3, "black": 12.4, "hispanic": 11.2}),
    ("digital_access_share", 2023, {"white": 72.7, "black": 57.0, "hispanic": 62.2}),
    ("poverty_exposure_share", 2023, {"white": 21.3, "black": 31.5}),
    ("poverty_exposure_share", 2018, {"all": 30.9}),
    ("student_homelessness_composition", 2022, {"black": 71.6, "hispanic": 15.1, "white": 2.8}),
    ("juvenile_arrests_per_100000", 2021, {"black": 3_104}),
    ("low_birth_weight_share", 2022, {"white": 7.0, "black": 18.2, "hispanic": 9.0}),
    ("life_expectancy", 2023, {"all": 74.9, "white": 77.5, "black": 67.5, "hispanic": 79.4, "aian": 83.8}),
    ("infant_deaths_per_1000_births", 2023, {"all": 8.39, "white": 3.72, "black": 15.08}),
    ("homicide_deaths_per_100000", 2022, {"all": 18.1, "white": 3.2, "black": 55.0, "hispanic": 10.4}),
    ("firearm_deaths_per_100000", 2022, {"all": 23.5, "white": 9.7, "black": 60.7, "hispanic": 13.1}),
    ("overdose_deaths_per_100000", 2022, {"all": 63.2}),
    ("child_deaths_per_100000", 2023, {"all": 81.0, "white": 34.2, "black": 162.5, "hispanic": 49.5}),
    ("suicide_deaths_per_100000", 2022, {"all": 13.2, "white": 16.0, "black": 9.7, "hispanic": 8.4}),
    ("injury_deaths_per_100000", 2022, {"all": 140.6, "white": 148.1, "black": 188.8, "aian": 185.2}),
    ("crash_deaths_per_100000", 2022, {"all": 10.9, "white": 7.4, "black": 20.8, "hispanic": 8.0}),
    ("children_in_poverty_share", 2023, {"black": 37.1, "white": 8.0, "hispanic": 26.3, "asian": 27.8}),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "year", "groups"), FIGURES, ids=lambda value: value if isinstance(value, str) else "")
def test_figures_are_those_of_the_files(milwaukee: Milwaukee, measure: str, year: int, groups: dict[str, float]) -> None:
    rows = milwaukee[0].ask(
        "select race_ethnicity_code as code, value from marts.fct_equity_measures where value is not null "
        f"and measure_id = '{measure}' and year(period_end) = {year} and stratum_type = 'all'"
    )
    found = {row["code"]: row["value"] for row in rows}
    for code, value in groups.items():
        # the page that lists them rounds to its last digit, half up or down
        digits = len(str(value).partition(".")[2]) if isinstance(value, float) else 0
        assert abs(found[code] - value) <= 0.6 * 10**-digits, (code, found[code])


def test_counts_behind_figures(milwaukee: Milwaukee) -> None:
    ask = milwaukee[0].ask
    births = "select numerator, denominator from marts.fct_equity_measures where measure_id = 'infant_deaths_per_1000_births'"
    assert ask(f"{births} and race_ethnicity_code = 'white'") == [{"numerator": 112, "denominator": 30_106}]
    assert ask(f"{births} and race_ethnicity_code = 'black'") == [{"numerator": 460, "denominator": 30_508}]
    poor = (
        "select value, numerator, denominator, status_reason from marts.fct_equity_measures "
        "where measure_id = 'children_in_poverty_share' and race_ethnicity_code = "
    )
    assert [(row["numerator"], row["denominator"]) for row in ask(f"{poor} 'black'")] == [(27_568, 74_260)]
    # 8 of 61 children are too few for a percentage
    (few,) = ask(f"{poor} 'nhpi'")
    assert few == {"value": None, "numerator": 8, "denominator": 61, "status_reason": "min_denominator"}


# Source, published measure, last day of the window, place, group, and figures; also those that no measure shows.
PUBLISHED: list[tuple[str, str, str, str, str, dict[str, float]]] = [
    ("urban__poverty_exposure", "share_poverty_exposure", "2016-12-31", "5553000", "all", {"value": 45.5}),
    ("urban__hs_diploma", "share_hs_degree", "2023-12-31", "5553000", "black", {"bound_low": 72, "bound_high": 86}),
    ("urban__student_homelessness", "share_homeless", "2022-06-30", "5553000", "all", {"value": 5.5}),
    ("urban__student_homelessness", "share_of_homeless", "2022-06-30", "5553000", "black", {"value": 71.6}),
    ("urban__juvenile_arrests", "rate_juv_arrest", "2021-12-31", "5553000", "hispanic", {"value": 511}),
    ("urban__juvenile_arrests", "rate_juv_arrest", "2022-12-31", "5553000", "hispanic", {"value": 27}),
    ("chr__county_health", "v063_all_residents", "2023-12-31", "55079", "all", {"value": 63_304}),
    ("chr__county_health", "v063", "2023-12-31", "55079", "black", {"value": 38_375}),
    ("chr__county_health", "v015", "2022-12-31", "55079", "all", {"numerator": 1_191}),
    ("chr__county_health", "v148", "2022-12-31", "55079", "all", {"numerator": 1_099}),
    ("chr__county_health", "v138", "2022-12-31", "55079", "all", {"numerator": 1_763}),
    ("chr__county_health", "v129", "2023-12-31", "55079", "all", {"numerator": 729, "denominator": 86_916}),
    ("census__acs_county", "B25003_002", "2023-12-31", "55079", "all", {"value": 193_761}),
    ("census__acs_county", "B25003_001", "2023-12-31", "55079", "all", {"value": 389_046}),
]  # fmt: skip


@pytest.mark.parametrize(("source", "measure", "day", "geoid", "group", "figures"), PUBLISHED)
def test_figures_of_the_fact_are_those_of_the_files(
    milwaukee: Milwaukee, source: str, measure: str, day: str, geoid: str, group: str, figures: dict[str, float]
) -> None:
    (row,) = milwaukee[0].ask(
        f"select {', '.join(figures)} from marts.fct_published_estimates where source = '{source}' "
        f"and published_measure = '{measure}' and period_end = date '{day}' and geoid = '{geoid}' "
        f"and race_ethnicity_code = '{group}' and stratum_type = 'all'"
    )
    for name, value in figures.items():
        digits = len(str(value).partition(".")[2]) if isinstance(value, float) else 0
        assert abs(row[name] - value) <= 0.6 * 10**-digits, (name, row[name])


def test_homeless_students_are_parts_of_all_of_them(milwaukee: Milwaukee) -> None:
    """A composition: 4,070 of 4,151 have a group."""
    rows = milwaukee[0].ask(
        "select race_ethnicity_code as code, numerator, denominator, rate_ratio from marts.fct_equity_measures "
        "where measure_id = 'student_homelessness_composition' and period_end = date '2022-06-30' and numerator is not null"
    )
    counts = {row["code"]: row["numerator"] for row in rows}
    assert {code: counts[code] for code in ("all", "black", "hispanic", "white")} == {
        "all": 4_151, "black": 2_973, "hispanic": 627, "white": 118,
    }  # fmt: skip
    assert sum(count for code, count in counts.items() if code != "all") == 4_070
    assert {(row["denominator"], row["rate_ratio"]) for row in rows} == {(4_151, None)}


def test_debt_is_of_neighborhoods(milwaukee: Milwaukee) -> None:
    rows = milwaukee[0].ask(
        "select stratum_code as code, round(value, 1) as value from marts.fct_equity_measures "
        "where measure_id = 'debt_in_collections_share' and stratum_type = 'place_majority' and race_ethnicity_code = 'all'"
    )
    assert {row["code"]: row["value"] for row in rows} == {"white": 16.6, "non_white": 44.0}


def test_the_city_has_66_peers_and_its_county_none(milwaukee: Milwaukee) -> None:
    ask = milwaukee[0].ask
    assert ask("select count(*) as n from marts.dim_peer_city") == [{"n": 66}]
    (own,) = ask(
        "select peers, round(gap) as gap, round(gap_ratio, 2) as ratio, rank_low, rank_high from marts.fct_peer_comparison "
        "where measure_id = 'median_household_income' and geoid = '5553000' and race_ethnicity_code = 'black'"
    )
    assert own == {"peers": 66, "gap": -30_422, "ratio": 0.55, "rank_low": 9, "rank_high": 59}, "4 to 49 in dollars"
    (own,) = ask(
        "select peers, peers_narrower, peers_wider, peers_reversed, is_rank_shown from marts.fct_peer_comparison "
        "where measure_id = 'employment_25_54_share' and geoid = '5553000' and race_ethnicity_code = 'black' "
        "and period_start = date '2019-01-01'"
    )
    assert own == {"peers": 66, "peers_narrower": 26, "peers_wider": 1, "peers_reversed": 0, "is_rank_shown": False}
    assert ask("select geoid from marts.fct_peer_comparison where length(geoid) <> 7") == []


def test_a_small_group_shows_its_width_and_a_hidden_group_no_value(milwaukee: Milwaukee) -> None:
    rows = milwaukee[0].ask(
        "select race_ethnicity_code as code, round(ci_low, 1) as low, round(ci_high, 1) as high, value_status "
        "from marts.fct_equity_measures where measure_id = 'life_expectancy' and race_ethnicity_code in ('aian', 'nhpi') "
        "order by code"
    )
    assert rows == [
        {"code": "aian", "low": 72.2, "high": 95.3, "value_status": "computed"},
        {"code": "nhpi", "low": None, "high": None, "value_status": "suppressed_at_source"},
    ]


def test_windows_of_a_measure_do_not_overlap(milwaukee: Milwaukee) -> None:
    rows = milwaukee[0].ask(
        "select measure_id, list(distinct year(period_end) order by year(period_end)) as years from marts.fct_equity_measures "
        "where measure_id in ('median_household_income', 'employment_25_54_share', 'low_birth_weight_share', "
        "'poverty_exposure_share') group by all"
    )
    years = {row["measure_id"]: row["years"] for row in rows}
    assert years["employment_25_54_share"] == years["poverty_exposure_share"] == [2018, 2023]
    assert years["low_birth_weight_share"] == [2018, 2020, 2022]
    # incomes are in the dollars of their window
    assert years["median_household_income"] == [2023]


def test_zeros_that_are_not_reported_and_pooled_values_are_no_values(milwaukee: Milwaukee) -> None:
    ask = milwaukee[0].ask
    arrests = ask(
        "select year(period_end) as year, count(*) as n from marts.fct_published_estimates "
        "where source = 'urban__juvenile_arrests' and race_ethnicity_code = 'all' and stratum_type = 'all' "
        "and reported_value = 0 and value_missing_reason = 'not_collected' group by all order by year"
    )
    assert arrests == [{"year": 2021, "n": 9}, {"year": 2022, "n": 15}]
    (pooled,) = ask(
        "select count(*) as n from marts.fct_published_estimates where source = 'urban__low_birth_weight' "
        "and race_ethnicity_code = 'all' and stratum_type = 'all' and period_end = date '2022-12-31' and value is null"
    )
    assert pooled == {"n": 57}
    (other,) = ask(
        "select value, value_missing_reason as reason from marts.fct_published_estimates "
        "where source = 'urban__low_birth_weight' "
        "and geoid = '55127' and race_ethnicity_code = 'other_groups_combined' and period_end = date '2022-12-31'"
    )
    assert other == {"value": None, "reason": "not_collected"}


def test_a_change_of_reporting_is_marked_and_a_fall_by_a_third_is_none(milwaukee: Milwaukee) -> None:
    ask = milwaukee[0].ask
    condition = "geoid = '5553000' and is_reporting_change"
    rows = ask(
        "select race_ethnicity_code as code, year(period_end) as year, round(value) as value "
        f"from marts.fct_published_estimates where {condition}"
    )
    assert rows == [{"code": "hispanic", "year": 2022, "value": 27}]
    (gate,) = ask(
        "select success, severity from quality.gate_results where subject = 'marts.fct_published_estimates' "
        "and expectation = 'reporting_change_to_confirm'"
    )
    assert gate == {"success": False, "severity": "warning"}


def test_groups_that_overlap_are_no_parts_of_a_whole(milwaukee: Milwaukee) -> None:
    rows = milwaukee[0].ask(
        "select distinct published_measure as measure, race_ethnicity_code as code from marts.fct_published_estimates "
        "where (published_measure in ('B17020_003', 'v063') or source = 'urban__poverty_exposure') and group_kind <> 'people' "
        "and race_ethnicity_code <> 'all' order by all"
    )
    assert {(row["measure"], row["code"]) for row in rows} == {
        *(("B17020_003", code) for code in ("aian", "asian", "black", "nhpi")),
        *(("v063", code) for code in ("aian", "asian", "black")),
        *(("share_poverty_exposure", code) for code in ("black", "other_groups_combined")),
    }
    majorities = milwaukee[0].ask(
        "select distinct race_ethnicity_code as code, stratum_type from marts.fct_published_estimates "
        "where group_kind = 'majority_of_place'"
    )
    assert majorities == [{"code": "all", "stratum_type": "place_majority"}]


def test_two_sources_agree_on_median_income(milwaukee: Milwaukee) -> None:
    (row,) = milwaukee[0].ask(
        "select success from quality.gate_results where subject = 'marts.fct_published_estimates' "
        "and expectation = 'two_sources_agree'"
    )
    assert row["success"]
