"""Tables in zip and gz, and Parquet: which members are read, and messages about damaged ones."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import traceback
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from ingest.errors import DeliveryError

CANARY = "Jane Q. Canary"
LONG = "A,B\n" + "".join(f"{number},{CANARY} {number * 7919 % 1000003}\n" for number in range(4000))
PARQUET = {"format": {"kind": "parquet"}}
DAMAGED = "the compressed data is damaged or cut off; deliver it again"


def zipped(members: dict[str, str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def changed(data: bytes, change: dict[int, bytes]) -> bytes:
    spoiled = bytearray(data)
    for at, value in change.items():
        spoiled[at : at + len(value)] = value
    return bytes(spoiled)


def parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer)
    return buffer.getvalue()


def test_every_member_of_a_zip_is_read_in_the_order_of_names(read_file: Any) -> None:
    data = zipped({
        "b.csv": "A,B\n3,4\n",
        "a.csv": "A,B\n1,2\n",
        "sub/": "",
        "sub/c.csv": "B,A\n6,5\n",
        "__MACOSX/._a.csv": "x",
        ".DS_Store": "x",
        "sub/.hidden.csv": "x",
    })  # fmt: skip
    tables = read_file(data, name="visits.zip")
    assert [(table.name, table.rows, table.numbers) for table in tables] == [
        ("visits.zip/a.csv", [("1", "2")], [1]),
        ("visits.zip/b.csv", [("3", "4")], [1]),
        ("visits.zip/sub/c.csv", [("5", "6")], [1]),
    ]


def test_a_contract_may_mean_some_members_only(read_file: Any) -> None:
    data = zipped({"readme.csv": "x", "visits_1.csv": "A,B\n1,2\n", "visits_2.csv": "A,B\n3,4\n"})
    tables = read_file(data, name="visits.zip", format={"kind": "csv", "member": "visits_*"})
    assert [table.rows for table in tables] == [[("1", "2")], [("3", "4")]]


def test_a_zip_is_known_by_its_bytes_and_not_its_name(read_file: Any) -> None:
    (table,) = read_file(zipped({"a.csv": "A,B\n1,2\n"}), name="visits.csv")
    assert (table.name, table.rows) == ("visits.csv/a.csv", [("1", "2")])


def test_members_and_gz_are_read_as_streams(read_file: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is unpacked to disk: a temporary file would hold what the contract drops."""
    monkeypatch.setattr("tempfile.mkstemp", lambda *_args, **_keys: pytest.fail("a temporary file"))
    read_file(zipped({"a.csv": LONG}), name="visits.zip")
    tables = read_file(gzip.compress(LONG.encode()), name="visits.csv.gz")
    assert [len(table.rows) for table in tables] == [4000, 4000]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["visits.csv.gz", "visits.zip"]


ZIP = zipped({"visits_1.csv": LONG})
DIRECTORY = ZIP.rfind(b"PK\x01\x02")
DEFLATE64 = b"\x09\x00"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("visits.zip", ZIP[: len(ZIP) // 2], "visits.zip: this is not a zip archive, or it is damaged; deliver it again"),
        ("visits.zip", LONG.encode(), "visits.zip: this is not a zip archive, or it is damaged; deliver it again"),
        ("visits.zip", b"", "visits.zip: this is not a zip archive, or it is damaged; deliver it again"),
        ("visits.zip", changed(ZIP, {DIRECTORY: b"XXXX"}), "visits.zip: this is not a zip archive, or it is damaged"),
        ("visits.zip", changed(ZIP, {2000: b"XXXX"}), f"visits.zip/visits_1.csv: {DAMAGED}"),
        ("visits.zip", changed(zipped({"a.csv": LONG}, zipfile.ZIP_STORED), {2000: b"X"}), f"visits.zip/a.csv: {DAMAGED}"),
        ("visits.zip", changed(zipped({"a.csv": LONG}, zipfile.ZIP_BZIP2), {2000: b"XXXX"}), f"visits.zip/a.csv: {DAMAGED}"),
        ("visits.zip", changed(zipped({"a.csv": LONG}, zipfile.ZIP_LZMA), {2000: b"XXXX"}), f"visits.zip/a.csv: {DAMAGED}"),
        (
            "visits.zip",
            changed(ZIP, {6: b"\x01", DIRECTORY + 8: b"\x01"}),
            "visits.zip/visits_1.csv: the archive is encrypted; deliver it without a password, through a secure channel",
        ),
        (
            "visits.zip",
            changed(ZIP, {8: DEFLATE64, DIRECTORY + 10: DEFLATE64}),
            "visits.zip/visits_1.csv: the archive is compressed in a way that Levelground cannot read; compress it",
        ),
        ("visits.zip", zipped({}), "visits.zip: the archive has no file; deliver it again"),
        ("visits.zip", zipped({"__MACOSX/a.csv": "x"}), "visits.zip: the archive has no file; deliver it again"),
        ("visits.zip", zipped({"visits_1.csv": ""}), "visits.zip/visits_1.csv: the file is empty; deliver it again"),
        ("visits.csv.gz", gzip.compress(LONG.encode())[:9000], f"visits.csv.gz: {DAMAGED}"),
        ("visits.csv.gz", changed(gzip.compress(LONG.encode()), {5000: b"XXXX"}), f"visits.csv.gz: {DAMAGED}"),
        ("visits.csv.gz", LONG.encode(), f"visits.csv.gz: {DAMAGED}"),
        ("visits.csv.gz", gzip.compress(b"", mtime=0), "visits.csv.gz: the file is empty; deliver it again"),
    ],
)
def test_a_damaged_archive_is_reported_without_quoting_it(read_file: Any, name: str, data: bytes, message: str) -> None:
    with pytest.raises(DeliveryError) as error:
        read_file(data, name=name)
    assert str(error.value).startswith(f"dpt__visits: {message}")
    assert "Canary" not in "".join(traceback.format_exception(error.value))
    assert error.value.__context__ is None or error.value.__suppress_context__


def test_a_member_that_does_not_exist_is_reported(read_file: Any) -> None:
    with pytest.raises(DeliveryError, match=r"the archive has no member q\*; deliver it again, or correct format.member"):
        read_file(ZIP, name="visits.zip", format={"kind": "csv", "member": "q*"})


TYPED = pa.table({
    "B": pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)),
    "A": pa.array([dt.date(2025, 11, 30), None]),
    "unknown": pa.array([[1], None]),
})  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data"),
    [("visits.parquet", parquet(TYPED)), ("visits.parquet.gz", gzip.compress(parquet(TYPED)))],
)
def test_parquet_is_read_as_text_and_null_stays_null(read_file: Any, name: str, data: bytes) -> None:
    (table,) = read_file(data, name=name, **PARQUET)
    assert table.rows == [("2025-11-30", "1.10"), (None, None)]
    assert (table.header, table.unknown) == (("B", "A", "unknown"), ("unknown",))


def test_parquet_in_a_zip(read_file: Any) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("visits.parquet", parquet(TYPED))
    (table,) = read_file(buffer.getvalue(), name="visits.zip", **PARQUET)
    assert len(table.rows) == 2


def test_parquet_without_rows(read_file: Any) -> None:
    (table,) = read_file(parquet(TYPED.slice(0, 0)), **PARQUET)
    assert table.rows == []


NAMES = parquet(pa.table({"A": [f"{CANARY} {n * 7919 % 1000003}" for n in range(2000)], "B": ["2"] * 2000}))


@pytest.mark.parametrize(
    "data",
    [
        NAMES[:-20],
        NAMES[: len(NAMES) // 2],
        changed(NAMES, {6: b"x" * 40}),
        changed(NAMES, {2000: b"x" * 400}),
        b"",
        LONG.encode(),
    ],
    ids=["cut off", "half", "spoiled header", "spoiled page", "empty", "a CSV"],
)
def test_damaged_parquet_is_reported_without_quoting_it(read_file: Any, data: bytes) -> None:
    with pytest.raises(DeliveryError, match="this is not a Parquet file, or it is cut off; deliver it again") as error:
        read_file(data, name="visits.parquet", **PARQUET)
    assert "Canary" not in "".join(traceback.format_exception(error.value))
    assert error.value.__context__ is None or error.value.__suppress_context__
