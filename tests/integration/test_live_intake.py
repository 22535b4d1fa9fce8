"""A live source in a run: new rows are promoted, held-back rows are fetched again, accepted loads are promoted."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.delivery import DeliveryStore
from orchestration.pipeline.ingest_source import ingest_source
from orchestration.pipeline.lifecycle import open_run
from orchestration.runs.context import RunOptions
from orchestration.runs.decisions import Acceptance, accept_load
from orchestration.runs.record import SourceStatus
from orchestration.settings import Settings
from tests.support.visits import CONTRACT

SOURCE = "dpt__visits"
Row = tuple[int, str | None, str | None]


class Department:
    """A table behind a contract with a cursor, and the runs of a home that take it in."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
        self.path = folder / "department.db"
        connector = {"kind": "database", "credentials_env": "DPT_URL", "table": "visits", "cursor": "at", "lookback": "1 day"}
        contract = CONTRACT | {
            "connector": connector,
            "columns": [
                {"name": "k", "type": "integer"},
                {"name": "at", "type": "timestamp"},
                {"name": "v", "required": True},
            ],
            "load": {"mode": "merge", "key": ["k"]},
        }
        sources = folder / "sources"
        sources.mkdir()
        (sources / f"{SOURCE}.yml").write_text(yaml.safe_dump(contract | changes))
        monkeypatch.setenv("LEVELGROUND_SOURCES", str(sources))
        monkeypatch.setenv("DPT_URL", f"sqlite:///{self.path}")
        self.settings = Settings.from_environment(os.environ)
        self.runs = 0

    def holds(self, rows: Iterable[Row]) -> None:
        """What the table holds from now on."""
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("drop table if exists visits")
            database.execute("create table visits (k, at, v)")
            database.executemany("insert into visits values (?, ?, ?)", rows)
            database.commit()

    def run(self, **options: Any) -> tuple[SourceStatus, set[int]]:
        """One run's intake of the source: its status, and the keys that landed."""
        self.runs += 1
        with open_run(self.settings, RunOptions(deliveries="live", **options), f"run{self.runs}") as run:
            status, _ = ingest_source(run, run.location.registry[SOURCE])
            run.end("unchanged")
            return status, {row[0] for row in run.con.execute(f"select k from typed.{SOURCE}").fetchall()}

    def accept(self, load_id: str) -> None:
        acceptance = Acceptance(accepted_by="me", reason="it is so", at="2025-12-01")
        accept_load(DeliveryStore(self.settings.home.deliveries, SOURCE), load_id, acceptance)


def day(number: int) -> str:
    return f"2025-11-{number:02d} 12:00:00"


def test_what_was_held_back_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    department = Department(tmp_path, monkeypatch)
    rows: list[Row] = [(k, day(k), "x") for k in range(1, 11)]
    department.holds(rows)
    status, landed = department.run()
    assert (status.verdict, status.rows_delivered, landed) == ("landed_only", 10, set(range(1, 11)))
    # a load without a good value gets nothing in, and moves no cursor, though its times are later
    department.holds([*rows, (11, day(15), None), (12, day(20), "x")])
    status, landed = department.run()
    assert (status.verdict, len(landed)) == ("held_back", 10)
    department.holds([*rows, (11, day(15), "mended"), (12, day(20), "x"), (13, day(20), "x")])
    status, landed = department.run()
    assert (status.verdict, landed) == ("landed_only", set(range(1, 14)))
    # days 9 and 10 by the look-back, and what is new
    assert status.rows_delivered == 5
    # nothing new is no fault of a source that is asked for what is new, and no load either
    department.holds([])
    status, landed = department.run()
    assert (status.verdict, landed) == ("landed_only", set(range(1, 14)))


def test_everything_is_asked_for_by_a_full_refresh_and_half_of_it_is_held_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    department = Department(tmp_path, monkeypatch)
    rows: list[Row] = [(k, day(k), "x") for k in range(1, 11)]
    department.holds(rows)
    department.run()
    department.holds(rows[2:])
    _, landed = department.run()
    assert len(landed) == 10, "what was deleted is not seen by who asks for what is new"
    _, landed = department.run(full_refresh=True)
    assert landed == set(range(3, 11))
    department.holds(rows[7:])
    status, landed = department.run(full_refresh=True)
    assert (status.verdict, landed) == ("held_back", set(range(3, 11)))
    assert status.reason is not None and "has lost more than 50 % of its usual 8 rows" in status.reason


def test_a_held_back_load_that_was_accepted_is_promoted_after_a_newer_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    department = Department(tmp_path, monkeypatch)
    department.holds((k, day(k), "x") for k in range(1, 11))
    department.run()
    department.holds((k, day(k), "x") for k in range(1, 4))
    status, _ = department.run(full_refresh=True)
    assert status.verdict == "held_back" and status.load_id is not None
    department.accept(status.load_id)
    department.holds((k, day(k), "x") for k in range(2, 5))
    status, landed = department.run()
    assert (status.verdict, landed) == ("landed_only", {1, 2, 3, 4})


def test_a_period_that_comes_empty_is_held_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With replace_period the batch takes the place of what was asked for again, so that it may not lose it."""
    department = Department(tmp_path, monkeypatch, load={"mode": "replace_period", "period_column": "at", "period": "day"})
    rows: list[Row] = [(k, day(k), "x") for k in range(1, 11)]
    department.holds(rows)
    department.run()
    department.holds([])
    status, landed = department.run()
    assert (status.verdict, len(landed)) == ("held_back", 10)
    department.holds([*rows[:8], (10, day(10), "x")])
    status, landed = department.run()
    assert landed == {*range(1, 9), 10}, "what was deleted within the look-back is gone"


def test_downloads_of_a_killed_run_go_at_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    department = Department(tmp_path, monkeypatch)
    department.settings.home.ensure()
    leftover = department.settings.home.temporary / "fetch-abc"
    leftover.mkdir()
    (leftover / "visits.csv").write_text("Jane Q. Canary")
    department.holds([(1, day(1), "x")])
    department.run()
    assert not leftover.exists()


def test_receipts_from_before_live_fetching_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    department = Department(tmp_path, monkeypatch)
    department.holds([(1, day(1), "x")])
    department.run()
    store = DeliveryStore(department.settings.home.deliveries, SOURCE)
    (receipt,) = store.records()
    path = store.folder / receipt.load_id / "receipt.json"
    fields = json.loads(path.read_text())
    path.write_text(json.dumps({name: value for name, value in fields.items() if name not in ("whole", "since", "fetched")}))
    (old,) = store.records()
    assert (old.whole, old.since, old.fetched) == (False, None, ())


def test_a_name_that_is_not_utf8_holds_back_its_source_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the run record nor the status fails on the bytes of the name."""
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "visits.csv").write_text("k,at,v\n1,2025-01-01,x\n")
    department = Department(tmp_path, monkeypatch, connector={"kind": "file", "path": str(drop)})
    assert department.run()[0].verdict != "held_back"
    bad = drop / os.fsdecode(b"caf\xe9.csv")
    bad.write_text("k,at,v\n2,2025-01-02,y\n")
    status, landed = department.run()
    assert (status.verdict, landed) == ("held_back", {1})
    assert status.reason is not None
    assert r"caf\xe9.csv: the bytes of its name are not UTF-8; rename it" in status.reason
    bad.rename(drop / "more.csv")
    status, landed = department.run()
    assert (status.verdict != "held_back", landed) == (True, {1, 2})
