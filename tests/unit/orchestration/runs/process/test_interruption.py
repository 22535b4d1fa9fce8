"""An interrupted run records why it ended, publishes nothing afterwards, and sends no alert."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from orchestration.alerts import conditions
from orchestration.pipeline.lifecycle import open_run
from orchestration.runs.context import RunContext, RunOptions
from orchestration.runs.process import interruption
from orchestration.runs.record import FAILED, NOTHING_PUBLISHED, RELEASED, RunRecord, RunStore, last_run_failed
from orchestration.settings import Settings
from tests.support.run_records import run_record

LIVE = RunOptions(trigger="cli", deliveries="live", wait_seconds=0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    new_settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_HASH_KEY": "secret"})
    new_settings.home.ensure()
    return new_settings


def recorded(settings: Settings) -> RunRecord:
    (record,) = RunStore(settings.home.runs).all()
    return record


def test_an_interrupt_is_recorded_and_cleans_up(settings: Settings) -> None:
    called: list[str] = []
    with open_run(settings, LIVE, "first"), interruption.when_interrupted(lambda: called.append("canceled")):
        assert interruption.interrupt(143) == "interrupted, nothing was published, run again"
        record = recorded(settings)
        assert (record.outcome, record.exit_code, record.message) == (FAILED, 143, NOTHING_PUBLISHED)
        assert record.was_interrupted
        assert called == ["canceled"]
        assert not settings.home.run_lock_holder.exists(), "`doctor` would report a killed run"
    assert recorded(settings).message == NOTHING_PUBLISHED
    assert last_run_failed([recorded(settings)]), "the next run searches for damage"


def test_no_other_thread_records_or_publishes_after_an_interrupt(settings: Settings) -> None:
    with open_run(settings, LIVE, "first") as run:
        interrupted, forever = threading.Event(), threading.Event()

        def stop() -> None:
            interruption.interrupt(130)
            interrupted.set()
            forever.wait()  # a thread that ends loses its locks to the next one with its number

        threading.Thread(target=stop, daemon=True).start()
        interrupted.wait()
        for action in (run.save, lambda: run.end(RELEASED), run.ending.acquire):
            worker = threading.Thread(target=action, daemon=True)
            worker.start()
            worker.join(0.1)
            assert worker.is_alive(), "it waits until the process ends"
        run.ending = threading.RLock()  # this process goes on
    forever.set()


def test_an_interrupt_waits_for_the_swap(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_run(settings, LIVE, "first") as run:
        assert _interrupted_during(run, monkeypatch, outcome=None) == interruption.STILL_SWAPPING
        assert recorded(settings).outcome is None
        run.record.release_id = "20251201T000000Z-00000000"
        message = _interrupted_during(run, monkeypatch, outcome=RELEASED)
        assert message == "interrupted when the run had ended: released, release 20251201T000000Z-00000000"
    assert (recorded(settings).outcome, recorded(settings).exit_code) == (RELEASED, 0)


def test_no_handler_of_a_library_raises_during_the_swap() -> None:
    """Dagster's handler raises in the main thread, which would leave a swap half done."""
    with interruption.without_handlers():
        os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def _interrupted_during(run: RunContext, monkeypatch: pytest.MonkeyPatch, outcome: str | None) -> str:
    """The message of an interrupt during a swap, which ends with the outcome, or does not end."""
    monkeypatch.setattr(interruption, "SECONDS_FOR_SWAP", 0.2 if outcome is None else 10)
    messages: list[str] = []
    stopper = threading.Thread(target=lambda: messages.append(interruption.interrupt(130)))
    with run.ending:
        stopper.start()
        stopper.join(0.4 if outcome is None else 0.1)
        if outcome is not None:
            run.end(outcome)
    stopper.join()
    if outcome is not None:
        run.ending = threading.RLock()  # this process goes on
    return messages[0]


def test_an_interrupt_after_the_run_reports_what_it_published(settings: Settings) -> None:
    with open_run(settings, LIVE, "first") as run:
        run.record.release_id = "20251201T000000Z-00000000"
        run.end(RELEASED)
    assert interruption.interrupt(130) == "interrupted when the run had ended: released, release 20251201T000000Z-00000000"


def test_an_interrupt_before_a_run_opens_has_nothing_to_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "_run", None)
    assert interruption.interrupt(130) == NOTHING_PUBLISHED


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("Query interrupted")], ids=["Dagster", "DuckDB"])
def test_a_run_that_the_ui_terminates_was_interrupted(settings: Settings, error: BaseException) -> None:
    with pytest.raises(type(error)), open_run(settings, LIVE, "first") as run, run.timed("build"):
        raise error
    record = recorded(settings)
    assert (record.outcome, record.exit_code, record.message) == (FAILED, 130, NOTHING_PUBLISHED)


def test_an_interrupted_run_starts_and_resolves_no_alert() -> None:
    before = {"run": conditions.Condition("run", "blocked", "a gate"), "ucc__x": conditions.Condition("ucc__x", "stale", "old")}
    for code, active in ((130, before), (1, {**before, "run": conditions.Condition("run", FAILED, "why", "r")})):
        record = run_record("r", outcome=FAILED, exit_code=code, message="why")
        assert conditions.conditions_after_run(record, before) == active
