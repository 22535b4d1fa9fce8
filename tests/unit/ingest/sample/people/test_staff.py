"""The sample's employees, read again without the generator's help."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from ingest.sample.delivery import PlantedCounts
from ingest.sample.people import staff as people
from ingest.sample.text import word_list


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("people")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    return people.staff.write(folder, np.random.default_rng(11))


def read(path: Path) -> list[dict[str, str | None]]:
    with sqlite3.connect(path) as database:
        assert {row[2].upper() for row in database.execute("pragma table_info(employees)")} == {"TEXT"}
        cursor = database.execute("select * from employees")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


@pytest.fixture(scope="module")
def staff(folder: Path, claim: PlantedCounts) -> list[dict[str, str | None]]:
    return read(folder / "hr.sqlite")


@pytest.fixture(scope="module")
def before(folder: Path, claim: PlantedCounts) -> list[dict[str, str | None]]:
    return read(folder / "hr_2025-09-30.sqlite")


def test_columns_rows_and_copies(
    staff: list[dict[str, str | None]], before: list[dict[str, str | None]], claim: PlantedCounts
) -> None:
    assert list(staff[0]) == word_list("staff_columns")
    assert len(staff) == people.EMPLOYEES
    assert len(before) == people.employees_on(people.BEFORE)
    assert len(staff) + len(before) == claim.delivered
    copies = [len(rows) - len({tuple(row.values()) for row in rows}) for rows in (staff, before)]
    assert copies == [people.SAME_AGAIN] * 2
    assert sum(copies) == claim.duplicate
    assert sum(row["RACE"] == "UNKNOWN" for row in (*staff, *before)) == claim.facts["unknown_race"] > 0


def test_race_labels_are_dirty_and_the_impossible_ones_few(staff: list[dict[str, str | None]], claim: PlantedCounts) -> None:
    odd = [row["RACE"] for row in staff if row["RACE"] not in {*people.COMPOSITION, "UNKNOWN"}]
    assert {"CHINESE", "TORRES STRAIT ISLANDER ORIGIN"} <= set(odd)
    assert 0 < len(odd) < claim.facts["odd_labels"]
    assert len(odd) < 0.001 * len(staff)
    assert any(row["RACE"] == "ASIAN/PACIFIC ISLANDER" for row in staff)


def test_values_are_as_an_export_writes_them(staff: list[dict[str, str | None]]) -> None:
    assert all(re.fullmatch(r"\d{1,3}(,\d{3})*(\.\d{1,2})?", row["ANNUAL_RT"] or "") for row in staff)
    assert any(row["ANNUAL_RT"] == "71,296.74" for row in staff)
    for row in staff:
        hired, entered = (datetime.strptime(row[name] or "", "%m/%d/%Y 0:00") for name in ("HIRE_DATE", "JOB_ENTRY_DT"))
        assert hired <= entered <= datetime(2025, 12, 31)
    assert {row["EEO_JOB_GROUP"] for row in staff} == {*"12345678", ""}
    assert any(row["JOB_FAMILY"] is None for row in staff)


@pytest.mark.parametrize(("employees", "odd"), [(1, 0), (999, 0), (1_000, 0), (1_001, 1), (5_952, 5), (90_000, 5)])
def test_impossible_labels_stay_below_one_in_a_thousand(employees: int, odd: int) -> None:
    assert len(people.odd_labels(employees)) == odd


def test_between_the_two_days_people_are_hired_leave_and_rise_by_a_step(
    staff: list[dict[str, str | None]], before: list[dict[str, str | None]], claim: PlantedCounts
) -> None:
    now, then = ({row["POSITION_NBR"]: row for row in rows} for rows in (staff, before))
    hired, leavers = set(now) - set(then), set(then) - set(now)
    assert (len(hired), len(leavers)) == (claim.facts["hired"], claim.facts["left"]) == (239, people.LEFT)
    for number, row in now.items():
        day = datetime.strptime(row["HIRE_DATE"] or "", "%m/%d/%Y 0:00")
        assert (day > datetime(2025, 9, 30)) == (number in hired)
    for row in then.values():
        assert datetime.strptime(row["JOB_ENTRY_DT"] or "", "%m/%d/%Y 0:00") <= datetime(2025, 9, 30)
    stayed = [(int(now[number]["STEP"] or 0), int(then[number]["STEP"] or 0)) for number in set(now) & set(then)]
    assert {after - earlier for after, earlier in stayed} == {0, 1}
    assert 300 < sum(after > earlier for after, earlier in stayed) < 600


def test_some_levels_would_show_one_persons_pay(staff: list[dict[str, str | None]]) -> None:
    """Of negotiated salaries no thousand dollars hold 11, and with supplements nearly every amount is that of one person."""
    amounts = {
        level: [float((row["ANNUAL_RT"] or "").replace(",", "")) for row in staff if row["EEO_JOB_GROUP"] == level]
        for level in (people.NEGOTIATED, people.WITH_SUPPLEMENT)
    }
    negotiated, supplemented = (Counter(round(pay / 1_000) for pay in of_level) for of_level in amounts.values())
    assert sum(negotiated.values()) > 80 and max(negotiated.values()) < 11 < max(supplemented.values())
    alone = Counter(amounts[people.WITH_SUPPLEMENT])
    assert sum(number == 1 for number in alone.values()) > 0.9 * len(alone)
