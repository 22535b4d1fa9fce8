"""Drafts of contracts, and the files that follow from a contract or a measure, are those of the golden files, byte by byte.

After a change on purpose: `WRITE_GOLDEN=1 .venv/bin/python -m pytest -n 0 <this file>`, and read the differences.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.contract.registry import load_registry
from ingest.contract_draft import NO_ANSWERS, Answers, draft, read_sample
from ingest.contract_draft.draft import contract_text
from orchestration.codegen.folders import Folders
from orchestration.codegen.measure_files import NewMeasure, find_fact, write_measure
from orchestration.codegen.source_models import generate
from orchestration.settings import DBT_PROJECT
from orchestration.transform.model_files import read_models
from tests.support.file_formats import sheet
from tests.support.visits import visits_contract

GOLDEN = Path(__file__).with_name("golden")
LABELS = {
    "police_observed": frozenset({"Black", "White", "Asian", "Native American", "Unknown"}),
    "us_core": frozenset({"Black or African American", "White", "Asian"}),
}
ANSWERS = Answers("open_data", "person")
DAYS = range(10, 60)


def lines(header: str, row: Callable[[int], str], end: str = "\n") -> str:
    return end.join([header, *map(row, DAYS)]) + end


def race(n: int) -> str:
    return ("White", "Black", "Asian")[n % 3]


def csv_with_key(folder: Path) -> Path:
    header = "Permit No,Issued At,Closed On,Site,ZIP,Race,Sex,Age,Fee,Contact,Owner Name,Kind"

    def row(n: int) -> str:
        return (
            f"{n},{n % 12 + 1}/{n % 28 + 1}/2025 {n % 12 + 1}:15 PM,2025-12-{n % 28 + 1:02},{n} N 54TH ST,532{n},{race(n)},"
            f'{"MF"[n % 2]},{n},"${n},500.50",414-555-01{n},x{n},{"ab"[n % 2]}'
        )

    (folder / "permits.csv").write_text(lines(header, row))
    return folder / "permits.csv"


def csv_without_key(folder: Path) -> Path:
    header = "Title of the list;;;;\n;;;;\nTag;Gemeldet am;Menge;Menge;Betrag"
    text = lines(header, lambda n: f"{n % 28 + 1}.3.2025;{n % 5};*;n/a;1.{n}0,5", "\r\n")
    (folder / "list.txt").write_bytes(f"Café;;;;\n{text}".encode("windows-1252"))
    return folder / "list.txt"


def workbooks_by_group(folder: Path) -> Path:
    quarters = ("Q1", "Q2", "Q3", "Q4")
    for year in (2023, 2024):
        rows = [(f"Branch {n}", *(("Closed", 0, 1, 2) if n == 3 else range(4)), *range(n, n + 4)) for n in range(6)]
        names = [("Branch", "Visits", None, None, None, "Attendance"), (None, *quarters, *quarters)]
        below = [("Total", *range(8)), (), ("* with a window.",)]
        (folder / f"Branches {year}.xlsx").write_bytes(sheet(("Use",), (), *names, *rows, *below))
    return folder


def json_records(folder: Path) -> Path:
    records = [{"id": f"R-{n}", "opened": f"2025-03-{n % 28 + 1:02}T10:{n}:00Z", "geoid": f"550790001{n}", "n": n} for n in DAYS]
    (folder / "calls.json").write_text(json.dumps({"meta": {"n": 1}, "result": {"records": records}}))
    return folder / "calls.json"


def boxes_of_race(folder: Path) -> Path:
    header = "Response,Asian,White,Black or African American,Ethnicity,Comment"
    (folder / "survey.csv").write_text(lines(header, lambda n: f"{n},{n % 2},{'x' if n % 3 else ''},{n % 2},Martian,words {n}"))
    return folder / "survey.csv"


def portal(folder: Path) -> Path:
    header = "X,Y,Permit ID,Site Address,Mailing Address,Latitude,Longitude,Location,Precinct,Closed"
    rows = lines(
        header,
        lambda n: (
            f"-87.9{n}1,43.0{n}1,{n},{n} N 5TH ST,{n} W OAK ST,43.0{n}1,-87.9{n}1,"
            f'"(43.0{n}1, -87.9{n}1)",{n % 5},2025/01/{n % 28 + 1:02} 11:22:08+00'
        ),
    )
    (folder / "portal.csv").write_text(rows + rows.splitlines()[3] + "\n")
    return folder / "portal.csv"


KINDS = (csv_with_key, csv_without_key, workbooks_by_group, json_records, boxes_of_race, portal)


@pytest.mark.parametrize(("write", "answers"), [*((kind, ANSWERS) for kind in KINDS), (csv_with_key, NO_ANSWERS)])
def test_a_draft_is_that_of_the_golden_file(tmp_path: Path, write: Callable[[Path], Path], answers: Answers) -> None:
    made = draft("parks__permits", read_sample(str(write(tmp_path)), {}), LABELS, "5553000", duckdb.connect(), answers)
    asked = "".join(f"{question}\n" for question in made.questions)
    compare(f"draft_{write.__name__}{'' if answers.basis else '_open'}", f"{contract_text(made)}=== questions\n{asked}")


NUMBER = {"name": "visit_number", "type": "text", "required": True, "role": "key"}
SEEN = {"name": "visited_at", "type": "timestamp", "required": True, "role": "event_time"}
SITE = {"name": "site", "from": "Site Address", "role": "address", "privacy": "quasi_identifier"}
ZIP = {"name": "zip", "type": "integer", "role": "zip", "privacy": "quasi_identifier"}
POINT = [
    {"name": name, "type": "decimal", "role": role, "privacy": "quasi_identifier"}
    for name, role in (("lon", "longitude"), ("lat", "latitude"))
]
TRACT = {"name": "tract", "role": "geoid", "required": True}
FEE = {"name": "fee", "type": "decimal", "currency": "USD", "role": "amount"}
PHONE = {"name": "phone", "privacy": "direct_identifier", "keep": "hash"}
RACE = {"role": "race", "vocabulary": "police_observed", "privacy": "sensitive"}
SPD = {"vocabulary": "spd15_2024", "privacy": "sensitive"}
KEYED = {"load": {"mode": "replace", "key": ["visit_number"], "duplicates": "keep"}}
PERSON = {"statistical_unit": "person"}
CONTRACTS: dict[str, dict[str, Any]] = {
    "key_person_address_money": {"columns": [NUMBER, SEEN, SITE, {"name": "race", **RACE}, FEE, PHONE], **KEYED, **PERSON},
    "no_key_point_zip": {"columns": [{"name": "day", "type": "date", "role": "event_time"}, *POINT, ZIP], "title": 'A {{ "b" }}'},
    "snapshot": {
        "columns": [NUMBER, {"name": "is_open", "type": "boolean"}, {"name": "source", "type": "integer", "unit": "feet"}],
        "load": {"mode": "replace_partition", "partition_by": ["_snapshot_on"], "key": ["visit_number"]},
        "snapshot": {"from": "file_name"},
    },
    "counts_of_tracts": {
        "columns": [TRACT, {"name": "filings", "type": "integer", "role": "count"}],
        "statistical_unit": "aggregate",
        "period": {"start": "2020-01-01", "end": "2020-12-31"},
        "grain": "filings of a tract",
    },
    "list_of_races": {"columns": [NUMBER, {"name": "race", "role": "race", "delimiter": ";", **SPD}], **KEYED},
    "questions_and_boxes": {
        "columns": [
            NUMBER, {"name": "asian", "role": "race_flag", "question": "Asian", **SPD}, {"name": "race", "role": "race", **SPD},
            {"name": "is_white", "role": "race_flag", "label": "White", **SPD},
        ],
    },
    "race_by_hand": {"columns": [NUMBER, {"name": "race", **RACE}, {"name": "race_of_form", "role": "race", **SPD}]},
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_models_of_a_contract_are_those_of_the_golden_file(tmp_path: Path, name: str) -> None:
    generate(visits_contract(**CONTRACTS[name]), Folders.of_layer(tmp_path))
    compare(f"models_{name}", files_of(tmp_path))


@pytest.mark.parametrize("kind", ["proportion", "composition", "rate", "count"])
def test_the_files_of_a_measure_are_those_of_the_golden_file(tmp_path: Path, kind: str) -> None:
    """Records with race and place, with place alone, and of a county."""
    models = read_models([DBT_PROJECT / "models"], below="marts")
    contracts = load_registry()
    for fact, source, counted, is_of_city in (
        ("fct_police_stops", "fpc__police_stops", "is_person_searched", True),
        ("fct_court_cases", "mmc__court_cases", "finding_code = 'dismissed'", True),
        ("fct_court_cases", "mmc__court_cases", "finding_code = 'dismissed'", False),
    ):
        if kind == "composition" and source == "mmc__court_cases":
            continue
        name = f"{kind}_{fact.removeprefix('fct_')}_{'city' if is_of_city else 'county'}"
        among = "finding_code is not null" if source == "mmc__court_cases" else None
        contract = contracts[source].model_copy(update={"jurisdiction": "5553000" if is_of_city else "55079"})
        measure = NewMeasure(
            name, kind, find_fact(fact, models, kind), contract, "A name", "A question?", "A caveat.", "Cases counted", "Cases",
            counted, among, "lower",
        )  # fmt: skip
        write_measure(Folders.of_layer(tmp_path), measure, "5553000")
    compare(f"measures_{kind}", files_of(tmp_path))


def files_of(folder: Path) -> str:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return "".join(f"=== {path.relative_to(folder)}\n{path.read_text(encoding='utf-8')}" for path in found)


def compare(name: str, text: str) -> None:
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
