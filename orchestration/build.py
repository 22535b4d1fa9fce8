"""From landing to a release: decide whether to build, build, judge, write down quality, release.

Here: the stages after intake, in their order, each a function of the open run. Not here: Dagster's view of them (`assets`),
how dbt, gates or releases work (`dbt_runner`, `expectations`, `warehouse.releases`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path

from expectations.gate import gate_build
from expectations.published import gate_published
from expectations.results import GateResult
from ingest.landing import last_load
from orchestration import dbt_runner
from orchestration.dbt_inputs import write_build_inputs, write_quality_inputs, write_sources
from orchestration.dbt_runner import NodeResult
from orchestration.intake import stale_at
from orchestration.receipts import BLOCKED, RELEASED, UNCHANGED
from orchestration.session import RunSession, now, without_cells
from orchestration.settings import DBT_PROJECT, PROJECT
from warehouse.connection import attach, detach
from warehouse.releases import Candidate, content_hash, current, new_release_id, prune, seal, swap

SOURCES_FILE = DBT_PROJECT / "models" / "_sources.yml"
COMPONENTS = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations")
# What makes a release another one: what analysts and the public read, not how the run went.
CONTENT = (("release", "marts"), ("release", "reference"), ("public", "published"))


def nothing_changed(session: RunSession) -> bool:
    """Whether the release already says what landing holds; if so, the run ends as unchanged.

    Deliveries, contracts, seeds, models and versions are as they were after the last build, and no date has passed since on
    which something falls due.
    """
    session.receipt.fingerprint = fingerprint(session)
    session.receipt.due_at = due_at(session)
    last = session.runs.last_built()
    if session.options.full_refresh or last is None or current(session.settings.home) is None:
        return False
    if last.fingerprint != session.receipt.fingerprint or session.as_of < dt.datetime.fromisoformat(last.as_of):
        return False
    if last.due_at is not None and session.as_of > dt.datetime.fromisoformat(last.due_at):
        return False
    session.receipt.due_at = last.due_at
    _stay(session, "deliveries, contracts, seeds, models and versions are as they were")
    return True


def _stay(session: RunSession, why: str) -> None:
    """End the run with the current release in place."""
    published = current(session.settings.home)
    session.receipt.release_id = published.release_id if published else None
    session.end(UNCHANGED, why)


def fingerprint(session: RunSession) -> str:
    """A hash over everything that decides what a build says, but the clock."""
    loads = session.con.execute("select source, load_id, sequence from intake.loads order by all").fetchall()
    contracts = [contract.model_dump_json(by_alias=True) for contract in session.reading.registry]
    city = session.reading.city.model_dump_json(exclude={"as_of"})
    write_sources(session.reading.registry, SOURCES_FILE)
    said = [loads, contracts, city, dbt_runner.project_fingerprint(SOURCES_FILE), code_version(), versions()]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def due_at(session: RunSession) -> str | None:
    """The next date on which something falls due without any delivery: a source that goes stale."""
    limits = []
    for contract in session.reading.registry:
        last = last_load(session.con, contract)
        limit = stale_at(contract, last) if last else None
        if limit is not None and limit >= session.as_of:
            limits.append(limit)
    return min(limits).isoformat() if limits else None


def versions() -> dict[str, str]:
    """The versions of what a build runs on."""
    return {name: importlib.metadata.version(name) for name in COMPONENTS}


def code_version() -> str:
    """Levelground's version and the first digits of a hash over its code."""
    digest = hashlib.sha256()
    for package in ("warehouse", "ingest", "expectations", "orchestration"):
        for path in sorted((PROJECT / package).rglob("*")):
            if path.suffix in (".py", ".yml"):
                digest.update(path.read_bytes())
    return f"{importlib.metadata.version('levelground')}+{digest.hexdigest()[:8]}"


def build_models(session: RunSession, on_node: Callable[[str], None]) -> list[NodeResult]:
    """Build every model but quality's into a new candidate; a failed test of ours blocks the release."""
    home = session.settings.home
    session.candidate = Candidate.begin(home, session.receipt.run_id)
    attach(session.con, session.candidate.analyst_path, "release")
    attach(session.con, session.candidate.public_path, "public")
    with session.timed("build"), without_cells():
        write_build_inputs(session)
        results = dbt_runner.build(home, _files(session), exclude=[dbt_runner.QUALITY], on_node=on_node)
    failed = [result for result in results if result.kind == "test" and not result.good]
    if failed:
        session.end(BLOCKED, "; ".join(f"test {result.name} of ours found {result.failures} rows" for result in failed))
    return results


def judge_build(session: RunSession) -> list[GateResult]:
    """Judge marts and published; a critical failure blocks the release, and content that is out already ends the run."""
    with session.timed("audit build"):
        warehouse = session.settings.home.warehouse
        gates = [*gate_build(warehouse), gate_published(warehouse)]
    session.receipt.gates += gates
    failed = [f"{gate.subject}: {finding.message}" for gate in gates for finding in gate.failed_critical]
    if failed:
        session.end(BLOCKED, "; ".join(failed))
        return gates
    with session.timed("compare"), without_cells():
        session.content = content_hash(session.con, CONTENT)
    published = current(session.settings.home)
    if published is not None and published.content_hash == session.content:
        _stay(session, "the build says what the current release says")
    return gates


def build_quality(session: RunSession, on_node: Callable[[str], None]) -> list[NodeResult]:
    """Write down how the run went, as the last tables of the candidate."""
    home, receipt = session.settings.home, session.receipt
    session.created_at = dt.datetime.now(dt.UTC).replace(microsecond=0)
    receipt.release_id = new_release_id(home, session.created_at, session.content)
    with session.timed("quality"), without_cells():
        ended = type(receipt).from_dict(receipt.to_dict())
        ended.end(RELEASED, now())
        write_quality_inputs(session, ended)
        return dbt_runner.build(home, _files(session), select=[dbt_runner.QUALITY], on_node=on_node)


def release(session: RunSession) -> str:
    """Seal the candidate, verify it, and swap it in; the id of the release."""
    home, receipt, candidate = session.settings.home, session.receipt, session.candidate
    release_id = receipt.release_id
    if (
        candidate is None
        or release_id is None
        or session.created_at is None
        or not any(gate.gate == "build" for gate in receipt.gates)
    ):
        raise RuntimeError("a release needs a candidate that this run has built and judged")
    ends = [dt.datetime.fromisoformat(status.data_as_of) for status in receipt.sources.values() if status.data_as_of]
    with session.timed("release"), without_cells():
        _write_release_row(session, release_id, session.created_at, max(ends, default=None))
        detach(session.con, "release")
        detach(session.con, "public")
        loads: dict[str, tuple[str, ...]] = {}
        for source, load_id in session.con.execute(
            "select source, load_id from intake.loads order by source, sequence"
        ).fetchall():
            loads[source] = (*loads.get(source, ()), load_id)
        seal(
            home,
            candidate,
            release_id=release_id,
            created_at=session.created_at,
            code_version=code_version(),
            content_hash=session.content,
            data_as_of=max(ends, default=None),
            loads=loads,
            versions=versions(),
            seeds_hash=_seeds_hash(),
        )
        swap(home, release_id)
        prune(home, session.settings.keep_releases)
    session.end(RELEASED)
    return release_id


def _write_release_row(session: RunSession, release_id: str, created_at: dt.datetime, data_as_of: dt.datetime | None) -> None:
    session.con.execute(
        "create or replace table public.published.release "
        "(release_id varchar, created_at timestamp, data_as_of timestamp, code_version varchar, content_hash varchar)"
    )
    session.con.execute(
        "insert into public.published.release values (?, ?, ?, ?, ?)",
        [release_id, created_at.replace(tzinfo=None), data_as_of, code_version(), session.content],
    )


def _seeds_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted((DBT_PROJECT / "seeds").rglob("*.csv")):
        digest.update(path.name.encode() + b"\x00" + path.read_bytes())
    return digest.hexdigest()


def _files(session: RunSession) -> dict[str, Path]:
    assert session.candidate is not None, "models are built into a candidate"
    return {
        "warehouse": session.settings.home.warehouse,
        "release": session.candidate.analyst_path,
        "public": session.candidate.public_path,
    }
