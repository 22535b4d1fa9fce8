"""Write the file of an audience from the analyst file, as its plan describes it.

Rows of records are in the order of their columns: the order of a delivery would be that of the record numbers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.audiences.keys import key_of
from warehouse.audiences.names import FIGURES
from warehouse.audiences.plan import RELEASE_TABLE, FilePlan, Shown
from warehouse.connection import attach, attach_new, detach
from warehouse.files import sync
from warehouse.releases.views import FIGURES_SCHEMA, SCORECARD, create_analyst_views
from warehouse.rewrite import block_size_of
from warehouse.sql import columns_of, identifier, queries

ALIAS = "file_of_audience"
# Most tables are small, and each takes a block: with DuckDB's 256 KB the files of the sample are 57 MB, with these 28 MB.
BLOCK_SIZE = 65_536
# Keys as `expectations.marts.keys` writes them into comments.
_REFERS_TO = " → "
_KEYS = re.compile(r" (?P<kind>Primary key|Foreign keys): (?P<keys>[^.]+)\.")
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), target=ALIAS, Shown=Shown)


def write_file(
    con: DuckDBPyConnection,
    analyst: str,
    plan: FilePlan,
    path: Path,
    storage_version: str,
    cannot_have: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Write a new file from the analyst file that is attached as `analyst`. NoKey without the key of an encrypted file.

    `cannot_have`: by fact, the columns that its views leave out.
    """
    block_size = min(BLOCK_SIZE, block_size_of(con, analyst))
    attach_new(con, path, ALIAS, storage_version, block_size=block_size, key=key_of(plan.key_env, path.name))
    try:
        con.execute(f"copy from database {identifier(analyst)} to {ALIAS} (schema)")  # for its macros, and its views of figures
        columns = {f"{schema}.{table}": found for (schema, table), found in columns_of(con, analyst).items()}
        texts = {name: _with_keys_of_file(text, name, plan) for name, text in con.execute(_SQL.texts(analyst)).fetchall()}
        # A file of records has no primary keys: each takes a block, up to a third of the file.
        keys = con.execute(_SQL.keys(analyst)).fetchall() if plan.audience == FIGURES else []
        schemas = {schema for (schema,) in con.execute(_SQL.schemas()).fetchall()}
        if has_figures := FIGURES_SCHEMA in schemas and f"marts.{SCORECARD}" in plan.tables:
            schemas.remove(FIGURES_SCHEMA)
        con.execute(_SQL.write(analyst, plan, sorted(schemas), columns, keys, texts))
        create_analyst_views(con, ALIAS, cannot_have, has_figures=has_figures)
    finally:
        detach(con, ALIAS)
    path.chmod(0o600)
    sync(path)


def set_release_row(con: DuckDBPyConnection, analyst: str, plan: FilePlan, path: Path, storage_version: str) -> None:
    """Put the release row of the analyst file that is attached as `analyst` into a copy of a file that has this plan."""
    path.chmod(0o600)
    key = key_of(plan.key_env, path.name)
    attach(con, path, ALIAS, key=key, storage="" if key else storage_version)
    try:
        if RELEASE_TABLE in plan.tables:
            con.execute(_SQL.replace_rows(analyst, RELEASE_TABLE))
    finally:
        detach(con, ALIAS)
    sync(path)


def _with_keys_of_file(text: str, table: str, plan: FilePlan) -> str:
    """The comment of a table with those of its keys that the file has, under the names that their columns have in it."""
    names = {column: as_name for column, as_name, _ in plan.tables[table].kept()} if table in plan.tables else {}

    def kept(found: re.Match[str]) -> str:
        keys = []
        for key in found["keys"].split("; "):
            columns, _, other = key.partition(_REFERS_TO)
            if all(column in names for column in columns.split(", ")) and (not other or f"marts.{other}" in plan.tables):
                keys.append(
                    ", ".join(names[column] for column in columns.split(", ")) + (f"{_REFERS_TO}{other}" if other else "")
                )
        return f" {found['kind']}: {'; '.join(keys)}." if keys else ""

    return _KEYS.sub(kept, text)
