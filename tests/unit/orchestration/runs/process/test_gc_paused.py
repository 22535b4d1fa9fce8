"""Python's garbage collector is paused during a run, and is on again afterwards, however the run ends."""

from __future__ import annotations

import gc

import pytest

from orchestration import cli
from orchestration.runs.process.gc_paused import gc_paused


def test_the_collector_is_off_inside_and_on_after_an_error() -> None:
    with pytest.raises(RuntimeError), gc_paused():
        assert not gc.isenabled()
        raise RuntimeError
    assert gc.isenabled()


def test_a_disabled_collector_stays_disabled() -> None:
    with gc_paused():
        with gc_paused():
            pass
        assert not gc.isenabled()


def test_a_command_ends_without_a_last_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    states = []

    def main() -> None:
        states.append(gc.isenabled())
        raise SystemExit(3)

    monkeypatch.setattr(cli, "main", main)
    try:
        with pytest.raises(SystemExit) as ended:
            cli.program()
        assert (states, ended.value.code, gc.isenabled()) == ([False], 3, False)
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.enable()
