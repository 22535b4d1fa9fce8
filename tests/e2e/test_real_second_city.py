"""A second real city by its name alone: figures as the files have them, and no name of another city.

Deselected without LEVELGROUND_REAL_DELIVERIES. `make stress` runs two cities from a blank home, their union, and all cities.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.support.scorecard_pages import html_pages, without_markup, words

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("second_city")]

OTHERS = re.compile(r"milwaukee|wisconsin|common council|aldermanic|minneapolis|cincinnati|kansas city", re.IGNORECASE)
# Shares of 2019 to 2023 in percent, read from the delivered files.
EMPLOYED = {"all": 83.88322427997811, "black": 76.92663616266516, "hispanic": 86.08339272986457, "white": 88.0039695470569}

LIST = "Saint Paul, Minnesota\n"

SaintPaul = tuple[CommandLine, dict[str, Any]]


@pytest.fixture(scope="session")
def cities(real_deliveries: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CommandLine]:
    """The folder of the city, started by a list, and the command line of those who start it."""
    folder = tmp_path_factory.mktemp("cities")
    write_list(folder, LIST, real_deliveries)
    return folder, CommandLine(folder / "coalition")


@pytest.fixture(scope="session")
def started(cities: tuple[Path, CommandLine]) -> dict[str, dict[str, Any]]:
    """What the run reports, by city."""
    folder, levelground = cities
    ended = levelground(*start_of(folder), "--json", env={"LEVELGROUND_SCORECARD": "en"})
    assert ended.returncode == 0, ended.stderr + ended.stdout
    return {run["city"]: run for run in json.loads(ended.stdout)}


def write_list(folder: Path, names: str, real_deliveries: Path) -> None:
    """Write the list of cities, and link the national tables."""
    (folder / "list.txt").write_text(names, encoding="utf-8")
    (folder / "national").mkdir()
    for table in real_deliveries.glob("urban__*"):
        (folder / "national" / table.name).symlink_to(table)


def start_of(folder: Path) -> tuple[str, ...]:
    """The command that starts the cities of the list."""
    return (
        "cities", "start", "--file", str(folder / "list.txt"), "--data", str(folder / "national"),
        "--out", str(folder / "cities"),
    )  # fmt: skip


@pytest.fixture(scope="session")
def saint_paul(cities: tuple[Path, CommandLine], started: dict[str, dict[str, Any]]) -> SaintPaul:
    return CommandLine(cities[0] / "cities" / "saint_paul" / "home"), started["saint_paul"]


def test_a_city_is_started_by_name_and_a_second_start_has_nothing_to_do(
    cities: tuple[Path, CommandLine], started: dict[str, dict[str, Any]]
) -> None:
    folder, levelground = cities
    assert {name: run["outcome"] for name, run in started.items()} == {"saint_paul": "released"}
    again = levelground(*start_of(folder))
    assert (again.returncode, again.stdout.splitlines()[0].endswith(": 1 done, 0 to run")) == (0, True), again.stdout


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


def test_the_cards_of_a_city_without_a_census_show_each_group(saint_paul: SaintPaul) -> None:
    """Which groups are large is not known there: the card showed one group, and said that it showed the large ones."""
    home = (saint_paul[0].home / "published" / "scorecard" / "en" / "index.html").read_text(encoding="utf-8")
    (card,) = re.findall(r'<li class="gap-card">(?:(?!</li>).)*Median household income(?:(?!</li>).)*</li>', home, re.DOTALL)
    shown = [figure for figure in ("$44,827", "$58,401", "$83,385", "$66,744") if f"<b>{figure}</b>" in card]
    assert len(shown) == 4, "Black, Hispanic, White and other groups of Saint Paul, 2019 to 2023"
    assert "at least 5 of every 100" not in home


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
    assert "St. Paul" in words(site / "en" / "index.html")
