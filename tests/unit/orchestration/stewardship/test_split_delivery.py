"""Which files of a delivery may be ingested without the bad ones, by load mode; a stub of the gate decides on a file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from expectations.results import ExpectationResult, GateResult
from ingest.city import read_city
from ingest.delivery import DeliveryRecord, LeftOutFile
from ingest.landing import ensure_tables
from orchestration.settings import Settings
from orchestration.stewardship import split_delivery
from orchestration.stewardship.split_delivery import DeliverySplitter, SplitDelivery
from tests.support.visits import CITY_ZONE, visits_contract
from warehouse.connection import in_memory
from warehouse.metadata import migrate

BY_YEAR = {"mode": "replace_period", "period_column": "on_day", "period": "year"}
BY_DAY = {"mode": "replace_partition", "partition_by": ["on_day"]}
COLUMNS = [{"name": "k"}, {"name": "on_day", "type": "date", "required": True}]
BAD, RAGGED = "bad", "k,on_day\n1\n"


def file(*days: str, k: str = "1") -> str:
    return "k,on_day\n" + "".join(f"{k},{day}\n" for day in days)


@pytest.fixture
def split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def audit(contract: Any, delivery: DeliveryRecord, database: Path, *_: object) -> GateResult:
        passed = all(BAD not in name.name for name in delivery.files)
        return GateResult("delivery", contract.source, (ExpectationResult("n", None, "critical", passed, 1.0, 1.0, "it is bad"),))

    monkeypatch.setattr(split_delivery, "audit_delivery", audit)
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home")})

    def run(load: dict[str, Any], files: dict[str, str], landed: tuple[str, str] | None = None) -> SplitDelivery:
        contract = visits_contract(columns=COLUMNS, load=load)
        folder = tmp_path / "in"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
        with in_memory() as con:
            _land(con, contract, landed)
            paths = tuple(sorted(folder.iterdir()))
            return DeliverySplitter(settings, read_city(None), dt.datetime(2025, 12, 1), con).split(contract, paths, folder)

    return run


def _land(con: DuckDBPyConnection, contract: Any, landed: tuple[str, str] | None) -> None:
    migrate(con)
    ensure_tables(con, contract, CITY_ZONE)
    if landed:
        columns = "k, on_day, _source_file, _source_row, _refused"
        con.execute(f"insert into landing.dpt__visits ({columns}) values ('1', ?, ?, 1, false)", [landed[1], landed[0]])


GOOD, OTHER = file("2024-01-01"), file("2022-01-01")


@pytest.mark.parametrize(
    ("load", "files", "landed", "why"),
    [
        ({"mode": "append"}, {"a": GOOD, "bad": RAGGED, "c": GOOD}, None, ""),
        ({"mode": "replace"}, {"a": GOOD, "bad": RAGGED}, None, "load mode replace takes the table whole"),
        (BY_YEAR, {"a": OTHER, "bad": file("2023-05-05"), "c": GOOD}, None, ""),
        (BY_YEAR, {"a": OTHER, "bad": RAGGED, "c": GOOD}, ("bad", "2023-05-05"), ""),
        (BY_YEAR, {"a": OTHER, "bad": RAGGED, "c": GOOD}, ("other", "2023-05-05"), "it is unknown which years bad contains"),
        (BY_YEAR, {"a": OTHER, "bad": file("2023-05-05", "soon")}, None, "it is unknown which years bad contains"),
        (BY_YEAR, {"a": file("2023-01-01"), "bad": file("2022-01-01", "2024-01-01")}, None, "a and bad contain the same years"),
        (BY_DAY, {"a": OTHER, "bad": GOOD}, None, ""),
        (BY_DAY, {"a": OTHER, "bad": OTHER}, None, "a and bad contain the same partitions (on_day)"),
        (BY_DAY, {"a": OTHER, "bad": "k\n1\n"}, None, "it is unknown which partitions (on_day) bad contains"),
        ({"mode": "append"}, {"a": GOOD, "c": GOOD}, None, "its files fail only together"),
    ],
)  # fmt: skip
def test_the_load_mode_decides(split: Any, load: dict[str, Any], files: dict[str, str], landed: Any, why: str) -> None:
    found = split(load, files, landed)
    assert found.why_whole.startswith(why) and bool(found.why_whole) == bool(why)
    assert found.is_possible == (not why)
    if not why:
        assert [path.name for path in found.others] == sorted(set(files) - {"bad"})
        assert found.names == "bad"
        assert "; only bad is held back, the other " in found.in_words()
        day = None if load is not BY_YEAR else dt.date(2023, 1, 1)
        assert found.left_out == (LeftOutFile(name="bad", first=day, last=day),)


def test_if_every_file_fails_there_is_nothing_to_ingest(split: Any) -> None:
    found = split({"mode": "append"}, {"bad1": GOOD, "bad2": GOOD})
    assert (found.is_possible, found.why_whole, len(found.left_out)) == (False, "", 2)


def test_several_bad_files_are_named(split: Any) -> None:
    found = split({"mode": "append"}, {"bad1": GOOD, "bad2": GOOD, "c": GOOD})
    assert found.in_words().endswith("; only bad1, bad2 are held back, the other file is ingested")
