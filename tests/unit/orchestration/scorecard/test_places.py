"""Pages of places: a district next to the others, neighborhoods and schools by name, and figures that are not shown."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from expectations.published.pages import gate_pages
from orchestration.scorecard import write_site
from orchestration.scorecard.release_data.places import file_name
from tests.support.scorecard_pages import dead_links, invalid_html, numbers_of_hidden, page_problems, table_rows, words
from tests.support.scorecard_release import HIDDEN, planted, row, write_public_file

OF_PLACE = {"is_featured": False, "geography_vintage": "current", "basis": "own_race"}
OLDER = {"period_start": dt.date(2022, 1, 1), "period_end": dt.date(2022, 12, 31), "period": "2022", "is_latest": False}
NAMES: dict[str, dict[str, str | None]] = {
    "neighborhood": {"OLD TOWN OF LAKE": None, "MILL VALLEY": None},
    "tract": {"55079000100": "Census tract 55079000100"},
}
SCHOOLS: dict[str, str | None] = {
    "NORTH/CENTRAL HIGH": "Central High",
    "SOUTH/CENTRAL HIGH": "Central High",
    "SOUTH/EMPTY": "Empty",
}


def of_place(kind: str, geoid: str, measure: str, race: str, value: float | None, **changes: Any) -> dict[str, Any]:
    return row(measure, race, value, geography_type=kind, geoid=geoid, place=geoid, **{**OF_PLACE, **changes})


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    tables = planted()
    tables["measures"] = [
        one | ({"measure_id": "population_by_race"} if one["measure_id"] == "whole" else {}) for one in tables["measures"]
    ]
    tables["scorecard"] = [one for one in tables["scorecard"] if one["measure_id"] != "whole"]
    near: dict[str, Any] = {"city_value": 12.345, "compared_with_city": "higher"}
    people: dict[str, Any] = {"ci_low": None, "ci_high": None, "denominator": 2000.0}
    of_lake = ("neighborhood", "OLD TOWN OF LAKE")
    tables["scorecard"] += [
        of_place(*of_lake, "own", "all", 30.5, **near),
        of_place(*of_lake, "own", "black", 41.5),
        of_place(*of_lake, "own", "asian", HIDDEN, status_code="hidden", publication_status="suppressed"),
        of_place(*of_lake, "own", "white", 0.0, status_code="zero", ci_low=None, ci_high=None),
        of_place(*of_lake, "population_by_race", "all", 100.0, numerator=2000.0, **people),
        of_place(*of_lake, "population_by_race", "black", 61.5, numerator=1230.0, city_value=38.25, **people),
        of_place(*of_lake, "population_by_race", "white", 0.02, numerator=1.0, city_value=33.0, **people),
        # most people are of a group whose figure is hidden
        of_place("neighborhood", "MILL VALLEY", "population_by_race", "all", 100.0, numerator=450.0, **people),
        of_place("neighborhood", "MILL VALLEY", "population_by_race", "white", 8.5, numerator=38.0, **people),
        of_place("neighborhood", "MILL VALLEY", "population_by_race", "black", None, numerator=None, **people),
        # the newest period is hidden: the one before has the newest figure
        of_place("neighborhood", "MILL VALLEY", "own", "all", None),
        of_place("neighborhood", "MILL VALLEY", "own", "all", 17.5, **OLDER),
        of_place("tract", "55079000100", "own", "all", 21.5),
        of_place("school", "NORTH/CENTRAL HIGH", "own", "all", 71.5),
        of_place("school", "SOUTH/CENTRAL HIGH", "own", "all", 72.5),
        of_place("school", "SOUTH/EMPTY", "own", "all", None),
    ]
    for kind, names in (NAMES | {"school": SCHOOLS}).items():
        tables["geographies"] += [
            {"geography_type": kind, "geography_vintage": "current", "geoid": geoid, "name": name or geoid}
            for geoid, name in names.items()
        ]
    folder = tmp_path_factory.mktemp("places")
    file = write_public_file(folder / "public.duckdb", tables)
    return file, write_site(file, folder / "site").index.parent


def page(site: Path, path: str, language: str = "en") -> Path:
    return site / language / "places" / f"{path}.html"


def test_named_places_with_a_figure_have_a_page_in_every_language(release: tuple[Path, Path]) -> None:
    for language in ("en", "es", "hmn"):
        pages = {
            path.relative_to(release[1] / language / "places").as_posix()
            for path in page(release[1], "", language).parent.rglob("*")
        }
        assert {one for one in pages if one.endswith(".html")} == {
            "neighborhood/index.html", "neighborhood/old-town-of-lake.html", "neighborhood/mill-valley.html",
            "school/index.html", f"school/{file_name('NORTH/CENTRAL HIGH')}.html",
            f"school/{file_name('SOUTH/CENTRAL HIGH')}.html",
        }  # fmt: skip


def test_names_are_readable_and_those_of_two_places_differ(release: tuple[Path, Path]) -> None:
    assert "Old Town of Lake" in words(page(release[1], "neighborhood/index"))
    listed = words(page(release[1], "school/index"))
    assert "Central High (North)" in listed and "Central High (South)" in listed and "Empty" not in listed
    assert file_name("NORTH HIGH") == "north-high" and file_name("NORTH/HIGH") != file_name("NORTH-HIGH")


def test_a_place_shows_its_figures_and_why_others_are_missing(release: tuple[Path, Path]) -> None:
    lake = page(release[1], "neighborhood/old-town-of-lake")
    rows, text = table_rows(lake), words(lake)
    assert "2,000 people lived here" in text and "is <b>61.5%</b> of them. In the whole city it is 38.2%" in lake.read_text()
    assert "<b>30.5%</b>. That is higher than in the whole city, where it is 12.3%" in lake.read_text()
    assert "<b>30.5%</b>" in rows["measure-own"] and "Higher than the city" in rows["measure-own"]
    assert "<b>41.5%</b>" in rows["own-black"] and "own-asian" not in rows
    assert "<b>0.0%</b>" in rows["own-white"] and 'cx="2.0%"' in rows["own-white"]  # zero has a mark
    assert "Hidden to protect people: Asian" in text and str(HIDDEN) not in lake.read_text()
    assert "<b>0.02%</b>" in rows["population_by_race-white"]  # one person is not none
    valley = page(release[1], "neighborhood/mill-valley")
    assert "<b>8.5%</b>" in table_rows(valley)["population_by_race-white"]
    assert "largest group" not in words(valley), "91.5 % may be of one hidden group"
    assert "2022" in table_rows(valley)["measure-own"] and "<b>17.5%</b>" in table_rows(valley)["measure-own"]


def test_a_district_is_drawn_next_to_the_others(release: tuple[Path, Path]) -> None:
    first = release[1] / "en" / "districts" / "1.html"
    line = table_rows(first)["measure-own"]
    # districts 1 and 2 have 11 and 12 percent on a scale of 0 to 12.5, drawn from 2 to 98: the third has no figure
    assert re.findall(r'<g class="near"><circle cx="([\d.]+)%"', line) == ["94.2"]
    assert re.findall(r'(?<!>)<circle cx="([\d.]+)%"|/><circle cx="([\d.]+)%"', line) == [("", "86.5")]
    assert "own" not in [*table_rows(release[1] / "en" / "districts" / "3.html")]
    assert numbers_of_hidden(first, []) == []


def test_pages_of_places_are_valid_closed_and_checked_by_the_gate(release: tuple[Path, Path]) -> None:
    pages = [*(release[1] / "en" / "places").rglob("*.html"), *(release[1] / "hmn" / "districts").glob("*.html")]
    assert [problem for one in pages for problem in [*page_problems(one), *invalid_html(one)]] == []
    assert dead_links(release[1]) == []
    assert [finding.message for finding in gate_pages(*release).findings if not finding.success] == []


def test_the_gate_finds_a_figure_of_a_place_that_is_another(release: tuple[Path, Path]) -> None:
    lake = page(release[1], "neighborhood/old-town-of-lake")
    before = lake.read_text(encoding="utf-8")
    lake.write_text(before.replace("<b>41.5%</b>", "<b>14.5%</b>"), encoding="utf-8")
    try:
        assert not gate_pages(*release).passed
    finally:
        lake.write_text(before, encoding="utf-8")
