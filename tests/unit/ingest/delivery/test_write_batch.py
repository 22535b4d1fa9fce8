"""A delivery written down as sent: what it is known by, in which order it came, and nothing left of one that failed."""

from __future__ import annotations

import datetime as dt
import io
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.connectors import FetchRequest, Origin, open_folder, open_live
from ingest.contract import Contract
from ingest.delivery import DeliveryOptions, DeliveryRecord, DeliveryStore, deliver
from ingest.delivery.batch_file import GROUP_ROWS, open_batch_file
from ingest.delivery.store import BATCH, INCOMING, RECORD, compute_load_id
from ingest.errors import DeliveryError
from warehouse.fingerprint import file_sha256

MakeContract = Callable[..., Contract]
NOON = dt.datetime(2025, 12, 1, 12)
A, B = "A,B\n1,2\n", "A,B\n3,4\n5,6\n"


def on_disk(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_delivery_is_one_batch_and_a_receipt(warehouse: Any, make_contract: MakeContract) -> None:
    receipt = warehouse.deliver(make_contract(ignore=["C"]), {"b.csv": B, "a.csv": "B,D,C\n2,x,y\n"})
    assert receipt == DeliveryRecord(
        source="dpt__visits",
        load_id=receipt.load_id,
        sequence=1,
        delivered_at=NOON,
        rows=3,
        files=receipt.files,
        batch_sha256=file_sha256(warehouse.store.batch(receipt.load_id)),
        columns_missing=("A",),
        columns_unknown=("D",),
    )
    assert [(file.name, file.rows, file.header, file.second_header) for file in receipt.files] == [
        ("a.csv", 1, ("B", "D", "C"), ()),
        ("b.csv", 2, ("A", "B"), ()),
    ]
    assert on_disk(warehouse.folder / "deliveries") == [f"dpt__visits/{receipt.load_id}/{name}" for name in (BATCH, RECORD)]
    assert pq.read_table(warehouse.store.batch(receipt.load_id)).to_pylist() == [
        {"_load_id": receipt.load_id, "a": a, "b": b, "_source_file": file, "_source_row": row}
        for a, b, file, row in [(None, "2", "a.csv", 1), ("3", "4", "b.csv", 1), ("5", "6", "b.csv", 2)]
    ]
    assert warehouse.store.records() == (receipt,)
    assert DeliveryRecord.model_validate_json(receipt.model_dump_json()) == receipt


def test_the_load_id_is_sixteen_hex_digits_of_what_was_delivered(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract()
    receipt = warehouse.deliver(contract, {"a.csv": A})
    assert receipt.load_id == compute_load_id(contract, (receipt.files[0].sha256,))
    assert len(receipt.load_id) == 16 and int(receipt.load_id, 16) >= 0


def test_load_ids_of_earlier_versions_are_kept(make_contract: MakeContract) -> None:
    # computed by commit 2dc9705: another value would make every delivery of every home a new load
    assert compute_load_id(make_contract(), ("0" * 64,)) == "97ae0e0c6035ac47"


@pytest.mark.parametrize(
    ("files", "same"),
    [
        ({"renamed.csv": A, "still after.csv": B}, True),
        ({"2025/a.csv": A, "b.csv": B}, True),
        ({"b.csv": A, "a.csv": B}, False),
        ({"a.csv": A}, False),
        ({"a.csv": A + "7,8\n", "b.csv": B}, False),
        ({"a.csv": A.replace("\n", "\r\n"), "b.csv": B}, False),
        ({"a.csv": A, "b.csv": B, "c.csv": B}, False),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else "",
)
def test_the_same_bytes_are_the_same_load_whatever_the_files_are_called(
    warehouse: Any, make_contract: MakeContract, files: dict[str, str], same: bool
) -> None:
    first = warehouse.deliver(make_contract(), {"a.csv": A, "b.csv": B})
    assert (warehouse.deliver(make_contract(), files).load_id == first.load_id) == same


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"title": "Another title"}, True),
        ({"steward": {"team": "Back desk", "contact": "back@dpt.example"}}, True),
        ({"as_of": dt.date(2025, 1, 1)}, True),
        ({"tolerances": {"rejected_pct": 5}}, True),
        ({"columns": [{"name": "a", "from": "A"}, {"name": "b", "from": "B", "type": "integer"}]}, False),
        ({"columns": [{"name": "a", "from": "A"}]}, False),
        ({"load": {"mode": "append"}}, False),
        ({"format": {"kind": "csv", "encoding": "latin-1"}}, False),
    ],
    ids=str,
)
def test_the_contracts_format_load_and_columns_are_part_of_a_load(
    warehouse: Any, make_contract: MakeContract, changes: dict[str, Any], same: bool
) -> None:
    first = warehouse.deliver(make_contract(), {"a.csv": A})
    second = warehouse.deliver(make_contract(**changes), {"a.csv": A})
    assert (second.load_id == first.load_id) == same
    assert second.sequence == (1 if same else 2)


def test_two_sources_never_share_a_load(make_contract: MakeContract) -> None:
    assert compute_load_id(make_contract(), ("ab",)) != compute_load_id(make_contract(source="dpt__calls"), ("ab",))


def test_the_same_delivery_again_is_not_read_again(
    warehouse: Any, make_contract: MakeContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = warehouse.deliver(make_contract(), {"a.csv": A})
    before = warehouse.store.batch(first.load_id).stat()
    monkeypatch.setattr("ingest.delivery.write_batch._BatchWriter", lambda *_arguments: pytest.fail("it was read again"))
    assert warehouse.deliver(make_contract(), {"b.csv": A}) == first
    assert warehouse.store.batch(first.load_id).stat() == before


def test_an_earlier_state_that_is_delivered_again_is_the_newest(warehouse: Any, make_contract: MakeContract) -> None:
    first, second, third = (warehouse.deliver(make_contract(), {"a.csv": text}) for text in (A, B, A))
    assert (first.sequence, second.sequence, third.sequence) == (1, 2, 3)
    assert third == first.model_copy(update={"sequence": 3})
    assert warehouse.store.records() == (second, third)
    assert warehouse.deliver(make_contract(), {"a.csv": "A,B\n9,9\n"}).sequence == 4


def test_members_of_an_archive_are_files_of_their_own(warehouse: Any, make_contract: MakeContract) -> None:
    def zipped(*members: str) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for member in members:
                archive.writestr(zipfile.ZipInfo(member), A)
        return buffer.getvalue()

    files = warehouse.deliver(
        make_contract(), {"a.zip": zipped("x.csv", "y.csv"), "b.zip": zipped("x.csv", "y.csv"), "c.csv": A}
    ).files
    assert [file.name for file in files] == ["a.zip/x.csv", "a.zip/y.csv", "b.zip/x.csv", "b.zip/y.csv", "c.csv"]
    hashes = [file.sha256 for file in files]
    assert hashes[:2] == hashes[2:4]
    assert len(set(hashes)) == 3


def test_progress_counts_rows_as_they_are_read(warehouse: Any, make_contract: MakeContract, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.csv").write_text(B)
    progress: list[int] = []
    origin = open_folder(make_contract(), (tmp_path / "in" / "b.csv",), tmp_path / "in")
    deliver(make_contract(), origin, warehouse.store, None, NOON, DeliveryOptions(progress=progress.append))
    assert sum(progress) == 2


BAD = {
    "broken": {"a.csv": A, "b.csv": "A,B\n1,2,3\n"},
    "not found": {"a.csv": A, "b.csv": b"\xff\xfeA"},
    "no header": {"a.csv": "Jane Q. Canary,414-555-0100\nJoe,2\n"},
    "a second file without header": {"a.csv": A, "b.csv": "Jane Q. Canary,414-555-0100\n"},
    "another delimiter": {"a.csv": "A;B\nJane Q. Canary;2\n"},
}


@pytest.mark.parametrize("files", BAD.values(), ids=BAD)
def test_a_failure_leaves_nothing_behind(warehouse: Any, make_contract: MakeContract, files: dict[str, Any]) -> None:
    good = warehouse.deliver(make_contract(), {"a.csv": A})
    before = on_disk(warehouse.folder / "deliveries")
    with pytest.raises(DeliveryError) as error:
        warehouse.deliver(make_contract(), files)
    assert "Canary" not in str(error.value)
    assert on_disk(warehouse.folder / "deliveries") == before
    assert warehouse.store.records() == (good,)
    assert warehouse.deliver(make_contract(), {"a.csv": A}) == good


def test_a_file_whose_first_record_is_no_header_is_reported(warehouse: Any, make_contract: MakeContract) -> None:
    with pytest.raises(
        DeliveryError, match=r"a\.csv: its header has none of the contract's columns: it has no header row, .*; deliver it"
    ):
        warehouse.deliver(make_contract(), BAD["no header"])


def test_an_interrupted_delivery_leaves_nothing_behind(
    warehouse: Any, make_contract: MakeContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ingest.delivery.write_batch._BatchWriter.record", interrupt)
    with pytest.raises(KeyboardInterrupt):
        warehouse.deliver(make_contract(), {"a.csv": A})
    assert on_disk(warehouse.folder / "deliveries") == []


def test_what_a_kill_left_is_no_delivery(warehouse: Any, make_contract: MakeContract) -> None:
    first = warehouse.deliver(make_contract(), {"a.csv": A})
    leftover = warehouse.store.folder / INCOMING
    (warehouse.store.folder / first.load_id).rename(leftover)
    assert warehouse.store.records() == ()
    assert warehouse.deliver(make_contract(), {"a.csv": A}) == first
    assert not leftover.exists()


@pytest.mark.parametrize("lost", [BATCH, RECORD])
def test_half_a_delivery_is_delivered_anew(warehouse: Any, make_contract: MakeContract, lost: str) -> None:
    first = warehouse.deliver(make_contract(), {"a.csv": A})
    (warehouse.store.folder / first.load_id / lost).unlink()
    assert warehouse.store.record(first.load_id) is None
    assert warehouse.deliver(make_contract(), {"a.csv": A}) == first
    assert warehouse.store.records() == (first,)


def test_an_origin_without_parts_is_reported(make_contract: MakeContract, tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="it contains no file to read; deliver at least one file"):
        deliver(make_contract(), Origin(()), DeliveryStore(tmp_path, "dpt__visits"), None, NOON)


@pytest.fixture
def fetch(warehouse: Any, make_contract: MakeContract, tmp_path: Path) -> Callable[..., DeliveryRecord]:
    """Deliver the rows of a live department database."""

    def fetched(*rows: tuple[Any, ...]) -> DeliveryRecord:
        path = tmp_path / "live.db"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as database:
            database.execute("create table visits (A, B, C)")
            database.executemany("insert into visits values (?, ?, ?)", [(*row, "x") for row in rows])
            database.commit()
        contract = make_contract(connector={"kind": "database", "credentials_env": "DPT_URL", "table": "visits"})
        origin = open_live(contract, FetchRequest({"DPT_URL": f"sqlite:///{path}"}, tmp_path))
        assert origin is not None
        return deliver(contract, origin, warehouse.store, None, NOON)

    return fetched


def test_a_databases_delivery_is_known_by_its_rows_in_any_order(warehouse: Any, fetch: Callable[..., DeliveryRecord]) -> None:
    first = fetch((1, "x"), (2, None), (2, None))
    assert fetch((2, None), (1, "x"), (2, None)) == first
    others = [fetch((1, "x"), (2, None)), fetch((1, "x"), (2, ""), (2, None)), fetch(("x", 1), (2, None), (2, None)), fetch()]
    assert len({receipt.load_id for receipt in [first, *others]}) == 5
    assert [receipt.sequence for receipt in others] == [2, 3, 4, 5]
    assert fetch((2, None), (2, None), (1, "x")).sequence == 6
    batch = pq.read_table(warehouse.store.batch(first.load_id)).to_pylist()
    assert [(row["_load_id"], row["a"], row["b"], row["_source_row"]) for row in batch] == [
        (first.load_id, "1", "x", 1),
        (first.load_id, "2", None, 2),
        (first.load_id, "2", None, 3),
    ]
    assert first.files[0].sha256 is None
    assert INCOMING not in [path.name for path in warehouse.store.folder.iterdir()]


def test_batches_are_written_in_groups_that_land_as_they_are(tmp_path: Path) -> None:
    """Readers hand over batches of any size."""
    schema = pa.schema([("a", pa.string())])
    sizes = [1, 7, 100_000, 300_000, 5, 60_000]
    numbers = iter(range(sum(sizes)))
    with open_batch_file(tmp_path / "batch.parquet", schema) as write:
        for size in sizes:
            write(pa.record_batch([pa.array([str(next(numbers)) for _ in range(size)])], schema=schema))
    file = pq.ParquetFile(tmp_path / "batch.parquet")
    groups = [file.metadata.row_group(at).num_rows for at in range(file.metadata.num_row_groups)]
    assert groups == [GROUP_ROWS] * 3 + [sum(sizes) - 3 * GROUP_ROWS]
    assert file.read()["a"].to_pylist() == [str(n) for n in range(sum(sizes))]
