"""A contract that has one of everything, and deliveries of it in a DuckDB file of their own."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from duckdb import DuckDBPyConnection

from expectations.delivery.delivery_facts import DeliveryFacts
from expectations.delivery.delivery_gate import gate_delivery
from expectations.results import ExpectationResult, GateResult
from ingest.contract import Contract
from ingest.contract.vocabularies import RaceVocabulary, Vocabulary, load_vocabulary
from warehouse.connection import database_path, scratch

Row = dict[str, str | None]
Judge = Callable[..., GateResult]

CONTRACT: dict[str, Any] = {
    "source": "dpt__visits",
    "title": "Visits",
    "department": "dpt",
    "policy_area": "health",
    "jurisdiction": "5553000",
    "grain": "one row per visit",
    "steward": {"team": "Team", "contact": "team@example.org"},
    "agreement": {"basis": "open_data", "classification": "public"},
    "statistical_unit": "person",
    "platform": "a file",
    "connector": {"kind": "file"},
    "format": {"kind": "csv"},
    "load": {"mode": "replace_period", "period_column": "visited_at", "period": "day", "key": ["visit_number"]},
    "cadence": "daily",
    "freshness": {"warn_after_hours": 48, "stale_after_hours": 96},
    "follow_up": {"until": "delivery", "start": "visited_at", "end": "closed_at"},
    "tolerances": {"unmapped_pct": 0.1, "rejected_pct": 1, "volume_drop_pct": 50, "issue": "DPT-01"},
    "columns": [
        {"name": "visit_number", "from": "VISIT", "required": True, "role": "key", "privacy": "quasi_identifier"},
        {"name": "visited_at", "from": "VISITED", "type": "timestamp", "required": True, "role": "event_time"},
        {"name": "closed_at", "from": "CLOSED", "type": "timestamp", "role": "closed_time"},
        {"name": "fee", "from": "FEE", "type": "decimal", "currency": "USD", "role": "amount", "min": 0, "privacy": "sensitive"},
        {"name": "mode", "from": "MODE", "values": ["phone", "desk"]},
        {"name": "race_ethnicity", "from": "RACE", "role": "race", "vocabulary": "eeo4_hr", "privacy": "sensitive"},
        {"name": "dimension", "from": "DIMENSION"},
        {
            "name": "group_label",
            "from": "GROUP",
            "role": "group",
            "vocabulary": {"by": "dimension", "Race/Ethnicity": "dpi_wisedash"},
        },
        {"name": "tract", "from": "TRACT", "role": "geoid"},
        {"name": "phone", "from": "PHONE", "privacy": "direct_identifier"},
        {"name": "note", "from": "NOTE", "privacy": "quasi_identifier"},
    ],
}
LABELS = {
    "tick_list": frozenset({"WHITE", "BLACK", "ASIAN/PACIFIC ISLANDER", ""}),
    "questions": frozenset({"Race=WHITE", "Race=BLACK", "Race=ASIAN/PACIFIC ISLANDER", "Race="}),
    "eeo4_hr": frozenset({"WHITE", "BLACK", "ASIAN/PACIFIC ISLANDER", ""}),
    "dpi_wisedash": frozenset({"White", "Black", "Two or More"}),
}
KEPT = ("visit_number", "visited_at", "closed_at", "fee", "mode", "race_ethnicity", "dimension", "group_label", "tract", "note")


def good_row(number: int) -> Row:
    day = 1 + number % 28
    race = number % 2 == 0
    return {
        "visit_number": f"V{number:04d}",
        "visited_at": f"2025-{1 + number % 11:02d}-{day:02d} 08:00:00",
        "closed_at": "2025-11-30 12:00:00" if number % 5 else "",
        "fee": f"{number}.50",
        "mode": ("phone", "desk", "")[number % 3],
        "race_ethnicity": ("WHITE", "Black ", "ASIAN/PACIFIC  ISLANDER", "")[number % 4],
        "dimension": "Race/Ethnicity" if race else "Sex",
        "group_label": "Two or More" if race else "any group of sex",
        "tract": f"550790{number:05d}",
        "note": "private note",
    }


@pytest.fixture
def vocabulary() -> Vocabulary:
    words = load_vocabulary()
    opened = RaceVocabulary("write_in", "Write-ins", "spd15_2024", "single", open=True)
    ticked = RaceVocabulary("tick_list", "Select all that apply", "spd15_2024", "multiple", open=False)
    questions = RaceVocabulary("questions", "A column a question", "spd15_1997", "multiple", open=False)
    return Vocabulary(words.words, {**words.race, "write_in": opened, "tick_list": ticked, "questions": questions})


@pytest.fixture
def make_contract(vocabulary: Vocabulary) -> Callable[..., Contract]:
    """The contract with changed keys, and with changed keys of single columns (`columns={"fee": {...}}`, None drops one)."""

    def make(columns: Mapping[str, Mapping[str, Any] | None] | None = None, **changes: Any) -> Contract:
        data = copy.deepcopy(CONTRACT) | changes
        changed = columns or {}
        remaining = [column for column in data["columns"] if changed.get(column["name"], column) is not None]
        data["columns"] = [column | dict(changed.get(column["name"]) or {}) for column in remaining]
        return Contract.model_validate(data, context=vocabulary)

    return make


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    with scratch(tmp_path) as opened:
        opened.execute("create schema delivery")
        yield opened


def write_delivery(connection: DuckDBPyConnection, source: str, rows: Sequence[Row], columns: Sequence[str] = KEPT) -> None:
    data: dict[str, Any] = {"_load_id": pa.array(["load"] * len(rows), pa.string())}
    data |= {name: pa.array([row.get(name) for row in rows], pa.string()) for name in columns}
    data |= {
        "_source_file": pa.array(["visits.csv"] * len(rows), pa.string()),
        "_source_row": pa.array(range(1, len(rows) + 1), pa.int64()),
    }
    connection.register("batch", pa.table(data))
    connection.execute(f"create or replace table delivery.{source} as select * from batch")
    connection.unregister("batch")


@pytest.fixture
def good_rows() -> list[Row]:
    return [good_row(number) for number in range(200)]


@pytest.fixture
def judge(connection: DuckDBPyConnection, vocabulary: Vocabulary, facts: DeliveryFacts) -> Judge:
    """Writes rows down as the delivery of a contract and gates them."""

    def judged(
        contract: Contract, rows: Sequence[Row], delivery_facts: DeliveryFacts = facts, labels: Any = LABELS
    ) -> GateResult:
        write_delivery(connection, contract.source, rows, [column.name for column in contract.kept_columns])
        return gate_delivery(database_path(connection), contract, delivery_facts, labels, vocabulary=vocabulary)

    return judged


@pytest.fixture
def facts() -> DeliveryFacts:
    return DeliveryFacts(as_of=dt.datetime(2025, 12, 1), earlier_rows=(200, 210, 190), city_zone="America/Chicago")


@pytest.fixture
def found() -> Callable[..., ExpectationResult]:
    """The one finding of an expectation, on a column where it has several."""

    def one(result: GateResult, expectation: str, column: str | None = None) -> ExpectationResult:
        matches = [f for f in result.findings if f.expectation == expectation and column in (None, f.column)]
        assert len(matches) == 1, (
            f"{len(matches)} findings of {expectation} on {column}: {[f.expectation for f in result.findings]}"
        )
        return matches[0]

    return one
