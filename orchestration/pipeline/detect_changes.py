"""Decide whether a run has anything to build, and end it as `unchanged` if it has not."""

from __future__ import annotations

import datetime as dt

from orchestration.pipeline.next_build import next_build_at
from orchestration.pipeline.publish_scorecard import refresh_scorecard
from orchestration.runs.context import RunContext
from orchestration.runs.decisions.corrections import read_corrections, read_urgent_revisions
from orchestration.runs.record import UNCHANGED
from orchestration.transform.dbt_project import prepare_project, project_fingerprint
from orchestration.transform.fingerprints import loads_by_source, removals_by_source
from orchestration.transform.release_inputs import code_version, versions
from warehouse.fingerprint import json_sha256
from warehouse.record_keys import secret_id
from warehouse.releases import current, known_releases


def nothing_changed(run: RunContext) -> bool:
    """Whether a build would give what the current release already contains; if so, the run ends as unchanged.

    True if deliveries, contracts, seeds, models and versions are the same as in the last build, and no date has passed since at
    which a build gives other rows (`next_build`).
    """
    run.record.fingerprint = run_fingerprint(run)
    run.record.next_build_at = next_build_at(run)
    last = run.runs.last_built()
    if run.options.rebuilds or last is None or current(run.settings.home) is None:
        return False
    if last.release_id not in known_releases(run.settings.home):
        return False  # that release was damaged; an older one is current until this run has built it again
    if last.fingerprint != run.record.fingerprint or run.as_of < dt.datetime.fromisoformat(last.as_of):
        return False
    if last.next_build_at is not None and run.as_of > dt.datetime.fromisoformat(last.next_build_at):
        return False
    run.record.next_build_at = last.next_build_at
    end_unchanged(run, "deliveries, contracts, seeds, models and versions have not changed")
    return True


def end_unchanged(run: RunContext, reason: str) -> None:
    """End the run; the current release stays."""
    published = current(run.settings.home)
    run.record.release_id = published.release_id if published else None
    run.end(UNCHANGED, reason)
    refresh_scorecard(run)


def run_fingerprint(run: RunContext) -> str:
    """A hash of everything that decides what a build gives, except the clock."""
    contracts = [contract.model_dump_json(by_alias=True) for contract in run.location.registry]
    city = run.location.city.model_dump_json(exclude={"as_of"})
    prepare_project(run.settings.home, run.location.registry, run.location.city.layers)
    inputs = [
        loads_by_source(run.con),
        removals_by_source(run.con),
        contracts,
        city,
        project_fingerprint(run.settings.home),
        code_version(),
        versions(),
        [said.model_dump_json() for said in read_corrections(run.settings.home)],
        [asked.model_dump_json() for asked in read_urgent_revisions(run.settings.home)],
        secret_id(run.settings.home.record_key_secret),
    ]
    return json_sha256(inputs)
