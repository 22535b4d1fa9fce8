"""Writes dbt's source entries (`models/_sources.yml`): the landing tables of the contracts, and the schema `receipts`.

See `transform.run_inputs` for what a run writes into the schema `receipts`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ingest.contract import Contract
from ingest.contract.registry import Registry
from orchestration.settings import DBT_PROJECT
from warehouse.files import write_atomically

SOURCES_FILE = DBT_PROJECT / "models" / "_sources.yml"
_COUNTS = ", ".join(
    f"rows_{what} bigint" for what in ("delivered", "staged", "rejected", "blank", "duplicate", "superseded", "withdrawn")
)
_REFUSED = (
    "source varchar, load_id varchar, source_file varchar, source_row bigint, column varchar, reason_code varchar, "
    "message varchar"
)
# The tables of schema `receipts`: columns and types.
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
DESCRIPTIONS = {
    "clock": "The run's as-of time.",
    "settings": "The run's city.",
    "growth": "The loads that this run appends to each incremental fact.",
    "published_snapshots": "The snapshots of stocks that earlier releases published.",
    "agreements": "The part of each contract that no delivery changes.",
    "offered_labels": "The answers about race that each source offers. A group without such an answer is never zero.",
    "vocabularies": "The vocabularies of race and ethnicity that contracts name.",
    "contracts": "One row per contract, with the newest load of its source.",
    "runs": "This run and earlier ones, with their outcomes.",
    "loads": "Each load of each source, with its row counts.",
    "source_status": "The status of each source after this run.",
    "gate_results": "The result of each expectation of this run's gates.",
    "rejected_rows": "Rows that were rejected, by file and row number, with the reason; no cell of them.",
    "rejected_values": "Cells that could not be typed, by file, row and column, with the reason; not the cells.",
    "accepted_deliveries": "Held-back loads that a person accepted: who, when and why.",
}


def write_sources(registry: Registry, path: Path) -> None:
    """Write dbt's source entries. The file is written only when its content changes, so that dbt's parse stays valid."""
    landing = {
        "name": "landing",
        "schema": "typed",
        "description": "Accepted rows of the landing tables, typed by contract. Generated from ingest/sources; do not edit.",
        "tables": [{"name": c.source, "description": f"{c.title}: {c.grain}", "columns": _columns(c)} for c in registry],
    }
    receipts = {
        "name": "receipts",
        "description": "What the run records for dbt: settings, contracts, loads, gate results.",
        "tables": [
            {"name": table, "description": DESCRIPTIONS[table], "columns": [{"name": name} for name in declared_columns(table)]}
            for table in LAYOUT
        ],
    }
    text = yaml.safe_dump({"version": 2, "sources": [landing, receipts]}, sort_keys=False, allow_unicode=True, width=120)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)


def has_model(contract: Contract) -> bool:
    """Whether a staging model reads the source's landing table."""
    return any((DBT_PROJECT / "models" / "staging").glob(f"*/stg_{contract.source}.sql"))


def declared_columns(table: str) -> dict[str, str]:
    """The columns of a table of schema `receipts`: name → DuckDB type."""
    return dict(column.split(" ", 1) for column in LAYOUT[table].split(", "))


def _columns(contract: Contract) -> list[dict[str, Any]]:
    return [
        {"name": c.name, "description": f"{c.type}{f', {c.role}' if c.role else ''}", "config": {"meta": {"privacy": c.privacy}}}
        for c in contract.kept_columns
    ]
