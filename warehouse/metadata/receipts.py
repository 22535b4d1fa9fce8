"""Define schema `receipts`: the settings, contracts, run records and gate results that Levelground passes to dbt.

Every run replaces every table here, so a new table or column needs no migration. dbt's source entries of the schema are
generated from `TABLES`. See `orchestration.transform.run_inputs` for the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from warehouse.sql import quoted

SCHEMA = "receipts"
_ARROW = {
    "varchar": pa.string(), "timestamp": pa.timestamp("us"), "date": pa.date32(), "integer": pa.int32(), "bigint": pa.int64(),
    "boolean": pa.bool_(),
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table of the schema: its description for dbt, and its columns with their DuckDB types."""

    description: str
    columns: Mapping[str, str]


def _table(description: str, columns: str) -> Table:
    return Table(description, dict(column.strip().split(" ", 1) for column in columns.split(",")))


_ROW_COUNTS = ", ".join(
    f"rows_{name} bigint" for name in ("delivered", "staged", "rejected", "blank", "duplicate", "superseded", "withdrawn")
)
_REJECTED = (
    "source varchar, load_id varchar, source_file varchar, source_row bigint, column varchar, reason_code varchar, "
    "message varchar"
)
TABLES: Mapping[str, Table] = {
    "clock": _table("The time at which the run evaluates freshness, censoring and goals (`--as-of`).", "as_of timestamp"),
    "settings": _table("The city of the run.", "city varchar, city_title varchar, city_geoid varchar, time_zone varchar"),
    "growth": _table(
        "One row per incremental model and load that it has not consumed yet.", "model varchar, load_id varchar, sequence bigint"
    ),
    "agreements": _table(
        "One row per contract, with the columns that do not depend on deliveries.",
        "source varchar, department varchar, jurisdiction varchar, race_standard varchar, race_selection varchar, "
        "classification varchar, suppress_below integer, protect varchar",
    ),
    "offered_labels": _table(
        "The race and ethnicity labels that a form offers, per contract; a group without a label is never counted as zero.",
        "source varchar, vocabulary varchar, label varchar",
    ),
    "published_snapshots": _table(
        "The snapshots of stocks that earlier releases published.",
        "measure_id varchar, period_start date, period_end date, is_frozen boolean",
    ),
    "vocabularies": _table(
        "The race and ethnicity vocabularies that contracts use.",
        "vocabulary varchar, title varchar, race_standard varchar, selection varchar, is_open boolean",
    ),
    "contracts": _table(
        "One row per contract, with the load that was promoted last.",
        "source varchar, title varchar, department varchar, policy_area varchar, jurisdiction varchar, grain varchar, "
        "steward_team varchar, platform varchar, cadence varchar, basis varchar, classification varchar, suppress_below integer, "
        "zeros varchar, protect varchar, statistical_unit varchar, collection_mode varchar, race_vocabulary varchar, "
        "race_standard varchar, race_selection varchar, follow_up_until varchar, follow_up_days integer, period_start date, "
        "period_end date, "
        "data_as_of timestamp, load_id varchar, has_model boolean, crs varchar, keeps_snapshots boolean, "
        "republish varchar, licence_id varchar, licence_attribution varchar, licence_share_alike boolean, "
        "licence_commercial boolean, due varchar, is_due_declared boolean, has_declared_end boolean, delivered_on date",
    ),
    "later_events": _table(
        "Sources with records dated after this run, the day before the first, and how many there are.",
        "source varchar, counted_until date, later_records bigint",
    ),
    "kept_windows": _table(
        "Published windows of registers with a newer release whose window is not closed yet.",
        "measure_id varchar, period_start date, period_end date",
    ),
    "runs": _table(
        "One row per run, this one included: when it ran and how it ended.",
        "run_id varchar, trigger varchar, started_at timestamp, ended_at timestamp, outcome varchar, exit_code integer, "
        "release_id varchar, code_version varchar",
    ),
    "loads": _table(
        "One row per load, with the number of its rows that were staged, rejected, superseded and so on.",
        "source varchar, load_id varchar, run_id varchar, sequence bigint, files bigint, delivered_at timestamp, "
        f"promoted_at timestamp, {_ROW_COUNTS}",
    ),
    "source_status": _table(
        "One row per source: its status after this run.",
        "source varchar, run_id varchar, load_id varchar, verdict varchar, reason varchar, data_as_of timestamp, "
        f"{_ROW_COUNTS}, department varchar, platform varchar, cadence varchar, race_vocabulary varchar",
    ),
    "gate_results": _table(
        "One row per expectation that a gate of this run checked.",
        "run_id varchar, gate varchar, subject varchar, expectation varchar, column varchar, severity varchar, success boolean, "
        "observed varchar, threshold varchar",
    ),
    "rejected_rows": _table("One row per rejected row: its file, row number and reason; no cell of it.", _REJECTED),
    "rejected_values": _table("One row per cell that Levelground could not read: where it is and why; not the cell.", _REJECTED),
    "agreement_terms": _table(
        "One row per contract: until when the source may be read, and from which event on its rows may be kept.",
        "source varchar, agreement_status varchar, agreement_valid_until date, agreement_keep_for varchar, kept_from date",
    ),
    "erasures": _table(
        "One row per removal of records of a source: how many, why, when and by whom; no value of a record.",
        "source varchar, records bigint, reason varchar, erased_at timestamp, erased_by varchar, kind varchar",
    ),
    "corrected_maps": _table(
        "Maps whose lines a person accepted in place of earlier ones: the codes of blocks are of the earlier lines.",
        "source varchar",
    ),
    "corrections": _table(
        "The office's words on figures that turned out wrong in an edition of the scorecard.",
        "release_id varchar, measure_id varchar, what varchar, why varchar, edition varchar, severity varchar, at timestamp",
    ),
    "editions": _table(
        "The editions of the scorecard: releases that are pinned under a label.",
        "release_id varchar, edition varchar",
    ),
    "accepted_deliveries": _table(
        "One row per held-back load that a person accepted: who, when and why.",
        "source varchar, load_id varchar, accepted_by varchar, reason varchar, at timestamp",
    ),
}


def replace_rows(con: DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Replace a table of the schema by these rows."""
    columns = TABLES[table].columns
    declared = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
    con.execute(f"create or replace table {SCHEMA}.{table} ({declared})")
    if rows:
        values = list(zip(*rows, strict=True))
        arrow = {name: pa.array(column, _ARROW[kind]) for (name, kind), column in zip(columns.items(), values, strict=True)}
        con.register("new_rows", pa.table(arrow))
        con.execute(f"insert into {SCHEMA}.{table} select * from new_rows")
        con.unregister("new_rows")
