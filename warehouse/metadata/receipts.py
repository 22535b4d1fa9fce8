"""Define schema `receipts`: the settings, contracts, run records and gate results that Levelground passes to dbt.

Every run replaces every table here, so a new table or column needs no migration: add it to `receipts.toml`. dbt's source entries
of the schema are generated from `TABLES`. See `orchestration.transform.run_inputs` for the rows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from warehouse.sql import quoted

SCHEMA = "receipts"


@dataclass(frozen=True)
class Table:
    """A table of the schema: its description for dbt, and its columns with their DuckDB types."""

    description: str
    columns: Mapping[str, str]


TABLES: Mapping[str, Table] = {
    name: Table(table["description"], dict(column.split() for column in table["columns"].split(",")))
    for name, table in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
}


def replace_rows(con: DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Replace a table of the schema by these rows."""
    columns = TABLES[table].columns
    declared = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
    con.execute(f"create or replace table {SCHEMA}.{table} ({declared})")
    if rows:
        schema = con.execute(f"from {SCHEMA}.{table}").to_arrow_table().schema
        con.register("new_rows", pa.table(dict(zip(columns, zip(*rows, strict=True), strict=True)), schema=schema))
        con.execute(f"insert into {SCHEMA}.{table} select * from new_rows")
        con.unregister("new_rows")
