"""Write the file of an audience from the analyst file, as its plan describes it.

Rows of records are in the order of their columns: the order of a delivery would be that of the record numbers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.audiences.keys import key_of
from warehouse.audiences.names import FIGURES
from warehouse.audiences.plan import RELEASE_TABLE, FilePlan, Shown, TablePlan
from warehouse.connection import attach, attach_new, detach
from warehouse.files import sync
from warehouse.releases.views import create_analyst_views
from warehouse.rewrite import block_size_of
from warehouse.sql import identifier, literal, quoted

ALIAS = "file_of_audience"
STATS = "stats"
# Most tables are small, and each takes a block: with DuckDB's 256 KB the files of the sample are 57 MB, with these 28 MB.
BLOCK_SIZE = 65_536
# Words of the names of organisations; a name without one of them may be that of a person.
ORGANISATION_WORDS = "reference.organisation_words"
_NUMBERS = "numbers_of"
# Keys as `expectations.marts.keys` writes them into comments.
_REFERS_TO = " → "
_KEYS = re.compile(r" (?P<kind>Primary key|Foreign keys): (?P<keys>[^.]+)\.")


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
        con.execute(f"copy from database {identifier(analyst)} to {ALIAS} (schema)")  # for its macros
        with_numbers = list(_create_numbers(con, analyst, plan))
        columns = _catalog(con, analyst)
        creations = [_creation(analyst, name, table, columns[name]) for name, table in plan.tables.items()]
        # in one transaction: a commit per comment takes ten seconds
        steps = [
            "begin",
            *_drops(con, plan),
            *creations,
            *_keys(con, analyst, plan),
            *_comments(con, analyst, plan, columns),
            "commit",
        ]
        con.execute(";\n".join(steps))
        for key in with_numbers:
            con.execute(f"drop table temp.{quoted(_NUMBERS + key)}")
        create_analyst_views(con, ALIAS, cannot_have)
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
            to, row = _relation(ALIAS, RELEASE_TABLE), _relation(analyst, RELEASE_TABLE)
            con.execute(f"begin; delete from {to}; insert into {to} by name from {row}; commit")
    finally:
        detach(con, ALIAS)
    sync(path)


def _drops(con: DuckDBPyConnection, plan: FilePlan) -> Iterator[str]:
    """Empty the schemas of the file but that of the macros, in which no table is."""
    kept = {name.partition(".")[0] for name in plan.tables}
    listed = "select schema_name from duckdb_schemas() where database_name = ? and not internal and schema_name <> 'main'"
    for (schema,) in con.execute(listed, [ALIAS]).fetchall():
        if schema != STATS:
            yield f"drop schema {ALIAS}.{quoted(schema)} cascade"
    yield from (f"create schema {ALIAS}.{quoted(schema)}" for schema in sorted(kept))


def _relation(alias: str, name: str) -> str:
    schema, _, table = name.partition(".")
    return f"{identifier(alias)}.{quoted(schema)}.{quoted(table)}"


def _where(table: TablePlan) -> str:
    return "" if table.sources is None else f" where source in ({', '.join(map(literal, table.sources)) or 'NULL'})"


def _create_numbers(con: DuckDBPyConnection, analyst: str, plan: FilePlan) -> Iterator[str]:
    """Create a temporary table per key that joins two tables: a random number per value."""
    readers: dict[str, list[str]] = {}
    for name, table in plan.tables.items():
        for column, _, shown in table.kept():
            if shown is Shown.NUMBER:
                rows = f"select {quoted(column)} as value from {_relation(analyst, name)}{_where(table)}"
                readers.setdefault(column, []).append(rows)
    for column, values in readers.items():
        con.execute(
            f"create or replace temp table {quoted(_NUMBERS + column)} as select value, row_number() over (order by random()) "
            f"as number from ({' union '.join(values)}) where value is not null"
        )
        yield column


def _creation(analyst: str, name: str, table: TablePlan, known: Mapping[str, tuple[str, str]]) -> str:
    columns, joins = [], []
    for column, as_name, shown in table.kept():
        if shown is Shown.NUMBER:
            numbers = quoted(_NUMBERS + column)
            joins.append(f" left join temp.{numbers} on {numbers}.value = kept_rows.{quoted(column)}")
            columns.append(f"{numbers}.number as {quoted(as_name)}")
        else:
            columns.append(f"{_expression(analyst, f'kept_rows.{quoted(column)}', shown, known[column][0])} as {quoted(column)}")
    rows = f"from (from {_relation(analyst, name)}{_where(table)}) as kept_rows{''.join(joins)}"
    order = "" if table.sources is None else " order by all"
    return f"create table {_relation(ALIAS, name)} as select {', '.join(columns)} {rows}{order}"


def _keys(con: DuckDBPyConnection, analyst: str, plan: FilePlan) -> Iterator[str]:
    """The primary keys of the analyst file. A file of records has none: each takes a block, up to a third of the file."""
    listed = (
        "select schema_name || '.' || table_name, constraint_column_names from duckdb_constraints() "
        "where database_name = ? and constraint_type = 'PRIMARY KEY'"
    )
    for name, columns in con.execute(listed, [analyst]).fetchall():
        if plan.audience == FIGURES and name in plan.tables:
            yield f"alter table {_relation(ALIAS, name)} add primary key ({', '.join(map(quoted, columns))})"


def _expression(analyst: str, column: str, shown: Shown, kind: str) -> str:
    if shown is Shown.MONTH:
        return f"date_trunc('month', {column})::{kind}"
    if shown is Shown.ORGANISATIONS:
        words = f"regexp_split_to_array(upper({column}), '[^A-Z0-9&]+')"
        known = f"(select list(upper(word)) from {_relation(analyst, ORGANISATION_WORDS)})"
        return f"case when list_has_any({words}, {known}) then {column} end"
    return column


def _catalog(con: DuckDBPyConnection, analyst: str) -> dict[str, dict[str, tuple[str, str]]]:
    """By table: the type and the comment of each column."""
    listed = (
        "select schema_name || '.' || table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where database_name = ?"
    )
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for name, column, kind, comment in con.execute(listed, [analyst]).fetchall():
        found.setdefault(name, {})[column] = (kind, comment)
    return found


def _comments(
    con: DuckDBPyConnection, analyst: str, plan: FilePlan, columns: Mapping[str, Mapping[str, tuple[str, str]]]
) -> Iterator[str]:
    """The comments of the analyst file, with what the file has of a column."""
    of_tables = "select schema_name || '.' || table_name, comment from duckdb_tables() where database_name = $name"
    of_views = "select schema_name || '.' || view_name, comment from duckdb_views() where database_name = $name"
    texts = dict(con.execute(f"{of_tables} union all {of_views}", {"name": analyst}).fetchall())
    for name, table in plan.tables.items():
        relation = _relation(ALIAS, name)
        if texts.get(name):
            names = {column: as_name for column, as_name, _ in table.kept()}
            yield f"comment on table {relation} is {literal(_with_keys_of_file(texts[name], names, plan))}"
        for column, as_name, shown in table.kept():
            parts = [columns[name][column][1], *([] if shown is Shown.WHOLE else [shown.value])]
            if text := "; ".join(filter(None, parts)):
                yield f"comment on column {relation}.{quoted(as_name)} is {literal(text)}"


def _with_keys_of_file(text: str, names: Mapping[str, str], plan: FilePlan) -> str:
    """The comment of a table with those of its keys that the file has, under the names that their columns have in it."""

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
