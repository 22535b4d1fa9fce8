"""The sample's dispatched calls, read again without the generator's help."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from ingest.sample import delivery
from ingest.sample.delivery import PlantedCounts
from ingest.sample.events import police_calls

ROWS = 24_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("police_calls")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "CHUNK", 1_000)  # so that the rows cross chunk borders
        return police_calls.police_calls.write(folder, np.random.default_rng(11), ROWS)


def moment(row: list[str]) -> datetime:
    return datetime.strptime(row[1], "%m/%d/%Y %I:%M:%S %p")


def read(folder: Path) -> list[list[str]]:
    with zipfile.ZipFile(folder / "police_scrape_data1.zip") as archive:
        text = archive.read("police_scrape_data1.csv").decode("ascii")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.fixture(scope="module")
def raw(folder: Path, claim: PlantedCounts) -> bytes:
    with zipfile.ZipFile(folder / "police_scrape_data1.zip") as archive:
        (member,) = archive.infolist()
        assert (member.filename, member.date_time) == ("police_scrape_data1.csv", (1980, 1, 1, 0, 0, 0))
        return archive.read(member)


@pytest.fixture(scope="module")
def rows(folder: Path, claim: PlantedCounts) -> list[list[str]]:
    return read(folder)


@pytest.fixture(scope="module")
def states(rows: list[list[str]]) -> dict[str, list[list[str]]]:
    """The rows of each call in the order of the file."""
    calls: dict[str, list[list[str]]] = {}
    for row in rows:
        if any(row):
            calls.setdefault(row[0], []).append(row)
    return calls


def test_no_header_blank_rows_and_windows_line_ends(raw: bytes, rows: list[list[str]]) -> None:
    assert raw.startswith(b",,,,,\r\n250")
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r") == len(rows) == ROWS
    assert {len(row) for row in rows} == {6}
    assert re.search(rb'\r\n\d{9},\d\d/\d\d/2025 (0\d|1[0-2]):\d\d:\d\d [AP]M,"\d+ [^"]+,SMP",[1-7],', raw)


def assert_conserved(rows: list[list[str]], claim: PlantedCounts) -> None:
    filled = [tuple(row) for row in rows if any(row)]
    distinct, calls = set(filled), {row[0] for row in filled}
    assert claim.delivered == len(rows) == claim.blank + claim.duplicate + claim.superseded + claim.facts["calls"]
    assert claim.blank == len(rows) - len(filled)
    assert claim.duplicate == len(filled) - len(distinct)
    assert claim.superseded == len(distinct) - len(calls)
    assert claim.facts["calls"] == len(calls)


def test_conservation_is_as_claimed(rows: list[list[str]], claim: PlantedCounts) -> None:
    assert_conserved(rows, claim)
    assert claim.duplicate > 0.7 * len(rows)
    assert claim.superseded > 0


@pytest.mark.parametrize("course", range(len(police_calls._COURSES)))
def test_conservation_holds_when_every_call_takes_one_course(
    course: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = tuple((float(at == course), states) for at, (_, states) in enumerate(police_calls._COURSES))
    monkeypatch.setattr(police_calls, "_COURSES", only)
    claim = police_calls.police_calls.write(tmp_path, np.random.default_rng(3), 4_000)
    assert_conserved(read(tmp_path), claim)
    assert (claim.superseded > 0) == (course >= police_calls._CHANGES)


def test_states_evolve_and_few_calls_come_back_to_their_first(states: dict[str, list[list[str]]], claim: PlantedCounts) -> None:
    courses = [[row for row, before in zip(rows, [None, *rows], strict=False) if row != before] for rows in states.values()]
    reopened = [course for course in courses if len(course) == 3 and course[0] == course[2]]
    assert len(reopened) == claim.facts["reopened"] > 0
    assert any(len(course) == 3 and course[0] != course[2] for course in courses)
    changed = [course for course in courses if len(course) > 1]
    assert 0.15 < len(changed) / len(courses) < 0.40
    assert any(course[0][2] != course[-1][2] for course in changed)
    assert any(course[0][4] != course[-1][4] for course in changed)
    assert Counter(course[0][5] for course in changed).most_common(1)[0][0] == "Service in Progress"
    assert {row[1] for rows in states.values() for row in rows} == {rows[0][1] for rows in states.values()}


def test_calls_come_in_order_of_time_newest_first_on_a_page(rows: list[list[str]]) -> None:
    page = rows[1 : 1 + police_calls.SHOWN]
    stamps = [moment(row) for row in page]
    assert stamps == sorted(stamps, reverse=True)
    assert not any(rows[1 + police_calls.SHOWN])
    assert max(moment(row) for row in rows if any(row)).date() == date(2025, 12, 31)


def test_no_call_in_the_hour_that_the_clock_skips(states: dict[str, list[list[str]]]) -> None:
    assert not any(row[1].startswith("03/09/2025 02") and row[1].endswith("AM") for rows in states.values() for row in rows)


def test_districts_mix_numbers_and_codes(states: dict[str, list[list[str]]]) -> None:
    districts = {row[3] for rows in states.values() for row in rows}
    assert set("1234567") | {"SPD", "CITY", "OUT"} <= districts
    assert districts <= set("1234567") | {"SPD", "CITY", "OUT", "SCD", "CIB", "OCOE", "FI", "NLA"}
