"""An alert is sent again for a new reason of a source, and not because runs have different clocks."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from ingest.contract.registry import load_registry
from orchestration.alerts.conditions import (
    EDITION,
    HELD_BACK,
    RUN,
    STALE,
    AlertState,
    Condition,
    conditions_after_run,
    open_alert_state,
)
from orchestration.alerts.notify import compose_message
from orchestration.runs.clock import utc_now
from orchestration.runs.record import FRESH, RELEASED, RunRecord, new_status
from orchestration.settings import Settings

SOURCE = "ucc__service_requests"
CHANNEL = "1 mailto"


def run(
    verdict: str, *, as_of: str = "2025-12-10T00:00:00", reason: str = "", data_as_of: str = "2025-12-01T00:00:00"
) -> RunRecord:
    record = RunRecord(
        run_id="r", trigger="cli", started_at=utc_now().isoformat(), city="milwaukee", deliveries="live", as_of=as_of
    )
    status = new_status(load_registry()[SOURCE], "r")
    record.sources[SOURCE] = status.updated(verdict=verdict, reason=reason, data_as_of=data_as_of)
    record.end(RELEASED, utc_now())
    return record


def started(state: AlertState, *conditions: Condition) -> list[str]:
    state.now = [*conditions]
    found = [condition.reason for condition in state.changes_for(CHANNEL)[0]]
    state.mark_notified(CHANNEL)
    return found


def test_a_new_reason_of_a_source_is_reported(tmp_path: Path) -> None:
    lost, missing = "x: the delivery has lost more than 5 % of its usual 1,200 rows", "x: column RACE is missing"
    with open_alert_state(tmp_path / "alerts.json") as state:
        assert started(state, Condition(SOURCE, HELD_BACK, lost)) == [lost]
        assert started(state, Condition(SOURCE, HELD_BACK, lost.replace("1,200", "999"))) == [], "other figures, one problem"
    with open_alert_state(tmp_path / "alerts.json") as state:
        assert started(state, Condition(SOURCE, HELD_BACK, lost)) == []
        assert started(state, Condition(SOURCE, HELD_BACK, missing)) == [missing]
        assert started(state, Condition(RUN, "failed", "a")) == ["a"]
        assert started(state, Condition(RUN, "failed", "b")) == []


def test_a_file_of_an_earlier_version_sends_nothing_again(tmp_path: Path) -> None:
    condition = {"subject": SOURCE, "kind": HELD_BACK, "reason": "a", "run_id": None, "load_id": None}
    (tmp_path / "alerts.json").write_text(json.dumps({"now": [condition], "told": {CHANNEL: {SOURCE: HELD_BACK}}}))
    with open_alert_state(tmp_path / "alerts.json") as state:
        assert state.changes_for(CHANNEL) == ([], [])


def test_a_run_with_an_earlier_clock_does_not_resolve_a_stale_source() -> None:
    stale = conditions_after_run(run(STALE), {})
    assert stale[SOURCE].kind == STALE
    assert conditions_after_run(run(FRESH, as_of="2025-12-02T00:00:00"), stale) == stale
    assert SOURCE not in conditions_after_run(run(FRESH, as_of="2025-12-11T00:00:00"), stale)
    newer = run(FRESH, as_of="2025-12-02T00:00:00", data_as_of="2025-12-02T00:00:00")
    assert SOURCE not in conditions_after_run(newer, stale)


def test_a_run_with_a_clock_ahead_of_time_reports_no_stale_source() -> None:
    tomorrow = (utc_now() + dt.timedelta(days=30)).isoformat()
    assert SOURCE not in conditions_after_run(run(STALE, as_of=tomorrow), {})
    before = {SOURCE: Condition(SOURCE, HELD_BACK, "x")}
    assert conditions_after_run(run(STALE, as_of=tomorrow), before) == before


def test_a_quarter_that_nobody_pinned_is_an_alert_of_its_own(tmp_path: Path) -> None:
    record = run(FRESH)
    record.unpinned = (
        "2026Q2 has no pinned release, and 3 further releases delete the last one of it; `levelground …` keeps it",
    )
    found = conditions_after_run(record, {})
    assert (found[EDITION].kind, found[EDITION].reason) == ("not_pinned", record.unpinned[0])
    with open_alert_state(tmp_path / "alerts.json") as state:
        assert started(state, found[EDITION]) == [record.unpinned[0]]
        fewer = record.unpinned[0].replace("3 further", "2 further")
        assert started(state, Condition(EDITION, "not_pinned", fewer)) == [], "the same quarter"
        assert started(state, Condition(EDITION, "not_pinned", fewer.replace("Q2", "Q3"))) != [], "another quarter"
    assert EDITION not in conditions_after_run(run(FRESH), found)


@pytest.mark.parametrize("load", ["0123456789abcdef", None])
def test_an_alert_offers_to_accept_a_load_only_if_the_run_could_read_one(tmp_path: Path, load: str | None) -> None:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path)})
    damaged = Condition(SOURCE, HELD_BACK, "x.xlsx is damaged; deliver it again", "r", load)
    text = compose_message(settings, "milwaukee", [damaged], [], {}).body
    assert "LOAD" not in text
    assert ("sources accept" in text) == (load is not None)
    assert load is None or f"`levelground sources accept {SOURCE} --load {load} --reason TEXT`." in text
