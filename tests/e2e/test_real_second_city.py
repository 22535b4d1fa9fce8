"""A second real city, Saint Paul, from the national tables alone: figures as the files have them, and no name of another city.

Deselected without LEVELGROUND_REAL_DELIVERIES. The run takes 50 s of CPU time.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.support.scorecard_pages import html_pages, without_markup, words
from tests.support.shared import copy_parse
from warehouse.paths import Home

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real_second_city")]

CITY = """\
city: saint_paul
title: Saint Paul
place_geoid: "2758000"
county_geoid: "27123"
time_zone: America/Chicago
as_of: 2026-07-01
"""
OTHERS = re.compile(r"milwaukee|wisconsin|common council|aldermanic|minneapolis|cincinnati|kansas city", re.IGNORECASE)
# Shares of 2019 to 2023 in percent, read from the delivered files.
EMPLOYED = {"all": 83.88322427997811, "black": 76.92663616266516, "hispanic": 86.08339272986457, "white": 88.0039695470569}

SaintPaul = tuple[CommandLine, dict[str, Any]]


@pytest.fixture(scope="session")
def saint_paul(real_deliveries: Path, parsed_dbt_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> SaintPaul:
    folder = tmp_path_factory.mktemp("saint_paul")
    deliveries = folder / "deliveries"
    deliveries.mkdir()
    for table in real_deliveries.glob("urban__*"):
        (deliveries / table.name).symlink_to(table)
    (deliveries / "city.yml").write_text(CITY, encoding="utf-8")
    levelground = CommandLine(folder / "home")
    copy_parse(parsed_dbt_folder, Home(levelground.home))
    return levelground, levelground.json("run", "--deliveries", deliveries, "--json", env={"LEVELGROUND_SCORECARD": "en"})


def test_it_is_released_with_a_warning_that_names_the_publisher(saint_paul: SaintPaul) -> None:
    report = saint_paul[1]
    assert report["outcome"] == "released"
    (record,) = (saint_paul[0].home / "runs").glob("*.json")
    warned = [
        finding["message"]
        for gate in json.loads(record.read_text(encoding="utf-8"))["gates"]
        for finding in gate["findings"]
        if finding["expectation"] == "publisher_contradicts_itself" and not finding["success"]
    ]
    assert len(warned) == 1
    assert "Urban Institute urban__student_homelessness student_homelessness_composition 2021-07-01" in warned[0]


def test_figures_that_contradict_each_other_are_withheld_with_a_reason(saint_paul: SaintPaul) -> None:
    """462 + 84 + 941 + 63 = 1,550 students in a whole of 1,495 (2021), and 941 in 907 (2020)."""
    rows = saint_paul[0].ask(
        "select year(period_start) as started, race_ethnicity_code as code, numerator, value, value_status, status_reason "
        "from marts.fct_equity_measures where measure_id = 'student_homelessness_composition' "
        "and period_start >= date '2020-07-01' "
        "and race_ethnicity_code in ('all', 'black', 'hispanic', 'white', 'other_groups_combined')"
    )
    assert {(row["started"], row["code"]) for row in rows} == {
        (year, code) for year in (2020, 2021) for code in ("all", "black", "hispanic", "white", "other_groups_combined")
    }
    assert {(row["numerator"], row["value"], row["value_status"], row["status_reason"]) for row in rows} == {
        (None, None, "not_collected", "publisher_contradiction")
    }
    about = saint_paul[0].ask("select measure_id, availability from published.measures where is_current", public=True)
    availability = {row["measure_id"]: row["availability"] for row in about}
    assert availability["student_homelessness_composition"] == "contradicted"


def test_figures_are_those_of_the_file(saint_paul: SaintPaul) -> None:
    rows = saint_paul[0].ask(
        "select race_ethnicity_code as code, value from marts.fct_equity_measures where measure_id = 'employment_25_54_share' "
        "and period_end = date '2023-12-31' and geoid = '2758000'"
    )
    found = {row["code"]: row["value"] for row in rows}
    assert {code: found[code] for code in EMPLOYED} == pytest.approx(EMPLOYED)


def test_the_scorecard_names_no_other_place(saint_paul: SaintPaul) -> None:
    """But in the comparison with other cities, each of which is named."""
    site, found, compared = saint_paul[0].home / "published" / "scorecard", {}, set()
    for page in html_pages(site):
        before, peers, after = page.read_text(encoding="utf-8").partition('<h2 id="peers">')
        compared |= {page.name} if "Minneapolis" in peers + after else set()
        if match := OTHERS.search(without_markup(before + after.partition("<h2 id=")[2])):
            found[str(page.relative_to(site))] = match.group()
    assert not found
    assert "median_household_income.html" in compared
    assert "Saint Paul" in words(site / "en" / "index.html")
