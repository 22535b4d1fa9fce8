"""Fill the schema `receipts` of the working warehouse, from which dbt reads settings, contracts, loads and gate results.

See `warehouse.metadata.receipts` for the columns of its tables.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any
from zoneinfo import ZoneInfo

from duckdb import DuckDBPyConnection

from expectations.results import ExpectationResult
from ingest.contract import Contract
from ingest.contract.registry import Registry
from ingest.contract.vocabularies import load_vocabulary
from ingest.contract_terms import agreement_terms
from ingest.delivery import AcceptedLoad, DeliveryStore
from ingest.delivery.removals import read_removals
from ingest.landing import count_load_rows, landed_rejections, later_events, newest_load
from ingest.layers import seed_rows
from orchestration.runs.context import RunContext
from orchestration.runs.decisions import corrected_maps, read_acceptance, read_corrections
from orchestration.runs.record import RunRecord, new_status
from orchestration.runs.reports import standing_gates
from orchestration.settings import SHARED_SEEDS
from orchestration.transform.dbt_sources import has_model
from warehouse.connection import attached
from warehouse.metadata.receipts import TABLES, replace_rows
from warehouse.paths import PUBLIC_FILE
from warehouse.releases import current, pins
from warehouse.sql import literal

_ERASURES = "select source, records, reason, erased_at, erased_by, kind from intake.erasures order by erased_at, source"
OWN_WINDOW = "multi_year"
_SNAPSHOTS = "select distinct measure_id, period_start, period_end from {} where period_type = 'snapshot'"
_WINDOWS = (
    f"select measure_id, period_start, max(period_end) from {{}} where period_type = '{OWN_WINDOW}' "
    "and publication_status = 'published' group by all order by all"
)


def write_build_inputs(run: RunContext) -> None:
    """Write what the marts read: settings, contracts, vocabularies. The tables of the quality models are created empty."""
    con, city, registry = run.con, run.location.city, run.location.registry
    contracts = [_contract_row(run, contract) for contract in registry]
    agreement = [list(TABLES["contracts"].columns).index(name) for name in TABLES["agreements"].columns]
    filled: dict[str, Sequence[tuple[Any, ...]]] = {
        "clock": [(run.as_of,)],
        "settings": [(city.city, city.title, city.place_geoid, city.time_zone)],
        "vocabularies": vocabulary_rows(registry),
        "contracts": contracts,
        "agreements": [tuple(row[index] for index in agreement) for row in contracts],
        "offered_labels": [(contract.source, *label) for contract in registry for label in contract.offered_labels()],
        "published_snapshots": published_snapshots(run),
        "later_events": _later_event_rows(run),
        "kept_windows": [(kept.measure_id, kept.period_start, kept.period_end) for kept in kept_windows(run)],
        "corrected_maps": [(source,) for source in corrected_maps(run.settings.home.deliveries)],
        "agreement_terms": [_terms_row(run, contract) for contract in registry],
        "corrections": [
            (each.release_id, each.measure_id, each.what, each.why, each.edition, each.severity, each.at.replace(tzinfo=None))
            for each in read_corrections(run.settings.home)
        ],
        "editions": [(release_id, label) for release_id, label in pins(run.settings.home).items() if label],
    }
    for table in TABLES:
        replace_rows(con, table, filled.get(table, []))


def write_incremental_loads(con: DuckDBPyConnection, loads: Mapping[str, Sequence[tuple[str, int]]]) -> None:
    """Write the loads (id, sequence) that this run appends to each incremental fact."""
    replace_rows(con, "growth", [(model, *load) for model, appended in loads.items() for load in appended])


def write_quality_inputs(run: RunContext, record: RunRecord) -> None:
    """Write what the quality tables read: this run (`record`) and earlier ones, every load, and what was rejected."""
    con, registry = run.con, run.location.registry
    earlier = [other for other in run.runs.all() if other.run_id != record.run_id]
    replace_rows(con, "runs", _rows("runs", (vars(each) for each in (*earlier, record) if each.outcome)))
    # what the row of a source has of its contract, as the contract is now
    now = {contract.source: vars(new_status(contract, "")) for contract in registry}
    statuses = (
        vars(status) | {name: now[source][name] for name in ("department", "platform", "cadence", "race_vocabulary")}
        for source, status in record.sources.items()
    )
    replace_rows(con, "source_status", _rows("source_status", statuses))
    standing = standing_gates([*(other for other in earlier if other.outcome), record])
    findings = (
        {"run_id": gate.run.run_id, "gate": gate.result.gate, "subject": gate.result.subject, **_texts_of(finding)}
        for gate in standing
        for finding in gate.result.findings
    )
    replace_rows(con, "gate_results", _rows("gate_results", findings))
    replace_rows(con, "loads", [row for contract in registry for row in _load_rows(run, contract)])
    replace_rows(con, "accepted_deliveries", [row for contract in registry for row in _acceptance_rows(run, contract)])
    replace_rows(con, "erasures", con.execute(_ERASURES).fetchall())
    con.execute("insert into receipts.rejected_rows select * from intake.rejected_rows")
    for contract in registry:
        for table, selects in landed_rejections(con, contract, run.location.city.time_zone).items():
            for select in selects:
                con.execute(f"insert into receipts.{table} {select}")


def _acceptance_rows(run: RunContext, contract: Contract) -> list[tuple[Any, ...]]:
    store = DeliveryStore(run.settings.home.deliveries, contract.source)
    accepted = [(delivery.load_id, read_acceptance(store, delivery.load_id)) for delivery in store.records()]
    return [
        (contract.source, load_id, given.accepted_by, given.reason, dt.datetime.fromisoformat(given.at))
        for load_id, given in accepted
        if given is not None
    ]


def vocabulary_rows(registry: Registry) -> list[tuple[Any, ...]]:
    """The shared race vocabularies, and those of the layers whose contracts use them."""
    found = load_vocabulary().race | {v.name: v for contract in registry for v in contract.race_vocabularies()}
    return [(v.name, v.title, v.race_standard, v.selection, v.open) for v in found.values()]


def _contract_row(run: RunContext, contract: Contract) -> tuple[Any, ...]:
    last = run.last_load(contract)
    vocabularies = contract.race_vocabularies()
    standards = {v.race_standard for v in vocabularies}
    selections = {v.selection for v in vocabularies}
    follow_up, period, agreement = contract.follow_up, contract.period, contract.agreement
    licence = agreement.licence
    return (
        contract.source, contract.title, contract.department, contract.policy_area, contract.jurisdiction, contract.grain,
        contract.steward.team, contract.platform, contract.cadence, agreement.basis, agreement.classification,
        agreement.suppress_below, agreement.zeros, agreement.protection,
        contract.statistical_unit, contract.collection.mode, ", ".join(v.name for v in vocabularies) or None,
        standards.pop() if len(standards) == 1 else None, selections.pop() if len(selections) == 1 else None,
        follow_up.until if follow_up else None, follow_up.days if follow_up else None,
        period.start if period else None, period.end if period else None,
        last.data_as_of if last else None, last.load_id if last else None, has_model(contract, run.location.city.layers),
        _delivered_crs(run, contract, last) or contract.format.crs, contract.snapshot is not None,
        agreement.republication, licence.id if licence else None, licence.attribution if licence else None,
        licence.share_alike if licence else None, licence.commercial if licence else None,
        contract.rhythm, contract.due is not None, contract.snapshot is not None or contract.as_of is not None,
        delivered_on(run, last),
    )  # fmt: skip


def delivered_on(run: RunContext, last: AcceptedLoad | None) -> dt.date | None:
    """The day of the last delivery of a source in the city's time zone."""
    if last is None or last.delivered_at is None:
        return None
    return last.delivered_at.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(run.location.city.time_zone)).date()


def _later_event_rows(run: RunContext) -> list[tuple[Any, ...]]:
    """The sources with records dated after this run: the day before the first of them, and how many there are.

    That day stays until it has passed, so that a mistyped date does not build the figures again each night.
    """
    landed = (contract for contract in run.location.registry if newest_load(run.con, contract.source))
    found = ((c.source, later_events(run.con, c, run.as_of.date(), run.location.city.time_zone)) for c in landed)
    return [(source, later.first - dt.timedelta(days=1), later.rows) for source, later in found if later is not None]


def _texts_of(finding: ExpectationResult) -> dict[str, Any]:
    """A finding, with what it observed and its threshold as texts."""
    numbers = {"observed": finding.observed, "threshold": finding.threshold}
    return asdict(finding) | {name: None if number is None else str(number) for name, number in numbers.items()}


def _terms_row(run: RunContext, contract: Contract) -> tuple[Any, ...]:
    agreement, terms = contract.agreement, agreement_terms(contract, run.as_of)
    is_removed = read_removals(run.settings.home.deliveries / contract.source).is_removed
    status = "removed" if is_removed else terms.status.value
    return contract.source, status, agreement.valid_until, agreement.keep_for, agreement.kept_from(run.as_of.date())


def _delivered_crs(run: RunContext, contract: Contract, last: AcceptedLoad | None) -> str | None:
    """The coordinate reference system that the delivered file declares."""
    store = DeliveryStore(run.settings.home.deliveries, contract.source)
    delivery = store.record(last.load_id) if last else None
    return next((file.crs for file in delivery.files if file.crs), None) if delivery else None


def _load_rows(run: RunContext, contract: Contract) -> list[tuple[Any, ...]]:
    loads = run.con.execute(
        "select load_id, run_id, sequence, files, delivered_at, promoted_at from intake.loads where source = ? order by sequence",
        [contract.source],
    ).fetchall()
    return [(contract.source, *load, *astuple(count_load_rows(run.con, contract, load[0]))) for load in loads]


def published_snapshots(run: RunContext) -> list[tuple[Any, ...]]:
    """One row per snapshot of a stock that a release has published, so that a quarter always shows the same one.

    Measure, first day, last day, and whether its figures are frozen. Those of persons are, in the file of figures as reported,
    which outlives releases; all others are in the current public file. See the dbt model `int_disclosure__snapshots`.
    """
    found = dict.fromkeys(_of_published(run, _SNAPSHOTS), False)
    reported = run.settings.home.reported
    if reported.is_file():
        of_persons = run.con.execute(_SNAPSHOTS.format(f"read_parquet({literal(str(reported))})")).fetchall()
        found |= dict.fromkeys(of_persons, True)
    return [(*snapshot, is_frozen) for snapshot, is_frozen in sorted(found.items())]


def _of_published(run: RunContext, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query on the figures of the current public file; none without a release."""
    published = current(run.settings.home)
    if published is None:
        return []
    with attached(run.con, run.settings.home.release(published.release_id) / PUBLIC_FILE, "previous_public"):
        return run.con.execute(query.format("previous_public.published.equity_measures")).fetchall()


def _rows(table: str, found: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Rows of a table of the schema, by the names of its columns; times may be texts."""
    columns = TABLES[table].columns.items()
    return [tuple(_moment(row[name]) if kind == "timestamp" else row[name] for name, kind in columns) for row in found]


def _moment(time: Any) -> Any:
    return dt.datetime.fromisoformat(time) if isinstance(time, str) else time


@dataclass(frozen=True)
class KeptWindow:
    """A published window, and the day from which that of the newer release is published in its place."""

    measure_id: str
    period_start: dt.date
    period_end: dt.date
    until: dt.date


def kept_windows(run: RunContext) -> list[KeptWindow]:
    """The published windows of which the source has a newer release whose window is not closed yet.

    A register is delivered whole, and its figure is of one window, from its first day to the release. A new release ends inside
    `lag_days` of the publication plan, and the rows of the old window are gone from the file: its count is made from the new one.
    """
    windows = _of_published(run, _WINDOWS)
    if not windows:
        return []
    city = run.location.city
    sources = {row["measure_id"]: row["source"] for row in seed_rows("measure_registry", SHARED_SEEDS, city.layers)}
    lags = {
        row["measure_id"]: int(row["lag_days"])
        for row in seed_rows("publication_plan", SHARED_SEEDS, city.layers)
        if row["period_type"] in (OWN_WINDOW, "*") and row["race_level"] != "none"
    }
    found = []
    for measure_id, start, end in windows:
        contract = next((c for c in run.location.registry if c.source == sources.get(measure_id)), None)
        # a window of figures that a publisher computed stays in its table
        is_register = contract is not None and contract.load.release is not None and contract.statistical_unit != "aggregate"
        read = contract if is_register else None
        last = run.last_load(read) if read else None
        if measure_id in lags and last is not None and last.data_as_of is not None:
            until = last.data_as_of.date() + dt.timedelta(days=lags[measure_id])
            if end < last.data_as_of.date() and run.as_of.date() < until:
                found.append(KeptWindow(measure_id, start, end, until))
    return found
