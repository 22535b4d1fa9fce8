"""The stages after intake, each once a run, and each with all that it stands on.

Here: which stage needs which, so that any selection of Dagster's steps ends as a whole run would: a re-execution from failure
begins at a gate whose build went with the failed run, and a partial run may name the release alone. Not here: what a stage does
(`build`), what Dagster shows of it (`assets`, `checks`).

A stage that has nothing to do, since an earlier one has ended the run (unchanged, blocked), gives nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from expectations.results import GateResult
from orchestration.pipeline import build, ingest_source
from orchestration.runs.context import RunSession
from orchestration.runs.progress import watcher
from orchestration.transform.dbt_runner import NodeResult

Told = Callable[[str], None]


def finish_intake(session: RunSession) -> None:
    """The sources that this run did not take in keep what they had, and are judged by today's clock."""
    for contract in session.reading.registry:
        if contract.source not in session.receipt.sources:
            ingest_source.leave_alone(session, contract)
    session.save()


def models(session: RunSession, told: Told) -> list[NodeResult]:
    """Every model but quality's, and its tests; nothing if nothing changed."""
    if session.models is None and session.receipt.outcome is None:
        finish_intake(session)
        session.models = []
        if not build.nothing_changed(session):
            watcher().stage("building models")
            session.models = build.build_models(session, told)
    return session.models or []


def gates(session: RunSession, told: Told) -> list[GateResult]:
    """The verdicts on the build."""
    models(session, told)
    if session.gates is None and session.receipt.outcome is None:
        watcher().stage("auditing the build")
        session.gates = build.judge_build(session)
    return session.gates or []


def quality(session: RunSession, told: Told) -> list[NodeResult]:
    """How the run went, as tables of the candidate."""
    gates(session, told)
    if session.quality is None and session.receipt.outcome is None:
        watcher().stage("writing down quality")
        session.quality = build.build_quality(session, told)
    return session.quality or []


def release(session: RunSession, told: Told) -> str | None:
    """The id of the release that this run made; None if it made none."""
    quality(session, told)
    if session.receipt.outcome is not None:
        return None
    watcher().stage("releasing")
    return build.release(session)
