"""Each stage runs once, after the stages before it; no stage runs after the run has ended."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from expectations.results import GateResult
from orchestration.pipeline import stages
from orchestration.runs.clock import utc_now
from orchestration.runs.record import BLOCKED, UNCHANGED
from tests.support.run_records import run_record


class Run:
    """A run whose stages only record that they were called."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *, unchanged: bool = False, blocked: bool = False, empty: bool = False
    ) -> None:
        self.done: list[str] = []
        record = run_record()
        registry = [SimpleNamespace(source="a__taken"), SimpleNamespace(source="b__left")]
        record.sources["a__taken"] = SimpleNamespace(verdict="fresh")  # type: ignore[assignment]
        self.context: Any = SimpleNamespace(
            record=record,
            location=SimpleNamespace(registry=registry),
            models=None,
            gates=None,
            quality=None,
            failure=None,
            save=lambda: None,
        )

        def stage(name: str, result: object, ends: str | None = None) -> Any:
            def do(*_arguments: object) -> object:
                self.done.append(name)
                if ends:
                    record.end(ends, utc_now())
                return result

            return do

        monkeypatch.setattr(stages, "carry_forward", lambda _run, contract: self.done.append(f"carried {contract.source}"))
        monkeypatch.setattr(stages, "note_ingested", lambda _run, read_all: self.done.append("read all") if read_all else None)
        monkeypatch.setattr(stages, "end_if_labels_lost", lambda _run: False)
        monkeypatch.setattr(stages, "nothing_delivered", stage("counted", empty, BLOCKED if empty else None))
        monkeypatch.setattr(stages, "nothing_changed", stage("compared", unchanged, UNCHANGED if unchanged else None))
        monkeypatch.setattr(stages, "build_models", stage("models", ["model"]))
        gates = [GateResult("build", "marts", ())]
        monkeypatch.setattr(stages, "run_gates", stage("gates", gates, BLOCKED if blocked else None))
        monkeypatch.setattr(stages, "build_quality", stage("quality", ["table"]))
        monkeypatch.setattr(stages, "release_candidate", stage("release", "20260101"))


WHOLE = ["carried b__left", "counted", "compared", "models", "gates", "quality", "release"]


def test_the_release_alone_runs_every_stage_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch)
    assert stages.release(run.context, print) == "20260101"
    assert run.done == WHOLE


def test_a_run_from_any_stage_ends_like_a_whole_run(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [stages.models, stages.gates, stages.quality, stages.release]
    for first in range(len(whole)):
        run = Run(monkeypatch)
        for stage in whole[first:]:
            stage(run.context, print)  # type: ignore[operator]
        assert run.done == WHOLE, whole[first]


def test_no_stage_runs_after_the_run_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch, unchanged=True)
    assert stages.release(run.context, print) is None
    assert run.done == ["carried b__left", "counted", "compared"]
    run = Run(monkeypatch, blocked=True)
    assert stages.release(run.context, print) is None
    assert run.done == ["carried b__left", "counted", "compared", "models", "gates"]


def test_no_stage_runs_after_one_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster starts the step of the quality tables even if the step of the gates failed."""
    run = Run(monkeypatch)
    stages.models(run.context, print)
    run.context.failure = "audit build: MemoryError"
    assert stages.release(run.context, print) is None
    assert run.done == WHOLE[:4]


def test_an_empty_first_delivery_builds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch, empty=True)
    assert stages.release(run.context, print) is None
    assert run.done == ["carried b__left", "counted"]
