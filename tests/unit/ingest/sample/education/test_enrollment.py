"""The sample's enrollment, read again without the generator's help."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ingest.sample.delivery import PlantedCounts
from ingest.sample.education.pupils import enrollment


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("schools")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    return enrollment.write(folder, np.random.default_rng(11))


@pytest.fixture(scope="module")
def cells(folder: Path, claim: PlantedCounts) -> list[dict[str, str]]:
    raw = (folder / "enrollment_school_groups_trend_released_2025-11-15.csv").read_bytes()
    assert b"\r" not in raw
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline="")))


def test_suppressed_cells_are_empty_and_marked(cells: list[dict[str, str]], claim: PlantedCounts) -> None:
    starred = [cell for cell in cells if cell["status_flag"]]
    assert len(cells) == claim.delivered - claim.superseded
    assert len(starred) == claim.facts["suppressed"] > 0
    assert {(cell["status_flag"], cell["value"], cell["share"]) for cell in starred} == {
        ("Suppressed (DPI privacy) — not zero", "", "")
    }
    assert "Race/Ethnicity" not in {cell["dimension"] for cell in starred}
    assert any(cell["year"] == "2024-25" and cell["dimension"] == "Gender" for cell in starred)
    assert all(float(cell["value"]) > 0 for cell in cells if not cell["status_flag"])


def test_no_starred_cell_is_alone(cells: list[dict[str, str]]) -> None:
    by_table = Counter((c["dimension"], c["district"], c["school"], c["year"]) for c in cells if c["status_flag"])
    assert set(by_table.values()) == {2}


def test_dimensions_groups_and_years_are_the_real_ones(cells: list[dict[str, str]]) -> None:
    groups: dict[str, set[str]] = {}
    for cell in cells:
        groups.setdefault(cell["dimension"], set()).add(cell["group"])
    assert groups == {
        "Race/Ethnicity": {"Amer Indian", "Asian", "Black", "Hispanic", "Pacific Isle", "Two or More", "White"},
        "Gender": {"Female", "Male", "Non-binary"},
        "Disability Status": {"SwD", "SwoD"},
        "Economic Status": {"Econ Disadv", "Not Econ Disadv"},
        "EL Status": {"EL", "Eng Prof"},
    }
    assert {cell["year"] for cell in cells} == {f"20{year}-{year + 1}" for year in range(18, 25)}
    assert {cell["metric"] for cell in cells} == {"enrollment"}


def test_shares_are_of_the_school_and_sum(cells: list[dict[str, str]], claim: PlantedCounts) -> None:
    race = [cell for cell in cells if cell["dimension"] == "Race/Ethnicity"]
    totals: Counter[tuple[str, str, str]] = Counter()
    for cell in race:
        totals[cell["district"], cell["school"], cell["year"]] += int(float(cell["value"]))
    for cell in race:
        total = totals[cell["district"], cell["school"], cell["year"]]
        assert float(cell["share"]) == round(float(cell["value"]) / total, 4)
    last = sum(total for key, total in totals.items() if key[2] == "2024-25")
    assert last == claim.facts["students_in_the_last_year"]


def test_cells_are_unique_and_school_names_are_not(cells: list[dict[str, str]]) -> None:
    keys = [(c["dimension"], c["group"], c["district"], c["school"], c["year"]) for c in cells]
    assert len(keys) == len(set(keys))
    districts: dict[str, set[str]] = {}
    for cell in cells:
        districts.setdefault(cell["school"], set()).add(cell["district"])
    assert max(len(of) for of in districts.values()) == 3
