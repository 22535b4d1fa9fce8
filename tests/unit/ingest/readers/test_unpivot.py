"""Columns of a wide table become records: each with the cells that identify its row, the column's name, and its value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingest.contract import Column, Contract, Unpivot
from ingest.contract.vocabularies import load_vocabulary
from ingest.delivery import Conformer
from ingest.readers.reader_types import unpivoted_columns

WIDE: dict[str, Any] = {
    "format": {"kind": "csv", "unpivot": {"columns": r"v\d+_.*"}},
    "concepts": "census_concepts",
    "columns": [{"name": "county"}, {"name": "column_name"}, {"name": "value"}],
    "ignore": ["v1_flag"],
}


def test_each_cell_is_a_record_of_its_row(read_file: Any) -> None:
    data = b"v1_black,county,v1_flag,v1_white\n5,001,x,7\n,003,x,NA\n"
    (table,) = read_file(data, **WIDE)
    assert [tuple(row) for row in table.rows] == [
        ("001", "v1_black", "5"),
        ("001", "v1_white", "7"),
        ("003", "v1_black", ""),
        ("003", "v1_white", "NA"),
    ]


def test_a_table_without_such_columns_has_no_records(read_file: Any) -> None:
    (table,) = read_file(b"county,other\n001,1\n", **WIDE)
    assert list(table.rows) == []


def test_ignored_columns_stay_columns() -> None:
    how = Unpivot(columns=r"v\d+_.*")
    assert unpivoted_columns(("county", " v1_black ", "v1_flag"), how, ["v1_flag"]) == (1,)


@pytest.mark.parametrize(
    ("origin", "name", "value"),
    [
        (r"^(v\d+)_", "archive.zip/v147_r2026.csv", "v147"),
        (r"^(v\d+)_", "notes.csv", None),
        ({"v1_*": "2021", "v*": "2020"}, "v1_r2026.csv", "2021"),
        ({"v1_*": "2021", "v*": "2020"}, "v2_r2026.csv", "2020"),
        ({"v1_*": "2021"}, "V1_r2026.csv", None),
    ],
)
def test_a_files_name_gives_a_value(origin: str | dict[str, str], name: str, value: str | None) -> None:
    column = Column.model_validate({"name": "measure", "from_file": origin}, context=load_vocabulary())
    assert column.in_file(name) == value


def test_a_file_that_gives_no_value_lacks_the_column(make_contract: Callable[..., Contract]) -> None:
    contract = make_contract(columns=[{"name": "a"}, {"name": "starts_on", "from_file": {"v1_*": "2021-01-01"}}])
    conformer = Conformer(contract, None)
    assert conformer.match(("a",), "v1_r2026.csv").positions == {"a": 0, "starts_on": "2021-01-01"}
    assert conformer.match(("a",), "v2_r2026.csv").missing == ("starts_on",)
