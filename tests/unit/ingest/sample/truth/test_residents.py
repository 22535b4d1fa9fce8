"""The truths that depend on where residents live, computed again from the delivered files alone."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections import Counter, defaultdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.layers import CITIES
from ingest.sample import SampleSummary
from ingest.sample.people import census
from ingest.sample.places.ground import tracts
from ingest.sample.places.houses import addresses, houses, long_form
from ingest.sample.places.maps import NO_POINT_EVERY

GROUPS = {"all": "pop", "hispanic": "pop_hisp", "white": "pop_white", "black": "pop_black"}
SEEDS = Path(__file__).resolve().parents[5] / "dbt_project" / "seeds" / "reference"


@pytest.fixture(scope="module")
def city(summary: SampleSummary) -> Path:
    return summary.out


@pytest.fixture(scope="module")
def truths(city: Path) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads((city / "truth.json").read_text(encoding="utf-8"))["truths"]
    return content


@pytest.fixture(scope="module")
def people(city: Path) -> dict[str, dict[str, int]]:
    """Residents by group and tract, and adults by group."""
    with (city / "census__blocks_2020" / "SampletonBlocks2020.csv").open(encoding="ascii", newline="") as file:
        blocks = list(csv.DictReader(file))
    counted: dict[str, dict[str, int]] = {}
    for code, column in GROUPS.items():
        counted[code] = Counter()
        for block in blocks:
            counted[code][block["GEOID"][:11]] += int(block[column])
    counted["adults"] = {code: sum(int(block[f"v{column[1:]}" if code == "all" else f"vap{column[3:]}"]) for block in blocks)
                         for code, column in GROUPS.items() if code != "all"}  # fmt: skip
    return counted


@pytest.fixture(scope="module")
def projects(city: Path) -> list[dict[str, Any]]:
    """The last report of each project, with the tract of its address and the day of its first report."""
    (file,) = (city / "doa__arpa_projects").iterdir()
    rows = list(openpyxl.load_workbook(file)["Projects"].iter_rows(min_row=8, values_only=True))[:-1]
    points = houses()
    tract = {
        text: f"99001{label:06d}"
        for at, (address, label) in enumerate(zip(addresses(), points.on(tracts(2020)).tolist(), strict=True))
        if at % NO_POINT_EVERY
        for text in (address, long_form(address))
    }
    first: dict[str, datetime] = {}
    for row in rows:
        first.setdefault(row[1], row[0])
    return [
        {
            "obligated": row[9], "spent": row[11], "tract": tract.get(row[15]), "first": first[row[1]], "status": row[4],
            "planned": row[17], "completed": row[18],
        }
        for row in rows
        if row[0] == datetime(2025, 12, 31)
    ]  # fmt: skip


def planted_values(truths: list[dict[str, Any]], measure: str, method: str = "individual", start: str = "") -> dict[str, float]:
    return {
        truth["race_ethnicity_code"]: truth["value"]
        for truth in truths
        if truth["measure_id"] == measure and truth["method"] == method and truth["period_start"].startswith(start)
    }


def weighted(people: dict[str, dict[str, int]], code: str, values: dict[str, float]) -> float:
    return sum(count * values.get(tract, 0) for tract, count in people[code].items()) / sum(people[code].values())


@pytest.mark.parametrize("part", ["obligated", "spent"])
def test_money_is_that_of_the_workbook_per_resident_of_the_census(
    part: str, truths: list[dict[str, Any]], people: dict[str, Any], projects: list[dict[str, Any]]
) -> None:
    measure = f"arpa_{part}_per_resident"
    everybody = sum(people["all"].values())
    total = sum(project[part] for project in projects)
    assert planted_values(truths, measure) == {"all": pytest.approx(total / everybody)}
    dollars: dict[str, float] = defaultdict(float)
    for project in projects:
        if project["tract"]:
            dollars[project["tract"]] += project[part]
    values = {tract: amount / people["all"][tract] for tract, amount in dollars.items()}
    means = planted_values(truths, measure, "place_weighted")
    assert means == {code: pytest.approx(weighted(people, code, values)) for code in GROUPS}
    ratios = [t for t in truths if t["measure_id"] == measure and t["rate_ratio"] is not None]
    assert {t["race_ethnicity_code"]: t["rate_ratio"] for t in ratios} == {
        code: pytest.approx(means[code] / means["all"]) for code in GROUPS if code != "all"
    }


def test_projects_on_time_and_in_listed_tracts(truths: list[dict[str, Any]], projects: list[dict[str, Any]]) -> None:
    ending = [p for p in projects if p["planned"] <= datetime(2025, 12, 31) and p["status"] != "Cancelled"]
    on_time = [p for p in ending if p["completed"] and p["completed"] <= p["planned"]]
    assert planted_values(truths, "arpa_projects_on_time") == {"all": pytest.approx(100 * len(on_time) / len(ending))}
    with (CITIES / "sampleton" / "seeds" / "qualified_census_tracts.csv").open(encoding="utf-8", newline="") as file:
        lists = list(csv.DictReader(file))
    spent: Counter[bool] = Counter()
    for project in projects:
        if project["tract"]:
            listed = any(
                row["tract_geoid"] == project["tract"]
                and date.fromisoformat(row["valid_from"]) <= project["first"].date() <= date.fromisoformat(row["valid_to"])
                for row in lists
            )
            spent[listed] += project["spent"]
    assert planted_values(truths, "arpa_spent_in_qct_share") == {"all": pytest.approx(100 * spent[True] / spent.total())}


def test_residents_of_listed_tracts_and_children(truths: list[dict[str, Any]], people: dict[str, Any]) -> None:
    with (CITIES / "sampleton" / "seeds" / "qualified_census_tracts.csv").open(encoding="utf-8", newline="") as file:
        lists = list(csv.DictReader(file))
    for first_day in ("2021-01-01", "2023-01-01"):
        listed = {row["tract_geoid"]: 100.0 for row in lists if row["valid_from"] == first_day}
        within = planted_values(truths, "residents_in_qct_share", "aggregate", first_day)
        assert within == {code: pytest.approx(weighted(people, code, listed)) for code in GROUPS}
    for code, percent in planted_values(truths, "children_share", "aggregate").items():
        everybody = sum(people[code].values())
        share, children = percent / 100, everybody - people["adults"][code]
        assert abs(children / everybody - share) < 4 * (share * (1 - share) / everybody) ** 0.5


def test_foreclosures_where_groups_live(city: Path, truths: list[dict[str, Any]], people: dict[str, Any]) -> None:
    with next((city / "dcd__foreclosures").iterdir()).open(encoding="ascii", newline="") as file:
        rates = {
            row["tract_2020"]: float(row["foreclosures_per_1k"]) for row in csv.DictReader(file) if row["start_year"] == "2024"
        }
    means = planted_values(truths, "foreclosures_per_1000_parcels", "place_weighted")
    assert means == {code: pytest.approx(weighted(people, code, rates)) for code in GROUPS if code != "all"}


def test_prevalences_where_groups_live(city: Path, truths: list[dict[str, Any]]) -> None:
    """Blocks have their tract of 2020 only; the tract of 2010 comes from the ground."""
    estimates: dict[str, dict[str, float]] = defaultdict(dict)
    for path in (city / "mhd__chronic_disease").iterdir():
        with path.open(encoding="ascii", newline="") as file:
            for row in csv.DictReader(file):
                if row["Period of Measure"] == "2019":
                    estimates[row["Indicator Name"]][row["Location"]] = float(row["Indicator Rate Value"])
    columns, rows, _ = census.city_blocks()
    tract = [f"99001{label:06d}" for label in tracts(2010)[columns, rows].tolist()]
    with next((city / "census__blocks_2020").iterdir()).open(encoding="ascii", newline="") as file:
        delivered = list(csv.DictReader(file))
    names = {"diabetes_prevalence": "Adults with Diabetes", "copd_prevalence": "Adults with COPD"}
    for measure, name in names.items():
        means = planted_values(truths, measure, "place_weighted")
        for code in ("white", "black", "hispanic"):
            adults = [int(block[f"vap_{GROUPS[code][4:]}"]) for block in delivered]
            mean = sum(count * estimates[name][at] for count, at in zip(adults, tract, strict=True)) / sum(adults)
            assert means[code] == pytest.approx(mean)
    gaps = planted_values(truths, "diabetes_prevalence", "place_weighted")
    assert gaps["black"] > 1.3 * gaps["white"]


def test_evictions_where_groups_live(city: Path, truths: list[dict[str, Any]]) -> None:
    with (city / "dns__evictions" / "sampleton_map.csv").open(encoding="ascii", newline="") as file:
        rates = {row["id"]: row["month_rate"] for row in csv.DictReader(file)}
    columns, rows, _ = census.city_blocks()
    tract = [f"99001{label:06d}" for label in tracts(2010)[columns, rows].tolist()]
    with next((city / "census__blocks_2020").iterdir()).open(encoding="ascii", newline="") as file:
        delivered = list(csv.DictReader(file))
    means = planted_values(truths, "eviction_filings_per_100_renter_households", "place_weighted")
    for code in ("white", "black", "hispanic"):
        people = [
            (int(block[GROUPS[code]]), float(rates[at]))
            for block, at in zip(delivered, tract, strict=True)
            if rates[at] not in ("", "Inf", "0.0")
        ]
        assert means[code] == pytest.approx(100 * sum(n * rate for n, rate in people) / sum(n for n, _ in people))


def test_violent_offences_are_drawn_as_planted(city: Path, truths: list[dict[str, Any]], people: dict[str, Any]) -> None:
    with next((city / "mpd__incidents").iterdir()).open(encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file))
    violent = sum(any(row[name] == "1" for name in ("Assault", "Homicide", "Robbery", "SexOffense")) for row in rows)
    expected = planted_values(truths, "violent_offences_per_1000")["all"] * sum(people["all"].values()) / 1000
    assert 300 < expected < len(rows)
    assert abs(violent - expected) < 4 * (1.3 * expected) ** 0.5  # some rows occur twice


def test_staff_is_represented_as_planted(city: Path, truths: list[dict[str, Any]]) -> None:
    with (city / "census__labor_force" / "labor_force.csv").open(encoding="ascii", newline="") as file:
        _, labels, ours, _ = csv.reader(file)
    force = dict(zip(labels, ours, strict=True))
    people = {
        "white": int(force["Estimate; White alone, not Hispanic or Latino"]),
        "black": int(force["Estimate; Black or African American alone, not Hispanic or Latino"]),
        "hispanic": int(force["Estimate; Hispanic or Latino"]),
    }
    measure = "positions_per_1000_labor_force"
    for day, name in (("2025-09-30", "hr_2025-09-30.sqlite"), ("2025-12-31", "hr.sqlite")):
        with sqlite3.connect(city / "der__employees" / name) as database:
            staff = dict(database.execute("select lower(RACE), count(*) from employees group by 1"))
        rates = planted_values(truths, measure, start=day)
        everybody = sum(staff.values()) / int(force["Estimate; Total civilian labor force 16 years and over"])
        of_the_day = [truth for truth in truths if (truth["measure_id"], truth["period_start"]) == (measure, day)]
        ratios = {truth["race_ethnicity_code"]: truth["rate_ratio"] for truth in of_the_day}
        for code, count in people.items():
            rate = staff[code] / count
            assert abs(1000 * rate - rates[code]) < 4 * 1000 * rate * (1 / staff[code] + (3 / count**0.5) ** 2) ** 0.5
            assert ratios[code] == pytest.approx(rate / everybody, rel=0.2)
        assert ratios["hispanic"] < 0.5 < ratios["black"] < 0.9 < 1 < ratios["white"]
