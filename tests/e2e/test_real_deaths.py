"""Homicides and drug deaths of the real county: counts of the files, and rates that pandas and scipy compute again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from scipy.stats import gamma

from tests.conftest import CommandLine

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]

# Counted in the files, by year of death: the table of the publisher's cases.
HOMICIDES = {"black": (162, 190, 200, 162, 138), "white": (25, 16, 19, 15, 14), "hispanic": (22, 12, 21, 24, 18)}
ADJUSTED_2023 = {
    ("homicide_deaths_yearly", "white"): 3.83, ("homicide_deaths_yearly", "black"): 71.23,
    ("homicide_deaths_yearly", "hispanic"): 13.61, ("drug_deaths_yearly", "white"): 63.33,
    ("drug_deaths_yearly", "black"): 117.57, ("drug_deaths_yearly", "hispanic"): 63.89,
}  # fmt: skip
GROUPS = {"black": ("Black", "NHBA"), "white": ("White", "NHWA"), "hispanic": ("Hispanic", "H")}
CAUSES = {"homicide_deaths_yearly": ("Mode", "Homicide"), "drug_deaths_yearly": ("DeathType", "Drug Related")}


@pytest.fixture(scope="module")
def rows(milwaukee: tuple[CommandLine, dict[str, Any]]) -> pandas.DataFrame:
    levelground, _ = milwaukee
    query = (
        "select measure_id, year(period_start) as first_year, year(period_end) as last_year, race_ethnicity_code as race, "
        "stratum_type, publication_status, numerator, denominator, value, ci_low, ci_high, rate_ratio, rate_ratio_ci_low "
        "from published.equity_measures where measure_id in ('homicide_deaths_yearly', 'drug_deaths_yearly') and geoid = '55079'"
    )
    return pandas.DataFrame(levelground.ask(query, public=True))


def row(rows: pandas.DataFrame, measure: str, race: str, first: int, last: int, stratum: str = "all") -> Any:
    found = rows[
        (rows.measure_id == measure) & (rows.race == race) & (rows.first_year == first) & (rows.last_year == last)
        & (rows.stratum_type == stratum)
    ]  # fmt: skip
    assert len(found) == 1, (measure, race, first, last, stratum)
    return found.iloc[0]


def test_homicides_are_those_of_the_files(rows: pandas.DataFrame) -> None:
    for race, counts in HOMICIDES.items():
        found = [row(rows, "homicide_deaths_yearly", race, year, year).numerator for year in range(2020, 2025)]
        assert tuple(found) == counts, race
    # 2025 is not finished, and windows of whole years are the sums of their years
    assert set(rows.last_year) == {2020, 2021, 2022, 2023, 2024}
    assert row(rows, "homicide_deaths_yearly", "white", 2020, 2022).numerator == 60
    assert row(rows, "homicide_deaths_yearly", "white", 2023, 2024).numerator == 29


def test_adjusted_rates_of_2023_are_those_published_with_the_data(rows: pandas.DataFrame) -> None:
    for (measure, race), rate in ADJUSTED_2023.items():
        assert row(rows, measure, race, 2023, 2023, "adjustment").value == pytest.approx(rate, abs=0.005), (measure, race)


def test_rates_and_intervals_follow_from_the_files(rows: pandas.DataFrame, real_deliveries: Path) -> None:
    deaths, residents, standard = death_files(real_deliveries)
    compared = 0
    for measure, (column, word) in CAUSES.items():
        for race, (label, prefix) in GROUPS.items():
            for first, last in [(year, year) for year in range(2020, 2025)] + [(2020, 2022), (2023, 2024)]:
                years = deaths.year.between(first, last)
                events = deaths[years & (deaths[column] == word) & (deaths.Race == label)]
                people = (
                    residents[residents.year.between(first, last)]
                    .groupby("AGEGRP")[[f"{prefix}_MALE", f"{prefix}_FEMALE"]]
                    .sum()
                    .sum(axis=1)
                )
                crude = row(rows, measure, race, first, last)
                assert (crude.numerator, crude.denominator) == (len(events), people.loc[0])
                if len(events) >= 10:
                    assert crude.value == pytest.approx(1e5 * len(events) / people.loc[0], rel=1e-6)
                groups = np.minimum(events.age.dropna() // 5, 17).astype(int)
                by_age = np.bincount(groups, minlength=18)
                adjusted = row(rows, measure, race, first, last, "adjustment")
                residents_by_age = people.loc[1:18].to_numpy()
                steps = 10 ** (1 - np.floor(np.log10((1e5 * standard / standard.sum() / residents_by_age).mean())))
                value, low, high = _adjusted(by_age, residents_by_age, standard)
                # so far that no ages at death follow from them
                assert adjusted.value == pytest.approx(np.round(value * steps) / steps, rel=1e-9)
                assert adjusted.ci_low == pytest.approx(np.floor(low * steps / 10) * 10 / steps, rel=2e-3)
                assert adjusted.ci_high == pytest.approx(np.ceil(high * steps / 10) * 10 / steps, rel=2e-3)
                compared += 3
    assert compared == 126


def test_ratios_need_twenty_deaths_in_both_groups(rows: pandas.DataFrame) -> None:
    black = row(rows, "homicide_deaths_yearly", "black", 2023, 2023, "adjustment")
    assert pandas.isna(black.rate_ratio)  # 15 White deaths
    pooled = row(rows, "homicide_deaths_yearly", "black", 2023, 2024, "adjustment")
    assert pooled.rate_ratio == pytest.approx(
        pooled.value / row(rows, "homicide_deaths_yearly", "white", 2023, 2024, "adjustment").value
    )
    assert pooled.rate_ratio_ci_low > 5


def test_few_deaths_have_a_count_and_no_rate(rows: pandas.DataFrame) -> None:
    few = rows[(rows.numerator < 10) & rows.denominator.notna() & (rows.stratum_type == "all")]
    assert len(few)
    assert few.value.isna().all()
    assert (few.publication_status == "unreliable").all()


def death_files(folder: Path) -> tuple[pandas.DataFrame, pandas.DataFrame, np.ndarray]:
    files = [pandas.read_csv(path, dtype=str, keep_default_na=False) for path in sorted((folder / "mcme__deaths").glob("*.csv"))]
    deaths = pandas.concat(files)
    deaths["year"] = deaths.DeathDate.str[:4].astype(int)
    years = deaths.Age.str.extract(r"^(\d+) Years?$")[0].astype(float)
    deaths["age"] = years.where(~deaths.Age.str.contains(r"Month|Day|Hr|Min"), 0)
    (estimates,) = (folder / "census__population_estimates").glob("*.csv")
    residents = pandas.read_csv(estimates)
    residents["year"] = residents.YEAR + 2018
    (standards,) = (folder / "seer__standard_population").glob("*.csv")
    standard = pandas.read_csv(standards).query("standard == 's200'").sort_values("age").pop_std.to_numpy()
    return deaths, residents, standard


def _adjusted(events: np.ndarray, people: np.ndarray, standard: np.ndarray) -> tuple[float, float, float]:
    weights = standard / standard.sum() / people
    rate, variance = (weights * events).sum(), (weights**2 * events).sum()
    upper, upper_variance = rate + weights.mean(), variance + (weights**2).mean()
    low = variance / rate * gamma.ppf(0.025, rate**2 / variance)
    high = upper_variance / upper * gamma.ppf(0.975, upper**2 / upper_variance)
    return 1e5 * rate, 1e5 * low, 1e5 * high
