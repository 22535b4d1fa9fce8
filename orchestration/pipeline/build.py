"""Build the candidate release: dbt's models, the suppressor between marts and published models, then the quality tables.

See `pipeline.stages` for the order of stages, `transform.incremental` for what is built and what is kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from ingest.layers import text_of
from orchestration.runs.clock import utc_now
from orchestration.runs.context import RunContext
from orchestration.runs.decisions import UrgentRevision, read_urgent_revisions
from orchestration.runs.errors import without_cells
from orchestration.runs.progress import NodeResult, OnNode, current_reporter, failed_tests
from orchestration.runs.record import BLOCKED, RELEASED
from orchestration.settings import SHARED_SEEDS
from orchestration.transform import dbt_runner
from orchestration.transform.incremental import build_changed_models
from orchestration.transform.run_inputs import write_build_inputs, write_quality_inputs
from warehouse import disclosure
from warehouse.connection import attach, detach, use_fewer_threads
from warehouse.paths import ANALYST_FILE
from warehouse.releases import STORAGE_VERSION, Candidate, current, drop_views, new_release_id, read_manifest
from warehouse.rewrite import GROWN_BYTES, block_size_of

# The tables that the suppressor writes, by dbt's id, with the model that each is made of.
SUPPRESSED = {
    "source.levelground.disclosure.reported": disclosure.PLANNED,
    "source.levelground.disclosure.reported_responses": disclosure.PLANNED_RESPONSES,
    "source.levelground.disclosure.history": disclosure.PLANNED,
}
LISTED = 5  # rows of a seed that a message names
CANDIDATE_DATABASES = ("release", "public")  # the names under which a run attaches the candidate's files
# What an office can do where figures stay.
SAY_IT = (
    "Say what is wrong, without a number of persons: `levelground corrections add --edition LABEL --measure MEASURE --severity "
    'substantial --text "…"`, then `levelground run`'
)
UNSAFE = f"would change a count by fewer persons than its threshold, so the reported figures stay. {SAY_IT}"
IN_VAIN = (
    "changes nothing: its records give the reported figures of persons. Deliver the right records, then `levelground run`; a "
    "source with `load.mode: merge` keeps a row that a file leaves out, and takes a corrected one with the same key"
)


def build_models(run: RunContext, on_node: OnNode) -> list[NodeResult]:
    """Build every model but the quality tables into a new candidate; a failed dbt test blocks the release.

    Between the marts and the published models, the suppressor decides which figures are hidden.
    """
    with run.timed("build"), without_cells():
        if run.settings.threads is None:
            use_fewer_threads(run.con, "landing")
        begin_candidate(run)
        write_build_inputs(run)
        results = build_changed_models(run, on_node)
    if not _end_if_tests_failed(run, results):
        results += build_published(run, on_node)
    return results


def build_published(run: RunContext, on_node: OnNode, also: Sequence[disclosure.Scope] = ()) -> list[NodeResult]:
    """Choose the figures to hide, and build the public tables. `also`: rows to hide besides, whatever they count."""
    home, results = run.settings.home, []
    current_reporter().stage("build", "choosing the figures to hide")
    with run.timed("suppress"), without_cells():
        said = () if run.urgent_refused else read_urgent_revisions(home)
        asked = [disclosure.Urgent(each.source, each.year, each.until) for each in said]
        run.suppressed = disclosure.suppress(
            run.con, home.reported, run.as_of, ledger=home.ledger, kept_from=_kept_from(run), also=also, urgent=asked
        )
        disclosure.write_reported_responses(
            run.con, home.responses, run.as_of, lambda city, year: any(scope.has_responses(city, year) for scope in also)
        )
        _note_waiting_revisions(run, said)
        newest = "select source, arg_max(load_id, sequence) from intake.loads group by source"
        disclosure.read_history(run.con, home, dict(run.con.execute(newest).fetchall()))
        # the day on which a period closes or a quarterly revision takes corrections over
        days = (run.record.next_build_at, disclosure.next_due(run.con, run.as_of))
        run.record.next_build_at = min((day for day in days if day is not None), default=None)
    for node_id in SUPPRESSED:  # results like those of dbt's nodes
        name = node_id.rpartition(".")[2]
        seconds = run.record.seconds["suppress"]
        results.append(NodeResult(node_id, name, "source", "success", seconds, relation=f"warehouse.disclosure.{name}"))
        on_node(results[-1])
    current_reporter().stage("build", "building the public tables")
    with run.timed("build"), without_cells():
        results += dbt_runner.build(home, select=[dbt_runner.PUBLISHED], all_tests=True, on_node=on_node)
    _end_if_tests_failed(run, results)
    return results


def build_quality(run: RunContext, on_node: OnNode) -> list[NodeResult]:
    """Build the quality tables, which describe this run, as the last tables of the candidate."""
    home, record = run.settings.home, run.record
    run.created_at = dt.datetime.now(dt.UTC).replace(microsecond=0)
    record.release_id = new_release_id(home, run.created_at, run.public_hash)
    with run.timed("quality"), without_cells():
        ended = record.model_copy(deep=True)
        ended.end(RELEASED, utc_now())
        write_quality_inputs(run, ended)
        return dbt_runner.build(home, select=[dbt_runner.QUALITY], all_tests=True, on_node=on_node)


def rows_of(run: RunContext, result: NodeResult) -> int | None:
    """The rows of a table while dbt builds others, which DuckDB has counted; None for a view."""
    if result.is_view:
        return None
    with run.con.cursor() as con:  # another thread may call this
        return int(con.table(result.relation).count("*").fetchall()[0][0])


def _kept_from(run: RunContext) -> dict[str, dt.date]:
    """Per source whose records may be kept for a time only, the first event that still may."""
    terms = ((contract.source, contract.agreement.kept_from(run.as_of.date())) for contract in run.location.registry)
    return {source: day for source, day in terms if day is not None}


def begin_candidate(run: RunContext) -> None:
    """Start the candidate as a copy of the current release, or of a blank home; empty on a full refresh or to compact.

    Its files have blocks of the size of those of the working warehouse.
    """
    home, published, blocks = run.settings.home, current(run.settings.home), block_size_of(run.con, "warehouse")
    file = (home.release(published.release_id) if published else home.blank) / ANALYST_FILE
    base = file if file.is_file() and not run.options.rebuilds else None
    run.candidate = Candidate.begin(home, run.record.run_id, base, blocks)
    attach(run.con, run.candidate.analyst_path, "release", storage=STORAGE_VERSION)
    if base is not None and _needs_compaction(run, blocks):
        detach(run.con, "release")
        run.candidate = Candidate.begin(home, run.record.run_id, block_size=blocks)
        attach(run.con, run.candidate.analyst_path, "release", storage=STORAGE_VERSION)
    drop_views(run.con, "release")
    attach(run.con, run.candidate.public_path, "public", storage=STORAGE_VERSION)


def _needs_compaction(run: RunContext, blocks: int) -> bool:
    """Whether more than half of the analyst's file is free, where tables were before, or it has grown beyond its small blocks."""
    size = "select block_size, total_blocks, free_blocks from pragma_database_size() where database_name = 'release'"
    block, total, free = run.con.execute(size).fetchone() or (0, 0, 0)
    return block * total >= GROWN_BYTES and (bool(free > total / 2) or block < blocks)


def _note_waiting_revisions(run: RunContext, said: Sequence[UrgentRevision]) -> None:
    """Say which urgent correction a reader could compute persons from, and which of this release has no right records yet."""
    if run.suppressed is None or (published := current(run.settings.home)) is None:
        return
    since, asked = read_manifest(run.settings.home, published.release_id).created_at, {(each.source, each.year) for each in said}
    recent = {(each.source, each.year) for each in said if each.at >= since}
    waiting = dict.fromkeys(recent & {(each.source, each.year) for each in run.suppressed.idle_revisions}, IN_VAIN)
    unsafe = {(source, year) for source, joined in run.suppressed.unsafe_revisions for year in joined}
    for (source, year), why in sorted((waiting | dict.fromkeys(asked & unsafe, UNSAFE)).items()):
        if (note := f"{source} {year}: the urgent correction {why}") not in run.record.notes:
            run.note(note)


def _end_if_tests_failed(run: RunContext, results: list[NodeResult]) -> bool:
    """Block the release if a dbt test failed; whether one did."""
    failed = [found_by_test(run, result) for result in failed_tests(results)]
    if failed:
        run.end(BLOCKED, "; ".join(failed))
    return bool(failed)


def found_by_test(run: RunContext, test: NodeResult) -> str:
    """What a failed dbt test found. A seed has no private data: of one, the bad cells too, each with the file to correct."""
    kind, *_, seed = (test.tested or ("..",))[0].split(".")
    if kind != "seed" or not test.query:
        return test.found
    bad = run.con.execute(f"select distinct * from ({test.query}) as bad order by all limit {LISTED}")
    names = [test.column if name == "from_field" else name.replace("_", " ") for name, *_ in bad.description or ()]
    own = [
        files[seed] for layer in reversed(run.location.city.layers) for files in (layer.rows(), layer.seeds()) if seed in files
    ]
    files, found = [*own, SHARED_SEEDS / f"{seed}.csv"], []
    for row in bad.fetchall():
        cells = [(name, str(cell)) for name, cell in zip(names, row, strict=True) if cell is not None]
        parts = [part for name, cell in cells if name != "problem" for part in cell.split(", ")]
        file = next((file for file in files if all(part in text_of(file) for part in parts)), files[0])
        found.append(f"{file}: {', '.join(map(': '.join, cells))}")
    return run.location.with_original_paths(
        f"{test.found} in the seed {seed}: {'; '.join(found)}. Correct the file and run again"
    )
