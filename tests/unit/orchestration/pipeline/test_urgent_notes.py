"""A run says which urgent correction of the published release found no figure to replace."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.pipeline import build
from orchestration.runs.context import RunContext
from orchestration.runs.decisions import UrgentRevision
from tests.support.run_records import run_record
from tests.unit.orchestration.pipeline.test_gates import NOTHING
from warehouse.disclosure import Urgent
from warehouse.paths import Home

RELEASED = dt.datetime(2026, 1, 8, tzinfo=dt.UTC)
UNTIL = dt.datetime(2026, 1, 8)


def _asked(hours: int) -> UrgentRevision:
    at = RELEASED + dt.timedelta(hours=hours)
    return UrgentRevision(source="police", year=2025, until=UNTIL, why="Entered late.", said_by="ana", at=at)


@pytest.mark.parametrize(
    ("said", "idle", "notes"),
    [
        ((_asked(1), _asked(2)), (Urgent("police", 2025, UNTIL),), 1),
        ((_asked(1),), (), 0),
        # the release of then has taken it over, or has said so
        ((_asked(-1),), (Urgent("police", 2025, UNTIL),), 0),
    ],
    ids=["no right records", "taken over", "asked for before the release"],
)
def test_a_correction_that_changes_nothing_is_noted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: tuple[UrgentRevision, ...], idle: tuple[Urgent, ...], notes: int
) -> None:
    run: Any = SimpleNamespace(settings=SimpleNamespace(home=Home(tmp_path)), record=run_record())
    run.note, run.suppressed = partial(RunContext.note, run), replace(NOTHING, idle_revisions=idle)
    monkeypatch.setattr(build, "current", lambda _: SimpleNamespace(release_id="r"))
    monkeypatch.setattr(build, "read_manifest", lambda *_: SimpleNamespace(created_at=RELEASED))
    build._note_waiting_revisions(run, said)
    assert len(run.record.notes) == notes
    assert all(note.startswith("police 2025: the urgent correction changes nothing") for note in run.record.notes)
