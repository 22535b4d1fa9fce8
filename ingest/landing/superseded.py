"""Record the rows that later loads delete from landing (`intake.superseded_rows`), until incremental facts have deleted them.

Without the record, a fact would have to find each of its rows in landing every night. See
`ingest.landing.apply_load` for the rows that a load replaces, and dbt's macro `delete_superseded_rows` for the facts.
"""

from __future__ import annotations

from collections.abc import Mapping

from duckdb import DuckDBPyConnection

from warehouse.sql import literal

DELETED = "deleted_rows"


def start_recording(con: DuckDBPyConnection, source: str, sequence: int) -> None:
    """Record all deletions of the source from this load on, unless they are recorded already.

    If landing is empty, recording starts with the next load: which rows a lost landing had is unknown.
    """
    is_empty = con.execute(f'select 1 from landing."{source}" limit 1').fetchone() is None
    if is_empty:
        invalidate(con, {source: sequence})
    else:
        con.execute("insert or ignore into intake.superseded_since values (?, ?)", [source, sequence])


def delete_rows(con: DuckDBPyConnection, source: str, sequence: int, where: str) -> None:
    """Delete the rows of `landing.<source>` that satisfy a condition, and record them under the load that replaces them.

    If they are more than half of all rows, they are not recorded: rebuilding a fact costs less than deleting so many rows.
    """
    table, these = f'landing."{source}"', f"rowid in (select _at from temp.{DELETED})"
    con.execute(f"create or replace temp table {DELETED} as select rowid as _at from {table} where {where}")
    counted = f"select (select count(*) from temp.{DELETED}), (select count(*) from {table})"
    found, every = con.execute(counted).fetchone() or (0, 0)
    if 2 * found > every:
        invalidate(con, {source: sequence})
    elif found:
        record = f"{literal(source)}, _load_id, _source_file, _source_row, {int(sequence)}"
        con.execute(f"insert into intake.superseded_rows select {record} from {table} where {these}")
    con.execute(f"delete from {table} where {these}")
    con.execute(f"drop table temp.{DELETED}")


def recorded_since(con: DuckDBPyConnection) -> dict[str, int]:
    """By source, the sequence of the first load of which all deletions are recorded."""
    return dict(con.execute("select source, sequence from intake.superseded_since").fetchall())


def invalidate(con: DuckDBPyConnection, sequences: Mapping[str, int]) -> None:
    """Drop the record of loads up to these (source → sequence, inclusive): no fact needs it, or it is incomplete."""
    for source, sequence in sequences.items():
        con.execute("delete from intake.superseded_rows where source = ? and sequence <= ?", [source, sequence])
        con.execute(
            "insert into intake.superseded_since values (?, ?) "
            "on conflict do update set sequence = greatest(sequence, excluded.sequence)",
            [source, sequence + 1],
        )
