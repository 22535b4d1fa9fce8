"""The search for canaries finds them in every kind of file that a run leaves."""

from __future__ import annotations

import gzip
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.canaries import found_in, search

MARK, NUMBER, DAY = "CANARY07X03", "70306913.25", "1901-07-05"


def sqlite_file(path: Path, cell: object) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table events (event)")
        database.execute("insert into events values (?)", [cell])
        database.commit()


def duckdb_file(path: Path, column: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create schema marts; create table marts.t as select {column} as x, range as n from range(5000)")


def zip_file(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", f"{MARK}\n" * 100)


KINDS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "text": (lambda path: path.write_text(f"could not convert '{MARK}'"), "", MARK),
    "lower case": (lambda path: path.write_text(f"address {MARK.lower()} st"), "", MARK),
    "utf-16": (lambda path: path.write_bytes(f"a {MARK}".encode("utf-16")), "", MARK),
    "gzip": (lambda path: path.write_bytes(gzip.compress(MARK.encode() * 9, mtime=0)), "unpacked", MARK),
    "zip": (zip_file, "a.csv", MARK),
    "sqlite": (lambda path: sqlite_file(path, f'{{"message": "{MARK}"}}'), "events", MARK),
    "sqlite, packed": (lambda path: sqlite_file(path, zlib.compress(MARK.encode() * 9)), "events", MARK),
    "parquet": (lambda path: pq.write_table(pa.table({"x": [MARK] * 5000}), path, compression="zstd"), "x", MARK),
    "duckdb, text": (lambda path: duckdb_file(path, f"'{MARK.lower()} st'"), "marts.t.x", MARK),
    "duckdb, list": (lambda path: duckdb_file(path, f"['a', '{MARK}']"), "marts.t.x", MARK),
    "duckdb, number": (lambda path: duckdb_file(path, f"{NUMBER}::double"), "marts.t.x", NUMBER),
    "duckdb, decimal": (lambda path: duckdb_file(path, f"{NUMBER}::decimal(18, 4)"), "marts.t.x", NUMBER),
    "duckdb, date": (lambda path: duckdb_file(path, f"date '{DAY}'"), "marts.t.x", DAY),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_mark_is_found_in_a_file_of_any_kind(tmp_path: Path, kind: str) -> None:
    write, inside, mark = KINDS[kind]
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep" / "file")
    (tmp_path / "other").write_text("CANARY00X00, 1901-07-06")
    found = search(tmp_path, [MARK, NUMBER, DAY])
    assert (tmp_path / "deep" / "file", inside, mark) in {(one.path, one.inside, one.mark) for one in found}
    assert {one.path for one in found} == {tmp_path / "deep" / "file"}


def test_a_mark_is_found_in_the_name_of_a_file_and_of_its_second_link(tmp_path: Path) -> None:
    (tmp_path / f"{MARK.lower()}.csv").write_text("")
    assert [str(one) for one in search(tmp_path, [MARK])] == [f"{MARK} in {tmp_path}/{MARK.lower()}.csv (its name)"]
    (tmp_path / "a").write_text(MARK)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert {one.path.name for one in search(tmp_path, [MARK]) if not one.inside} == {"a", "b"}


def test_other_texts_are_no_marks() -> None:
    assert found_in(b"CANARY07X04 canary 07x03", [MARK]) == set()
