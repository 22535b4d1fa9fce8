"""What dbt is told by Python: the source entries of the contracts, and the schema `receipts` of the working warehouse.

Here: writing `_sources.yml` and filling `receipts.*`. Not here: running dbt (`dbt_runner`), what models make of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.contract.registry import Registry
from ingest.contract.vocabulary import load_vocabulary
from ingest.delivery.write_batch import DeliveryStore
from ingest.landing.tables import (
    LastLoad,
    counts,
    doubtful_rows,
    has_refused_or_doubtful,
    last_load,
    refused_rows,
    rejected_rows,
    rejected_values,
)
from ingest.typing.expressions import required_columns
from orchestration.pipeline.ingest_source import acceptance, blank_status, has_model
from orchestration.runs.context import RunSession
from orchestration.runs.record import RunReceipt
from orchestration.transform.published_snapshots import published_snapshots
from warehouse.files import write_atomically

_COUNTS = ", ".join(
    f"rows_{what} bigint" for what in ("delivered", "staged", "rejected", "blank", "duplicate", "superseded", "withdrawn")
)
_REFUSED = (
    "source varchar, load_id varchar, source_file varchar, source_row bigint, column varchar, reason_code varchar, "
    "message varchar"
)
# The tables of schema `receipts`, as dbt's sources describe them.
LAYOUT = {
    "clock": "as_of timestamp",
    "settings": "city varchar, city_title varchar, city_geoid varchar, time_zone varchar",
    "growth": "model varchar, load_id varchar, sequence bigint",
    "agreements": (
        "source varchar, department varchar, jurisdiction varchar, race_standard varchar, race_selection varchar, "
        "classification varchar, suppress_below integer"
    ),
    "offered_labels": "source varchar, vocabulary varchar, label varchar",
    "published_snapshots": "measure_id varchar, period_start date, period_end date, is_frozen boolean",
    "vocabularies": "vocabulary varchar, title varchar, race_standard varchar, selection varchar, is_open boolean",
    "contracts": (
        "source varchar, title varchar, department varchar, policy_area varchar, jurisdiction varchar, grain varchar, "
        "steward_team varchar, platform varchar, cadence varchar, basis varchar, classification varchar, suppress_below integer, "
        "zeros varchar, statistical_unit varchar, collection_mode varchar, race_vocabulary varchar, race_standard varchar, "
        "race_selection varchar, follow_up_until varchar, follow_up_days integer, period_start date, period_end date, "
        "data_as_of timestamp, load_id varchar, has_model boolean, crs varchar, keeps_snapshots boolean"
    ),
    "runs": (
        "run_id varchar, trigger varchar, started_at timestamp, ended_at timestamp, outcome varchar, exit_code integer, "
        "release_id varchar"
    ),
    "loads": (
        "source varchar, load_id varchar, run_id varchar, sequence bigint, files bigint, delivered_at timestamp, "
        f"promoted_at timestamp, {_COUNTS}"
    ),
    "source_status": (
        "source varchar, run_id varchar, load_id varchar, verdict varchar, reason varchar, data_as_of timestamp, "
        f"{_COUNTS}, department varchar, platform varchar, cadence varchar, race_vocabulary varchar"
    ),
    "gate_results": (
        "run_id varchar, gate varchar, subject varchar, expectation varchar, column varchar, severity varchar, success boolean, "
        "observed varchar, threshold varchar"
    ),
    "rejected_rows": _REFUSED,
    "rejected_values": _REFUSED,
    "accepted_deliveries": "source varchar, load_id varchar, accepted_by varchar, reason varchar, at timestamp",
}
DESCRIBED = {
    "clock": "The run's only clock.",
    "settings": "The run's city.",
    "growth": "The loads that a model which grows has not taken in yet.",
    "published_snapshots": "The snapshots of stocks that earlier releases published.",
    "agreements": "What each contract says of its source whatever is delivered.",
    "offered_labels": "The answers about race that a person can give, by contract: a group of no such answer is never zero.",
    "vocabularies": "The vocabularies of race and ethnicity that contracts name.",
    "contracts": "What each contract says of its source, and the load that is in.",
    "runs": "How this run and earlier ones went.",
    "loads": "Each load of each source, and where its rows went.",
    "source_status": "Each source after this run.",
    "gate_results": "What each expectation of this run's gates found.",
    "rejected_rows": "Rows that were not taken in, by file and number, and why; no cell of them.",
    "rejected_values": "Cells that could not be read, by file, row and column, and why; not the cells.",
    "accepted_deliveries": "Held-back loads that somebody let in, who, when and why.",
}
_ARROW = {
    "varchar": pa.string(), "timestamp": pa.timestamp("us"), "date": pa.date32(), "integer": pa.int32(), "bigint": pa.int64(),
    "boolean": pa.bool_(),
}  # fmt: skip


def write_sources(registry: Registry, path: Path) -> None:
    """Write dbt's source entries; the file is touched only when it says something new, so dbt's parse stays valid."""
    landing = {
        "name": "landing",
        "schema": "typed",
        "description": "Accepted rows of the landing tables, typed by contract. Generated from ingest/sources; do not edit.",
        "tables": [{"name": c.source, "description": f"{c.title}: {c.grain}", "columns": _columns(c)} for c in registry],
    }
    receipts = {
        "name": "receipts",
        "description": "What Python knows of the run: settings, contracts, loads, gate results.",
        "tables": [
            {"name": table, "description": DESCRIBED[table], "columns": [{"name": name} for name in _declared(table)]}
            for table in LAYOUT
        ],
    }
    text = yaml.safe_dump({"version": 2, "sources": [landing, receipts]}, sort_keys=False, allow_unicode=True, width=120)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)


def _columns(contract: Contract) -> list[dict[str, Any]]:
    return [
        {"name": c.name, "description": f"{c.type}{f', {c.role}' if c.role else ''}", "config": {"meta": {"privacy": c.privacy}}}
        for c in contract.kept_columns
    ]


def write_build_inputs(session: RunSession) -> None:
    """What the marts need: settings, contracts, vocabularies. The quality tables exist, empty, until the gates have run."""
    con, city = session.con, session.reading.city
    con.execute("create schema if not exists receipts")
    _fill(con, "clock", [(session.as_of,)])
    _fill(con, "settings", [(city.city, city.title, city.place_geoid, city.time_zone)])
    words = load_vocabulary()
    _fill(con, "vocabularies", [(v.name, v.title, v.race_standard, v.selection, v.open) for v in words.race.values()])
    rows = []
    for contract in session.reading.registry:
        last = last_load(con, contract)
        store = DeliveryStore(session.settings.home.deliveries, contract.source)
        receipt = store.receipt(last.load_id) if last else None
        # what the delivered file declares, else what the contract names
        crs = next((file.crs for file in receipt.files if file.crs), None) if receipt else None
        rows.append((*_contract_row(contract, last), crs or contract.format.crs, contract.snapshot is not None))
    _fill(con, "contracts", rows)
    at = [list(_declared("contracts")).index(name) for name in _declared("agreements")]
    _fill(con, "agreements", [tuple(row[index] for index in at) for row in rows])
    registry = session.reading.registry
    _fill(con, "offered_labels", [(contract.source, *label) for contract in registry for label in contract.offered_labels()])
    _fill(con, "published_snapshots", published_snapshots(session))
    filled = ("clock", "settings", "vocabularies", "contracts", "agreements", "offered_labels", "published_snapshots")
    for table in LAYOUT:
        if table not in filled:
            _fill(con, table, [])


def write_growth(con: DuckDBPyConnection, growth: Mapping[str, Sequence[tuple[str, int]]]) -> None:
    """The loads (id, sequence) that each growing model has still to take in."""
    _fill(con, "growth", [(model, *load) for model, loads in growth.items() for load in loads])


def write_quality_inputs(session: RunSession, this_run: RunReceipt) -> None:
    """What the quality tables need: this run and earlier ones, every load accounted for, what gates and staging refused."""
    con, registry, zone = session.con, session.reading.registry, session.reading.city.time_zone
    earlier = [run for run in session.runs.all() if run.run_id != this_run.run_id]
    _fill(con, "runs", [_run_row(run) for run in (*earlier, this_run) if run.outcome])
    _fill(con, "source_status", [_status_row(status, registry) for status in this_run.sources.values()])
    _fill(
        con,
        "gate_results",
        [_finding_row(this_run.run_id, gate, finding) for gate in this_run.gates for finding in gate.findings],
    )
    _fill(con, "loads", [row for contract in registry for row in _load_rows(session, contract)])
    given = []
    con.execute("insert into receipts.rejected_rows select * from intake.rejected_rows")
    for contract in registry:
        # most sources have none of either, and to plan the reasons of a table with hundreds of columns takes half a second
        refused, doubtful = has_refused_or_doubtful(con, contract)
        if refused:
            rows = rejected_rows(contract, required_columns(contract), refused_rows(contract), zone)
            con.execute(f"insert into receipts.rejected_rows {rows}")
        cells = rejected_values(contract, doubtful_rows(contract), zone) if doubtful else None
        if cells:
            con.execute(f"insert into receipts.rejected_values {cells}")
        store = DeliveryStore(session.settings.home.deliveries, contract.source)
        for receipt in store.receipts():
            accepted = acceptance(store, receipt.load_id)
            if accepted:
                given.append(
                    (
                        contract.source,
                        receipt.load_id,
                        accepted.accepted_by,
                        accepted.reason,
                        dt.datetime.fromisoformat(accepted.at),
                    )
                )
    _fill(con, "accepted_deliveries", given)


def _contract_row(contract: Contract, last: LastLoad | None) -> tuple[Any, ...]:
    vocabularies = contract.race_vocabularies(load_vocabulary())
    standards = {v.race_standard for v in vocabularies}
    selections = {v.selection for v in vocabularies}
    follow_up, period, agreement = contract.follow_up, contract.period, contract.agreement
    return (
        contract.source, contract.title, contract.department, contract.policy_area, contract.jurisdiction, contract.grain,
        contract.steward.team, contract.platform, contract.cadence, agreement.basis, agreement.classification,
        agreement.suppress_below, agreement.zeros,
        contract.statistical_unit, contract.collection.mode, ", ".join(v.name for v in vocabularies) or None,
        standards.pop() if len(standards) == 1 else None, selections.pop() if len(selections) == 1 else None,
        follow_up.until if follow_up else None, follow_up.days if follow_up else None,
        period.start if period else None, period.end if period else None,
        last.data_as_of if last else None, last.load_id if last else None, has_model(contract),
    )  # fmt: skip


def _run_row(run: RunReceipt) -> tuple[Any, ...]:
    return (
        run.run_id,
        run.trigger,
        _moment(run.started_at),
        _moment(run.ended_at),
        run.outcome,
        run.exit_code,
        run.release_id,
    )


def _status_row(status: Any, registry: Registry) -> tuple[Any, ...]:
    base = blank_status(registry[status.source], status.run_id)
    return (
        status.source, status.run_id, status.load_id, status.verdict, status.reason, _moment(status.data_as_of),
        status.rows_delivered, status.rows_staged, status.rows_rejected, status.rows_blank, status.rows_duplicate,
        status.rows_superseded, status.rows_withdrawn, base.department, base.platform, base.cadence, base.race_vocabulary,
    )  # fmt: skip


def _finding_row(run_id: str, gate: Any, finding: Any) -> tuple[Any, ...]:
    observed, threshold = (None if value is None else str(value) for value in (finding.observed, finding.threshold))
    return (
        run_id,
        gate.gate,
        gate.subject,
        finding.expectation,
        finding.column,
        finding.severity,
        finding.success,
        observed,
        threshold,
    )


def _load_rows(session: RunSession, contract: Contract) -> list[tuple[Any, ...]]:
    loads = session.con.execute(
        "select load_id, run_id, sequence, files, delivered_at, promoted_at from intake.loads where source = ? order by sequence",
        [contract.source],
    ).fetchall()
    rows: list[tuple[Any, ...]] = []
    for load in loads:
        c = counts(session.con, contract, load[0])
        rows.append((contract.source, *load, c.delivered, c.staged, c.rejected, c.blank, c.duplicate, c.superseded, c.withdrawn))
    return rows


def _declared(table: str) -> dict[str, str]:
    return dict(column.split(" ", 1) for column in LAYOUT[table].split(", "))


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _fill(con: DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    columns = _declared(table)
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    con.execute(f"create or replace table receipts.{table} ({declared})")
    if rows:
        values = list(zip(*rows, strict=True))
        filled = pa.table(
            {name: pa.array(column, _ARROW[kind]) for (name, kind), column in zip(columns.items(), values, strict=True)}
        )
        con.register("filled", filled)
        con.execute(f"insert into receipts.{table} select * from filled")
        con.unregister("filled")
