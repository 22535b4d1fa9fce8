"""The outcome of a run decides its exit code; run records are read as they were written, also those of earlier versions."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from expectations.results import ExpectationResult, GateResult
from orchestration.runs.record import (
    BLOCKED,
    FAILED,
    FRESH,
    HELD_BACK,
    LANDED_ONLY,
    NOT_DELIVERED,
    RELEASED,
    STALE,
    UNCHANGED,
    RunStore,
    last_run_failed,
    next_number,
)
from tests.support.run_records import REQUESTS, run_record, source_status

# A record as earlier versions wrote it, with the fields `reading` and `due_at`, and before `notes`.
OLD_RECORD = """{
 "run_id": "old", "trigger": "cli", "started_at": "2026-11-27T05:25:35", "city": "sampleton", "reading": "sample",
 "as_of": "2026-01-01T00:00:00", "number": 1, "ended_at": "2026-11-27T05:26:45", "outcome": "released", "exit_code": 4,
 "release_id": "20261127T052638Z-8d1cf3fc", "message": null, "fingerprint": "310b", "due_at": "2026-01-07T22:51:28",
 "sources": {"ucc__service_requests": {
  "source": "ucc__service_requests", "department": "ucc", "platform": "CKAN", "cadence": "daily", "race_vocabulary": null,
  "verdict": "held_back", "reason": "closed_at: too few dates", "load_id": "ab12", "data_as_of": null, "rows_delivered": 0,
  "rows_staged": null, "rows_rejected": 0, "rows_blank": 0, "rows_duplicate": 0, "rows_superseded": 0, "rows_withdrawn": 0,
  "run_id": "old", "seconds": 0.1}},
 "gates": [{"gate": "delivery", "subject": "ucc__service_requests", "findings": [{
  "expectation": "cells_pct", "column": "closed_at", "severity": "critical", "success": false, "observed": 3.5,
  "threshold": 1.0, "message": "closed_at: too few dates"}]}],
 "unknown_folders": ["elsewhere"], "seconds": {"restore": 0.1}
}"""
NOON = dt.datetime(2025, 12, 1, 12)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


@pytest.mark.parametrize(
    ("outcome", "verdicts", "code"),
    [
        (RELEASED, [], 0),
        (RELEASED, [FRESH, NOT_DELIVERED, LANDED_ONLY], 0),
        (RELEASED, [FRESH, HELD_BACK], 4),
        (RELEASED, [STALE], 4),
        (UNCHANGED, [FRESH], 0),
        (UNCHANGED, [HELD_BACK, STALE], 4),
        (BLOCKED, [FRESH], 3),
        (BLOCKED, [HELD_BACK], 3),
        (FAILED, [FRESH], 1),
        (FAILED, [STALE], 1),
    ],
)
def test_the_exit_code_of_every_outcome(outcome: str, verdicts: list[str], code: int) -> None:
    run = run_record(sources={f"{REQUESTS}_{at}": source_status(verdict) for at, verdict in enumerate(verdicts)})
    run.end(outcome, NOON, "why")
    assert (run.outcome, run.exit_code, run.ended_at, run.message) == (outcome, code, "2025-12-01T12:00:00", "why")


def test_an_active_run_has_no_exit_code() -> None:
    assert (run_record().outcome, run_record().exit_code) == (None, None)


def test_only_the_first_outcome_counts() -> None:
    run = run_record()
    run.end(BLOCKED, NOON, "a gate")
    run.end(FAILED, NOON + dt.timedelta(hours=1), "the run failed")
    assert (run.outcome, run.exit_code, run.ended_at, run.message) == (BLOCKED, 3, "2025-12-01T12:00:00", "a gate")


def test_a_record_is_read_as_it_was_written(store: RunStore) -> None:
    finding = ExpectationResult("cells_pct", "closed_at", "critical", False, 3.5, 1.0, "closed_at: too few dates")
    run = run_record(
        release_id="20251201-ab",
        fingerprint="ab",
        next_build_at="2025-12-02T00:00:00",
        sources={REQUESTS: source_status(HELD_BACK).updated(rows_staged=None)},
        gates=[GateResult("delivery", REQUESTS, (finding,))],
        unknown_folders=("elsewhere",),
        notes=("Completed the half-done swap.",),
        seconds={"deliver": 1.25},
    )
    run.end(RELEASED, NOON)
    store.save(run)
    assert store.all() == [run]
    assert [path.name for path in store.folder.iterdir()] == ["run.json"]
    assert json.loads((store.folder / "run.json").read_text())["exit_code"] == 4


def test_a_record_is_replaced_during_a_run(store: RunStore) -> None:
    run = run_record()
    store.save(run)
    run.end(RELEASED, NOON)
    store.save(run)
    (records,) = store.all()
    assert records.outcome == RELEASED


def test_records_are_ordered_by_start(store: RunStore) -> None:
    for run_id, hour in (("a", 14), ("c", 12), ("b", 13), ("d", 12)):
        store.save(run_record(run_id, f"2025-12-01T{hour}:00:00"))
    assert [run.run_id for run in store.all()] == ["c", "d", "b", "a"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"run_id": "x"}',
        '{"sources": [], "gates": [], "unknown_folders": []}',
        '{"sources": {"a": 1}}',
    ],
)
def test_a_file_that_is_not_a_record_is_skipped(store: RunStore, text: str) -> None:
    store.save(run_record("good"))
    (store.folder / "bad.json").write_text(text)
    assert [run.run_id for run in store.all()] == ["good"]


def test_a_record_of_an_earlier_version_is_read(store: RunStore) -> None:
    (store.folder / "old.json").write_text(OLD_RECORD)
    (record,) = store.all()
    assert (record.deliveries, record.next_build_at, record.outcome, record.exit_code) == (
        "sample",
        "2026-01-07T22:51:28",
        RELEASED,
        4,
    )
    assert (record.notes, record.unknown_folders) == ((), ("elsewhere",))
    assert record.sources[REQUESTS] == source_status(HELD_BACK).model_copy(
        update={"reason": "closed_at: too few dates", "load_id": "ab12", "rows_staged": None, "run_id": "old", "seconds": 0.1}
    )
    finding = ExpectationResult("cells_pct", "closed_at", "critical", False, 3.5, 1.0, "closed_at: too few dates")
    assert record.gates == [GateResult("delivery", REQUESTS, (finding,))]
    assert store.last_built() == record


def test_a_record_with_unknown_fields_is_skipped(store: RunStore) -> None:
    store.save(run_record("good"))
    data = json.loads((store.folder / "good.json").read_text())
    (store.folder / "newer.json").write_text(json.dumps(data | {"weather": "fair"}))
    (store.folder / "binary.json").write_bytes(b"\xff\xfe")
    assert [run.run_id for run in store.all()] == ["good"]


def test_the_status_of_a_source_has_no_other_fields_and_changes_in_copies_only() -> None:
    status = source_status(FRESH)
    with pytest.raises(ValidationError, match="rows_lost"):
        status.updated(rows_lost=1)
    with pytest.raises(ValidationError, match="frozen"):
        status.verdict = STALE  # type: ignore[misc]
    assert (status.updated(verdict=STALE).verdict, status.verdict) == (STALE, FRESH)


def test_the_rows_of_a_delivery_that_was_held_back_are_unknown() -> None:
    status = source_status(FRESH).updated(rows_staged=7, rows_rejected=3).held_back("too few rows", rows_delivered=10)
    assert (status.verdict, status.reason, status.rows_delivered) == (HELD_BACK, "too few rows", 10)
    others = {name: value for name, value in status.model_dump().items() if name.startswith("rows_") and name != "rows_delivered"}
    assert len(others) == 6
    assert set(others.values()) == {None}


def test_the_last_ended_and_the_last_built_run(store: RunStore) -> None:
    assert (store.last_ended(), store.last_built()) == (None, None)
    for hour, (outcome, fingerprint) in enumerate(
        [(RELEASED, "a"), (UNCHANGED, "b"), (BLOCKED, "c"), (UNCHANGED, None), (None, "d")]
    ):
        run = run_record(f"run-{hour}", f"2025-12-01T{hour:02d}:00:00", fingerprint=fingerprint)
        if outcome:
            run.end(outcome, NOON)
        store.save(run)
    ended, built = store.last_ended(), store.last_built()
    assert ended is not None and ended.run_id == "run-3"
    assert built is not None and built.run_id == "run-1"


def test_a_store_without_a_folder_has_no_runs(tmp_path: Path) -> None:
    assert RunStore(tmp_path / "nowhere").all() == []


def test_runs_keep_their_order_when_the_clock_is_set_back(store: RunStore) -> None:
    for number, day in ((1, 10), (2, 3), (3, 4)):
        assert next_number(store.all()) == number
        run = run_record(f"run-{number}", f"2025-12-{day:02d}T00:00:00", number=number, fingerprint=str(number))
        run.end(RELEASED, NOON)
        store.save(run)
    assert [run.number for run in store.all()] == [1, 2, 3]
    assert store.last_built() == store.last_ended() == store.all()[-1]


@pytest.mark.parametrize(("outcome", "suspect"), [(None, True), (FAILED, True), (BLOCKED, False), (RELEASED, False)])
def test_last_run_failed(store: RunStore, outcome: str | None, suspect: bool) -> None:
    assert not last_run_failed(store.all())
    run = run_record()
    if outcome:
        run.end(outcome, NOON)
    store.save(run)
    assert last_run_failed(store.all()) is suspect
