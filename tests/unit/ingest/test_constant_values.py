"""A part of a table in which all values are the same is no measurement (`varies_within`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.landing.tables import constant_values
from ingest.typing import accepted_rows

MakeContract = Callable[..., Contract]
ZONE = "America/Chicago"
LOAD = {"mode": "replace_partition", "partition_by": ["year"], "key": ["year", "school"]}


def contract_of(make_contract: MakeContract, otherwise: str = "invalid") -> Contract:
    varies = {"by": ["year"], "rows": 3, "otherwise": otherwise}
    columns = [
        {"name": "year", "required": True}, {"name": "school", "required": True},
        {
            "name": "pct", "type": "decimal", "min": 0, "max": 100, "null_tokens": {"": "suppressed_at_source"},
            "varies_within": varies,
        },
    ]  # fmt: skip
    return make_contract(columns=columns, load=LOAD)


def land(con: DuckDBPyConnection, contract: Contract, rows: Sequence[tuple[str, str, str]]) -> None:
    con.execute("create schema if not exists landing")
    con.execute(
        f'create or replace table landing."{contract.source}" (year varchar, school varchar, pct varchar, _load_id varchar, '
        "_source_file varchar, _source_row bigint, _refused boolean)"
    )
    for number, row in enumerate(rows, 1):
        con.execute(
            f'insert into landing."{contract.source}" values (?, ?, ?, ?, ?, ?, ?)', [*row, "load", "f.csv", number, False]
        )


def typed(con: DuckDBPyConnection, contract: Contract) -> list[tuple[Any, ...]]:
    rows = accepted_rows(contract, f'landing."{contract.source}"', ZONE, "not _refused")
    return con.execute(f"select year, pct, pct_missing_reason from ({rows}) order by _source_row").fetchall()


YEARS = [
    *(("2022", school, "100.0") for school in "abc"),
    ("2022", "d", ""),
    *(("2023", school, pct) for school, pct in zip("abc", ("100.0", "100.0", "50"), strict=True)),
    *(("2024", school, "7") for school in "ab"),
]


def test_a_constant_year_is_null_with_its_reason_and_the_other_years_stay(
    con: DuckDBPyConnection, make_contract: MakeContract
) -> None:
    contract = contract_of(make_contract)
    land(con, contract, YEARS)
    assert typed(con, contract) == [
        *[("2022", None, "invalid")] * 3, ("2022", None, "suppressed_at_source"), ("2023", 100.0, None), ("2023", 100.0, None),
        ("2023", 50.0, None), ("2024", 7.0, None), ("2024", 7.0, None),
    ]  # fmt: skip


def test_each_cell_is_listed(con: DuckDBPyConnection, make_contract: MakeContract) -> None:
    contract = contract_of(make_contract)
    land(con, contract, YEARS)
    cells = constant_values(contract, ZONE)
    assert cells is not None
    found = con.execute(f'select source_row, "column", reason_code, message from ({cells}) order by 1').fetchall()
    assert found == [(row, "pct", "invalid", "pct: the same value in all rows of 2022: 100.0") for row in (1, 2, 3)]


def test_what_is_not_collected_is_no_rejected_value(con: DuckDBPyConnection, make_contract: MakeContract) -> None:
    contract = contract_of(make_contract, "not_collected")
    land(con, contract, [("2022", school, "0.0") for school in "abc"])
    assert typed(con, contract) == [("2022", None, "not_collected")] * 3
    assert constant_values(contract, ZONE) is None


def test_a_value_outside_its_limits_is_invalid_before_values_are_compared(
    con: DuckDBPyConnection, make_contract: MakeContract
) -> None:
    contract = contract_of(make_contract)
    land(con, contract, [("2022", "a", "5"), ("2022", "b", "5"), ("2022", "c", "101")])
    assert typed(con, contract) == [("2022", 5.0, None), ("2022", 5.0, None), ("2022", None, "invalid")]


def test_a_required_column_cannot_be_made_null(make_contract: MakeContract) -> None:
    varies = {"by": ["year"], "rows": 3, "otherwise": "invalid"}
    columns = [{"name": "year", "required": True}, {"name": "pct", "type": "decimal", "required": True, "varies_within": varies}]
    with pytest.raises(ValueError, match="varies_within makes cells NULL"):
        make_contract(columns=columns, load={"mode": "replace"})
