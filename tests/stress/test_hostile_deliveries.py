"""One run of the landing of hostile files next to a good source: each holds back its own source only, within its own time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.pipeline.ingest_source import ingest_source
from orchestration.pipeline.lifecycle import open_run
from orchestration.runs.context import RunContext, RunOptions
from orchestration.runs.record import SourceStatus
from orchestration.settings import Settings
from tests.support.hostile_files import GOOD, HOSTILE, Hostile
from tests.support.visits import CONTRACT

SECONDS = 60.0  # of one file; the slowest, an archive of 100,000 members, takes 14 on a busy machine
SECONDS_TO_INTERRUPT = 5.0
LONGEST_REASON = 1_000
KIND = {name: f"dpt__hostile_{number:02}" for number, name in enumerate(HOSTILE)}
BEFORE, AFTER = "dpt__before", "dpt__zafter"


@dataclass
class Pause:
    """The longest time in which no other thread of this process ran: a signal waits as long."""

    seconds: float = 0.0


@contextmanager
def longest_pause() -> Iterator[Pause]:
    pause, ended = Pause(), threading.Event()

    def beat() -> None:
        last = time.monotonic()
        while not ended.wait(0.02):
            pause.seconds = max(pause.seconds, time.monotonic() - last)
            last = time.monotonic()

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield pause
    finally:
        ended.set()
        thread.join()


def contract(source: str, form: dict[str, Any]) -> dict[str, Any]:
    by_position = form.get("header") == {"rows": "none"}
    columns = [{"name": "a", "from": 1 if by_position else "A"}, {"name": "b", "from": 2 if by_position else "B"}]
    return CONTRACT | {"source": source, "format": form, "columns": columns}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    delivered, sources = tmp_path / "in", tmp_path / "sources"
    sources.mkdir()
    files = {KIND[name]: hostile for name, hostile in HOSTILE.items()}
    files |= {source: Hostile("good.csv", {"kind": "csv"}, lambda: GOOD, landed=2) for source in (BEFORE, AFTER)}
    for source, file in files.items():
        (sources / f"{source}.yml").write_text(yaml.safe_dump(contract(source, file.format)))
        (delivered / source).mkdir(parents=True)
        (delivered / source / file.name).write_bytes(file.make())
    (delivered / "city.yml").write_text("city: milwaukee\n")
    monkeypatch.setenv("LEVELGROUND_SOURCES", str(sources))
    monkeypatch.setenv("LEVELGROUND_DELIVERIES", str(delivered))
    return Settings.from_environment(os.environ)


def test_each_hostile_file_holds_back_its_own_source_only(
    settings: Settings, record_property: Callable[[str, object], None]
) -> None:
    assert len(HOSTILE) >= 25
    found: dict[str, tuple[SourceStatus, int]] = {}
    slow, unheard = {}, {}
    with open_run(settings, RunOptions(as_of="2025-12-01"), "run1") as run:
        for source in (BEFORE, *KIND.values(), AFTER):
            began = time.monotonic()
            with longest_pause() as pause:
                status, _ = ingest_source(run, run.location.registry[source])
            found[source] = status, _rows(run, source)
            slow[source], unheard[source] = round(time.monotonic() - began, 2), round(pause.seconds, 2)
        run.end("unchanged")
    for name, source in KIND.items():
        record_property(name, f"{slow[source]} s, longest pause {unheard[source]} s: {found[source][0].reason}")
    assert {source: seconds for source, seconds in slow.items() if seconds > SECONDS} == {}
    assert {source: seconds for source, seconds in unheard.items() if seconds > SECONDS_TO_INTERRUPT} == {}
    assert [(found[source][0].verdict, found[source][1]) for source in (BEFORE, AFTER)] == [("landed_only", 2)] * 2
    landed = {name: found[source][1] if found[source][0].verdict == "landed_only" else None for name, source in KIND.items()}
    assert landed == {name: hostile.landed for name, hostile in HOSTILE.items()}
    for name, source in KIND.items():
        status, rows = found[source]
        if HOSTILE[name].landed is None:
            assert (status.verdict, rows) == ("held_back", 0), name
            assert status.reason is not None and status.reason.isprintable() and len(status.reason) < LONGEST_REASON, name


def _rows(run: RunContext, source: str) -> int:
    counted = run.con.execute(f"select count(*) from landing.{source}").fetchone()
    assert counted is not None
    return int(counted[0])
