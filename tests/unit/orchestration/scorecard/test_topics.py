"""Pages show figures by topic, everyone in the denominator of the groups, ranges without a figure, and the license."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest

from orchestration.scorecard import write_site
from tests.support.scorecard_pages import TAG, table_rows
from tests.support.scorecard_release import CITY, YEAR, measure, planted, row, write_public_file

COUNTY = ("county", "current", "99001", "Plant County")


def figure(measure_id: str, value: float | None, stratum: tuple[str, str] = ("all", "all"), **changes: Any) -> dict[str, Any]:
    """A row of equity_measures: of the city in 2024, of everyone."""
    return {
        "measure_id": measure_id, "measure_version": 1, "period_type": "year", "period_start": YEAR[0], "period_end": YEAR[1],
        "geography_type": CITY[0], "geography_vintage": CITY[1], "geoid": CITY[2], "place": CITY[3],
        "race_standard": "spd15_1997",
        "race_ethnicity_code": "all", "tabulation": "exclusive", "method": "individual", "stratum_type": stratum[0],
        "stratum_code": stratum[1], "value": value, "unit": "percent", "value_status": "computed",
        "publication_status": "published" if value is not None else "suppressed",
    } | changes  # fmt: skip


def topic_rows() -> list[dict[str, Any]]:
    county = dict(zip(("geography_type", "geography_vintage", "geoid", "place"), COUNTY, strict=True)) | {"method": "aggregate"}
    hours = [figure("calls", 10.0 + hour, ("hour", str(hour)), unit="count") for hour in range(24)]
    return [
        # 13,638 of 192,760 households, and 9,279 of 68,068 where most are Black: 7.1 and 13.6
        figure("places", 7.0751, numerator=13638, denominator=192760, unit="per_100", **county),
        figure("places", 13.632, ("place_majority", "black"), numerator=9279, denominator=68068, unit="per_100", **county),
        figure("places", 2.6822, ("place_majority", "white"), numerator=2575, denominator=96003, unit="per_100", **county),
        figure("places", None, ("place_majority", "hispanic"), unit="per_100", **county),
        figure(
            "places",
            402.7,
            method="place_weighted",
            unit="per_1000",
            reliability="use_with_caution",
            numerator=3.0,
            geocoded_pct=84.0,
        ),
        *hours,
        # of an older year, and of a version that is no more
        figure("calls", 99.0, ("hour", "1"), unit="count", period_start=YEAR[0].replace(year=2020)),
        figure("calls", 98.0, ("hour", "2"), unit="count", measure_version=0),
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = planted()
    tables["equity_measures"] = topic_rows()
    tables["strata"] = [
        *({"stratum_type": "hour", "stratum_code": str(h), "label": f"{h}:00", "sort_order": h} for h in range(24)),
        *(
            {"stratum_type": "place_majority", "stratum_code": code, "label": f"Most are {code}", "sort_order": order}
            for order, code in enumerate(("white", "black", "hispanic"))
        ),
    ]
    names = ("geography_type", "geography_vintage", "geoid", "name")
    tables["geographies"] += [dict(zip(names, COUNTY, strict=True)) | {"scorecard_order": 3}]
    cc = {
        "licence_attribution": "Rankings",
        "licence_id": "CC-BY-NC-SA-4.0",
        "licence_share_alike": True,
        "licence_commercial": False,
    }
    bounds = {"status_code": "range_only", "publication_status": "bounded", "numerator": None, "denominator": None}
    tables["measures"] = [one for one in tables["measures"] if one["measure_id"] != "own"] + [
        measure("own", licence_attribution="Planted Records", licence_id="not_stated"),
        measure("calls", kind="count", unit="count", policy_area="public_safety", has_figures_by_race=False),
        measure("arrests", unit="per_100000", policy_area="public_safety"),
        measure("absent", has_figures_by_race=False, **cc),
        measure("parts", has_figures_by_race=False),
    ]
    next(one for one in tables["measures"] if one["measure_id"] == "places")["kind"] = "rate"
    ranged = (one for one in tables["scorecard"] if (one["measure_id"], one["race_ethnicity_code"]) == ("own", "hispanic"))
    next(ranged).update(bounds, bound_low=8.0, bound_high=14.0)
    of_districts = {"geography_type": "aldermanic_district", "geography_vintage": "2022", "is_featured": False}
    tables["scorecard"] += [
        row("calls", "all", 516.0, unit="count", basis="no_race", ci_low=None, ci_high=None),
        # a rate of people, which would be the figure of its area if its publisher did not call it weak
        row("arrests", "all", 2345.0, unit="per_100000", publisher_quality="3"),
        row("absent", "all", None, status_code="hidden_at_source"),
        row("absent", "black", None, bound_low=56.46, bound_high=57.31, **bounds),
        row("absent", "white", None, bound_low=15.31, bound_high=26.54, **bounds),
        row("parts", "all", 2.0, basis="no_race", geoid="1", **of_districts),
        row("parts", "all", None, basis="no_race", geoid="2", status_code="not_observable", **of_districts),
    ]
    path = write_public_file(tmp_path_factory.mktemp("topics") / "public.duckdb", tables)
    return write_site(path, path.parent / "site").index.parent


def words(page: Path) -> str:
    return re.sub(r"\s+", " ", html.unescape(TAG.sub(" ", page.read_text(encoding="utf-8"))))


def cells(site: Path, language: str, name: str) -> dict[str, str]:
    return {
        anchor: re.sub(r"\s+", " ", cell) for anchor, cell in table_rows(site / language / "measures" / f"{name}.html").items()
    }


def test_the_share_expected_of_the_mix_is_next_to_the_figure(site: Path) -> None:
    """Of everyone, where the measure has one: 13.2 for `own`, and no sentence on the page of `calls`."""
    own, calls = (
        TAG.sub("", (site / "en" / "measures" / f"{code}.html").read_text(encoding="utf-8")) for code in ("own", "calls")
    )
    assert "If each kind of request went as usual, 13.2% would be expected." in html.unescape(own)
    assert "would be expected" not in calls


def test_the_key_of_a_chart_names_the_line_of_bounds_where_one_is_drawn(site: Path) -> None:
    key = re.compile(r'<p class="chart-key".*?</p>', re.DOTALL)
    (of_own,) = key.findall((site / "en" / "measures" / "own.html").read_text(encoding="utf-8"))
    assert "Only a range is known" in of_own and of_own.index("likely range") < of_own.index("Only a range is known")
    for page in (site / "en" / "measures").glob("*.html"):
        bounds = 'line class="bounds"' in page.read_text(encoding="utf-8").partition("<table")[2]
        assert all(bounds == ("Only a range is known" in found) for found in key.findall(page.read_text(encoding="utf-8")))


def test_a_figure_of_records_off_the_map_says_so_before_that_they_are_few(site: Path) -> None:
    note = "Use with care: Everyone, by where people live. Many records could not be put on the map"
    assert note in words(site / "en" / "measures" / "places.html")


def test_topics_of_the_county_are_on_the_page_of_a_city_with_the_countys_own_figure(site: Path) -> None:
    found = cells(site, "en", "places")
    assert "7.1" in found["place_majority-all"] and "13,638 for 192,760" in found["place_majority-all"]
    assert "Most are white" in found["place_majority-0"] and "2.7" in found["place_majority-0"]
    assert "Most are black" in found["place_majority-1"] and "13.6" in found["place_majority-1"]
    assert "place_majority-2" not in found, "a hidden line is not listed"
    text = words(site / "en" / "measures" / "places.html")
    assert "By the majority in small areas" in text and "Plant County, 2024" in text
    assert "Por el grupo mayoritario de áreas pequeñas" in words(site / "es" / "measures" / "places.html")


def test_hours_of_the_newest_period_and_version(site: Path) -> None:
    found = [cell for anchor, cell in cells(site, "en", "calls").items() if anchor.startswith("hour-")]
    assert len(found) == 24 and "10" in found[0] and "33" in found[23]
    figures = [re.sub(r"<svg.*?</svg>", "", cell, flags=re.DOTALL) for cell in found]
    assert not any("99" in figure or "98" in figure for figure in figures)
    assert "By hour of the day" in words(site / "en" / "measures" / "calls.html")


def test_everyone_has_the_denominator_of_groups_by_where_people_live(site: Path) -> None:
    """The records of everyone give 300.5 there, which is another denominator."""
    for page in ("measures", "embed"):
        everyone = re.sub(r"\s+", " ", table_rows(site / "en" / page / "places.html")["group-all"])
        assert "403" in everyone and "300" not in everyone and "Everyone, by where people live" in everyone


def test_only_ranges_are_drawn_without_a_dot_and_said(site: Path) -> None:
    page = site / "en" / "measures" / "absent.html"
    found = cells(site, "en", "absent")
    assert "56.5% to 57.3%" in found["group-black"] and "15.3% to 26.5%" in found["group-white"]
    line = page.read_text(encoding="utf-8").partition('id="group-white"')[2].partition("</tr>")[0]
    assert 'class="bounds"' in line and "<circle" not in line
    said = words(page)
    assert "For White it is between 15.3% and 26.5%. The agency" in said and "an overall figure, but none" not in said


def test_figures_of_parts_claim_none_for_everyone(site: Path) -> None:
    text = words(site / "en" / "measures" / "parts.html")
    assert "There are figures for some districts only" in text and "There is an overall figure" not in text


def test_a_figure_that_its_publisher_calls_weak_is_on_its_page_and_no_card(site: Path) -> None:
    assert "2,345" in cells(site, "en", "arrests")["group-all"]
    home = words(site / "en" / "index.html")
    assert "2,345" not in home


@pytest.mark.parametrize(
    ("name", "terms", "publisher"),
    [
        ("own", "Not stated. Ask the publisher", "Published by Planted Records"),
        ("calls", "Not stated. These are the city's own records.", "Delivered by Health Department"),
        ("absent", "CC-BY-NC-SA-4.0 If you show or change these figures, you must", "Published by Rankings"),
    ],
)  # fmt: skip
def test_the_license_and_the_publisher_are_named(site: Path, name: str, terms: str, publisher: str) -> None:
    for page in ("measures", "embed"):
        assert terms in words(site / "en" / page / f"{name}.html")
    assert publisher in words(site / "en" / "measures" / f"{name}.html")
    assert ("may not use these figures to make money" in words(site / "en" / "embed" / f"{name}.html")) == (name == "absent")
