"""The gap in people, which people a rate is divided by, and rates adjusted for age, on the page of a measure and in its gate."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from expectations.published.pages import PageCheck, PublicFacts
from expectations.published.reading import plain
from orchestration.scorecard import write_site
from tests.support.scorecard_release import measure, planted, write_public_file

PAGE = "measures/own.html"
KEY = "own|year|2024-01-01|city|9900001|black"
# 30,508 births with 11.358 more deaths per 1,000 over 7 years are 49.5 a year
COUNTED = {"excess": 49.5, "excess_low": 43.1, "excess_high": 55.9, "excess_years": 7}
POPULATION = {"population_scheme": "pl_2020", "population_on": dt.date(2020, 4, 1)}


def write(folder: Path, own: dict[str, Any], of_measure: dict[str, Any], word: str = "higher") -> tuple[Path, Path]:
    tables = planted()
    for row in tables["scorecard"]:
        if row["measure_id"] == "own" and row["is_featured"]:
            row.update(POPULATION)
            if row["race_ethnicity_code"] == "black":
                row.update(own | {"compared_with_reference": word})
    tables["measures"][0] = measure("own", **{"is_estimate": False} | of_measure)
    public_file = write_public_file(folder / "public.duckdb", tables)
    return public_file, write_site(public_file, folder / "site").index.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write(tmp_path_factory.mktemp("excess"), COUNTED | {"stratum_code": "us2000"}, {})


def words(site: tuple[Path, Path], language: str = "en") -> str:
    return plain((site[1] / language / PAGE).read_text(encoding="utf-8"))


def test_a_clear_gap_is_said_in_whole_people_a_year(site: tuple[Path, Path]) -> None:
    said = "2024: at the rate of White residents, there would be about 50 fewer cases a year among Black residents"
    assert f"{said} (likely range 43 to 56)." in words(site)
    assert "This counts what the gap amounts to. It does not say what causes it." in words(site)


def test_a_survey_knows_hundreds_and_a_higher_figure_may_be_better(tmp_path: Path) -> None:
    own = {"excess": -21_571.0, "excess_low": -23_611.0, "excess_high": -19_588.0, "excess_years": 1}
    found = words(write(tmp_path, own, {"is_estimate": True, "favourable_direction": "higher"}, "lower"))
    said = "at the share of White residents, there would be about 21,600 more such people among Black residents"
    assert f"{said} (likely range 19,600 to 23,600)." in found


@pytest.mark.parametrize(
    ("excess", "low", "high", "said"),
    [
        (-304.0, -341.0, -267.0, "about 300 more such people among Black residents (likely range 270 to 340)."),
        (-303.0, -304.0, -301.0, "about 303 more such people among Black residents (likely range 301 to 304)."),
        (-304.0, -410.0, -198.0, "about 300 more such people among Black residents (likely range 200 to 400)."),
        (-43.0, -163.0, -21.0, "about 40 more such people among Black residents (likely range 20 to 160)."),
        (-2.6, -4.1, -1.2, "about 3 more such people among Black residents (likely range 1 to 4)."),
    ],
)
def test_a_range_of_people_has_two_ends(excess: float, low: float, high: float, said: str, tmp_path: Path) -> None:
    """267 to 341 was "about 300 (likely range 300 to 300)"."""
    own = {"excess": excess, "excess_low": low, "excess_high": high, "excess_years": 1}
    site = write(tmp_path, own, {"is_estimate": True, "favourable_direction": "higher"}, "lower")
    assert said in words(site)
    assert not found(site, "en", "", "")


def test_a_clear_gap_without_a_number_of_people_is_named_with_its_reason(tmp_path: Path) -> None:
    tables = planted()
    tables["measures"][0] = measure("own", is_estimate=False)
    for row in tables["scorecard"]:
        if row["measure_id"] == "own" and row["is_featured"] and row["race_ethnicity_code"] in ("black", "asian"):
            own = COUNTED if row["race_ethnicity_code"] == "black" else {"denominator": None, "gap_low": 1.1, "excess": None}
            row.update(own | {"compared_with_reference": "higher", "unit": "percent"})
    public_file = write_public_file(tmp_path / "public.duckdb", tables)
    text = plain((write_site(public_file, tmp_path / "site", ["en"]).index.parent / "en" / PAGE).read_text(encoding="utf-8"))
    assert "about 50 fewer cases a year among Black residents" in text
    assert "Asian: We cannot say how many people the gap is: the source gives rates, and not the number of people" in text


def test_without_a_number_of_people_one_sentence_says_why(tmp_path: Path) -> None:
    found = words(write(tmp_path, {"denominator": None}, {}))
    assert "We cannot say how many people the gap is: the source gives rates, and not the number of people behind them." in found
    assert "at the rate of" not in found and "cases a year" not in found


def test_a_gap_that_few_cases_leave_without_comparison_is_not_called_chance(tmp_path: Path) -> None:
    """15 White and 138 Black homicides differ clearly, and have no ratio."""
    found = words(write(tmp_path, {"compared_reason": "few_events", "rate_ratio": None}, {}, "not_compared"))
    assert "in this period: one of the two groups has too few cases for a ratio." in found
    assert "where the gap may be chance" not in found


def test_a_rate_names_its_people_and_their_day(site: tuple[Path, Path]) -> None:
    assert "These figures are divided by people counted in the 2020 census." in words(site)


def test_rates_of_districts_name_their_people_where_those_of_the_city_are_others(site: tuple[Path, Path], tmp_path: Path) -> None:
    """The page named the people of the year also for figures of districts, which are not divided by them."""
    tables = planted()
    for row in tables["scorecard"]:
        is_weighted = row["measure_id"] == "places" and row["race_ethnicity_code"] != "all"
        is_of_city = row["geography_type"] == "city"
        row["population_scheme"] = None if is_weighted else "city_totals_2024" if is_of_city else "pl_2020"
    public_file = write_public_file(tmp_path / "public.duckdb", tables)
    text = words((public_file, write_site(public_file, tmp_path / "site", ["en"]).index.parent))
    assert "These figures are divided by people who lived in the city on July 1, 2024, as the Census Bureau estimates." in text
    assert (
        "Here the figures of districts are divided by people counted in the 2020 census, and that of the whole city by other"
        in text
    )
    assert "figures of districts are divided" not in words(site)
    of_places = plain((tmp_path / "site" / "en" / "measures" / "places.html").read_text(encoding="utf-8"))
    assert "are divided by" not in of_places, "everyone's people are not those of the table, which has groups weighted by place"


def test_rates_adjusted_for_age_are_explained(tmp_path: Path) -> None:
    explained = "The figures are adjusted for age. They show what the rate of each group would be if all groups had the same ages"
    assert explained not in words(write(tmp_path, {}, {}))
    tables = planted()
    for row in tables["scorecard"]:
        row["stratum_code"] = "us2000"
    public_file = write_public_file(tmp_path / "adjusted.duckdb", tables)
    assert explained in words((public_file, write_site(public_file, tmp_path / "adjusted", ["en"]).index.parent))


def found(site: tuple[Path, Path], language: str, before: str, after: str) -> set[str]:
    html = (site[1] / language / PAGE).read_text(encoding="utf-8")
    assert before in html
    check = PageCheck(PublicFacts.read(site[0]))
    check.page(language, f"{language}/{PAGE}", html.replace(before, after))
    return {violation.rule for violation in check.violations if violation.rule.startswith("excess")}


@pytest.mark.parametrize("language", ["en", "es", "hmn"])
def test_the_page_passes_the_gate_in_each_language(site: tuple[Path, Path], language: str) -> None:
    assert not found(site, language, "", "")


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("about 50 fewer", "about 51 fewer", "excess_of_other_figures"),
        ("43 to 56", "43 to 57", "excess_of_other_figures"),
        ("50 fewer", "50 more", "excess_of_other_figures"),
        ("among Black residents", "among Asian residents", "excess_of_other_figures"),
        (f'data-excess="{KEY}"', f'data-excess="{KEY.replace("black", "asian")}"', "excess_is_not_allowed"),
        (f'data-excess="{KEY}"', "data-other", "excess_is_missing"),
    ],
)
def test_an_untrue_number_of_people_is_found(site: tuple[Path, Path], before: str, after: str, rule: str) -> None:
    assert rule in found(site, "en", before, after)
