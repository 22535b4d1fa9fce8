"""A draft reads years of two digits, takes no thing for a person, and asks for what it cannot know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
import yaml
from duckdb import DuckDBPyConnection

from ingest.scaffold import Draft, DraftError, draft, read_sample
from ingest.scaffold.column_profiles import profile_columns
from ingest.scaffold.render import contract_text

DraftOf = Callable[..., Draft]


@pytest.fixture
def draft_of(tmp_path: Path, con: DuckDBPyConnection) -> DraftOf:
    def make(path: Path | str, *, sheet: str | None = None, **answers: str) -> Draft:
        if isinstance(path, str):
            (tmp_path / "staff.csv").write_text(path)
            path = tmp_path / "staff.csv"
        return draft("der__staff", read_sample(str(path), {}, sheet=sheet), {}, "5553000", con, **answers)

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


def test_a_sheet_that_is_not_there(draft_of: DraftOf, tmp_path: Path) -> None:
    with pytest.raises(DraftError, match="no sheet 'Other'; its sheets are Notes, Staff"):
        draft_of(workbook(tmp_path / "b.xlsx"), sheet="Other")
    with pytest.raises(DraftError, match="--sheet is for workbooks, and this file is read as csv"):
        draft_of("A,B\n1,x\n", sheet="Other")


def test_answers_are_written_and_missing_ones_marked(draft_of: DraftOf) -> None:
    answered = draft_of("A,B\n1,x\n", basis="open_data", unit="person")
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
