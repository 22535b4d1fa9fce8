"""The sample's workbook of recovery money, read again without the generator's help."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from ingest.layers import CITIES
from ingest.sample.city import COUNTY_GEOID, PLACE_GEOID
from ingest.sample.delivery import PlantedCounts
from ingest.sample.money import LISTS, PROJECTS, arpa_projects, qualified_tracts
from ingest.sample.places.houses import addresses, long_form

SEEDS = Path(__file__).resolve().parents[4] / "dbt_project" / "seeds" / "reference"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("money")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    return arpa_projects.write(folder, np.random.default_rng(11))


@pytest.fixture(scope="module")
def sheet(folder: Path, claim: PlantedCounts) -> Any:
    (file,) = folder.iterdir()
    return openpyxl.load_workbook(file)["Projects"]


@pytest.fixture(scope="module")
def rows(sheet: Any) -> list[dict[str, Any]]:
    above, below, *records = sheet.iter_rows(min_row=6, values_only=True)
    names, current = [], ""
    for over, under in zip(above, below, strict=True):
        current = over or current
        names.append(f"{current} {under}")
    return [dict(zip(names, record, strict=True)) for record in records]


def test_the_table_is_below_a_title_with_merged_names_and_ends_in_a_total(
    sheet: Any, rows: list[dict[str, Any]], claim: PlantedCounts
) -> None:
    assert "synthetic" in sheet["A1"].value
    assert "I6:J6" in {str(merged) for merged in sheet.merged_cells.ranges}
    assert len(rows) == claim.delivered == claim.blank + 1881
    assert rows[-1]["Report Period ends"] == "Total"
    assert rows[-1]["Obligations This period"] == sum(row["Obligations This period"] for row in rows[:-1])


def test_codes_are_text_and_amounts_are_numbers(rows: list[dict[str, Any]]) -> None:
    codes = {row["Expenditure category Code"] for row in rows[:-1]}
    assert {"1.1", "1.10", "2.1", "2.10"} <= codes
    assert all(isinstance(code, str) for code in codes)
    with (SEEDS / "arpa_expenditure_categories.csv").open(encoding="utf-8", newline="") as file:
        names = {row["category_code"]: row["category_name"] for row in csv.DictReader(file)}
    assert all(names[row["Expenditure category Code"]] == row["Expenditure category Name"] for row in rows[:-1])
    assert all(isinstance(row["Report Period ends"], datetime) for row in rows[:-1])


def test_the_money_identities_hold(rows: list[dict[str, Any]]) -> None:
    so_far: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in rows[:-1]:
        budget, obligated, spent = row["Budget Adopted"], row["Obligations Cumulative"], row["Expenditures Cumulative"]
        before = so_far[row["Project ID"]]
        assert before[0] <= obligated <= budget
        assert before[1] <= spent <= obligated
        assert (before[0] + row["Obligations This period"], before[1] + row["Expenditures This period"]) == (obligated, spent)
        so_far[row["Project ID"]] = (obligated, spent)
    assert len(so_far) == PROJECTS
    assert len({row["Budget Adopted"] for row in rows}) > 20


def test_completed_projects_have_their_end(rows: list[dict[str, Any]]) -> None:
    for row in rows[:-1]:
        assert (row["Project Status"] == "Completed") == bool(row["Completion Actual"])
    last = [row for row in rows[:-1] if row["Report Period ends"] == datetime(2025, 12, 31)]
    statuses = {row["Project Status"] for row in last}
    assert statuses == {"Completed", "Cancelled", "Completed 50% or more"}
    late = [row for row in last if row["Completion Actual"] and row["Completion Actual"] > row["Completion Planned"]]
    assert 20 < len(late) < len(last) / 2


def test_some_projects_are_everywhere_and_some_have_their_district_only(rows: list[dict[str, Any]]) -> None:
    index = {*addresses(), *(long_form(address) for address in addresses())}
    assert {row["Place Address"] for row in rows[:-1] if row["Place Address"]} <= index
    everywhere = {row["Project ID"] for row in rows[:-1] if row["Place Aldermanic district"] == "Citywide"}
    in_district = {row["Project ID"] for row in rows[:-1] if not row["Place Address"]} - everywhere
    assert (len(everywhere), len(in_district)) == (8, 8)


def test_qualified_tracts_are_those_of_the_seed() -> None:
    with (CITIES / "sampleton" / "seeds" / "qualified_census_tracts.csv").open(encoding="utf-8", newline="") as file:
        seed = [row for row in csv.DictReader(file) if row["city_geoid"] == PLACE_GEOID]
    for first_day in LISTS:
        listed = {row["tract_geoid"] for row in seed if row["valid_from"] == first_day.isoformat()}
        assert listed == {f"{COUNTY_GEOID}{tract:06d}" for tract in qualified_tracts(first_day)}
    assert {row["valid_from"] for row in seed} == {first_day.isoformat() for first_day in LISTS}
    first, second = (qualified_tracts(first_day) for first_day in LISTS)
    assert len(first - second) == len(second - first) == 2
