"""A delivery of another kind than agreed, or with and without a header against its contract, is called what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingest.contract import Contract
from ingest.errors import DeliveryError
from tests.support.file_formats import dbf

MakeContract = Callable[..., Contract]
BY_POSITION: dict[str, Any] = {
    "format": {"kind": "csv", "header": {"rows": "none"}},
    "columns": [
        {"name": "visit", "from": 1},
        {"name": "visited_on", "from": 2, "type": "date"},
        {"name": "fee", "from": 3, "type": "decimal", "null_tokens": {"none": "not_collected"}},
    ],
}
BY_NAME = {"columns": [{"name": "visit", "from": "Visit"}, {"name": "day", "from": "Day"}, {"name": "fee", "from": "Fee"}]}
RECORDS = "v1,2025-01-02,5\nv2,2025-01-03,6\n"


def refused(warehouse: Any, contract: Contract, data: str | bytes, name: str = "f.csv") -> str:
    with pytest.raises(DeliveryError) as error:
        warehouse.deliver(contract, {name: data})
    return str(error.value)


@pytest.mark.parametrize("header", ["Visit No,Date of visit,Amount", "VISIT,VISITED ON,FEE 2025"])
def test_a_headed_file_in_a_contract_without_header(warehouse: Any, make_contract: MakeContract, header: str) -> None:
    message = refused(warehouse, make_contract(**BY_POSITION), f"{header}\n{RECORDS}")
    assert "f.csv: its first row has the names of its columns, but the contract reads files without a header" in message
    assert header not in message


@pytest.mark.parametrize("records", [RECORDS, "v0,,none\n" + RECORDS, "v1,soon,none\nv2,later,none\n", "visit,2025-01-02,5\n"])
def test_records_are_no_header(warehouse: Any, make_contract: MakeContract, records: str) -> None:
    assert warehouse.deliver(make_contract(**BY_POSITION), {"f.csv": records}).rows == records.count("\n")


def test_a_headerless_file_in_a_contract_with_header(warehouse: Any, make_contract: MakeContract) -> None:
    message = refused(warehouse, make_contract(**BY_NAME), RECORDS)
    assert "columns: it has no header row, and its first row is a record" in message
    assert "2025-01-02" not in message


def test_other_names_are_a_header(warehouse: Any, make_contract: MakeContract) -> None:
    assert "its header has none of the contract's columns" in refused(
        warehouse, make_contract(**BY_NAME), "V,D,F 2025\n" + RECORDS
    )


@pytest.mark.parametrize("kind", ["csv", "jsonl", "fixed_width", "excel", "parquet"])
def test_a_dbase_file_is_called_so(warehouse: Any, make_contract: MakeContract, kind: str) -> None:
    widths = {"widths": [2, 3]} if kind == "fixed_width" else {}
    data = dbf([("VISIT", "C", 4), ("FEE", "N", 3)], [b"v001  5"])
    message = refused(warehouse, make_contract(format={"kind": kind} | widths), data, "visits.dbf")
    assert f"visits.dbf: this is a dBase file, but the contract has {kind}" in message


@pytest.mark.parametrize("text", ["0\n1,2\n", "C,A\n" * 20, "c0,a\n" * 20])
def test_a_text_is_no_dbase_file(warehouse: Any, make_contract: MakeContract, text: str) -> None:
    assert "dBase" not in refused(warehouse, make_contract(**BY_NAME), text)
