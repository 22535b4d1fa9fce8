"""Run one source on a copy of the home: a run of this source alone, and what a developer of the source needs to know of it.

See `orchestration.pipeline` for the stages. The home itself is only read.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from expectations.delivery.unmapped_counts import UnmappedLabel, count_unmapped_labels
from expectations.marts.failing_rows import FailingRows, failing_query, failing_rows
from expectations.marts.suites import SUITES, Place, read_suites
from ingest.contract import Contract
from ingest.delivery import DeliveryStore
from ingest.layers import SUITES as OWN_SUITES
from ingest.layers import layered_seed
from orchestration.pipeline import stages
from orchestration.pipeline.build import found_by_test
from orchestration.pipeline.ingest_source import ingest_source
from orchestration.pipeline.lifecycle import open_run
from orchestration.runs.clock import as_of_time, utc_now
from orchestration.runs.context import RunContext, RunOptions
from orchestration.runs.decisions import Acceptance, accept_load
from orchestration.runs.delivery_location import read_delivery_location
from orchestration.runs.process.exit_codes import EXIT_BLOCKED, EXIT_INCOMPLETE, EXIT_OK, EXIT_UNEXPECTED
from orchestration.runs.progress import UP_TO_DATE, NodeResult, current_reporter, log_built_nodes
from orchestration.runs.record import BLOCKED, HELD_BACK, RELEASED, STALE, UNCHANGED, RunRecord, SourceStatus
from orchestration.runs.reports import DELIVERY, standing_findings
from orchestration.settings import SHARED_SEEDS, Settings
from orchestration.stewardship.audit_delivery import CROSSWALK
from orchestration.transform import dbt_runner
from orchestration.transform.fingerprints import LANDING, descendants
from orchestration.transform.release_inputs import COUNTED
from orchestration.trial.home_copy import KEPT, clear, copy_home, delivered_to_trial, empty_copy, settings_of_copy
from warehouse.connection import detach
from warehouse.paths import RELEASE_FILES, Home
from warehouse.sql import identifier, literal

PLACES = {"marts": Place("release", "marts"), "published": Place("public", "published")}

# of the records of a fact, the percentages that a trial reports, each with its condition over a row
SHARES = {
    "without_tract_pct": "tract_geoid is null",
    "not_mapped_pct": "race_ethnicity_code = 'not_mapped'",
    "unknown_race_pct": "race_ethnicity_code in "
    "(select race_ethnicity_code from release.marts.dim_race_ethnicity where kind = 'missing')",
}


@dataclass(frozen=True)
class TrialOptions:
    """What to try. `keep`: the folder of the copy, if not the home's own."""

    source: str
    file: Path | None = None
    keep: Path | None = None
    as_of: str | None = None
    wait_seconds: float = 0
    accept: bool = False


@dataclass(frozen=True)
class TrialFinding:
    """A failed check in words, with its remedy and the rows that it counts."""

    severity: str
    message: str
    remedy: str
    rows: tuple[FailingRows, ...] = ()


@dataclass
class Trial:
    """The result of a trial. `record` is None if the source was held back: then nothing was built.

    `is_first`: the home has no release, so that only maps, addresses and the source are built. `facts`: the `fact`, the number of
    `records` of the source in it, and SHARES, None where the fact has no such column.
    """

    home: Home
    contract: Contract
    status: SourceStatus
    is_first: bool
    delivery_findings: list[TrialFinding]
    labels: list[UnmappedLabel]
    record: RunRecord | None = None
    findings: list[TrialFinding] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """As of a run, for the tried source alone."""
        outcome = self.record.outcome if self.record else None
        if outcome == BLOCKED:
            return EXIT_BLOCKED
        if self.record is not None and outcome not in (RELEASED, UNCHANGED):
            return EXIT_UNEXPECTED
        return EXIT_INCOMPLETE if self.status.verdict in (HELD_BACK, STALE) else EXIT_OK


def run_trial(settings: Settings, options: TrialOptions, on_delivery: Callable[[Trial], None]) -> Trial:
    """Try a source; `on_delivery` gets the findings on the delivery before anything is built.

    `ConfigurationError` or `UnknownSource` for what cannot be tried, `LockHeld` while a run is active.
    """
    started = time.monotonic()
    current_reporter().stage("start", "copying what a run reads from the home")
    location = read_delivery_location(settings, options.file)
    source = location.registry[options.source].source
    as_of_time(options.as_of, location.city)
    home = settings.home
    with empty_copy((options.keep or home.tried).absolute(), home, options.wait_seconds) as copy:
        kept: tuple[str, ...] = ()
        try:
            is_first = not copy_home(home, copy, options.wait_seconds)
            where, sources = delivered_to_trial(copy, location, source, options.file, is_first=is_first)
            run_options = RunOptions("try", where.name, options.as_of, sources=sources)
            with open_run(settings_of_copy(settings, copy), run_options, str(uuid.uuid4()), where) as run:
                for name in sources[:-1]:
                    current_reporter().stage("ingest", name)
                    ingest_source(run, where.registry[name])
                trial = _ingest(run, where.registry[source], accept=options.accept, is_first=is_first)
                on_delivery(trial)
                if trial.status.verdict != HELD_BACK:
                    kept = KEPT
                    _build(run, trial)
        finally:
            clear(copy, kept)  # the rest of the copy holds private columns
    trial.seconds = time.monotonic() - started
    return trial


def _ingest(run: RunContext, contract: Contract, *, accept: bool, is_first: bool) -> Trial:
    current_reporter().stage("ingest", contract.source)
    status, _ = ingest_source(run, contract)
    store = DeliveryStore(run.settings.home.deliveries, contract.source)
    if accept and status.verdict == HELD_BACK and status.load_id is not None:
        accept_load(store, status.load_id, Acceptance(accepted_by="levelground try", reason="--accept", at=utc_now().isoformat()))
        status, _ = ingest_source(run, contract)
    findings = [
        TrialFinding(found.result.severity, found.sentence, found.remedy)
        for found in standing_findings([*reversed(run.earlier_runs), run.record])
        if (found.gate.result.gate, found.gate.result.subject) == (DELIVERY, contract.source)
    ]
    view = "select 1 from duckdb_views() where schema_name = 'delivery' and view_name = ?"
    labels, city = [], run.location.city
    delivery = store.record(status.load_id) if status.load_id else None
    if delivery is not None and run.con.execute(view, [contract.source]).fetchone() is not None:
        crosswalk = layered_seed(CROSSWALK, SHARED_SEEDS, city.layers)
        labels = count_unmapped_labels(run.con, contract, delivery.columns_missing, crosswalk, city.time_zone)
    return Trial(run.settings.home, contract, status, is_first, findings, labels)


def _build(run: RunContext, trial: Trial) -> None:
    trial.record, source = run.record, trial.contract.source
    on_node = log_built_nodes(lambda _text: None)  # a trial is recorded nowhere
    stages.gates(run, on_node)
    if run.candidate is None:  # nothing was delivered that a model reads
        return
    tests = [result for result in run.models or () if result.kind == "test"]
    if run.record.outcome != BLOCKED:
        current_reporter().stage("check", "unit tests of the counts models")
        with run.timed("unit tests"):
            models = {i: node for i, node in run.manifest["nodes"].items() if node["resource_type"] == "model"}
            found = [models[i] for i in descendants(models, LANDING + source)]
            counts = [node["name"] for node in found if node["original_file_path"].startswith(COUNTED)]
            tests += dbt_runner.run_unit_tests(run.settings.home, counts)
    trial.findings = sorted(_findings(run, tests, trial.contract), key=lambda finding: finding.severity != "critical")
    trial.facts = list(_fact_shares(run.con, source))
    trial.measures = _measures(run.con, source)
    if run.record.outcome is None:
        stages.release(run, on_node)
    elif run.record.outcome == BLOCKED:
        _keep_candidate(run)


def _findings(run: RunContext, tests: list[NodeResult], contract: Contract) -> Iterator[TrialFinding]:
    """The failed checks of what the trial built, each with the rows behind it."""
    least = max(contract.agreement.suppress_below, 1)
    layered = [layer.folder / OWN_SUITES for layer in run.location.city.layers]
    suites = {f"marts.{suite.table}": suite for suite in read_suites(layered=layered)}
    suites |= {f"published.{suite.table}": suite for suite in read_suites(SUITES / "published")}
    standing = {f"marts.{result.name}" for result in run.models or () if result.status == UP_TO_DATE}
    for found in standing_findings([run.record]):
        subject = found.gate.result.subject
        if found.gate.result.gate != DELIVERY and subject not in standing:
            place = PLACES.get(subject.partition(".")[0])
            query = failing_query(suites[subject], found.result, place) if place and subject in suites else None
            yield TrialFinding(found.result.severity, found.sentence, found.remedy, _rows(run.con, query, least))
    for test in tests:
        if test.kind == "unit_test" and not test.succeeded:
            message = f"dbt unit test {test.name} failed: its model returns other rows than it expects"
            yield TrialFinding("warning", message, "correct the model, or write the true rows into `expect` of the test")
        elif test.kind == "test" and test.failures:
            severity = "warning" if test.succeeded else "critical"
            yield TrialFinding(
                severity, found_by_test(run, test), "correct the model that it tests", _rows(run.con, test.query, least)
            )


def _rows(con: DuckDBPyConnection, query: str | None, least: int) -> tuple[FailingRows, ...]:
    if not query or not query.strip():
        return ()
    try:
        return failing_rows(con, query, least)
    except duckdb.Error:  # the finding is reported all the same; a message of DuckDB could quote a cell
        return ()


def _fact_shares(con: DuckDBPyConnection, source: str) -> Iterator[dict[str, Any]]:
    """The shares of each fact of records that has rows of the source."""
    facts = con.execute(
        "select table_name, list(column_name) as names from duckdb_columns() "
        "where database_name = 'release' and schema_name = 'marts' and table_name like 'fct_%' group by all "
        "having list_contains(names, 'source') and not list_contains(names, 'measure_id') order by all"
    )
    for fact, names in facts.fetchall():
        among = f"source = {literal(source)}" + (" and is_latest_snapshot" if "is_latest_snapshot" in names else "")
        among += " and race_ethnicity_code <> 'all'" if "race_ethnicity_code" in names else ""
        shares = [f"100.0 * avg(({each})::int)" if each.split()[0] in names else "null" for each in SHARES.values()]
        relation = f"release.marts.{identifier(fact)}"
        try:
            row: Any = con.execute(f"select count(*), {', '.join(shares)} from {relation} where {among}").fetchone()
        except duckdb.CatalogException:  # a failed test of an earlier model ended the build before a dimension
            continue
        if row[0]:
            yield {"fact": fact} | dict(zip(("records", *SHARES), row, strict=True))


def _measures(con: DuckDBPyConnection, source: str) -> list[str]:
    """The measures that the source counts for, or that the registry names it for; none if a failed test ended the build."""
    query = (
        f"select measure_id from intermediate.int_equity_measures__unioned where source = {literal(source)} "
        f"union select measure_id from release.marts.dim_measure where source = {literal(source)} order by all"
    )
    try:
        return [row[0] for row in con.execute(query).fetchall()]
    except duckdb.CatalogException:
        return []


def _keep_candidate(run: RunContext) -> None:
    """Put the files that a gate blocked in place of the copied release, so that the developer can query them."""
    assert run.candidate is not None, "a gate has checked it"
    home = run.settings.home
    home.current_json.unlink(missing_ok=True)
    for alias, name in zip(("release", "public"), RELEASE_FILES, strict=True):
        detach(run.con, alias)
        (home.published / name).unlink(missing_ok=True)
        shutil.move(run.candidate.folder / name, home.published / name)
