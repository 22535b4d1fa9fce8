"""Whatever a run is asked for, the stages before it are done first, each once; one that ends the run ends it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from expectations.results import GateResult
from orchestration.pipeline import stages
from orchestration.runs.context import now
from orchestration.runs.record import BLOCKED, UNCHANGED, RunReceipt


class Run:
    """A run whose stages only note that they were done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, unchanged: bool = False, blocked: bool = False) -> None:
        self.done: list[str] = []
        receipt = RunReceipt("run", "ui", now().isoformat(), "sampleton", "sample", "2025-12-01T00:00:00")
        registry = [SimpleNamespace(source="a__taken"), SimpleNamespace(source="b__left")]
        receipt.sources["a__taken"] = SimpleNamespace(verdict="fresh")  # type: ignore[assignment]
        self.session: Any = SimpleNamespace(
            receipt=receipt, reading=SimpleNamespace(registry=registry), models=None, gates=None, quality=None, save=lambda: None
        )

        def stage(name: str, result: object, ends: str | None = None) -> Any:
            def do(*_arguments: object) -> object:
                self.done.append(name)
                if ends:
                    receipt.end(ends, now())
                return result

            return do

        monkeypatch.setattr(stages.ingest_source, "leave_alone", lambda _s, contract: self.done.append(f"left {contract.source}"))
        monkeypatch.setattr(stages.build, "nothing_changed", stage("compared", unchanged, UNCHANGED if unchanged else None))
        monkeypatch.setattr(stages.build, "build_models", stage("models", ["model"]))
        gates = [GateResult("build", "marts", ())]
        monkeypatch.setattr(stages.build, "judge_build", stage("gates", gates, BLOCKED if blocked else None))
        monkeypatch.setattr(stages.build, "build_quality", stage("quality", ["table"]))
        monkeypatch.setattr(stages.build, "release", stage("release", "20260101"))


WHOLE = ["left b__left", "compared", "models", "gates", "quality", "release"]


def test_the_release_alone_does_all_that_it_stands_on(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch)
    assert stages.release(run.session, print) == "20260101"
    assert run.done == WHOLE


def test_from_any_stage_on_a_run_ends_as_a_whole_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [stages.models, stages.gates, stages.quality, stages.release]
    for first in range(len(whole)):
        run = Run(monkeypatch)
        for stage in whole[first:]:
            stage(run.session, print)  # type: ignore[operator]
        assert run.done == WHOLE, whole[first]


def test_what_has_ended_the_run_ends_it_for_every_stage_after(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch, unchanged=True)
    assert stages.release(run.session, print) is None
    assert run.done == ["left b__left", "compared"]
    run = Run(monkeypatch, blocked=True)
    assert stages.release(run.session, print) is None
    assert run.done == ["left b__left", "compared", "models", "gates"]
