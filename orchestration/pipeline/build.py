"""From landing to a release: decide whether to build, build, judge, write down quality, release.

Here: the stages after intake, in their order, each a function of the open run. Not here: Dagster's view of them (`assets`),
how dbt, gates or releases work (`dbt_runner`, `expectations`, `warehouse.releases`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from duckdb import DuckDBPyConnection

from expectations.disclosure.gate import gate_disclosure
from expectations.gate import gate_build
from expectations.marts.series import REGISTRY, judge_series
from expectations.marts.suites import read_suites
from expectations.published.gate import gate_published
from expectations.results import Finding, GateResult
from orchestration.pipeline.next_build import due_at
from orchestration.runs.context import RunSession, now, without_cells
from orchestration.runs.record import BLOCKED, RELEASED, UNCHANGED
from orchestration.settings import DBT_PROJECT
from orchestration.transform import dbt_runner
from orchestration.transform.dbt_runner import NodeResult
from orchestration.transform.dbt_sources import write_build_inputs, write_quality_inputs, write_sources
from orchestration.transform.fingerprints import (
    code_hashes,
    code_version,
    contract_hashes,
    lineage,
    model_hashes,
    seed_hashes,
    seeds_hash,
    versions,
)
from orchestration.transform.gate_cache import keep, still_hold
from orchestration.transform.incremental import update
from warehouse import disclosure
from warehouse.connection import attach, detach
from warehouse.fingerprint import json_sha256
from warehouse.paths import ANALYST_FILE
from warehouse.releases import (
    Candidate,
    MadeOf,
    content_hash,
    current,
    known_releases,
    new_release_id,
    prune,
    seal,
    swap,
    write_exports,
)
from warehouse.sql import literal

SOURCES_FILE = DBT_PROJECT / "models" / "_sources.yml"
SUPPRESSED_ID = "source.levelground.disclosure.reported"  # dbt's id of what the suppressor writes
# Below this many blocks of 256 kB (64 MB) a file is too small for its free ones to matter.
HOLLOW_BLOCKS = 256
# The one table that dbt does not build: it is written when everything else is hashed.
RELEASE_COMMENT = "One row: which release this file is."
RELEASE_COLUMNS = {
    "release_id": ("varchar", "The release; releases/<release_id>/manifest.json says what it is made of"),
    "created_at": ("timestamp", "When it was made, UTC"),
    "data_as_of": ("timestamp", "The newest time up to which any of its sources tells, city time"),
    "code_version": ("varchar", "The version of Levelground that made it, with a hash of its code"),
    "content_hash": ("varchar", "A hash over all that it says, but how the run went; equal for equal figures"),
}
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
    if last.release_id not in known_releases(session.settings.home):
        return False  # it was damaged, and an older one is out until this run has made it again
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
    return json_sha256(said)


def build_models(session: RunSession, on_node: Callable[[str], None]) -> list[NodeResult]:
    """Build every model but quality's into a new candidate; a failed test of ours blocks the release.

    Between the marts and the published models the suppressor says what of them is hidden.
    """
    home = session.settings.home
    with session.timed("build"), without_cells():
        _begin_candidate(session)
        write_build_inputs(session)
        results = update(session, on_node)
    if not _blocked(session, results):
        with session.timed("suppress"), without_cells():
            session.suppressed = disclosure.suppress(session.con, home.reported, session.as_of)
            _note_due(session)
        results.append(_suppressed(session.receipt.seconds["suppress"]))
        with session.timed("build"), without_cells():
            results += dbt_runner.build(home, select=[dbt_runner.PUBLISHED], whole=True, on_node=on_node)
        _blocked(session, results)
    return results


def _suppressed(seconds: float) -> NodeResult:
    """The suppressor's table as a result beside those of dbt's nodes."""
    relation = f"warehouse.{disclosure.REPORTED}"
    return NodeResult(SUPPRESSED_ID, "reported", "source", "success", seconds, 0, "", (), relation)


def _begin_candidate(session: RunSession) -> None:
    """A candidate that goes on from the current release, as far as that may be; else an empty one."""
    home, published = session.settings.home, current(session.settings.home)
    after = published.release_id if published and not session.options.full_refresh else None
    session.candidate = Candidate.begin(home, session.receipt.run_id, after)
    attach(session.con, session.candidate.analyst_path, "release")
    if after is not None and _is_hollow(session):
        detach(session.con, "release")
        session.candidate = Candidate.begin(home, session.receipt.run_id)
        attach(session.con, session.candidate.analyst_path, "release")
    attach(session.con, session.candidate.public_path, "public")


def _is_hollow(session: RunSession) -> bool:
    """Whether more of the analyst's file is free than used: tables that were built anew in it leave room behind."""
    size = "select total_blocks, free_blocks from pragma_database_size() where database_name = 'release'"
    total, free = session.con.execute(size).fetchone() or (0, 0)
    return total >= HOLLOW_BLOCKS and bool(free > total / 2)


def _blocked(session: RunSession, results: list[NodeResult]) -> bool:
    """Whether a test of ours failed, which ends the run."""
    failed = dbt_runner.failed_tests(results)
    if failed:
        session.end(BLOCKED, "; ".join(failed))
    return bool(failed)


def _note_due(session: RunSession) -> None:
    """A period that closes, or a quarter in which corrections may be taken over, makes the next release without any delivery."""
    days = [day for day in (session.receipt.due_at, disclosure.next_due(session.con, session.as_of)) if day is not None]
    session.receipt.due_at = min(days, default=None)


def table_rows(session: RunSession) -> dict[str, int]:
    """The rows of every table of the warehouse and the candidate, by `database.schema.table`; views are not counted."""
    counted = "select database_name || '.' || schema_name || '.' || table_name, estimated_size from duckdb_tables()"
    return dict(session.con.execute(counted).fetchall())


def judge_build(session: RunSession) -> list[GateResult]:
    """Judge marts and published; a critical failure blocks the release, and content that is out already ends the run."""
    with ThreadPoolExecutor(1) as beside:  # a gate's Python leaves DuckDB idle for seconds
        content = beside.submit(_content, session.con.cursor())
        with session.timed("audit build"):
            gates = _judge(session)
        session.receipt.gates += gates
        with session.timed("compare"), without_cells():
            session.content = content.result()
    failed = [f"{gate.subject}: {finding.message}" for gate in gates for finding in gate.failed_critical]
    if failed:
        session.end(BLOCKED, "; ".join(failed))
        return gates
    published = current(session.settings.home)
    if published is not None and published.content_hash == session.content:
        _stay(session, "the build says what the current release says")
    return gates


def _content(con: DuckDBPyConnection) -> str:
    with con:
        return content_hash(con, CONTENT)


def _judge(session: RunSession) -> list[GateResult]:
    """The verdicts on marts, on the registry of measures among them, and on what is published."""
    warehouse = session.settings.home.warehouse
    series = _judge_series(session)
    suites = read_suites()
    judged = gate_build(warehouse, suites, kept=still_hold(session, suites), grown=session.grown)
    keep(session, suites, judged)
    marts = [replace(g, findings=(*g.findings, *series)) if g.subject == REGISTRY else g for g in judged]
    return [*marts, *gate_published(warehouse, session.reading.registry), _attack(session)]


def _attack(session: RunSession) -> GateResult:
    """The attacker's verdict on the public file, with what the suppressor has hidden beside it."""
    home = session.settings.home
    verdict = gate_disclosure(home.warehouse, ledger=home.ledger, memory=home.attacked)
    assert session.suppressed is not None, "the published models were built"
    said = dataclasses.asdict(session.suppressed)
    notes = [Finding(name, None, "info", True, float(value), None, "") for name, value in said.items()]
    return replace(verdict, findings=(*verdict.findings, *notes))


def _judge_series(session: RunSession) -> tuple[Finding, ...]:
    """What is wrong with the registry of measures beside that of the release that is out; nothing before the first release."""
    home = session.settings.home
    published = current(home)
    if published is None:
        return ()
    attach(session.con, home.release(published.release_id) / ANALYST_FILE, "previous", read_only=True)
    try:
        return judge_series(home.warehouse)
    finally:
        detach(session.con, "previous")


def build_quality(session: RunSession, on_node: Callable[[str], None]) -> list[NodeResult]:
    """Write down how the run went, as the last tables of the candidate."""
    home, receipt = session.settings.home, session.receipt
    session.created_at = dt.datetime.now(dt.UTC).replace(microsecond=0)
    receipt.release_id = new_release_id(home, session.created_at, session.content)
    with session.timed("quality"), without_cells():
        ended = type(receipt).from_dict(receipt.to_dict())
        ended.end(RELEASED, now())
        write_quality_inputs(session, ended)
        return dbt_runner.build(home, select=[dbt_runner.QUALITY], whole=True, on_node=on_node)


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
        measures = [row[0] for row in session.con.execute("select distinct measure_id from release.marts.dim_measure").fetchall()]
        _write_release_row(session, release_id, session.created_at, max(ends, default=None))
        write_exports(session.con, candidate, release_id=release_id, created_at=session.created_at)
        published_at = session.created_at.replace(tzinfo=None)
        disclosure.record(session.con, home, candidate.folder, release_id=release_id, published_at=published_at)
        detach(session.con, "release")
        detach(session.con, "public")
        loads: dict[str, tuple[str, ...]] = {}
        for source, load_id in session.con.execute(
            "select source, load_id from intake.loads order by source, sequence"
        ).fetchall():
            loads[source] = (*loads.get(source, ()), load_id)
        sealed = seal(
            home,
            candidate,
            release_id=release_id,
            created_at=session.created_at,
            code_version=code_version(),
            content_hash=session.content,
            data_as_of=max(ends, default=None),
            as_of=session.as_of,
            loads=loads,
            versions=versions(),
            seeds_hash=seeds_hash(),
            made_of=_made_of(session, measures),
        )
        swap(home, release_id, is_new=True, sealed=sealed)
        prune(home, session.settings.keep_releases)
    session.end(RELEASED)
    return release_id


def _made_of(session: RunSession, measures: list[str]) -> MadeOf:
    manifest = dbt_runner.manifest(session.settings.home)
    return MadeOf(
        code=code_hashes(),
        seeds=seed_hashes(),
        contracts=contract_hashes(session.reading.registry),
        models=model_hashes(manifest),
        lineage=lineage(manifest, measures),
        standing=session.standing,
    )


def _write_release_row(session: RunSession, release_id: str, created_at: dt.datetime, data_as_of: dt.datetime | None) -> None:
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in RELEASE_COLUMNS.items())
    session.con.execute(f"create or replace table public.published.release ({columns})")
    session.con.execute(f"comment on table public.published.release is {literal(RELEASE_COMMENT)}")
    for name, (_, says) in RELEASE_COLUMNS.items():
        session.con.execute(f"comment on column public.published.release.{name} is {literal(says)}")
    session.con.execute(
        "insert into public.published.release values (?, ?, ?, ?, ?)",
        [release_id, created_at.replace(tzinfo=None), data_as_of, code_version(), session.content],
    )
