"""The upper bound of a date by the year in its file's name: no year is written in the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from ingest.contract.registry import load_registry
from ingest.typing import can_be_invalid, invalid_condition
from tests.support.visits import Warehouse, visits_contract

BY_YEAR = {"max_from_file": {"year": r"(20\d\d)[-_]", "plus_years": 1}}
COLUMNS: list[dict[str, Any]] = [
    {"name": "k", "from": "K"},
    {"name": "sold_on", "from": "Sold", "type": "date", "required": True, **BY_YEAR},
    {"name": "built", "from": "Built", "type": "integer", **BY_YEAR},
]


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path, duckdb.connect())


def test_a_date_after_the_year_of_its_file_is_refused(warehouse: Warehouse) -> None:
    contract = visits_contract(columns=COLUMNS)
    assert all(can_be_invalid(column) for column in contract.columns[1:])
    rows = "K,Sold,Built\na,2019-05-01,2019\nb,2020-12-31,2021\nc,2021-01-01,2000\n"
    promotion = warehouse.take(contract, {"in 2000/2019-sales.csv": rows, "2022_sales.csv": "K,Sold,Built\nd,2023-12-31,2023\n"})
    assert (promotion.rows_delivered, promotion.rows_rejected) == (4, 0), "a row that is refused stays in landing, marked"
    typed = warehouse.con.execute(
        "select k, cast(sold_on as varchar), built, built_missing_reason from typed.dpt__visits order by k"
    )
    assert typed.fetchall() == [
        ("a", "2019-05-01", 2019, None), ("b", "2020-12-31", None, "invalid"), ("d", "2023-12-31", 2023, None),
    ]  # fmt: skip


def test_a_file_without_a_year_has_no_bound(warehouse: Warehouse) -> None:
    warehouse.take(visits_contract(columns=COLUMNS), {"sales.csv": "K,Sold,Built\na,2099-05-01,2099\n"})
    assert warehouse.con.execute("select count(*), max(built) from typed.dpt__visits").fetchall() == [(1, 2099)]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"type": "date", "max": "2020-01-01"}, "without max"),
        ({"type": "text"}, "max_from_file goes with type integer, date or timestamp"),
        ({"type": "date", "max_from_file": {"year": "20.."}}, "has no group"),
        ({"type": "date", "max_from_file": {"year": r"(?<=x)(\d{4})"}}, "without look-around"),
        ({"type": "date", "max_from_file": {"year": r"(\d{4})", "plus_years": -1}}, "greater than or equal to 0"),
    ],
)
def test_a_bound_that_cannot_be_evaluated_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        visits_contract(columns=[{"name": "k"}, {"name": "x", **BY_YEAR, **keys}])


@pytest.mark.parametrize(
    ("file", "day", "is_invalid"),
    [
        ("2002-2018-property-sales-data.csv", "2018-12-01", False),
        ("2002-2018-property-sales-data.csv", "2020-01-01", True),
        ("2019-property-sales-data.csv", "2020-03-02", False),
        ("2019-property-sales-data.csv", "9/26/2024", True),
        ("2019-property-sales-data.csv", "6/13/2028", True),
        ("armslengthsales_2022_valid_20230404.csv", "2022-12-30", False),
        ("armslengthsales_2026_valid_20270404.csv", "2026-12-30", False),
    ],
)
def test_sales_of_property_need_no_new_bound_each_year(file: str, day: str, is_invalid: bool) -> None:
    column = load_registry()["assessor__property_sales"].column("sold_on")
    assert column.max is None
    sql = f"select {invalid_condition(column)} from (values (?, ?)) as t(sold_on, _source_file)"
    assert duckdb.execute(sql, [day, file]).fetchall() == [(is_invalid,)]
