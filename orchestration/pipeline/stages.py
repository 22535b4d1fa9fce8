"""The stages of a run after ingest: models, gates, quality, release. Each runs once per run, after the stages it needs.

So any selection of Dagster's steps ends like a whole run: a re-execution from failure can start at a gate whose build belongs to
the failed run, and a partial run can select the release alone. A stage returns nothing once an earlier one has ended the run
(unchanged or blocked) or failed.
"""

from __future__ import annotations

from collections.abc import Callable

from expectations.results import GateResult
from orchestration.pipeline.build import build_models, build_quality
from orchestration.pipeline.detect_changes import note_ingested, nothing_changed, nothing_delivered
from orchestration.pipeline.gates import run_gates
from orchestration.pipeline.ingest_source import carry_forward
from orchestration.pipeline.release import release_candidate
from orchestration.runs.context import RunContext
from orchestration.runs.progress import NodeResult, OnNode, current_reporter
from orchestration.stewardship.labels_in_use import end_if_labels_lost

OnGate = Callable[[GateResult], None]


def finish_ingest(run: RunContext) -> None:
    """Carry forward the sources that this run did not ingest."""
    left_out = [contract for contract in run.location.registry if contract.source not in run.record.sources]
    for contract in left_out:
        carry_forward(run, contract)
    note_ingested(run, read_all=not left_out)
    run.save()


def models(run: RunContext, on_node: OnNode) -> list[NodeResult]:
    """Build and test every model but the quality tables; nothing if nothing was delivered, or nothing changed."""
    if run.models is None and not _has_ended(run):
        finish_ingest(run)
        run.models = []
        if not nothing_delivered(run) and not nothing_changed(run) and not end_if_labels_lost(run):
            current_reporter().stage("build", "building models")
            run.models = build_models(run, on_node)
            current_reporter().stage("build", "recording the results in Dagster")
    return run.models or []


def gates(run: RunContext, on_node: OnNode, on_gate: OnGate = lambda _gate: None) -> list[GateResult]:
    """Check the build; `on_gate` gets the result of each mart at once."""
    models(run, on_node)
    if run.gates is None and not _has_ended(run):
        current_reporter().stage("check", "auditing the build")
        run.gates = run_gates(run, on_gate)
    return run.gates or []


def quality(run: RunContext, on_node: OnNode) -> list[NodeResult]:
    """Build the quality tables."""
    gates(run, on_node)
    if run.quality is None and not _has_ended(run):
        current_reporter().stage("release", "building quality tables")
        run.quality = build_quality(run, on_node)
    return run.quality or []


def release(run: RunContext, on_node: OnNode) -> str | None:
    """Release the candidate; the id of the release, None if this run released nothing."""
    quality(run, on_node)
    if _has_ended(run):
        return None
    current_reporter().stage("release", "releasing the files")
    return release_candidate(run)


def _has_ended(run: RunContext) -> bool:
    """Whether a stage has ended the run, or failed. Dagster may still start the step of a later stage then."""
    return run.record.outcome is not None or run.failure is not None
