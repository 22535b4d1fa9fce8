"""Export the public tables as files for people without a DuckDB client: Parquet, CSV, a data dictionary and checksums.

See dbt's schema `published` for the tables, `sealing` for making the files immutable, and `swapping` for publishing them.

    exports/<table>.parquet       everything; boundaries as GeoParquet
    exports/<table>.csv           the same without boundaries, safe to open in a spreadsheet
    exports/data_dictionary.csv   each table and column in words
    exports/datapackage.json      the same for programs, as a Data Package (https://datapackage.org)
    exports/SHA256SUMS            for `sha256sum --check`

Rows are ordered by all columns from the left, so that equal figures give equal bytes (ADR 20).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.fingerprint import file_sha256
from warehouse.paths import EXPORTS
from warehouse.releases.sealing import Candidate
from warehouse.sql import columns_of, identifier, literal, quoted

SCHEMA = "published"
CHECKSUMS = "SHA256SUMS"
DICTIONARY = "data_dictionary.csv"
DESCRIPTOR = "datapackage.json"
# Texts that spreadsheets read as a formula: CWE-1236, OWASP ASVS 5.0 1.2.10, and full-width forms that some read the same way.
_FORMULA = r"^'*[=+\-@\t\r\n\x00＝＋－＠]"
_NUMBER = r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?"
# Types that contain no text, with their name in a Data Package.
_PLAIN = {"BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "datetime", "DOUBLE": "number", "FLOAT": "number"} | dict.fromkeys(
    ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"), "integer"
)
_BINARY = "BLOB"
_WKB = "_wkb"


@dataclass(frozen=True)
class Field:
    """An exported column; `kind` is DuckDB's type."""

    name: str
    kind: str
    description: str

    @property
    def is_boundary(self) -> bool:
        """Whether it contains well-known binary, which is exported to GeoParquet and not to CSV."""
        return self.kind == _BINARY

    @property
    def word(self) -> str:
        """The type's name in a Data Package."""
        return "number" if self.kind.startswith("DECIMAL") else _PLAIN.get(self.kind, "string")


@dataclass(frozen=True)
class Table:
    """A public table with its columns in order."""

    name: str
    description: str
    fields: tuple[Field, ...]


def write_exports(
    connection: DuckDBPyConnection, candidate: Candidate, *, release_id: str, created_at: datetime, alias: str = "public"
) -> None:
    """Write the folder `exports` of a candidate from its public file, attached under `alias`.

    DuckDB's errors are raised unchanged. A column of boundaries needs the extension `spatial`, which the run's connection loads.
    """
    folder = candidate.folder / EXPORTS
    folder.mkdir(mode=0o700)
    tables = public_tables(connection, alias)
    for table in tables:
        _write_table(connection, alias, table, folder)
    _write_dictionary(connection, alias, folder / DICTIONARY)
    (folder / DESCRIPTOR).write_text(_descriptor(tables, folder, release_id, created_at), encoding="utf-8")
    sums = [f"{file_sha256(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / CHECKSUMS).write_text("".join(sums), encoding="utf-8")


def public_tables(connection: DuckDBPyConnection, alias: str) -> list[Table]:
    """The tables of the schema `published` of an attached file, by name, with their comments."""
    named = connection.execute(
        "select table_name, coalesce(comment, '') from duckdb_tables() where database_name = ? and schema_name = ? order by 1",
        [alias, SCHEMA],
    ).fetchall()
    columns = columns_of(connection, alias)
    return [
        Table(name, description, tuple(Field(each, kind, text or "") for each, (kind, text) in columns[SCHEMA, name].items()))
        for name, description in named
    ]


def formula_safe(text: str) -> str:
    """SQL for a text in a CSV: an apostrophe precedes texts that a spreadsheet would read as a formula.

    A number as text, signed or not, is unchanged. To restore the text, remove one apostrophe where one or more precede such a
    character; a text that already had apostrophes there gets one more.
    """
    dangerous = f"regexp_matches({text}, {literal(_FORMULA)}) and not regexp_full_match({text}, {literal(_NUMBER)})"
    return f"case when {dangerous} then '''' || {text} else {text} end"


def _write_table(connection: DuckDBPyConnection, alias: str, table: Table, folder: Path) -> None:
    relation = f"{identifier(alias)}.{SCHEMA}.{quoted(table.name)}"
    whole = ", ".join(
        f"st_geomfromwkb({name}) as {name}" if field.is_boundary and field.name.endswith(_WKB) else name
        for field, name in ((field, quoted(field.name)) for field in table.fields)
    )
    ordered = f"from (select * from {relation} order by all)"
    path = folder / f"{table.name}.parquet"
    connection.execute(f"copy (select {whole} {ordered}) to {literal(str(path))} (format parquet, compression zstd)")
    _write_csv(connection, ordered, [field for field in table.fields if not field.is_boundary], folder / f"{table.name}.csv")


def _write_csv(connection: DuckDBPyConnection, ordered: str, fields: Sequence[Field], path: Path) -> None:
    cells, texts = [], []
    for field in fields:
        name = quoted(field.name)
        if field.word != "string":
            cells.append(name)
            continue
        texts.append(name)
        text = name if field.kind == "VARCHAR" else f"to_json({name})::varchar"
        cells.append(f"{formula_safe(text)} as {name}")
    # quoted, so that an empty text differs from NULL
    forced = f", force_quote ({', '.join(texts)})" if texts else ""
    connection.execute(f"copy (select {', '.join(cells)} {ordered}) to {literal(str(path))} (format csv, header{forced})")


def _write_dictionary(connection: DuckDBPyConnection, alias: str, path: Path) -> None:
    kinds = {"position": "INTEGER", "in_csv": "BOOLEAN"}
    names = ("table_name", "table_description", "column_name", "position", "type", "description", "in_csv")
    described = (
        "select tables.table_name, coalesce(tables.comment, '') as table_description, column_name, "
        "row_number() over (partition by tables.table_name order by column_index) as position, lower(data_type) as type, "
        f"coalesce(columns.comment, '') as description, data_type <> '{_BINARY}' as in_csv from duckdb_columns() as columns "
        "inner join duckdb_tables() as tables using (database_name, schema_name, table_name) "
        f"where database_name = {literal(alias)} and schema_name = '{SCHEMA}' order by tables.table_name, position"
    )
    _write_csv(connection, f"from ({described})", [Field(name, kinds.get(name, "VARCHAR"), "") for name in names], path)


def _descriptor(tables: Sequence[Table], folder: Path, release_id: str, created_at: datetime) -> str:
    resources = [_resource(table, folder / f"{table.name}.{kind}") for table in tables for kind in ("csv", "parquet")]
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "levelground",
        "version": release_id,
        "created": created_at.isoformat(),
        "resources": resources,
    }
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


def _resource(table: Table, path: Path) -> dict[str, object]:
    kind = path.suffix.removeprefix(".")
    exported = [field for field in table.fields if kind == "parquet" or not field.is_boundary]
    fields = [
        {"name": field.name, "type": field.word, "description": field.description}
        | ({"format": "any"} if field.word == "datetime" else {})
        for field in exported
    ]
    return {
        "name": f"{table.name}_{kind}",
        "path": path.name,
        "description": table.description,
        "format": kind,
        "mediatype": {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}[kind],
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{file_sha256(path)}",
        "schema": {"fields": fields},
    }
