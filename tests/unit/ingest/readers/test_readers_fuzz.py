"""No bytes, however broken, get a reader to fail otherwise than with a message for the steward, or to quote a cell in it."""

from __future__ import annotations

import gzip
import io
import json
import string
import subprocess
import sys
import tempfile
import traceback
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest
import shapefile
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from ingest.connectors import open_folder
from ingest.contract import Contract
from ingest.delivery import Conformer
from ingest.errors import DeliveryError
from tests.support.file_formats import dbf, zipped
from tests.support.fuzzing import examples

SECRET = "Canary"
CELLS = [("A", "B"), ("1", SECRET), ("2", "=SUM(A1:A9)"), ("3", '@"x"\x00'), ("4", "é" * 40)]
COLUMNS = [{"name": "a", "from": "A"}, {"name": "b", "from": "B"}]
POSITIONS = [{"name": "a", "from": 1}, {"name": "b", "from": 2}]


def _workbook() -> bytes:
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    for row in CELLS[:3]:
        book.active.append(row)
    book.active["B3"].data_type = "s"  # a formula as a text
    book.save(buffer)
    return buffer.getvalue()


def _old_workbook() -> bytes:
    book, buffer = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("Data")
    for down, row in enumerate(CELLS):
        for right, cell in enumerate(row):
            sheet.write(down, right, cell)
    book.save(buffer)
    return buffer.getvalue()


def _parquet() -> bytes:
    buffer = io.BytesIO()
    table = pa.table({name: [row[at] for row in CELLS[1:]] for at, name in enumerate(CELLS[0])})
    pyarrow.parquet.write_table(table, buffer, compression="none")
    return buffer.getvalue()


def _shapes() -> bytes:
    shp, table = io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, dbf=table, shapeType=shapefile.POLYGON) as writer:
        writer.field("A", "C", 10)
        writer.field("B", "C", 20)
        for row in CELLS[1:3]:
            writer.poly([[[0, 0], [0, 9], [9, 9], [9, 0], [0, 0]], [[2, 2], [3, 2], [3, 3], [2, 3], [2, 2]]])
            writer.record(*row)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # stored: a changed byte is a changed byte of the shapes
        archive.writestr("a.shp", shp.getvalue())
        archive.writestr("a.dbf", table.getvalue())
    return buffer.getvalue()


_CSV = "\n".join(f'{a},"{b.replace(chr(34), chr(34) * 2)}"' for a, b in CELLS).encode()
_JSON = json.dumps([dict(zip(CELLS[0], row, strict=True)) for row in CELLS[1:]]).encode()
SEEDS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "csv": (_CSV, {"kind": "csv"}),
    "csv in zip": (zipped(a__csv=_CSV), {"kind": "csv"}),
    "csv in gz": (gzip.compress(_CSV), {"kind": "csv"}),
    "utf-16": (_CSV.decode().encode("utf-16"), {"kind": "csv", "encoding": "utf-16"}),
    "excel": (_workbook(), {"kind": "excel"}),
    "old excel": (_old_workbook(), {"kind": "excel"}),
    "json": (_JSON, {"kind": "json"}),
    "json below a member": (b'{"n": 1, "r": {"x": ' + _JSON + b"}}", {"kind": "json", "records": "r.x"}),
    "jsonl": (_JSON.strip(b"[]").replace(b"}, {", b"}\n{"), {"kind": "jsonl"}),
    "parquet": (_parquet(), {"kind": "parquet"}),
    "geojson": (
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "geometry": {"type": "Point", "coordinates": [1, 2]},
                        "properties": {"A": "1", "B": SECRET},
                    }
                ],
            }
        ).encode(),
        {"kind": "geojson"},
    ),
    "shapefile": (_shapes(), {"kind": "shapefile"}),
    "dbf": (dbf([("A", "N", 5), ("B", "C", 10)], [b"    1" + SECRET.encode().ljust(10)] * 3), {"kind": "dbf"}),
    "fixed width": (b"A B\n" + b"1 Canary\n" * 3, {"kind": "fixed_width", "widths": [2, 7]}),
}


def read(make_contract: Any, data: bytes, form: dict[str, Any]) -> list[Any] | None:
    """The rows, or None where the file is refused with a message; anything else is what this looks for."""
    columns = POSITIONS if form.get("header", {}).get("rows") == "none" else COLUMNS
    contract: Contract = make_contract(format=form, columns=columns)
    with tempfile.TemporaryDirectory(prefix="levelground-") as folder:
        path = Path(folder) / "visits.bin"
        path.write_bytes(data)
        rows: list[Any] = []
        try:
            conformer = Conformer(contract, None)
            for part in open_folder(contract, (path,), path.parent).tables:
                with part.read() as opened:
                    match = conformer.match(opened.header)
                    rows += [row for batch in conformer.batches(opened.batches, match, part.name) for row in batch.to_pylist()]
        except DeliveryError as error:
            assert SECRET not in "".join(traceback.format_exception(error))
            return None
        return rows


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_not_broken_is_read(make_contract: Any, seed: str) -> None:
    rows = read(make_contract, *SEEDS[seed])
    assert rows is not None
    assert any(SECRET in (row["b"] or "") for row in rows)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_broken_file_ends_in_rows_or_a_message(make_contract: Any, seed: str) -> None:
    data, form = SEEDS[seed]

    @examples(60)
    @given(
        changes=st.lists(st.tuples(st.integers(0, len(data) - 1), st.binary(min_size=1, max_size=4)), max_size=6),
        cut=st.one_of(st.none(), st.integers(0, len(data))),
        rows=st.sampled_from([1, "none"]),
        skip=st.sampled_from([0, 0, 1, 3]),
    )
    def broken(changes: list[tuple[int, bytes]], cut: int | None, rows: int | str, skip: int) -> None:
        spoiled = bytearray(data)
        for at, value in changes:
            spoiled[at : at + len(value)] = value
        read(make_contract, bytes(spoiled[:cut]), form | {"header": {"rows": rows, "skip": skip}})

    broken()


@examples(60)
@given(
    data=st.binary(max_size=400) | st.text(alphabet=string.printable + "é\x00\ufeff{}[]", max_size=200).map(str.encode),
    seed=st.sampled_from(sorted(SEEDS)),
)
def test_any_bytes_end_in_rows_or_a_message(make_contract: Any, data: bytes, seed: str) -> None:
    read(make_contract, data, SEEDS[seed][1])


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@examples(80)
@given(rows=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8), kind=st.sampled_from(["csv", "json", "jsonl", "parquet"]))
def test_every_text_comes_back_as_it_was_written(make_contract: Any, rows: list[tuple[str, str]], kind: str) -> None:
    """NUL bytes, formulas, line ends of every alphabet, empty texts: the reader returns them as sent."""
    records = [{"A": a, "B": b} for a, b in rows]
    if kind == "csv":
        quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
        data = "\n".join(["A,B", *(",".join(row) for row in quoted)]).encode()
    elif kind == "parquet":
        buffer = io.BytesIO()
        pyarrow.parquet.write_table(pa.Table.from_pylist(records), buffer)
        data = buffer.getvalue()
    else:
        data = (json.dumps(records) if kind == "json" else "\n".join(map(json.dumps, records))).encode()
    found = read(make_contract, data, {"kind": kind})
    assert found is not None
    assert [(row["a"], row["b"]) for row in found] == rows


def test_a_long_field_is_read_or_reported(make_contract: Any) -> None:
    assert read(make_contract, b"A,B\n1," + b"x" * 3_000_000 + b"\n", {"kind": "csv"}) is not None
    assert read(make_contract, b"A,B\n1," + b"x" * 9_000_000 + b"\n", {"kind": "csv"}) is None
    assert read(make_contract, b"A\n" + b"x" * 9_000_000 + b"\n", {"kind": "fixed_width", "widths": [9]}) is None


EVERY_BYTE_OF_THE_FOOTER = """
import io
from contextlib import ExitStack
from functools import partial

from ingest.readers.formats import parquet
from ingest.readers.refusals import READ_ERRORS
from ingest.readers.reader_types import Stream
from tests.unit.ingest.readers.test_readers_fuzz import SEEDS

data, _ = SEEDS["parquet"]
begins = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
refused = 0
for at in range(begins, len(data) - 8):
    for value in (0, 1, 3, 127, 255, data[at] ^ 2, data[at] ^ 8):
        spoiled = bytearray(data)
        spoiled[at] = value
        try:
            given = Stream("a", partial(io.BytesIO, spoiled))
            list(parquet.open_parquet(None, given, ExitStack(), OSError).batches)
        except READ_ERRORS:
            refused += 1
print(refused)
"""


def test_no_byte_of_a_parquet_footer_ends_the_process() -> None:
    """pyarrow asks C++ for a column without catching what it throws: in a process of its own, for a failure ends it."""
    result = subprocess.run([sys.executable, "-c", EVERY_BYTE_OF_THE_FOOTER], text=True, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 100


def test_a_workbook_at_which_the_library_gives_up_is_reported(make_contract: Any) -> None:
    """Found by the test above, with 3,000 examples: a panic of its Rust code is no Exception in Python."""
    spoiled = bytearray(_old_workbook())
    spoiled[514] = 0
    assert read(make_contract, bytes(spoiled), {"kind": "excel"}) is None


def test_a_text_in_parquet_that_is_no_utf_8_is_reported(make_contract: Any) -> None:
    data = _parquet().replace("éé".encode(), b"\xa9\xa9\xa9\xa9")
    assert read(make_contract, data, {"kind": "parquet"}) is None
