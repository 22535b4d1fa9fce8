"""Run one source through the stages of a run in a throw-away home: deliver, audit, map, build, gate, release.

See `orchestration.pipeline` for the stages. The home itself is only read.
"""

from __future__ import annotations

import dataclasses
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from duckdb import DuckDBPyConnection

from expectations.delivery.unmapped_counts import UnmappedLabel, count_unmapped_labels
from expectations.results import GateResult
from ingest.contract import Contract
from ingest.delivery import DeliveryStore
from ingest.layers import seed_file
from orchestration.pipeline import stages
from orchestration.pipeline.ingest_source import ingest_source
from orchestration.pipeline.lifecycle import open_run
from orchestration.runs.acceptance import Acceptance, accept_load
from orchestration.runs.clock import as_of_time, utc_now
from orchestration.runs.context import RunContext, RunOptions
from orchestration.runs.delivery_location import DeliveryLocation, read_delivery_location
from orchestration.runs.process.exit_codes import EXIT_BLOCKED, EXIT_INCOMPLETE, EXIT_OK, EXIT_UNEXPECTED
from orchestration.runs.progress import current_reporter, log_built_nodes
from orchestration.runs.record import BLOCKED, HELD_BACK, RELEASED, STALE, UNCHANGED, RunRecord, RunStore, SourceStatus
from orchestration.runs.reports.standing_gates import DELIVERY, standing_gates
from orchestration.runs.results import NodeResult
from orchestration.settings import SHARED_SEEDS, Settings
from orchestration.stewardship.audit_delivery import CROSSWALK
from orchestration.transform import dbt_runner
from orchestration.transform.dbt_sources import has_model
from orchestration.trial.findings import (
    FactShares,
    NamedFinding,
    counts_models,
    fact_shares,
    measures_of_source,
    named_findings,
    read_rules,
    rejected_by_reason,
)
from orchestration.trial.throwaway_home import copy_home, keep_release_only, lay_out_deliveries, throwaway_home
from warehouse.connection import detach
from warehouse.paths import RELEASE_FILES, Home


@dataclass(frozen=True)
class DeliveryPart:
    """What is known before anything is built: the status of the source, the gate's result, and unmapped labels."""

    contract: Contract
    status: SourceStatus
    gate: GateResult | None  # None if the home has promoted this delivery before
    labels: tuple[UnmappedLabel, ...] = ()
    rejected: tuple[tuple[str, str, str, int], ...] = ()  # `row` or `cell`, column, reason, number

    @property
    def is_held_back(self) -> bool:
        """Whether a run would hold the delivery back."""
        return self.status.verdict == HELD_BACK


@dataclass
class Trial:
    """The result of a trial. `record` is None if the source was held back: then nothing was built."""

    home: Home
    delivery: DeliveryPart
    is_seeded: bool
    record: RunRecord | None = None
    models: list[NodeResult] = field(default_factory=list)
    facts: list[FactShares] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    findings: list[NamedFinding] = field(default_factory=list)
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
        return EXIT_INCOMPLETE if self.delivery.status.verdict in (HELD_BACK, STALE) else EXIT_OK


@dataclass(frozen=True)
class TrialOptions:
    """What to try. `keep`: the folder of the throw-away home, if not the home's own."""

    source: str
    file: Path | None = None
    keep: Path | None = None
    as_of: str | None = None
    wait_seconds: float = 0
    accept: bool = False


def run_trial(settings: Settings, options: TrialOptions, on_delivery: Callable[[DeliveryPart], None]) -> Trial:
    """Try a source; `on_delivery` gets the findings on the delivery before anything is built.

    `ConfigurationError` or `UnknownSource` for what cannot be tried, `LockHeld` while a run is active.
    """
    started = time.monotonic()
    home = settings.home
    current_reporter().stage("start", "copying what the build reads from the home")
    location = read_delivery_location(settings, options.file)
    contract = location.registry[options.source]
    as_of_time(options.as_of, location.city)
    with throwaway_home((options.keep or home.tried).absolute(), home, options.wait_seconds) as throwaway:
        trial = _try(settings, options, location, contract, throwaway, on_delivery)
    trial.seconds = time.monotonic() - started
    return trial


def _try(
    settings: Settings,
    options: TrialOptions,
    location: DeliveryLocation,
    contract: Contract,
    throwaway: Home,
    on_delivery: Callable[[DeliveryPart], None],
) -> Trial:
    home, is_built = settings.home, False
    try:
        is_seeded = copy_home(home, throwaway, options.source, options.wait_seconds)
        where, sources = lay_out_deliveries(throwaway, location, options.source, options.file, is_seeded=is_seeded)
        # a lake belongs to one home, and what is tried is small
        own = dataclasses.replace(settings, home=throwaway, engine=None, lake=None, alerts=(), scorecard_languages=())
        run_options = RunOptions("try", where.name, options.as_of, sources=sources, tried=options.source)
        with open_run(own, run_options, str(uuid.uuid4()), where) as run:
            for name in sources[1:]:
                current_reporter().stage("ingest", name)
                ingest_source(run, where.registry[name])
            current_reporter().stage("ingest", options.source)
            trial = Trial(throwaway, _ingest(run, contract, home, accept=options.accept), is_seeded)
            on_delivery(trial.delivery)
            if not trial.delivery.is_held_back:
                _build(run, trial)
                is_built = True
            return trial
    finally:
        keep_release_only(throwaway, is_built=is_built)


def _ingest(run: RunContext, contract: Contract, home: Home, *, accept: bool) -> DeliveryPart:
    status, gate = ingest_source(run, contract)
    store = DeliveryStore(run.settings.home.deliveries, contract.source)
    if accept and status.verdict == HELD_BACK and status.load_id is not None:
        accept_load(store, status.load_id, Acceptance(accepted_by="levelground try", reason="--accept", at=utc_now().isoformat()))
        status, gate = ingest_source(run, contract)
    delivery = store.record(status.load_id) if status.load_id else None
    if gate is None:
        earlier = standing_gates([record for record in RunStore(home.runs).all() if record.outcome])
        gate = next((g.result for g in earlier if g.result.gate == DELIVERY and g.result.subject == contract.source), None)
    crosswalk = seed_file(CROSSWALK, SHARED_SEEDS, run.location.city.layers)
    labels = (
        count_unmapped_labels(run.con, contract, delivery.columns_missing, crosswalk, run.location.city.time_zone)
        if delivery is not None and _has_view(run.con, contract.source)
        else []
    )
    return DeliveryPart(contract, status, gate, tuple(labels), rejected_by_reason(run, contract, status.load_id))


def _build(run: RunContext, trial: Trial) -> None:
    record, contract = run.record, trial.delivery.contract
    trial.record = record
    on_node = log_built_nodes(lambda _text: None)  # a trial is recorded nowhere
    trial.models = stages.models(run, on_node)
    gates = stages.gates(run, on_node)
    if run.candidate is None:  # nothing was delivered that a model reads
        return
    rules = read_rules(run.con)
    trial.facts = fact_shares(run.con, run.manifest, contract.source)
    is_of_city = contract.jurisdiction == run.location.city.place_geoid
    if not trial.facts and trial.delivery.status.rows_staged and has_model(contract):
        trial.warnings.append("no fact has a record of the source: compare its staging model with the fact that should read it")
    trial.warnings += [text for fact in trial.facts for text in fact.warnings(rules, is_of_city=is_of_city)]
    trial.measures = measures_of_source(run.con, contract.source)
    tests = [*trial.models, *_unit_tests(run, contract)]
    trial.findings = named_findings(run.con, gates, tests, contract, run.location.city.layers)
    if record.outcome is None:
        stages.release(run, on_node)
    elif record.outcome == BLOCKED:
        _keep_candidate(run)


def _unit_tests(run: RunContext, contract: Contract) -> list[NodeResult]:
    """The results of the unit tests of the counts models that read the source; none if a failed test ended the build."""
    if run.record.outcome == BLOCKED:
        return []
    current_reporter().stage("check", "unit tests of the counts models")
    with run.timed("unit tests"):
        return dbt_runner.run_unit_tests(run.settings.home, counts_models(run.manifest, contract.source))


def _keep_candidate(run: RunContext) -> None:
    """Put the files that a gate blocked in place of the copied release, so that the developer can query them."""
    assert run.candidate is not None, "a gate has checked it"
    home = run.settings.home
    home.current_json.unlink(missing_ok=True)
    for alias, name in zip(("release", "public"), RELEASE_FILES, strict=True):
        detach(run.con, alias)
        (home.published / name).unlink(missing_ok=True)
        shutil.move(run.candidate.folder / name, home.published / name)


def _has_view(con: DuckDBPyConnection, source: str) -> bool:
    query = "select 1 from duckdb_views() where schema_name = 'delivery' and view_name = ?"
    return con.execute(query, [source]).fetchone() is not None
