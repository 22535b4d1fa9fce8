"""A draft reads years of two digits, takes no thing for a person, and asks for what it cannot know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
import yaml
from duckdb import DuckDBPyConnection

from ingest.contract_draft import NO_ANSWERS, Answers, Draft, DraftError, draft, read_sample
from ingest.contract_draft.column_profiles import profile_columns
from ingest.contract_draft.detect_format import propose_sheets
from ingest.contract_draft.draft import contract_text

DraftOf = Callable[..., Draft]


@pytest.fixture
def draft_of(tmp_path: Path, con: DuckDBPyConnection) -> DraftOf:
    def make(path: Path | str, *, sheet: str | None = None, answers: Answers = NO_ANSWERS) -> Draft:
        if isinstance(path, str):
            (tmp_path / "staff.csv").write_text(path)
            path = tmp_path / "staff.csv"
        return draft("der__staff", read_sample(str(path), {}, sheet=sheet), {}, "5553000", con, answers)

    return make


@pytest.mark.parametrize(
    ("cells", "reads"),
    [
        (["3/1/25", "12/31/24"], {"type": "date", "formats": ["%m/%d/%y"]}),
        (["31/1/25", "12/1/24"], {"type": "date", "formats": ["%d/%m/%y"]}),
        (["31.1.25", "1.2.24"], {"type": "date", "formats": ["%d.%m.%y"]}),
        (["01-31-25", "02-01-24"], {"type": "date", "formats": ["%m-%d-%y"]}),
        (["01-JAN-25", "31-DEC-99"], {"type": "date", "formats": ["%d-%b-%y"]}),
        (["3/1/25", "3/1/2025"], {"type": "date", "formats": ["%m/%d/%y", "%m/%d/%Y"]}),
        (["3/1/25 1:05:00 PM", "3/1/25 11:05:00 AM"], {"type": "timestamp", "formats": ["%m/%d/%y %I:%M:%S %p"]}),
        (["3/1/25 13:05", "3/1/25 11:05"], {"type": "timestamp", "formats": ["%m/%d/%y %H:%M"]}),
    ],
)
def test_years_of_two_digits(con: DuckDBPyConnection, cells: list[str], reads: dict[str, Any]) -> None:
    (found,) = profile_columns(con, ("X",), pa.table({"f0": pa.array(cells, pa.string())}))
    assert found.reads == reads


def test_years_of_two_digits_are_asked_about(draft_of: DraftOf) -> None:
    new_draft = draft_of("Hired,N\n3/1/25 1:05 PM,1\n4/2/99 2:05 PM,2\n")
    assert "hired: its years have two digits; 69 to 99 are read as 19xx" in new_draft.questions


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Position Title", ["Engineer, Civil", "Clerk, Senior", "Officer, Police"]),
        ("Job", ["Engineer, Civil", "Clerk, Senior", "Officer, Police"]),
        ("HouseAge", ["12", "40", "77"]),
        ("Building Age", ["12", "40", "77"]),
        ("FullBase", ["1", "0", "1"]),
        ("Last Update", ["a", "b", "c"]),
        ("Middle School", ["a", "b", "c"]),
    ],
)
def test_what_is_no_person_s_stays_public(draft_of: DraftOf, name: str, cells: list[str]) -> None:
    column = draft_of("".join([f"N,{name}\n", *(f'1,"{cell}"\n' for cell in cells)])).contract["columns"][1]
    assert "privacy" not in column
    assert column.get("role") != "age"


@pytest.mark.parametrize(
    ("name", "keep", "privacy"),
    [
        ("Last Name", "drop", "direct_identifier"),
        ("LastName", "drop", "direct_identifier"),
        ("Full Name", "drop", "direct_identifier"),
        ("First", "drop", "direct_identifier"),
        ("Owner", "drop", "direct_identifier"),
        ("Age", None, "quasi_identifier"),
        ("Age Group", None, "quasi_identifier"),
        ("Patient Age", None, "quasi_identifier"),
    ],
)
def test_what_is_a_person_s_stays_private(draft_of: DraftOf, name: str, keep: str | None, privacy: str) -> None:
    column = draft_of(f"N,{name}\n1,30\n2,41\n").contract["columns"][1]
    assert (column.get("keep"), column.get("privacy")) in {(keep, privacy), ("drop", "direct_identifier")}


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    for row in [("A", "B", "C")] + [(1, 2, 3)] * 9:
        book.active.append(row)
    staff = book.create_sheet("Staff")
    staff.append(("Badge", "Rank"))
    staff.append((1, "a"))
    book.save(path)
    return path


@pytest.mark.parametrize("sheet", ["Staff", "2"])
def test_a_sheet_is_chosen(draft_of: DraftOf, tmp_path: Path, sheet: str) -> None:
    new_draft = draft_of(workbook(tmp_path / "b.xlsx"), sheet=sheet)
    assert new_draft.contract["format"]["sheet"] == "Staff"
    assert [column["from"] for column in new_draft.contract["columns"]] == ["Badge", "Rank"]


def by_year(path: Path, years: Sequence[str], *others: str) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for year in years:
        one = book.create_sheet(year)
        for row in [("Meals",), (), ("Month", "Site", "Meals"), *((m, s, 7) for m in ("Jan", "Feb", "Mar") for s in "abc")]:
            one.append(row)
        one.append(("TOTAL", None, 63))
    for name in others:
        book.create_sheet(name).append(("Read me",))
    book.save(path)
    return path


def test_sheets_of_one_table_are_drafted_together(draft_of: DraftOf, tmp_path: Path) -> None:
    new_draft = draft_of(by_year(tmp_path / "meals.xlsx", ("2021", "2022"), "Notes"))
    assert new_draft.contract["format"]["sheet"] == "20[0-9][0-9]" and new_draft.contract["footer"] == {"rows": 1}
    assert new_draft.contract["columns"][0]["from_file"] == r"(20\d\d)"
    assert new_draft.rows == 18
    assert "# A draft, from 18 records of 2 tables, meals.xlsx/2021 to meals.xlsx/2022." in contract_text(new_draft)
    assert any(
        "the sheets 2021, 2022 have the same columns" in one and "no run reads Notes" in one for one in new_draft.questions
    )
    chosen = draft_of(tmp_path / "meals.xlsx", sheet="*2")
    assert (chosen.contract["format"]["sheet"], chosen.rows) == ("*2", 9)


@pytest.mark.parametrize(
    ("alike", "names", "sheet"),
    [
        (["FY 21", "FY 22"], ["FY 21", "FY 22", "x"], "FY [0-9][0-9]"),
        (["East", "West"], ["East", "West"], "*"),
        (["East", "West"], ["East", "Notes", "West"], "East"),
        (["2021", "2022"], ["2021", "2022", "2023"], "2021"),
        (["East"], ["East", "Notes"], "East"),
    ],
)
def test_a_glob_selects_the_sheets_that_are_alike_and_no_others(alike: list[str], names: list[str], sheet: str) -> None:
    assert propose_sheets(alike[0], alike, names)[0] == sheet


def test_a_folder_is_drafted_from_all_its_files(draft_of: DraftOf, tmp_path: Path) -> None:
    folder = tmp_path / "meals"
    folder.mkdir()
    for year in (2021, 2022, 2023):
        (folder / f"meals_{year}.csv").write_text("Month,Meals\n" + "".join(f"{month},7\n" for month in ("Jan", "Feb")))
    new_draft = draft_of(folder)
    assert new_draft.contract["columns"][0] == {
        "name": "year", "from_file": r"(20\d\d)", "type": "integer", "required": True, "role": "period",
    }  # fmt: skip
    assert "# A draft, from 6 records of 3 tables, meals_2021.csv to meals_2023.csv." in contract_text(new_draft)
    (folder / "meals_2024.csv").write_text("Month,Meals,Site,Cook,Cost\nJan,7,x,y,3\n")
    (folder / "report.pdf").write_bytes(b"%PDF-1.7")
    with_others = draft_of(folder)
    assert with_others.rows == 6 and with_others.contract["ignore_files"] == ["meals_2024.csv"]
    assert any("no row of report.pdf" in one for one in with_others.questions)


def test_a_month_with_its_year_needs_no_year_of_the_file(draft_of: DraftOf, tmp_path: Path) -> None:
    (tmp_path / "visits_2024.csv").write_text("Month,N\n2024 Jan,1\n2024 Feb,2\n")
    assert "year" not in [column["name"] for column in draft_of(tmp_path / "visits_2024.csv").contract["columns"]]


def test_a_sheet_that_is_not_there(draft_of: DraftOf, tmp_path: Path) -> None:
    with pytest.raises(DraftError, match="no sheet 'Other'; its sheets are Notes, Staff"):
        draft_of(workbook(tmp_path / "b.xlsx"), sheet="Other")
    with pytest.raises(DraftError, match="--sheet is for workbooks, and this file is read as csv"):
        draft_of("A,B\n1,x\n", sheet="Other")


def test_answers_are_written_and_missing_ones_marked(draft_of: DraftOf) -> None:
    answered = draft_of("A,B\n1,x\n", answers=Answers("open_data", "person"))
    assert answered.contract["agreement"] | {"suppress_below": 0} == {
        "basis": "open_data", "classification": "public", "suppress_below": 0, "zeros": "show",
    }  # fmt: skip
    assert answered.contract["statistical_unit"] == "person"
    assert answered.not_asked == ()
    assert "not asked" not in contract_text(answered)
    open_draft = draft_of("A,B\n1,x\n")
    text = contract_text(open_draft)
    assert yaml.safe_load(text) == open_draft.contract
    assert not {"agreement", "statistical_unit"} & set(open_draft.contract), "no default decides what may be published"
    marked = [line for line in text.splitlines() if line.endswith("# decide: not asked")]
    assert marked[0].startswith("# agreement: {basis: open_data | data_sharing_agreement")
    assert "cadence: once  # decide: once | daily | weekly | monthly | quarterly | yearly" in text.splitlines()
    assert marked[1] == "# statistical_unit: person | household | address | record | aggregate  # decide: not asked"
    assert len(open_draft.not_asked) == 2
