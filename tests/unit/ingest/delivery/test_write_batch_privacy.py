"""No direct identifier is ever on the disk, and a hashed one only as the keyed hash: every byte of the folder is searched."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import io
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from ingest.connectors import open_folder
from ingest.contract import Contract
from ingest.delivery import deliver
from ingest.errors import DeliveryError
from ingest.readers import delivered_files

MakeContract = Callable[..., Contract]
KEY = b"a key for tests"
NOON = dt.datetime(2025, 12, 1, 12)
DROPPED, HASHED, PLAIN = "CANARY-DROPPED", "CANARY-HASHED", "KEPT-IN-PLAIN"
HASH = hmac.new(KEY, HASHED.encode(), hashlib.sha256).hexdigest()
COLUMNS = [
    {"name": "a", "from": "A"},
    {"name": "phone", "from": "PHONE", "privacy": "direct_identifier", "keep": "drop"},
    {"name": "person", "from": "PERSON", "privacy": "direct_identifier", "keep": "hash"},
]
CSV = f"PHONE,A,PERSON\n{DROPPED},{PLAIN},{HASHED}\n{DROPPED}-2,x,{HASHED}\n"


def bytes_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file's bytes as they are, and those of Parquet files uncompressed too, with their footers."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        yield path.name, path.read_bytes()
        if path.read_bytes()[:4] == b"PAR1":
            table, buffer = pyarrow.parquet.read_table(path), io.BytesIO()
            pyarrow.parquet.write_table(table, buffer, compression="none", use_dictionary=False)
            yield f"{path.name}, uncompressed", buffer.getvalue()


def find(folder: Path, text: str) -> list[str]:
    return [name for name, data in bytes_of(folder) if text.encode() in data or text.encode("utf-16-le") in data]


def sqlite_file(folder: Path) -> bytes:
    path = folder / "made.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table visits (PHONE, A, PERSON)")
        database.executemany("insert into visits values (?, ?, ?)", [(DROPPED, PLAIN, HASHED), (f"{DROPPED}-2", "x", HASHED)])
        database.commit()
    return path.read_bytes()


def parquet_file() -> bytes:
    buffer = io.BytesIO()
    columns = {"PHONE": [DROPPED, f"{DROPPED}-2"], "A": [PLAIN, "x"], "PERSON": [HASHED, HASHED]}
    pyarrow.parquet.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def zip_file() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("visits.csv", CSV)
    return buffer.getvalue()


@pytest.fixture
def at_every_step(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the files of a delivery held whenever a batch had been written, too."""
    contents: list[bytes] = []
    write = pyarrow.parquet.ParquetWriter.write_table

    def watched(writer: pyarrow.parquet.ParquetWriter, batch: pa.Table, *more: Any, **named: Any) -> None:
        write(writer, batch, *more, **named)
        contents.append("\n".join(map(str, batch.to_pylist())).encode())

    monkeypatch.setattr(pyarrow.parquet.ParquetWriter, "write_table", watched)
    return contents


@pytest.mark.parametrize("kind", ["csv", "zip", "parquet", "sqlite"])
def test_identifiers_reach_the_disk_only_as_keyed_hashes(
    make_contract: MakeContract, tmp_path: Path, warehouse: Any, at_every_step: list[bytes], kind: str
) -> None:
    data = {"csv": CSV.encode(), "zip": zip_file(), "parquet": parquet_file(), "sqlite": b""}[kind] or sqlite_file(tmp_path)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / f"visits.{kind}").write_bytes(data)
    at_every_step.clear()  # making the file is no delivery
    keys = {"connector": {"kind": "database", "credentials_env": "DPT_URL", "table": "visits"}} if kind == "sqlite" else {}
    contract = make_contract(columns=COLUMNS, format={"kind": "parquet" if kind == "parquet" else "csv"}, **keys)
    receipt = deliver(contract, open_folder(contract, delivered_files(inbox), inbox), warehouse.store, KEY, NOON)
    warehouse.promote(contract, receipt)
    folder = warehouse.store.folder
    assert receipt.rows == 2
    assert find(folder, PLAIN), "the search finds what is there"
    assert find(folder, HASH)
    assert find(folder, "CANARY") == []
    assert at_every_step and not any(b"CANARY" in content for content in at_every_step)
    assert warehouse.rows() == [(PLAIN, HASH), ("x", HASH)]


@pytest.mark.parametrize(
    "text",
    [
        CSV + f"{DROPPED},a,{HASHED},one too many\n",
        CSV + f'{DROPPED},"left open,{HASHED}\n',
        CSV.split("\n", 1)[1],
        CSV.replace(",", ";"),
        CSV + f"{DROPPED},\udce9,{HASHED}\n",
    ],
    ids=["ragged", "open quote", "no header", "another delimiter", "wrong encoding"],
)
def test_a_failure_reports_and_leaves_no_identifier(warehouse: Any, make_contract: MakeContract, text: str) -> None:
    with pytest.raises(DeliveryError) as error:
        warehouse.deliver(make_contract(columns=COLUMNS), {"visits.csv": text.encode("utf-8", "surrogateescape")})
    assert "CANARY" not in str(error.value)
    assert find(warehouse.folder / "deliveries", "CANARY") == []


def test_a_second_header_row_that_is_data_keeps_no_identifier(warehouse: Any, make_contract: MakeContract) -> None:
    """A source that stops sending its second header row would put its first record into the receipt."""
    contract = make_contract(columns=COLUMNS, format={"kind": "csv", "header": {"rows": 2}})
    receipt = warehouse.deliver(contract, {"visits.csv": CSV})
    assert receipt.files[0].second_header == ("", PLAIN, "")
    assert find(warehouse.folder / "deliveries", "CANARY") == []


def test_a_dropped_column_leaves_no_trace_in_the_batch(warehouse: Any, make_contract: MakeContract) -> None:
    receipt = warehouse.deliver(make_contract(columns=COLUMNS), {"visits.csv": CSV})
    assert pyarrow.parquet.read_schema(warehouse.store.batch(receipt.load_id)).names == [
        "_load_id",
        "a",
        "person",
        "_source_file",
        "_source_row",
    ]
