"""Collect what the catalogue lists: sources from their contracts, measures and tables from the current release.

Of the release it reads the registry of measures and the database catalog with its comments, no rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.contract import Contract
from orchestration.runs.record import RunRecord, SourceStatus
from warehouse.connection import run_query
from warehouse.paths import ANALYST_FILE, PUBLIC_FILE, Home
from warehouse.releases import Manifest

SECONDS = 60
FILES = {ANALYST_FILE: "analysts", PUBLIC_FILE: "the public"}
MEASURES = "select * from marts.dim_measure order by policy_area, name, measure_version"
COLUMNS = """
select
    tables.schema_name, tables.table_name, tables.comment as description, columns.column_name, columns.data_type, columns.comment
from duckdb_tables() as tables
inner join duckdb_columns() as columns
    on tables.database_name = columns.database_name and tables.schema_name = columns.schema_name
    and tables.table_name = columns.table_name
order by tables.schema_name, tables.table_name, columns.column_index
"""


@dataclass(frozen=True)
class Table:
    """A published table: its file, audience and description, and its columns as (name, type, description)."""

    schema: str
    name: str
    audience: str
    file: str
    description: str
    rows: int | None
    columns: tuple[tuple[str, str, str], ...]

    @property
    def page(self) -> str:
        """Return the file name of its page. Both files contain the schema `stats`, with the same tables."""
        return f"{self.schema}.{self.name}.html"


@dataclass(frozen=True)
class Source:
    """A source: its contract and its status in the last run."""

    contract: Contract
    status: SourceStatus | None

    @property
    def verdict(self) -> str:
        """Return the status as text."""
        return self.status.verdict.replace("_", " ") if self.status else "no run yet"


def sources(contracts: list[Contract], last: RunRecord | None) -> list[Source]:
    """Return every source with its status in the last run."""
    known: Mapping[str, SourceStatus] = last.sources if last else {}
    return [Source(contract, known.get(contract.source)) for contract in contracts]


def measures(home: Home, release_id: str) -> list[dict[str, Any]]:
    """Return the registry of measures of a release."""
    rows: list[dict[str, Any]] = run_query(home.release(release_id) / ANALYST_FILE, MEASURES, SECONDS).to_pylist()
    return rows


def tables(home: Home, manifest: Manifest) -> list[Table]:
    """Return the tables of both files of a release, sorted by name."""
    found = []
    for file, audience in FILES.items():
        rows = run_query(home.release(manifest.release_id) / file, COLUMNS, SECONDS).to_pylist()
        for schema, name in dict.fromkeys((row["schema_name"], row["table_name"]) for row in rows):
            own = [row for row in rows if (row["schema_name"], row["table_name"]) == (schema, name)]
            columns = tuple((row["column_name"], row["data_type"], row["comment"] or "") for row in own)
            row_count = manifest.files[file].tables.get(f"{schema}.{name}")
            found.append(Table(schema, name, audience, file, own[0]["description"] or "", row_count, columns))
    return sorted(found, key=lambda table: (table.schema, table.name))
