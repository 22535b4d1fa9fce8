"""Release a candidate that passed its gates: write the release row and the exports, seal, verify, swap.

See `warehouse.releases` for how each step is done.
"""

from __future__ import annotations

import datetime as dt
import shutil

from expectations.disclosure.classification import check_files
from expectations.marts.keys import declare_keys
from expectations.marts.suites import read_suites
from expectations.published.public_file_gate import PUBLIC_SUITES
from ingest.layers import SUITES
from orchestration.pipeline.publish_scorecard import check_scorecard, discard_rendered
from orchestration.runs.context import RunContext
from orchestration.runs.errors import without_cells
from orchestration.runs.process.interruption import without_handlers
from orchestration.runs.record import BLOCKED, RELEASED
from orchestration.transform.incremental import landed_loads
from orchestration.transform.release_inputs import build_inputs, code_version, seeds_hash, versions
from orchestration.transform.released_columns import Plans, plan_of_run
from warehouse import disclosure
from warehouse.audiences.names import file_name
from warehouse.audiences.plan import RELEASE_TABLE, FilePlan
from warehouse.audiences.write import write_file
from warehouse.connection import detach
from warehouse.paths import EXPORTS, PUBLIC_FILE
from warehouse.releases import (
    STORAGE_VERSION,
    Candidate,
    Current,
    Manifest,
    copy_equal_file,
    count_changes,
    create_analyst_views,
    create_public_views,
    current,
    keep_release,
    prune,
    swap,
    write_exports,
    write_manifest,
)
from warehouse.sql import literal

# The only tables that dbt does not build: they contain the hash of all public ones. The files of audiences have a copy.
RELEASE_TABLES = (f"release.{RELEASE_TABLE}", "public.published.release")
RELEASE_COMMENT = "One row: which release this file is."
RELEASE_COLUMNS = {
    "release_id": ("varchar", "The release; releases/<release_id>/manifest.json lists what it was built from"),
    "created_at": ("timestamp", "When it was built, UTC"),
    "data_as_of": ("timestamp", "The day of the newest end of data among its sources"),
    "code_version": ("varchar", "The version of Levelground that built it, with a hash of its code"),
    "content_hash": ("varchar", "A hash of the public tables; equal for equal public figures"),
    "as_of": ("timestamp", "The time in the city as of which ages, deadlines and open periods are evaluated"),
    "city_geoid": ("varchar", "The place GEOID of the city"),
    "city_title": ("varchar", "The name of the city"),
}


def release_candidate(run: RunContext) -> str | None:
    """Seal the candidate, verify it, and swap it in; the id of the release, None if an exported column is not classified."""
    home, record, candidate = run.settings.home, run.record, run.candidate
    release_id = record.release_id
    if (
        candidate is None
        or release_id is None
        or run.created_at is None
        or not any(gate.gate == "build" for gate in record.gates)
    ):
        raise RuntimeError("a release needs a candidate that this run has built and checked by the gates")
    data_as_of = _data_as_of(run)
    with run.timed("release"), without_cells():
        landed = landed_loads(run.con)
        made_of = build_inputs(run, landed)
        _write_release_row(run, release_id, run.created_at, data_as_of)
        declare_keys(
            run.con, "release", "marts", read_suites(layered=[layer.folder / SUITES for layer in run.location.city.layers])
        )
        declare_keys(run.con, "public", "published", read_suites(PUBLIC_SUITES))
        write_exports(run.con, candidate, release_id=release_id, created_at=run.created_at)
        files = check_files(candidate.folder / EXPORTS, set(Current.model_fields) - {"path"})
        record.gates.append(files)
        if not files.passed:
            run.end(BLOCKED, f"{files.subject}: {files.reason}")
            return None
        published_at = run.created_at.replace(tzinfo=None)
        disclosure.write_ledger(run.con, home, candidate.folder, release_id=release_id, published_at=published_at)
        disclosure.write_history(run.con, home, candidate.folder, release_id=release_id, published_at=published_at)
        plans = plan_of_run(run)
        create_analyst_views(run.con, "release", plans.cannot_have)
        audiences = _write_files_of_audiences(run, candidate, plans)
        create_public_views(run.con, "public")
        detach(run.con, "release")
        detach(run.con, "public")
        draft = Manifest(
            release_id=release_id,
            run_id=candidate.run_id,
            created_at=run.created_at,
            code_version=record.code_version or code_version(),
            content_hash=run.content_hash,
            public_hash=run.public_hash,
            data_as_of=data_as_of,
            as_of=run.as_of,
            loads=landed,
            versions=dict(sorted(versions().items())),
            seeds_hash=seeds_hash(run.location.city.layers),
            made_of=made_of,
            parts={view: tuple(records) for view, records in run.parts.items()},
            audiences=audiences,
            team_only=dict(plans.team_only),
        )
        sealed = write_manifest(home, candidate, draft)
        _count_public_changes(run, candidate)
        pages = check_scorecard(run, candidate, sealed)
        record.gates += [pages] if pages else []
    if pages and not pages.passed:
        discard_rendered(run)
        run.end(BLOCKED, f"{pages.subject}: {pages.reason}")
        return None
    with run.ending, without_handlers():  # an interrupt waits: a run has published a release and records it, or neither
        with run.timed("release"), without_cells():
            keep_release(home, candidate, sealed)
            swap(home, release_id, is_new=True, sealed=sealed)
        run.end(RELEASED)
    shutil.rmtree(home.blank, ignore_errors=True)
    prune(home, run.settings.keep_releases)
    return release_id


def _write_files_of_audiences(run: RunContext, candidate: Candidate, plans: Plans) -> dict[str, FilePlan]:
    """Write the file of each audience into the candidate, or copy the one of the current release if nothing in it changed."""
    home, written = run.settings.home, {}
    published = current(home)
    before = [published.release_id] if published else []
    for plan in () if run.options.is_trial else plans.files.values():
        name = file_name(plan.audience)
        if not copy_equal_file(run.con, "release", home, before, name, plan, candidate.folder / name):
            write_file(run.con, "release", plan, candidate.folder / name, STORAGE_VERSION, plans.cannot_have)
        written[name] = plan
    return written


def _count_public_changes(run: RunContext, candidate: Candidate) -> None:
    """Record how many public figures differ from those of the published release."""
    published = current(run.settings.home)
    if published:
        run.record.compared_with = published.release_id
        before = run.settings.home.release(published.release_id) / PUBLIC_FILE
        run.record.public_changes = count_changes(before, candidate.public_path)


def _data_as_of(run: RunContext) -> dt.datetime | None:
    """The newest end of data of the public sources: a date that the public file has anyway."""
    row = run.con.execute("select max(data_as_of) from public.published.sources").fetchone()
    return row[0] if row else None


def _write_release_row(run: RunContext, release_id: str, created_at: dt.datetime, data_as_of: dt.datetime | None) -> None:
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in RELEASE_COLUMNS.items())
    version, city = run.record.code_version or code_version(), run.location.city
    made, as_of = created_at.replace(tzinfo=None), run.as_of.replace(tzinfo=None)
    row = [release_id, made, data_as_of, version, run.public_hash, as_of, city.place_geoid, city.title]
    for table in RELEASE_TABLES:
        run.con.execute(f"create or replace table {table} ({columns})")
        run.con.execute(f"comment on table {table} is {literal(RELEASE_COMMENT)}")
        for name, (_, description) in RELEASE_COLUMNS.items():
            run.con.execute(f"comment on column {table}.{name} is {literal(description)}")
        run.con.execute(f"insert into {table} values ({', '.join('?' * len(row))})", row)
