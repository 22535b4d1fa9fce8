"""What portals and offices add to a table: coordinates twice, rows twice, a total, a note, names over several columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.contract import Contract
from ingest.contract.vocabularies import load_vocabulary
from ingest.contract_draft import Draft, draft, read_sample
from ingest.contract_draft.detect_format import detect_format
from ingest.readers.files import local_file
from tests.support.file_formats import sheet

GROUPS = ("Visits", "Attendance")


def drafted(path: Path) -> Draft:
    made = draft("parks__permits", read_sample(str(path), {}), {}, "5553000", duckdb.connect())
    Contract.model_validate(made.complete, context=load_vocabulary())
    return made


def columns(made: Draft) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in made.complete["columns"]}


def workbook(path: Path, *rows: tuple[object, ...]) -> Path:
    path.write_bytes(sheet(*rows))
    return path


def branches(year: int) -> list[tuple[object, ...]]:
    closed: list[object] = ["Closed", *range(3)]
    return [(f"Branch {n}", *(closed if n == 3 else range(4)), *range(n, n + 4)) for n in range(6)]


QUARTERS = ("Q1", "Q2", "Q3", "Q4")
TITLE = [("Use of branches",), ()]
NAMES = [("Branch", "Visits", None, None, None, "Attendance"), (None, *QUARTERS, *QUARTERS)]
BELOW = [("Total", *range(8)), (), ("* with a pick-up window.",)]


def test_a_workbook_of_groups_of_columns_with_total_and_note(tmp_path: Path) -> None:
    for year in (2023, 2024):
        workbook(tmp_path / f"Branches {year}.xlsx", *TITLE, *NAMES, *branches(year), *BELOW)
    made = drafted(tmp_path)
    assert made.complete["format"] == {"kind": "excel", "header": {"rows": 2, "merged": True, "skip": 2}}
    assert (made.complete["footer"], made.rows) == ({"rows": 3}, 12), "neither total nor note of a file is a record"
    found = columns(made)
    assert [column.get("from") for column in found.values()] == [
        None, "Branch", *(f"{group} {quarter}" for group in GROUPS for quarter in QUARTERS),
    ]  # fmt: skip
    assert found["visits_q1"] == {
        "name": "visits_q1", "from": "Visits Q1", "type": "integer", "null_tokens": {"Closed": "not_applicable"},
    }  # fmt: skip
    assert found["year"]["from_file"] == r"(20\d\d)" and found["year"]["role"] == "period"


@pytest.mark.parametrize(
    ("rows", "form", "footer"),
    [
        ([*NAMES, *branches(2024)], {"rows": 2, "merged": True}, 0),
        ([("Branch", *["Visits"] * 4, *["Attendance"] * 4), NAMES[1], *branches(2024)], {"rows": 2, "merged": True}, 0),
        ([("", "2023", None, "2024"), ("Branch", "in", "out", "in"), *[("b", 1, 2, 3)] * 5], {"rows": 2, "merged": True}, 0),
        ([*TITLE, ("A", "B", "C"), *[("x", 1, 2)] * 5, ("Totals", 5, 10)], {"skip": 2}, 1),
        ([("A", "B"), *[("x", 1)] * 5, ("only a",)], None, 0),
        ([("A", None, "C"), *[("x", 1, 2)] * 5], None, 0),
        ([("A", "B", "C"), *[("x", "y", "z")] * 5], None, 0),
    ],
)
def test_where_the_names_are_and_where_the_table_ends(
    tmp_path: Path, rows: list[tuple[object, ...]], form: dict[str, Any] | None, footer: int
) -> None:
    path = workbook(tmp_path / "a.xlsx", *rows)
    found = detect_format(local_file(path, path.name))
    assert (found.form.get("header"), found.footer) == (form, footer)


def test_one_column_has_the_role_of_a_place(tmp_path: Path) -> None:
    header = "X,Y,Permit ID,Site Address,Mailing Address,Latitude,Longitude,Location,Total Precinct Calls,Precinct,Closed"
    rows = [
        f'-87.9{n:02d}1,43.0{n:02d}1,{n},{n} N 5TH ST,{n} W OAK ST,43.0{n:02d}1,-87.9{n:02d}1,"(43.0{n:02d}1, -87.9{n:02d}1)",'
        f"{n * 7},{n % 5},2025/01/{n % 28 + 1:02d} 11:22:08+00"
        for n in range(10, 80)
    ]
    path = tmp_path / "permits.csv"
    path.write_text("\n".join([header, *rows, rows[3]]) + "\n")
    made = drafted(path)
    found = columns(made)
    assert {name: column["role"] for name, column in found.items() if "role" in column} == {
        "permit_id": "key", "site_address": "address", "latitude": "latitude", "longitude": "longitude",
        "precinct": "district", "closed": "closed_time",
    }  # fmt: skip
    assert found["location"]["privacy"] == found["x"]["privacy"] == "quasi_identifier"
    assert made.complete["load"] == {"mode": "replace", "key": ["permit_id"], "duplicates": "drop_exact"}
    asked = "\n".join(made.questions)
    assert (
        "the draft geocodes by the longitude of longitude" in asked and "location: it has both coordinates in one text" in asked
    )
    assert "on whose clock" not in asked, "each time has its offset"


def test_map_servers_give_degrees_as_x_and_y(tmp_path: Path) -> None:
    path = tmp_path / "permits.csv"
    path.write_text("x,y,kind\n" + "".join(f"-87.9{n},43.0{n},a\n" for n in range(10, 60)))
    assert [column.get("role") for column in columns(drafted(path)).values()][:2] == ["longitude", "latitude"]
    path.write_text("x,y,kind\n" + "".join(f"25663{n}.5,3932{n}.5,a\n" for n in range(10, 60)))
    assert [column.get("role") for column in columns(drafted(path)).values()][:2] == ["x", "y"]


def test_a_day_that_a_portal_writes_as_midnight_is_a_date(tmp_path: Path) -> None:
    path = tmp_path / "arrests.csv"
    rows = "".join(f"0{n % 9 + 1}/15/2025 12:00:00 AM,0{n % 9 + 1}/15/2025 {n % 9 + 1}:00:00 AM\n" for n in range(30))
    path.write_text("Arrest Date,Booked At\n" + rows)
    found = columns(drafted(path))
    assert (found["arrest_date"]["type"], found["arrest_date"]["formats"]) == ("date", ["%m/%d/%Y %I:%M:%S %p"])
    assert found["booked_at"]["type"] == "timestamp"


@pytest.mark.parametrize(("name", "proposed"), [("Subject Race", "eeo4"), ("Answer", None)])
def test_a_column_called_race_may_have_words_of_its_own(tmp_path: Path, name: str, proposed: str | None) -> None:
    path = tmp_path / "subjects.csv"
    labels = ("White", "Asian", "Hispanic or Latino", "Black/AA", "Not Specified", "NHPI or other")
    path.write_text(f"{name}\n" + "".join(f"{label}\n" * 9 for label in labels))
    known = {"eeo4": frozenset({"White", "Asian", "Hispanic or Latino"}), "codes": frozenset({"W", "A"})}
    made = draft("parks__permits", read_sample(str(path), {}), known, "5553000", duckdb.connect())
    assert [vocabulary for _, vocabulary, _ in made.unmapped] == ([proposed] if proposed else [])
