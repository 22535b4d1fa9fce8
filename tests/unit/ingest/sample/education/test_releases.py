"""The two releases of each school table, read again without the generator's help."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ingest.sample.delivery import PlantedCounts
from ingest.sample.education import exams, pupils

Row = dict[str, str]
Write = Callable[[Path, np.random.Generator], PlantedCounts]

# the writer, what identifies a cell, its school year, and the figure in it
TABLES: dict[str, tuple[Write, tuple[str, ...], str, str]] = {
    "enrollment": (pupils.enrollment.write, ("dimension", "group", "district", "school"), "year", "value"),
    "absenteeism": (pupils.absenteeism.write, ("dimension", "group", "district", "school"), "year", "value"),
    "completion": (pupils.completion.write, ("dimension", "group", "district", "school"), "year", "diploma"),
    "act": (exams.act.write, ("dimension", "group", "district", "subject", "school"), "year", "value"),
    "forward": (exams.forward_exam.write, ("dimension", "group", "district", "subject", "school"), "year", "value"),
    "removals": (pupils.removals.write, ("dimension", "group", "district", "category", "school"), "year", "count"),
}


@pytest.fixture(params=sorted(TABLES))
def table(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def releases(table: str, folder: Path) -> tuple[list[Row], list[Row], PlantedCounts]:
    claim = TABLES[table][0](folder, np.random.default_rng(11))
    first, second = (list(csv.DictReader(path.open(encoding="utf-8", newline=""))) for path in sorted(folder.iterdir()))
    assert [path.name[-15:] for path in sorted(folder.iterdir())] == [f"_{day}.csv" for day in ("2025-01-15", "2025-11-15")]
    return first, second, claim


def cells(table: str, rows: list[Row], year: str) -> dict[tuple[str, ...], Row]:
    _, key, year_column, _ = TABLES[table]
    return {tuple(row[name] for name in key): row for row in rows if row[year_column] == year}


def test_every_year_of_the_first_release_comes_again(table: str, tmp_path: Path) -> None:
    first, second, claim = releases(table, tmp_path)
    year = TABLES[table][2]
    assert {row[year] for row in second} - {row[year] for row in first} == {"2024-25"}
    assert {row[year] for row in first} < {row[year] for row in second}
    assert (claim.delivered, claim.superseded) == (len(first) + len(second), len(first))


def test_only_one_school_year_is_changed(table: str, tmp_path: Path) -> None:
    first, second, _ = releases(table, tmp_path)
    year = TABLES[table][2]
    for name in {row[year] for row in first} - {"2023-24"}:
        assert cells(table, first, name) == cells(table, second, name)
    assert cells(table, first, "2023-24") != cells(table, second, "2023-24")


def test_the_second_release_withdraws_a_school_and_corrects_a_group(table: str, tmp_path: Path) -> None:
    first, second, claim = releases(table, tmp_path)
    before, after = cells(table, first, "2023-24"), cells(table, second, "2023-24")
    schools = {key[-1] for key in before} - {key[-1] for key in after}
    assert schools == {"Placeholder Annex High"}
    assert (
        sum(key[-1] in schools for key in before)
        == claim.facts["withdrawn"]
        == {"removals": 9, "act": 12, "forward": 12}.get(table, 3)
    )
    assert len(set(before) - set(after)) < len(after) / 2  # a release that withdraws half of a year is held back
    corrected = {key[1] for key in set(before) & set(after) if before[key] != after[key] and key[2] != "Sampleton"}
    assert corrected == ({"Black"} if table != "enrollment" else set())


@pytest.mark.parametrize("name", ["absenteeism", "completion"])
def test_what_the_first_release_shows_by_mistake_is_hidden_in_the_second(name: str, tmp_path: Path) -> None:
    """Race is never hidden in enrollment, and counts of removals are not."""
    first, second, _ = releases(name, tmp_path)
    column = TABLES[name][3]
    before, after = cells(name, first, "2023-24"), cells(name, second, "2023-24")
    hidden = [key for key in set(before) & set(after) if before[key][column] not in ("", "*") and after[key][column] in ("", "*")]
    assert len(hidden) == 6


def test_enrollment_moves_students_to_their_own_group(tmp_path: Path) -> None:
    first, second, _ = releases("enrollment", tmp_path)
    totals = [
        {
            group: sum(float(row["value"]) for key, row in cells("enrollment", rows, "2023-24").items()
                       if key[:3] == ("Race/Ethnicity", group, "Sampleton"))
            for group in ("Black", "White", "Hispanic")
        }
        for rows in (first, second)
    ]  # fmt: skip
    assert totals[0]["Black"] < 0.8 * totals[1]["Black"]
    assert totals[0]["Black"] + totals[0]["White"] == totals[1]["Black"] + totals[1]["White"]
    assert totals[0]["Hispanic"] == totals[1]["Hispanic"]
