"""The exported files equal the public file, and no spreadsheet runs a cell of them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fuzzing import number_of_examples
from warehouse.connection import attach, load_extension
from warehouse.paths import Home
from warehouse.releases import Candidate, write_exports
from warehouse.releases.exports import formula_safe

MADE = datetime(2025, 12, 1, tzinfo=UTC)
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
TEXT = st.text(st.one_of(st.sampled_from("='+-@\t\r\n\x00＝'\",;1.e "), st.characters(exclude_categories=["Cs"])), max_size=12)


def exported(home: Home, statements: str) -> Path:
    """The exports of a candidate whose public file these statements fill, schema `published` in use."""
    candidate = Candidate.begin(home, "run")
    with duckdb.connect() as connection:
        load_extension(connection, "spatial")
        attach(connection, candidate.public_path, "public")
        connection.execute(f"create schema public.published; use public.published; {statements}; use memory")
        write_exports(connection, candidate, release_id="20251201T000000Z-00000000", created_at=MADE)
    return candidate.folder / "exports"


PLACES = """
create table places as select * from (values
    ('b', 2, -1.5, 1e300, true, date '2025-01-02', timestamp '2025-01-02 03:04:05', ['x', '=y'], -3.25::decimal(18,4),
     st_aswkb(st_point(-87.9, 43.0))),
    ('a', null, null, null, null, null, null, null, null, null),
    ('', 1, 0.1::double + 0.2::double, -0.5, false, date '1999-12-31', timestamp '1999-12-31 23:59:59', [], 0, null),
    (null, -7, null, null, null, null, null, null, null, null)
) as t (code, n, x, big, flag, day, moment, many, money, geometry_wkb);
comment on table places is 'One row a "place".';
comment on column places.code is '=its code, in words';
create table empty_one (code varchar, n integer)
"""  # fmt: skip


def test_every_table_is_there_in_both_forms_with_its_rows_and_columns_in_order(home: Home) -> None:
    folder = exported(home, PLACES)
    assert sorted(path.name for path in folder.iterdir()) == [
        "SHA256SUMS", "data_dictionary.csv", "datapackage.json", "empty_one.csv", "empty_one.parquet", "places.csv",
        "places.parquet",
    ]  # fmt: skip
    assert (folder / "places.csv").read_text() == (
        '"code",n,x,big,flag,day,moment,"many",money\n'
        '"",1,0.30000000000000004,-0.5,false,1999-12-31,1999-12-31 23:59:59,"[]",0.0000\n'
        '"a",,,,,,,,\n'
        '"b",2,-1.5,1e+300,true,2025-01-02,2025-01-02 03:04:05,"[""x"",""=y""]",-3.2500\n'
        ",-7,,,,,,,\n"
    )
    assert (folder / "empty_one.csv").read_text() == '"code",n\n'
    table = pyarrow.parquet.read_table(folder / "places.parquet")
    assert table.column_names == ["code", "n", "x", "big", "flag", "day", "moment", "many", "money", "geometry_wkb"]
    assert table.column("code").to_pylist() == ["", "a", "b", None]
    row = table.slice(2, 1).to_pylist()[0]
    assert (row["x"], row["flag"], row["day"], row["many"], row["money"]) == (
        -1.5,
        True,
        date(2025, 1, 2),
        ["x", "=y"],
        Decimal("-3.25"),
    )
    assert pyarrow.parquet.read_table(folder / "empty_one.parquet").num_rows == 0


def test_boundaries_are_geoparquet_and_in_no_csv(home: Home) -> None:
    folder = exported(home, PLACES)
    geo = json.loads(pyarrow.parquet.read_metadata(folder / "places.parquet").metadata[b"geo"])
    assert geo["primary_column"] == "geometry_wkb"
    assert geo["columns"]["geometry_wkb"]["encoding"] == "WKB"
    assert geo["columns"]["geometry_wkb"].get("crs") is None  # absent: longitude and latitude, OGC:CRS84
    with duckdb.connect() as connection:
        load_extension(connection, "spatial")
        point = connection.execute(f"select st_astext(geometry_wkb) from '{folder}/places.parquet' where code = 'b'").fetchone()
    assert point == ("POINT (-87.9 43)",)
    assert "geometry_wkb" not in (folder / "places.csv").read_text().splitlines()[0]


def test_the_dictionary_describes_each_column_for_people_and_for_programs(home: Home) -> None:
    folder = exported(home, PLACES)
    rows = {(row["table_name"], row["column_name"]): row for row in csv.DictReader((folder / "data_dictionary.csv").open())}
    assert len(rows) == 12
    assert rows["places", "code"] == {
        "table_name": "places",
        "table_description": 'One row a "place".',
        "column_name": "code",
        "position": "1",
        "type": "varchar",
        "description": "'=its code, in words",
        "in_csv": "true",
    }
    assert rows["places", "geometry_wkb"]["in_csv"] == "false"
    package = json.loads((folder / "datapackage.json").read_text())
    assert (package["version"], package["created"]) == ("20251201T000000Z-00000000", "2025-12-01T00:00:00+00:00")
    resource = next(resource for resource in package["resources"] if resource["path"] == "places.csv")
    assert {field["name"]: field["type"] for field in resource["schema"]["fields"]} == {
        "code": "string", "n": "integer", "x": "number", "big": "number", "flag": "boolean", "day": "date",
        "moment": "datetime", "many": "string", "money": "number",
    }  # fmt: skip
    content = (folder / "places.csv").read_bytes()
    assert (resource["bytes"], resource["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")


def test_checksums_are_those_of_every_other_file(home: Home) -> None:
    folder = exported(home, PLACES)
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "SHA256SUMS"}
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def test_the_same_rows_in_another_order_give_the_same_bytes(home: Home) -> None:
    statement = (
        "create table t as select hash(range) % 97 as a, range / 7 as b, md5(range::varchar) as c from range(300000) order by"
    )
    first = {path.name: path.read_bytes() for path in exported(home, f"{statement} range").iterdir()}
    second = {path.name: path.read_bytes() for path in exported(home, f"{statement} hash(range)").iterdir()}
    assert first == second


def safe(texts: list[str]) -> list[str]:
    """The texts as a reader of the CSV gets them."""
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select {formula_safe('t')} from (select unnest(range(len($1))) as i, unnest($1) as t) order by i", [texts]
        ).fetchall()
    return [row[0] for row in found]


def read_back(text: str) -> str:
    """As documented."""
    return re.sub(r"^'('*[=+\-@\t\r\n\x00＝＋－＠])", r"\1", text)


@given(st.lists(TEXT, min_size=1, max_size=30))
def test_no_text_begins_as_a_formula_and_each_reads_back(texts: list[str]) -> None:
    for text, exported in zip(texts, safe(texts), strict=True):
        assert not exported.startswith(TRIGGERS) or NUMBER.fullmatch(exported), repr(exported)
        assert read_back(exported) == text
        assert exported == text or exported == "'" + text


@pytest.mark.parametrize(
    "text", [*(f"{trigger}1+1" for trigger in TRIGGERS), "=cmd|' /C calc'!A0", "-2+3", "+1-414-555-0100", "'=1"]
)
def test_formulas_are_made_harmless(text: str) -> None:
    assert safe([text]) == [f"'{text}"]


@pytest.mark.parametrize("text", ["-3", "+14", "-0.5", "1e-3", "", "a=b", "'tis", " =1", "55079000100"])
def test_numbers_and_plain_texts_stay(text: str) -> None:
    assert safe([text]) == [text]


@settings(max_examples=number_of_examples(10))
@given(st.lists(TEXT, min_size=1, max_size=60))
def test_a_csv_reader_finds_the_text_that_was_written(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    texts = [text for text in texts if "\x00" not in text and "\r" not in text]  # Python's reader takes no NUL and splits at \r
    home = Home(tmp_path_factory.mktemp("home"))
    home.ensure()
    candidate = Candidate.begin(home, "run")
    with duckdb.connect() as connection:
        attach(connection, candidate.public_path, "public")
        connection.execute(
            "create schema public.published; create table public.published.t (i integer, phrase varchar, x double)"
        )
        for i, text in enumerate(texts):
            connection.execute("insert into public.published.t values (?, ?, ?)", [i, text, -i - 0.5])
        write_exports(connection, candidate, release_id="20251201T000000Z-00000000", created_at=MADE)
    content = (candidate.folder / "exports" / "t.csv").read_bytes().decode()
    rows = list(csv.reader(io.StringIO(content, newline="")))
    assert rows[0] == ["i", "phrase", "x"]
    assert [(int(i), read_back(phrase), float(x)) for i, phrase, x in rows[1:]] == [(i, t, -i - 0.5) for i, t in enumerate(texts)]
