"""`levelground status` reports an interrupted removal, periods that are due and not covered, and an active run, also as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb

from orchestration.runs.record import RELEASED, RunStore
from tests.conftest import CommandLine
from tests.support.run_records import run_record, source_status
from warehouse.lock import RunLock, announce_stage
from warehouse.paths import Home


def test_an_interrupted_removal_is_reported(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.ensure()
    RunStore(home.runs).save(run_record("first", outcome=RELEASED, exit_code=0))
    levelground = CommandLine(home.root)
    assert json.loads(levelground("status", "--json").stdout)["is_removal_pending"] is False
    home.removal_plan.parent.mkdir()
    home.removal_plan.write_text("{}")
    assert json.loads(levelground("status", "--json").stdout)["is_removal_pending"] is True
    assert "A removal was interrupted; `levelground erase --resume`" in levelground("status").stdout


def test_periods_that_are_due_and_not_covered_are_listed(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.ensure()
    home.published_analyst.parent.mkdir(parents=True, exist_ok=True)
    RunStore(home.runs).save(run_record("first", outcome=RELEASED, exit_code=0))
    with duckdb.connect(home.published_analyst) as con:
        con.execute(
            "create schema quality; create table quality.coverage as select *, due_days - 31 as covered_days, "
            "true as is_missing, 'feed' as source, 'monthly' as due, false as is_due_declared, "
            "'no delivery covers it' as note from (values "
            "('month', date '2025-12-01', date '2025-12-31', 31), ('quarter', date '2025-10-01', date '2025-12-31', 92)"
            ") as periods (period_type, period_start, period_end, due_days)"
        )
    levelground = CommandLine(home.root)
    missing = json.loads(levelground("status", "--json").stdout)["missing_periods"]
    assert [(each["period_type"], each["period_start"], each["covered_days"]) for each in missing] == [
        ("quarter", "2025-10-01", 61), ("month", "2025-12-01", 0),
    ]  # fmt: skip
    printed = levelground("status").stdout
    assert "Due and not covered" in printed and "2025-12" in printed and "2025-10" not in printed
    assert "monthly (by its deliveries)" in printed


def test_an_active_run_is_reported_with_its_stage(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.ensure()
    levelground, lock = CommandLine(home.root), RunLock(home, "schedule")
    announce_stage(home, "build")
    assert not home.run_lock_holder.exists(), "who does not hold the lock announces nothing"
    lock.acquire()
    try:
        announce_stage(home, "audit build")
        first = levelground("status").stdout
        assert f"(pid {os.getpid()}, schedule), stage: audit build" in first
        assert "no run yet" not in first
        RunStore(home.runs).save(run_record("first", outcome=RELEASED, exit_code=0))
        active = json.loads(levelground("status", "--json").stdout)["active_run"]
        assert (active["pid"], active["trigger"], active["stage"]) == (os.getpid(), "schedule", "audit build")
    finally:
        lock.release()
    assert json.loads(levelground("status", "--json").stdout)["active_run"] is None


def test_problems_leave_out_what_is_fresh(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.ensure()
    sources = {"a__fresh": source_status("fresh", "a__fresh"), "b__stale": source_status("stale", "b__stale")}
    RunStore(home.runs).save(run_record("first", outcome=RELEASED, exit_code=0, sources=sources))
    levelground = CommandLine(home.root)
    assert "a__fresh" in levelground("status").stdout
    printed = levelground("status", "--problems").stdout
    assert "b__stale" in printed and "a__fresh" not in printed
