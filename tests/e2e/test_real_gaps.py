"""Gaps of the real county in rates, over time and in people: pandas, numpy and scipy compute them again from the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from scipy.stats import gamma, norm

from tests.conftest import CommandLine
from tests.e2e.test_real_deaths import CAUSES, GROUPS, death_files

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]

Z = norm.ppf(0.975)
COUNTY = "geoid = '55079' and measure_id in ('homicide_deaths_yearly', 'drug_deaths_yearly')"


@pytest.fixture(scope="module")
def ask(milwaukee: tuple[CommandLine, dict[str, Any]]) -> Any:
    levelground, _ = milwaukee
    return lambda query: pandas.DataFrame(levelground.ask(query, public=True))


def test_absolute_gaps_need_ten_deaths(ask: Any, real_deliveries: Path) -> None:
    """Ten gaps of homicides and their intervals: Byar's limits of both rates, and MOVER."""
    rows = ask(
        "select year(period_start) as of_year, race_ethnicity_code as race, rate_difference, rate_difference_ci_low, "
        "rate_difference_ci_high, rate_ratio, population_scheme, cast(population_on as varchar) as population_on "
        f"from published.equity_measures where {COUNTY} and measure_id like 'homicide%' and stratum_type = 'all' "
        "and period_type = 'year'"
    ).set_index(["of_year", "race"])
    compared = 0
    for year in range(2020, 2025):
        rates = {race: _byar(*_counted(real_deliveries, "homicide_deaths_yearly", race, year, year)) for race in GROUPS}
        white, white_low, white_high = rates["white"]
        for race in ("black", "hispanic"):
            value, low, high = rates[race]
            found = rows.loc[(year, race)]
            expected = (
                value - white,
                value - white - np.hypot(value - low, white_high - white),
                value - white + np.hypot(high - value, white - white_low),
            )
            for name, figure in zip(("", "_ci_low", "_ci_high"), expected, strict=True):
                assert found[f"rate_difference{name}"] == pytest.approx(figure, rel=1e-6), (year, race, name)
                compared += 1
            assert found.population_scheme == f"county_estimates_{year}" and found.population_on == f"{year}-07-01"
    assert compared == 30
    # 15 White deaths: a difference, and no ratio
    assert pandas.isna(rows.loc[(2023, "black")].rate_ratio)


def test_gaps_of_adjusted_rates_are_whole_people(ask: Any, real_deliveries: Path) -> None:
    rows = ask(
        "select measure_id, year(period_start) as first, year(period_end) as last, race_ethnicity_code as race, excess, "
        "excess_low, excess_high, excess_years, attributable_pct, gap_kind, basis, compared_with_reference as word "
        f"from published.scorecard where {COUNTY} and period_type = 'multi_year'"
    ).set_index(["measure_id", "first", "last", "race"])
    compared = 0
    for measure in CAUSES:
        for first, last in ((2020, 2022), (2023, 2024)):
            for race in ("black", "hispanic"):
                found = rows.loc[(measure, first, last, race)]
                assert found.basis == "place_of_death"
                if found.word not in ("higher", "lower"):
                    assert pandas.isna(found.excess)
                    continue
                expected = [round(figure / (last - first + 1)) for figure in _excess(real_deliveries, measure, race, first, last)]
                assert [found.excess, found.excess_low, found.excess_high] == expected, (measure, first, race)
                assert found.excess_years == last - first + 1
                assert pandas.isna(found.attributable_pct) == (found.word == "lower")
                compared += 1
    assert compared >= 4


def test_a_gap_of_infants_is_that_of_the_published_counts(ask: Any) -> None:
    (row,) = ask(
        "select excess, excess_low, excess_high, excess_years, attributable_pct, gap_kind from published.scorecard "
        "where measure_id = 'infant_deaths_per_1000_births' and geoid = '55079' and race_ethnicity_code = 'black'"
    ).itertuples()
    assert row.excess == pytest.approx(30508 * (460 / 30508 - 112 / 30106) / 7, rel=1e-6)
    assert (round(row.excess), round(row.excess_low), round(row.excess_high), row.excess_years) == (50, 43, 56, 7)
    assert row.attributable_pct == pytest.approx(100 * row.excess * 7 / 729, rel=1e-6)
    assert row.gap_kind == "ratio"


def test_changes_per_year_are_weighted_fits_of_the_published_gaps(ask: Any) -> None:
    gaps = ask(
        "select year(period_start) + 0.5 as of_year, race_ethnicity_code as race, stratum_type, ln(rate_ratio) as gap, "
        f"ln(rate_ratio_ci_high / rate_ratio_ci_low) / 2 as half from published.equity_measures where {COUNTY} "
        "and measure_id like 'drug%' and period_type = 'year' and rate_ratio is not null"
    )
    trends = ask(
        f"select * from published.gap_trends where {COUNTY} and measure_id like 'drug%' and period_type = 'year' "
        "and scale = 'relative'"
    )
    compared = 0
    # ranges of adjusted rates are published with fewer digits than the fit uses
    for trend in trends.itertuples():
        points = gaps[(gaps.race == trend.race_ethnicity_code) & (gaps.stratum_type == trend.stratum_type)].sort_values("of_year")
        if len(points) < 3:
            continue
        (slope, _), covariance = np.polyfit(points.of_year - 2022, points.gap, 1, w=Z / points.half, cov="unscaled")
        error = Z * np.sqrt(covariance[0, 0])
        first, last = points.iloc[0], points.iloc[-1]
        change = last.gap - first.gap
        assert trend.annual_percent_change == pytest.approx(100 * np.expm1(slope), abs=2e-2)
        assert trend.apc_ci_low == pytest.approx(100 * np.expm1(slope - error), abs=2e-2)
        assert trend.apc_ci_high == pytest.approx(100 * np.expm1(slope + error), abs=2e-2)
        assert trend.change == pytest.approx(np.exp(change), rel=1e-6)
        compared += 1
    assert compared >= 4


def test_the_fraction_of_homicides_that_the_gaps_are(ask: Any, real_deliveries: Path) -> None:
    (row,) = ask(
        "select value, groups_used from published.disparity_indices where measure_id = 'homicide_deaths_yearly' "
        "and index_id = 'population_attributable_fraction' and year(period_start) = 2020 and period_type = 'multi_year'"
    ).itertuples()
    counted = {race: _counted(real_deliveries, "homicide_deaths_yearly", race, 2020, 2022) for race in GROUPS}
    assert set(row.groups_used.split(", ")) == set(GROUPS), "the others have fewer than 20 deaths"
    events, people = (sum(column) for column in zip(*counted.values(), strict=True))
    assert row.value == pytest.approx(100 * (1 - counted["white"][0] / counted["white"][1] / (events / people)), rel=1e-6)


def _counted(folder: Path, measure: str, race: str, first: int, last: int) -> tuple[int, float]:
    by_age, people, unknown = _by_age(folder, measure, race, first, last)
    return int(by_age.sum()) + unknown, float(people.sum())


def _by_age(folder: Path, measure: str, race: str, first: int, last: int) -> tuple[np.ndarray, np.ndarray, int]:
    deaths, residents, _ = death_files(folder)
    (column, word), (label, prefix) = CAUSES[measure], GROUPS[race]
    events = deaths[deaths.year.between(first, last) & (deaths[column] == word) & (deaths.Race == label)]
    known = np.minimum(events.age.dropna() // 5, 17).astype(int)
    people = residents[residents.year.between(first, last) & (residents.AGEGRP > 0)]
    by_age = people.groupby("AGEGRP")[[f"{prefix}_MALE", f"{prefix}_FEMALE"]].sum().sum(axis=1)
    return np.bincount(known, minlength=18), by_age.loc[1:18].to_numpy(), int(events.age.isna().sum())


def _byar(events: int, people: float) -> tuple[float, float, float]:
    low = events * (1 - 1 / (9 * events) - Z / (3 * np.sqrt(events))) ** 3
    high = (events + 1) * (1 - 1 / (9 * (events + 1)) + Z / (3 * np.sqrt(events + 1))) ** 3
    return 1e5 * events / people, 1e5 * low / people, 1e5 * high / people


def _excess(folder: Path, measure: str, race: str, first: int, last: int) -> tuple[float, float, float]:
    """Σ D_a (r1a - r0a): Byar's limits of the deaths, and those of Fay and Feuer of what the White rates would mean."""
    own, people, _ = _by_age(folder, measure, race, first, last)
    white, white_people, _ = _by_age(folder, measure, "white", first, last)
    weights = people / white_people
    expected, variance = (weights * white).sum(), (weights**2 * white).sum()
    upper, upper_variance = expected + weights.mean(), variance + (weights**2).mean()
    expected_low = variance / expected * gamma.ppf(0.025, expected**2 / variance)
    expected_high = upper_variance / upper * gamma.ppf(0.975, upper**2 / upper_variance)
    deaths, low, high = (figure / 1e5 for figure in _byar(int(own.sum()), 1.0))
    excess = deaths - expected
    return (
        excess,
        excess - np.hypot(deaths - low, expected_high - expected),
        excess + np.hypot(high - deaths, expected - expected_low),
    )
