"""The difference between a delivery and its contract: expected next to found, likely new names, and no private value."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from expectations.delivery.column_differences import column_differences, differing, first_rows
from ingest.contract import Contract
from ingest.contract.vocabularies import load_vocabulary
from ingest.delivery import DeliveryRecord, FileRecord

COLUMNS = [
    {"name": "visit_number", "from": "VISIT_NO"},
    {"name": "visited_on", "from": ["VISITED", "VISIT DATE"], "type": "date"},
    {"name": "visits", "from": "VISITS", "type": "integer", "null_tokens": {"*": "suppressed_at_source"}},
    {"name": "sex", "from": "SEX", "privacy": "quasi_identifier"},
    {"name": "phone", "from": "PHONE", "privacy": "direct_identifier", "keep": "drop"},
]


def contract(**changes: Any) -> Contract:
    data = {
        "source": "dpt__visits", "title": "Visits", "department": "dpt", "policy_area": "health", "jurisdiction": "5553000",
        "grain": "one row per visit", "steward": {"team": "Desk", "contact": "desk@dpt.example"},
        "agreement": {"basis": "open_data", "classification": "public"}, "statistical_unit": "record", "platform": "A file",
        "connector": {"kind": "file"}, "format": {"kind": "csv"}, "load": {"mode": "replace"}, "cadence": "once",
        "freshness": None, "columns": COLUMNS, "ignore": ["CLERK"],
    }  # fmt: skip
    return Contract.model_validate(data | changes, context=load_vocabulary())


def receipt(header: tuple[str, ...], **names: tuple[str, ...]) -> DeliveryRecord:
    file = FileRecord(name="a.csv", sha256=None, rows=2, header=header)
    return DeliveryRecord(
        source="dpt__visits", load_id="l", sequence=1, delivered_at=dt.datetime(2025, 12, 1), rows=2, files=(file,), **names
    )


def test_each_column_beside_what_was_found() -> None:
    got = receipt(
        ("VISIT_NUMBER", "VISIT DATE", "VISITS", "SEX", "SEX", "PHONE", "CLERK", ""),
        columns_missing=("VISIT_NO",),
        columns_unknown=("VISIT_NUMBER", ""),
        columns_repeated=("SEX",),
    )
    lines = column_differences(contract(), got)
    assert [(line.expected, line.found, line.verdict, line.likely) for line in lines] == [
        ("VISIT_NO", None, "missing", "VISIT_NUMBER"),
        ("VISITED or VISIT DATE", "VISIT DATE", "as agreed", None),
        ("VISITS", "VISITS", "as agreed", None),
        ("SEX", "SEX", "delivered twice", None),
        ("PHONE", "PHONE", "as agreed", None),
        (None, "VISIT_NUMBER", "not in the contract", None),
        (None, "(a column without a name)", "not in the contract", None),
        (None, "CLERK", "known, not taken", None),
    ]
    assert lines[0].similarity == 100
    assert [line.verdict for line in differing(lines)] == [
        "missing",
        "delivered twice",
        "not in the contract",
        "not in the contract",
    ]


@pytest.mark.parametrize(
    ("missing", "found", "likely", "percent"),
    [("SEX", "GENDER", None, None), ("PHONE", "PHONE_NO", "PHONE_NO", 83), ("VISITS", "NO OF VISITS", "NO OF VISITS", 75)],
)
def test_a_likely_new_name_shares_most_letters(missing: str, found: str, likely: str | None, percent: int | None) -> None:
    got = receipt((found,), columns_missing=(missing,), columns_unknown=(found,))
    line = next(line for line in column_differences(contract(), got) if line.verdict == "missing")
    assert (line.likely, line.similarity) == (likely, percent)


def test_names_that_are_records_are_not_shown() -> None:
    """A file that lost its header gives its first record for names."""
    got = receipt(
        ("Jane Q. Canary", "414-555-0100"), columns_missing=("VISIT_NO", "VISITED", "SEX"), columns_unknown=("Jane Q. Canary",)
    )
    lines = column_differences(contract(), got)
    assert "Canary" not in repr(lines)
    assert lines[-1].found == "(1 columns; the first row may be a record)"


def batch(folder: Path, *rows: tuple[str | None, ...]) -> Path:
    names = ("visit_number", "visited_on", "visits", "sex")
    table = pa.table({name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(names)})
    pyarrow.parquet.write_table(table, folder / "batch.parquet")
    return folder / "batch.parquet"


def test_first_rows_leave_private_and_misplaced_values_out(tmp_path: Path) -> None:
    path = batch(tmp_path, ("7", "2025-03-01", "*", "F"), ("x" * 99, "Jane Q. Canary", "414", None), *[("8", "", None, "M")] * 9)
    names, rows = first_rows(contract(), receipt(("VISIT_NO", "VISITED", "VISITS", "SEX", "PHONE")), path)
    assert names == ("visit_number", "visited_on", "visits", "sex")
    assert rows[:2] == (("7", "2025-03-01", "*", "(private)"), ("x" * 59 + "…", "(unreadable)", "414", ""))
    assert len(rows) == 5


def test_no_cell_is_shown_where_the_content_of_a_column_is_unknown(tmp_path: Path) -> None:
    path = batch(tmp_path, ("Jane Q. Canary", "", "", ""))
    lost = receipt(("a", "b"), columns_missing=("VISIT_NO", "VISITED", "SEX"))
    assert first_rows(contract(), lost, path) == ((), ())
    by_position = [column | {"from": at} for at, column in enumerate(COLUMNS, 1)]
    without_names = contract(format={"kind": "csv", "header": {"rows": "none"}}, columns=by_position)
    assert first_rows(without_names, receipt(("1", "2")), path) == ((), ())
