"""Delivered columns become the contract's: found by name or position, as text, without direct identifiers, numbered."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from ingest.contract import Contract
from ingest.delivery import Conformer
from ingest.errors import DeliveryError

MakeContract = Callable[..., Contract]
KEY = b"a key for tests"


def columns(*columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"columns": list(columns), **more}


A_OR_C = columns({"name": "a", "from": ["A", "C"]}, {"name": "b", "from": "B"})


@pytest.mark.parametrize(
    ("contract", "header", "positions", "missing", "unknown"),
    [
        (A_OR_C, ("A", "B"), {"a": 0, "b": 1}, (), ()),
        (A_OR_C, ("B", "C"), {"a": 1, "b": 0}, (), ()),
        (A_OR_C, ("C", "B", "A"), {"a": 2, "b": 1}, (), ()),
        (A_OR_C, (" A ", "\tB"), {"a": 0, "b": 1}, (), ()),
        (A_OR_C, ("a", "B"), {"a": None, "b": 1}, ("A",), ("a",)),
        (A_OR_C, ("A", "B", "D", ""), {"a": 0, "b": 1}, (), ("D", "")),
        (A_OR_C | {"ignore": ["D"]}, ("D", "A", "B"), {"a": 1, "b": 2}, (), ()),
        (A_OR_C, ("D",), {"a": None, "b": None}, ("A", "B"), ("D",)),
        (columns({"name": "a"}), ("a",), {"a": 0}, (), ()),
        (columns({"name": "a", "from": 2}), ("X", "Y", "Z"), {"a": 1}, (), ("X", "Z")),
        (columns({"name": "a", "from": 2}), ("X",), {"a": None}, ("2",), ("X",)),
        (columns({"name": "a", "from": [3, 1]}), ("X", "Y"), {"a": 0}, (), ("Y",)),
        (columns({"name": "a", "from": 1}, {"name": "b", "from": "Y"}), ("X", "Y"), {"a": 0, "b": 1}, (), ()),
    ],
)
def test_columns_are_found_in_a_header(
    make_contract: MakeContract,
    contract: dict[str, Any],
    header: tuple[str, ...],
    positions: dict[str, int | None],
    missing: tuple[str, ...],
    unknown: tuple[str, ...],
) -> None:
    match = Conformer(make_contract(**contract), None).match(header)
    assert (match.positions, match.missing, match.unknown, match.repeated) == (positions, missing, unknown, ())
    assert match.fits == (len(missing) < len(positions))


def test_a_column_of_one_table_is_neither_missing_nor_known_in_another(make_contract: MakeContract) -> None:
    contract = make_contract(**columns({"name": "a"}, {"name": "rate", "files": "*_map.csv"}))
    match = Conformer(contract, None).match
    assert match(("a", "rate"), "folder/city_map.csv").positions == {"a": 0, "rate": 1}
    assert match(("a",), "city_map.csv").missing == ("rate",)
    chart = match(("a", "rate"), "city_chart.csv")
    assert (chart.positions, chart.missing, chart.unknown) == ({"a": 0, "rate": None}, (), ("rate",))


def test_without_a_header_columns_go_by_position(make_contract: MakeContract) -> None:
    contract = make_contract(
        **columns(
            {"name": "a", "from": 1}, {"name": "b", "from": 3}, format={"kind": "csv", "header": {"rows": "none"}}, ignore=["4"]
        )
    )
    match = Conformer(contract, None).match(("1", "2", "3", "4"))
    assert (match.positions, match.missing, match.unknown) == ({"a": 0, "b": 2}, (), ("2",))


@pytest.mark.parametrize(
    ("header", "repeated"),
    [(("A", "B", "A"), ("A",)), (("B", "A", "B ", "A"), ("A", "B")), (("A", "B", "D", "D"), ()), (("A", "B", "", ""), ())],
)
def test_a_column_that_comes_twice_is_reported_and_the_first_one_is_read(
    make_contract: MakeContract, header: tuple[str, ...], repeated: tuple[str, ...]
) -> None:
    match = Conformer(make_contract(), None).match(header)
    assert match.repeated == repeated
    assert match.positions["a"] == header.index("A")


def test_direct_identifiers_have_no_position_and_are_not_missed_in_what_is_kept(make_contract: MakeContract) -> None:
    contract = make_contract(
        columns=[
            {"name": "phone", "from": "PHONE", "privacy": "direct_identifier"},
            {"name": "person", "from": "PERSON", "privacy": "direct_identifier", "keep": "hash"},
            {"name": "a", "from": "A"},
        ]
    )
    match = Conformer(contract, KEY).match(("A", "PHONE", "PERSON"))
    assert match.positions == {"person": 2, "a": 0}
    assert match.private == {1, 2}
    assert (match.missing, match.unknown) == ((), ())
    assert Conformer(contract, KEY).match(("A", "PERSON")).missing == ("PHONE",)


def conform(contract: Contract, header: tuple[str, ...], *batches: list[Any]) -> list[pa.RecordBatch]:
    conformer = Conformer(contract, KEY)
    raw = (pa.RecordBatch.from_arrays([pa.array(column) for column in batch], names=list(header)) for batch in batches)
    return list(conformer.batches(raw, conformer.match(header), "visits.csv"))


def test_records_are_numbered_from_one_through_all_batches_of_a_part(make_contract: MakeContract) -> None:
    batches = conform(make_contract(), ("B", "A"), [["x", "y"], ["1", None]], [["z"], ["3"]])
    assert [row for batch in batches for row in batch.to_pylist()] == [
        {"a": "1", "b": "x", "_source_file": "visits.csv", "_source_row": 1},
        {"a": None, "b": "y", "_source_file": "visits.csv", "_source_row": 2},
        {"a": "3", "b": "z", "_source_file": "visits.csv", "_source_row": 3},
    ]
    assert batches[0].schema == Conformer(make_contract(), None).schema


def test_a_column_that_is_missing_is_empty(make_contract: MakeContract) -> None:
    (batch,) = conform(make_contract(), ("A",), [["1", "2"]])
    assert batch.column("b").to_pylist() == [None, None]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([1, None]), ["1", None]),
        (pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)), ["1.10", None]),
        (pa.array([0.1, None]), ["0.1", None]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([dt.date(2025, 11, 30), None]), ["2025-11-30", None]),
        (pa.array([dt.datetime(2025, 11, 30, 6), None], pa.timestamp("us")), ["2025-11-30 06:00:00.000000", None]),
        (pa.array([dt.datetime(2025, 11, 30, 6), None], pa.timestamp("us", "UTC")), ["2025-11-30 06:00:00.000000Z", None]),
        (pa.array(["x", None]).dictionary_encode(), ["x", None]),
        (pa.array(["x", ""], pa.large_string()), ["x", ""]),
        (pa.array(["é".encode(), None]), ["é", None]),
        (pa.nulls(2), [None, None]),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_typed_columns_become_text(make_contract: MakeContract, values: pa.Array, texts: list[str | None]) -> None:
    (batch,) = conform(make_contract(), ("A", "B"), [values, values])
    assert batch.column("a").to_pylist() == texts
    assert batch.column("a").type == pa.string()


@pytest.mark.parametrize("values", [[["Jane"]], [{"name": "Jane"}], [b"Jane\xff"]], ids=["list", "struct", "bytes"])
def test_what_is_no_text_is_reported_without_quoting_it(make_contract: MakeContract, values: list[Any]) -> None:
    with pytest.raises(
        DeliveryError, match=r"dpt__visits: visits\.csv: b is of type .* and cannot be read as text; deliver"
    ) as error:
        conform(make_contract(), ("A", "B"), [["1"], values])
    assert "Jane" not in "".join(traceback.format_exception(error.value))
    assert error.value.__context__ is None or error.value.__suppress_context__


def test_a_hash_is_keyed_and_of_the_trimmed_text(make_contract: MakeContract) -> None:
    contract = make_contract(columns=[{"name": "person", "from": "A", "privacy": "direct_identifier", "keep": "hash"}])
    (batch,) = conform(contract, ("A",), [["Jané", " Jané ", "Joe", "", " ", None, "Joe"]])
    hashed = batch.column("person").to_pylist()
    jane, joe = (hmac.new(KEY, name.encode(), hashlib.sha256).hexdigest() for name in ("Jané", "Joe"))
    assert hashed == [jane, jane, joe, "", "", None, joe]


def test_a_hash_depends_on_the_key(make_contract: MakeContract) -> None:
    contract = make_contract(columns=[{"name": "person", "from": "A", "privacy": "direct_identifier", "keep": "hash"}])
    raw = pa.RecordBatch.from_arrays([pa.array(["Jane"])], names=["A"])
    hashes = set()
    for key in (KEY, b"another"):
        conformer = Conformer(contract, key)
        (batch,) = conformer.batches(iter([raw]), conformer.match(("A",)), "f")
        hashes.add(batch.column("person")[0].as_py())
    assert len(hashes) == 2
