"""The planted rates of deaths and changes of gaps: worked by hand, and drawn as they are planted."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from ingest.sample import SampleSummary
from ingest.sample.deaths import HOMICIDE_AGES, HOMICIDES, STANDARD, WINDOWS, YEARS, planted_rate, residents
from ingest.sample.truth.published import death_values, excess_values, gap_values

GROUPS = {"White": "NHWA", "Black": "NHBA", "Hispanic": "H"}


def test_an_adjusted_rate_that_does_not_change_is_the_rate_times_the_share_of_its_ages() -> None:
    """7 per 100,000 at ages 15 to 49, which are 508,951 of a million of the standard: 3.5627, in any window."""
    assert sum(STANDARD[3:10]) == 508_951
    for years in WINDOWS:
        assert planted_rate(HOMICIDES, HOMICIDE_AGES, "White", years, is_adjusted=True) == pytest.approx(3.5627, abs=5e-5)


def test_deaths_are_drawn_as_planted(summary: SampleSummary) -> None:
    """The expected number is the crude rate times the person-years."""
    drawn: Counter[tuple[str, int]] = Counter()
    for file in (summary.out / "mcme__deaths").iterdir():
        with file.open(encoding="utf-8", newline="") as lines:
            drawn.update((row["Race"], int(row["DeathDate"][:4])) for row in csv.DictReader(lines) if row["Mode"] == "Homicide")
    for first, last in WINDOWS:
        for race, group in GROUPS.items():
            persons = sum(residents(group, year).sum() for year in range(first, last + 1))
            expected = planted_rate(HOMICIDES, HOMICIDE_AGES, race, (first, last), is_adjusted=False) / 1e5 * persons
            found = sum(drawn[race, year] for year in range(first, last + 1))
            assert abs(found - expected) < 4 * expected**0.5, (race, first)
    assert sum(drawn.values()) > 0 and set(YEARS) >= {year for _, year in drawn}


def test_gaps_of_low_birth_weight_are_worked_by_hand() -> None:
    found = {
        (gap["race_ethnicity_code"], gap["scale"]): (gap["first_gap"], gap["last_gap"], gap["change"], gap["word"])
        for gap in gap_values()
        if gap["measure_id"] == "low_birth_weight_share"
    }
    assert found["black", "absolute"] == (pytest.approx(17.0), pytest.approx(11.0), pytest.approx(-6.0), "narrowed")
    assert found["black", "relative"] == (pytest.approx(24 / 7), pytest.approx(18 / 7), pytest.approx(0.75), "narrowed")
    assert found["hispanic", "absolute"] == (pytest.approx(0.2), pytest.approx(2.0), pytest.approx(1.8), "widened")
    assert found["other_groups_combined", "absolute"] == (
        pytest.approx(1.0),
        pytest.approx(1.0),
        pytest.approx(0.0),
        "cannot_tell",
    )
    assert len(found) == 6


def test_homicides_narrow_and_those_of_hispanics_stay() -> None:
    found = [gap for gap in gap_values() if gap["measure_id"] == "homicide_deaths_yearly"]
    gaps = {(gap["race_ethnicity_code"], gap["stratum_code"], gap["scale"]): gap for gap in found}
    assert gaps["black", "us2000", "absolute"]["change"] < -10
    assert gaps["hispanic", "us2000", "relative"]["change"] == pytest.approx(1.0)
    homicides = [row for row in death_values() if row.measure_id == "homicide_deaths_yearly"]
    rates = {(row.race_ethnicity_code, row.period_start, row.stratum_code): row.value for row in homicides}
    for gap in found:
        own, white = (rates[code, gap["last_period"], gap["stratum_code"]] for code in (gap["race_ethnicity_code"], "white"))
        assert gap["last_gap"] == pytest.approx(own / white if gap["scale"] == "relative" else own - white)


def test_excess_is_the_difference_of_rates_times_the_people_of_these_ages() -> None:
    """Hispanic residents of 15 to 49: 30 and 7 per 100,000, which do not change, so 23 per 100,000 of their mean number."""
    found = {(row["measure_id"], row["period_start"], row["race_ethnicity_code"]): row["excess"] for row in excess_values()}
    people = sum(residents("H", year)[HOMICIDE_AGES].sum() for year in (2020, 2021, 2022)) / 3
    assert found["homicide_deaths_yearly", "2020-01-01", "hispanic"] == pytest.approx(23e-5 * people)
    # 150 per 100,000 falls by 7 % a year
    by_year = [
        (150 * 0.93**at - 7) * 1e-5 * residents("NHBA", year)[HOMICIDE_AGES].sum() for at, year in enumerate(YEARS) if at < 3
    ]
    assert found["homicide_deaths_yearly", "2020-01-01", "black"] == pytest.approx(sum(by_year) / 3)
    assert found["drug_deaths_yearly", "2023-01-01", "hispanic"] < 0, "fewer than at the rates of White residents"
