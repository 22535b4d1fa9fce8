"""What pages claim about records and their owners, next to rows that a program planted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from expectations.published.pages import gate_pages
from expectations.published.reading import plain
from orchestration.scorecard import write_site
from orchestration.scorecard.pages.gap_chart import gap_sentences
from orchestration.scorecard.release_data.open_release import Record
from orchestration.scorecard.words.texts import texts_by_language
from tests.support.scorecard_release import measure, planted, row, texts, write_public_file

CENSUS = {"source": "census__count", "title": "Planted census", "department": "mhd", "data_as_of": dt.datetime(2020, 4, 1)}
OF_TESTED = {
    "excess": 265.0,
    "excess_low": 200.0,
    "excess_high": 330.0,
    "compared_with_reference": "higher",
    "reference_code": "white",
}
OTHERS = ("student_homelessness_composition", "other_groups_combined")


def tables() -> dict[str, list[dict[str, Any]]]:
    """Tested children, births, a full count, arrests without a range, students in groups that are counted together."""
    found = planted()
    found["sources"] += [CENSUS | {"is_stand_in": False, "is_of_city": False}]
    found["sources"][0]["is_of_city"] = True
    ids = ("children_elevated_lead_share", "low_birth_weight_share", "children_share", "juvenile_arrests_per_100000")
    found["measures"] += [measure(code, source="census__count", is_estimate=False) for code in ids]
    found["measures"] += [
        measure(OTHERS[0], source="census__count", kind="composition"),
        measure("pay_median", source="dept__undelivered", availability="not_delivered", has_figures_by_race=False),
        measure("calls"),
    ]
    gap = {"compared_with_reference": "higher", "reference_code": "white", "gap": 5.0}
    for code, black in zip(ids, (OF_TESTED, {}, gap, gap | {"compared_with_reference": "no_range"}), strict=True):
        found["scorecard"] += [row(code, "all", 12.0), row(code, "white", 10.0), row(code, "black", 20.0, **black)]
    found["scorecard"] += [
        row(OTHERS[0], "all", 100.0), row(OTHERS[0], "black", 60.0), row(OTHERS[0], "white", 30.0),
        row(OTHERS[0], "asian", None, status_code="not_recorded"),
        row(OTHERS[0], "hispanic", 10.0) | {"race_ethnicity_code": OTHERS[1], "group_name": "Others"},
        row("calls", "all", 7.0), row("calls", "asian", None, status_code="not_recorded"),
    ]  # fmt: skip
    return found


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("claims")
    public_file = write_public_file(folder / "public.duckdb", tables())
    return public_file, write_site(public_file, folder / "site").index.parent


@pytest.fixture(scope="module")
def site(release: tuple[Path, Path]) -> Path:
    return release[1]


def words(site: Path, path: str, language: str = "en") -> str:
    return plain((site / language / path).read_text(encoding="utf-8"))


def of(site: Path, code: str, language: str = "en") -> str:
    return words(site, f"measures/{code}.html", language)


def test_records_that_no_one_has_have_no_caveat(site: Path) -> None:
    assert "The records have not been sent to the office yet." in of(site, "pay_median")
    assert "Use with care" not in of(site, "pay_median") and "we round pay" not in of(site, "pay_median")
    assert "Some groups overlap: a Black or White resident may be Hispanic too." in of(site, "juvenile_arrests_per_100000")


def test_records_are_the_citys_own_where_its_department_publishes_them(site: Path) -> None:
    assert "These are the city's own records." in of(site, "calls")
    census = of(site, "children_share")
    assert "LicenseNot stated." in census and "own records" not in census
    sources = words(site, "data.html")
    assert sources.count("These are the city's own records.") == 1
    assert "Planted censusHealth DepartmentApril 1, 2020Not stated." in sources


def test_groups_that_are_counted_together_have_no_line_of_their_own(site: Path) -> None:
    students = of(site, OTHERS[0])
    assert "Asian, American Indian and all other students are in the line of other groups." in students
    assert "Not recorded" not in students
    assert "Not recorded" in of(site, "calls"), "no line holds them"


def test_a_gap_in_people_is_of_the_people_who_are_counted(site: Path) -> None:
    tested = "about 265 fewer cases a year among Black children who were tested (likely range 200 to 330)."
    assert f"at the rate of White children who were tested, there would be {tested}" in of(site, "children_elevated_lead_share")
    assert "casos menos al año entre los niños negros con una prueba" in of(site, "children_elevated_lead_share", "es")


def test_the_gate_reads_people_of_a_measure(release: tuple[Path, Path]) -> None:
    public_file, site = release
    assert gate_pages(public_file, site).failed_critical == ()


def test_a_full_count_has_no_gap_in_people_for_its_own_reason(site: Path) -> None:
    assert "We do not say how many people the gap is: no likely range of the gap is known." in of(site, "children_share")
    assert "can count more than once" not in of(site, "children_share")


def test_the_key_promises_a_comparison_where_there_is_one(site: Path) -> None:
    assert "White, whom each group is compared with" in of(site, "children_share")
    arrests = of(site, "juvenile_arrests_per_100000")
    assert "White, drawn in each row" in arrests
    assert "compared with likely range" not in arrests and "The group compared with" not in arrests
    assert "the gap, drawn only where we compare" not in arrests


def test_whose_race_is_that_of_the_records(site: Path) -> None:
    assert "Whose raceThe race of the mother" in of(site, "low_birth_weight_share")
    assert "head of the home" not in of(site, "children_share")


def test_no_number_is_promised_a_range(site: Path) -> None:
    assert "Each number has its years, a likely range where one is known, and a page" in words(site, "index.html")


def test_people_of_places_are_named_as_residents() -> None:
    rows = [(one["text_id"], one["language"], one["text"], one["review_status"]) for one in texts(planted())]
    rows.append(("race_ethnicity.other_race", "en", "Some other race", "none"))
    days = [dt.date(2020, 1, 1), dt.date(2024, 1, 1)]
    trend = Record(word="narrowed", scale="absolute", first_period=days[0], last_period=days[1], first_gap=18.0, last_gap=10.5)
    trend |= dict.fromkeys(("word_reason", "annual_percent_change", "apc_ci_low", "apc_ci_high"))
    trend |= {"is_hidden_in_public": False, "key": "gap", "yearly": ""}
    trend |= {"change": -7.5, "change_ci_low": -11.0, "change_ci_high": -4.0}
    gap = Record(basis="where_people_live", race_ethnicity_code="other_race", reference_code="white", period_type="year")
    gap |= {
        "periods": [Record(period_start=day, period_end=day, value=None, other_value=None) for day in days],
        "trends": [trend],
    }
    said = plain(gap_sentences(gap, "per_1000", texts_by_language(rows, ["en"])["en"])[0].sentences[0])
    start = "In the places where residents of some other race live, the difference from those where White residents live narrowed"
    assert said == f"{start}: it was 18.0 for every 1,000 (2020) and 10.5 for every 1,000 (2024)."
