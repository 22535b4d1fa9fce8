"""Query the attached release files: rows of a query, columns of a relation, and rows of figures as the audit reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from expectations.disclosure.inputs.audit_inputs import FIGURES, GRAIN, WORDS, AuditedMeasure, CellKey, Row
from warehouse.sql import literal


def fetch(connection: Connection, sql: str) -> Iterator[Any]:
    """The rows of a query without parameters."""
    return iter(connection.exec_driver_sql(sql))


def columns_of(connection: Connection, source: str) -> set[str]:
    """The columns of a relation; a file of an earlier version lacks newer ones."""
    return {name for (name,) in fetch(connection, f"select column_name from (describe select * from {source})")}


def table_exists(connection: Connection, relation: str) -> bool:
    """Whether `database.schema.table` is a table."""
    database, schema, table = relation.split(".")
    query = (
        "select count(*) from duckdb_tables() where database_name = :database and schema_name = :schema and table_name = :name"
    )
    return bool(connection.execute(text(query), {"database": database, "schema": schema, "name": table}).scalar_one())


def of_file(file: Path) -> str:
    """The relation of a Parquet file."""
    return f"read_parquet({literal(str(file))})"


def read_rows(
    connection: Connection,
    source: str,
    measures: Mapping[tuple[str, int], AuditedMeasure],
    *,
    order: str = "",
    words: Sequence[str] = WORDS,
    replaced_by: Mapping[str, AuditedMeasure] | None = None,
) -> Iterator[tuple[str, Row]]:
    """The rows of a relation, each with its release where the relation names one. A file of an earlier version lacks columns.

    `replaced_by`: for rows of a version that is no longer listed, the measure that counts the same.
    """
    present, first = columns_of(connection, source), len(GRAIN)
    names = (*GRAIN, *FIGURES, *words, "jurisdiction", "publication_status", "release_id")
    columns = ", ".join(name if name in present else f"null as {name}" for name in names)
    ids = ", ".join(literal(name) for name in sorted({measure_id for measure_id, _ in measures})) or "''"
    query = f"select {columns} from {source} as rows where measure_id in ({ids}) order by {order}{', '.join(GRAIN)}"
    for *values, jurisdiction, status, release in fetch(connection, query):
        measure = measures.get((values[0], values[1])) or (replaced_by or {}).get(values[0])
        if measure is None:
            continue
        figures = {n: float(v) for n, v in zip(FIGURES, values[first:], strict=False) if v is not None}
        said = {n: str(v) for n, v in zip(words, values[first + len(FIGURES) :], strict=True) if v is not None}
        yield release or "", Row(measure, CellKey.of_row(values), values[10], jurisdiction or "", status, figures, said)
