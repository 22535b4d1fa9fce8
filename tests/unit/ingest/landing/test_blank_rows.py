"""A row whose only values are of its file, not of a cell, is blank: it is neither landed nor refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.support.visits import Warehouse, visits_contract


@pytest.mark.parametrize("key", [["k", "y"], None])
def test_a_value_of_the_files_name_fills_no_blank_row(tmp_path: Path, key: list[str] | None) -> None:
    columns = [{"name": "y", "from_file": r"(\d{4})", "required": True}, {"name": "k", "required": bool(key)}, {"name": "v"}]
    load = {"mode": "replace_partition", "partition_by": ["y"]} | ({"key": key} if key else {})
    warehouse = Warehouse(tmp_path, duckdb.connect())
    contract = visits_contract(columns=columns, load=load, footer={"rows": 2})
    taken = warehouse.take(contract, {"visits 2024.csv": "k,v\na,1\n,\nTotal,1\nSource: desk,\n"})
    assert (taken.rows_delivered, taken.rows_blank, taken.rows_rejected, taken.rows_in_landing) == (4, 3, 0, 1)
    assert warehouse.rows("y, k, v") == [("2024", "a", "1")], "the footer and the blank row are no records"
