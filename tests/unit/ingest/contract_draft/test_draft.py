"""A draft describes a delivery, leaves people's data out when in doubt, and is a valid contract."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from duckdb import DuckDBPyConnection

from ingest.contract.registry import read_contract
from ingest.contract_draft import NO_ANSWERS, Answers, Draft, DraftError, draft, read_sample
from ingest.contract_draft.column_profiles import profile_columns
from ingest.contract_draft.column_roles import snake_case
from ingest.contract_draft.detect_format import detect_format
from ingest.contract_draft.draft import contract_text, write_draft
from ingest.readers.files import local_file
from tests.support.file_formats import sheet, zipped

LABELS = {
    "police_observed": frozenset({"Black", "White", "Asian", "Native American", "UnknownFormat"}),
    "eeo4_hr": frozenset({"WHITE"}),
}
ANSWERS = Answers("open_data", "person")
MakeDraft = Callable[..., Draft]


@pytest.fixture
def drafted(tmp_path: Path, con: DuckDBPyConnection) -> MakeDraft:
    def make(data: bytes | str, name: str = "permits.csv", answers: Answers = NO_ANSWERS, **options: Any) -> Draft:
        (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
        return draft("parks__permits", read_sample(str(tmp_path / name), {}, **options), LABELS, "5553000", con, answers)

    return make


def column(new_draft: Draft, name: str) -> dict[str, Any]:
    return next(column for column in new_draft.contract["columns"] if column["name"] == name)


PERMIT_ROWS = [
    f"{n},{n % 12 + 1}/{n % 28 + 1}/2025 {n % 12 + 1}:15 PM,{n} N 54TH ST,"
    f'{"White" if n % 3 else "Black"},"${n},500.50",414-555-01{n:02}'
    for n in range(10, 60)
]
PERMIT_FILE = "\n".join(["Permit No,Issued At,Site,Race,Fee,Contact", *PERMIT_ROWS]) + "\n"


def test_what_can_be_seen_in_a_delivery(drafted: MakeDraft) -> None:
    new_draft = drafted(PERMIT_FILE)
    assert new_draft.contract["columns"] == [
        {"name": "permit_no", "from": "Permit No", "type": "text", "required": True, "role": "key"},
        {"name": "issued_at", "from": "Issued At", "type": "timestamp", "formats": ["%m/%d/%Y %I:%M %p"], "required": True,
         "role": "event_time"},
        {"name": "site", "from": "Site", "type": "text", "role": "address", "privacy": "quasi_identifier"},
        {"name": "race", "from": "Race", "type": "text", "privacy": "sensitive", "role": "race", "vocabulary": "police_observed"},
        {"name": "fee", "from": "Fee", "type": "decimal", "thousands": ",", "currency": "USD", "role": "amount"},
        {"name": "contact", "from": "Contact", "type": "text", "privacy": "direct_identifier", "keep": "drop"},
    ]  # fmt: skip
    assert new_draft.contract["load"]["key"] == ["permit_no"]
    assert any("it holds phone numbers" in question for question in new_draft.questions)


def test_the_draft_reads_back_as_a_contract_and_is_not_written_over(drafted: MakeDraft, tmp_path: Path) -> None:
    new_draft = drafted(PERMIT_FILE, answers=ANSWERS)
    contract = write_draft(new_draft, tmp_path / "drafts")
    assert yaml.safe_load(contract_text(new_draft)) == new_draft.contract
    assert read_contract(contract).column("fee").currency == "USD"
    with pytest.raises(DraftError, match=r"parks__permits\.yml is there already; draft into another folder with --out"):
        write_draft(new_draft, tmp_path / "drafts")


def test_no_value_of_the_delivery_is_in_the_draft(drafted: MakeDraft) -> None:
    new_draft = drafted(PERMIT_FILE)
    drafted_text = contract_text(new_draft) + "".join(new_draft.questions)
    assert not [value for value in ("414-555", "54TH", "500.50", "2025") if value in drafted_text]


@pytest.mark.parametrize(
    ("cells", "reads"),
    [
        (["1", "-20", "300"], {"type": "integer"}),
        (["1.5", "2", "NULL"], {"type": "decimal"}),
        (["1,500", "12", "2,000,000"], {"type": "integer", "thousands": ","}),
        (["1,5", "2,25", "1000,1"], {"type": "decimal", "decimal": ","}),
        (["1.500,5", "2,25", "1.000.000,1"], {"type": "decimal", "thousands": ".", "decimal": ","}),
        (["$1,500.00", "($2.50)", "$7"], {"type": "decimal", "thousands": ",", "currency": "USD"}),
        (["007", "123", "550"], {"type": "text"}),
        (["2025-03-01", "2025-12-31"], {"type": "date"}),
        (["2025-03-01 00:00:00", "2025-12-31 00:00:00"], {"type": "date"}),
        (["2025-03-01T10:00:00Z", "2025-12-31 00:00:00"], {"type": "timestamp"}),
        (["3/1/2025", "12/31/2025"], {"type": "date", "formats": ["%m/%d/%Y"]}),
        (["31/1/2025", "12/1/2025"], {"type": "date", "formats": ["%d/%m/%Y"]}),
        (["31.1.2025", "1.2.2025"], {"type": "date", "formats": ["%d.%m.%Y"]}),
        (["20250301", "20251231"], {"type": "date", "formats": ["%Y%m%d"]}),
        (["3/1/2025 1:05:00 PM", "3/1/2025 11:05:00 AM"], {"type": "timestamp", "formats": ["%m/%d/%Y %I:%M:%S %p"]}),
        (["YES", "no", "Y"], {"type": "boolean"}),
        (["0", "1", "1"], {"type": "integer"}),
        (["a", "1", "2"], {"type": "text"}),
        ([None, "", " "], {"type": "text"}),
    ],
)
def test_types_as_cells_read(con: DuckDBPyConnection, cells: list[str | None], reads: dict[str, Any]) -> None:
    (found,) = profile_columns(con, ("X",), pa.table({"f0": pa.array(cells, pa.string())}))
    assert found.reads == reads


def test_words_for_nothing_and_dates_that_read_two_ways(drafted: MakeDraft) -> None:
    new_draft = drafted("Visits,Seen on,Kind\n5,3/1/2025,None\n*,4/2/2025,N/A\n7,5/3/2025,None\n")
    assert column(new_draft, "visits")["null_tokens"] == {"*": "suppressed_at_source"}
    assert column(new_draft, "kind")["null_tokens"] == {"N/A": "not_applicable"}
    assert any("read month first and day first alike" in question for question in new_draft.questions)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Owner Name", ["x", "y"]),
        ("Vendor", ["SMITH, JANE", "Doe, John Q."]),
        ("email", ["x", "y"]),
        ("Remark", ["call me at (414) 555-0100 please", "-"]),
        ("Memo", ["write to jane@desk.example", "-"]),
        ("X", ["123-45-6789", "987-65-4321"]),
        ("Date of Birth", ["1990-01-01", "1980-02-02"]),
        (
            "Complaint",
            [
                "the neighbour from number twelve has left his car on our lawn again",
                "Mrs Miller from the corner says that nobody comes",
            ],
        ),
    ],
)
def test_what_may_be_a_persons_is_dropped(drafted: MakeDraft, name: str, cells: list[str]) -> None:
    new_draft = drafted("".join([f"Kind,{name}\n", *(f'a,"{cell}"\n' for cell in cells)]))
    column_of_persons = new_draft.contract["columns"][1]
    assert (column_of_persons["privacy"], column_of_persons["keep"]) == ("direct_identifier", "drop")
    assert any(question.startswith(column_of_persons["name"]) for question in new_draft.questions)


def test_race_without_a_vocabulary_is_sensitive_and_asked_for(drafted: MakeDraft) -> None:
    new_draft = drafted("Race\nBlack\nWhite\nMartian\n" * 1)
    assert column(new_draft, "race") == {"name": "race", "from": "Race", "type": "text", "privacy": "sensitive"}
    assert any(
        "it seems to hold race (its labels are most like those of police_observed)" in question
        for question in new_draft.questions
    )


def test_a_column_per_race_is_a_box(drafted: MakeDraft) -> None:
    new_draft = drafted("Asian,White,Black,Unknown,Other\n1,x,4,1,yes\n0,,0,0,no\n0,x,2,0,no\n")
    box = {
        "name": "asian",
        "from": "Asian",
        "type": "text",
        "privacy": "sensitive",
        "role": "race_flag",
        "vocabulary": "spd15_2024",
    }
    assert column(new_draft, "asian") == box | {"label": "Asian"}
    assert column(new_draft, "white")["role"] == "race_flag"
    # a number of persons is no tick, and an answer that is not known is no race
    assert not {"race_flag"} & {column(new_draft, name).get("role") for name in ("black", "unknown")}
    assert any(question.startswith("asian: is it a box of a question about race?") for question in new_draft.questions)


@pytest.mark.parametrize(("name", "asked"), [("Ethnicity", True), ("Hispanic", True), ("Race Ethnicity", False), ("Race", False)])
def test_an_ethnicity_apart_from_race_is_asked_for(drafted: MakeDraft, name: str, asked: bool) -> None:
    new_draft = drafted(f"{name}\nMartian\nUnknown\n")
    assert any("is ethnicity asked apart from race?" in question for question in new_draft.questions) == asked


def test_headers_that_no_contract_can_take(drafted: MakeDraft) -> None:
    new_draft = drafted("A,A,,Total\n1,2,3,4\n5,6,7,8\n")
    assert [column["name"] for column in new_draft.contract["columns"]] == ["total"]
    assert new_draft.contract["ignore"] == ["A", ""]
    assert "A is delivered 2 times: it is left out until the steward says which one holds" in new_draft.questions


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("CREATIONDATE", "creationdate"),
        ("createdDate", "created_date"),
        ("% of Total", "pct_of_total"),
        ("", "column_3"),
        ("2024 Count", "column_2024_count"),
        ("Case #", "case_number"),
        ("_load_id", "load_id"),
        ("x_missing_reason", "x_missing_reason_delivered"),
    ],
)
def test_plain_names(name: str, plain: str) -> None:
    assert snake_case(name, set(), 3) == plain
    assert snake_case(name, {plain}, 3) == f"{plain}_2"


CSV = b"A,B\n1,x\n2,y\n3,z\n"


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("a.csv", CSV, {"kind": "csv"}),
        ("a.txt", CSV.replace(b",", b"\t"), {"kind": "csv", "delimiter": "\t"}),
        ("a.csv", CSV.replace(b",", b";").replace(b"x", b"1,5"), {"kind": "csv", "delimiter": ";"}),
        ("a.csv", CSV.decode().encode("utf-16"), {"kind": "csv", "encoding": "utf-16"}),
        ("a.csv", CSV.decode().encode("utf-16-be"), {"kind": "csv", "encoding": "utf-16-be"}),
        ("a.csv", CSV.replace(b"x", b"caf\xe9"), {"kind": "csv", "encoding": "windows-1252"}),
        ("a.csv", b"Report of today\n\n" + CSV, {"kind": "csv", "header": {"skip": 2}}),
        ("a.csv", b"1,x\n2,y\n3,z\n", {"kind": "csv", "header": {"rows": "none"}}),
        ("a.csv", b"A,B\nthe a,the b\n1,2\n3,4\n5,6\n7,8\n", {"kind": "csv", "header": {"rows": 2}}),
        ("a.csv.gz", gzip.compress(CSV, mtime=0), {"kind": "csv"}),
        ("a.zip", zipped(a__csv=CSV, b__csv=CSV, readme__txt=b"x"), {"kind": "csv", "member": "*.csv"}),
        ("a.xlsx", sheet(("Report", None), ("A", "B"), (1, "x"), (2, "y")), {"kind": "excel", "header": {"skip": 1}}),
        ("a.json", b'{"n": 1, "result": {"records": [{"A": 1}]}}', {"kind": "json", "records": "result.records"}),
        ("a.json", b'[{"A": 1}]', {"kind": "json"}),
        ("a.json", b'[[1, "x"], [2, "y"]]', {"kind": "json", "header": {"rows": "none"}}),
        ("a.txt", b'{"A": 1}\n{"A": 2}\n', {"kind": "jsonl"}),
        ("a.json", json.dumps({"type": "FeatureCollection", "features": []}).encode(), {"kind": "geojson"}),
    ],
)
def test_what_a_file_is(tmp_path: Path, name: str, data: bytes, form: dict[str, Any]) -> None:
    (tmp_path / name).write_bytes(data)
    assert detect_format(local_file(tmp_path / name, name))[0] == form


def test_a_database_by_the_name_of_a_variable(tmp_path: Path, con: DuckDBPyConnection) -> None:
    with sqlite3.connect(tmp_path / "desk.db") as database:
        database.execute("create table permits (permit_id integer, site text)")
        database.executemany("insert into permits values (?, ?)", [(1, "a"), (2, "b")])
    environment = {"DESK_URL": f"sqlite:///{tmp_path / 'desk.db'}"}
    new_draft = draft("parks__permits", read_sample("DESK_URL", environment, table="permits"), {}, "5553000", con)
    assert new_draft.contract["connector"] == {"kind": "database", "credentials_env": "DESK_URL", "table": "permits"}
    assert new_draft.keys == ("permit_id", "site")
    assert new_draft.contract["delivered_by"] == "live", "also a home that reads a folder fetches it"
    new_draft = draft("parks__permits", read_sample(str(tmp_path / "desk.db"), {}), {}, "5553000", con)
    assert [column["name"] for column in new_draft.contract["columns"]] == ["permit_id", "site"]
    assert "delivered_by" not in new_draft.contract, "a file of a database is dropped like any other"


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("nowhere.csv", "there is no nowhere.csv; name a file, a folder of files of one source, or an environment variable"),
        ("DESK_URL", "a database holds many tables; name the one that is meant with --table"),
    ],
)
def test_what_cannot_be_drafted_from_is_reported(what: str, message: str) -> None:
    with pytest.raises(DraftError) as error:
        read_sample(what, {})
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"abc01\nabd02\nabe03\n", "all lines have 5 characters, as in a file of fixed width; ask for its record layout"),
        (b'{"A": ', "it begins like JSON and is none"),
        (b"%PDF-1.7\na,b\nc,d\n", "this is a PDF"),
    ],
)
def test_a_file_that_cannot_be_drafted_from_is_reported(drafted: MakeDraft, data: bytes, message: str) -> None:
    with pytest.raises(DraftError) as error:
        drafted(data)
    assert message in str(error.value)


def test_a_name_that_no_source_can_have(drafted: MakeDraft, tmp_path: Path, con: DuckDBPyConnection) -> None:
    drafted(CSV)
    with pytest.raises(DraftError, match="'Permits' is no name for a source; write it like parks__permits"):
        draft("Permits", read_sample(str(tmp_path / "permits.csv"), {}), LABELS, "5553000", con)


def test_a_map_that_does_not_declare_its_coordinates(drafted: MakeDraft) -> None:
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [2500000, 390000]},
        "properties": {"NAME": "x", "D": 1},
    }
    data = json.dumps({"type": "FeatureCollection", "features": [feature]})
    with pytest.raises(DraftError, match="its coordinates are not degrees"):
        drafted(data, name="map.geojson")
    new_draft = drafted(data, name="map.geojson", crs="EPSG:32054")
    assert new_draft.contract["format"] == {"kind": "geojson", "crs": "EPSG:32054"}
    assert column(new_draft, "geometry") == {"name": "geometry", "from": "geometry", "type": "geometry", "role": "geometry"}


def test_a_name_with_a_line_end_writes_no_line_of_the_contract(drafted: MakeDraft) -> None:
    """A quoted header may contain line ends, and the comment with the open question would end there."""
    name = '"Site\nconnector: {kind: file, path: /etc}\n#"'
    new_draft = drafted("\n".join([f"{name},{name},No", *(f"x{n},y{n},{n}" for n in range(10, 60))]) + "\n")
    text = contract_text(new_draft)
    assert yaml.safe_load(text)["connector"] == {"kind": "file"}
    assert not [line for line in text.splitlines() if line.startswith("connector:") and "/etc" in line]
