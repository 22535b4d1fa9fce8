"""The rows that later loads took out of landing, until every fact that grows has taken them out, too.

Here: that account, `intake.superseded_rows`, and from which load on it tells. Not here: which rows give way to a load
(`promote`), the facts (dbt's macro `forget_gone_rows`).

Without it a fact would have to look each of its rows up in landing, every night.
"""

from __future__ import annotations

from collections.abc import Mapping

from duckdb import DuckDBPyConnection

from warehouse.sql import literal

SPARE = "spare_gone"


def begin(con: DuckDBPyConnection, source: str, sequence: int) -> None:
    """From this load on all that is taken out of the source's landing is told, if it was not before.

    Not of a load that finds landing empty: what a lost landing held, and this load took out of it, nobody can tell.
    """
    is_empty = con.execute(f'select 1 from landing."{source}" limit 1').fetchone() is None
    if is_empty:
        forget(con, {source: sequence})
    else:
        con.execute("insert or ignore into intake.superseded_since values (?, ?)", [source, sequence])


def take_out(con: DuckDBPyConnection, source: str, sequence: int, where: str) -> None:
    """Take the rows of `landing.<source>` out for which a condition holds, and tell them under the load that replaces them.

    Not if they are more than half of all: to build a fact anew costs less than to take so much out of it.
    """
    table, these = f'landing."{source}"', f"rowid in (select _at from temp.{SPARE})"
    con.execute(f"create or replace temp table {SPARE} as select rowid as _at from {table} where {where}")
    found, every = con.execute(f"select (select count(*) from temp.{SPARE}), (select count(*) from {table})").fetchone() or (0, 0)
    if 2 * found > every:
        forget(con, {source: sequence})
    elif found:
        told = f"{literal(source)}, _load_id, _source_file, _source_row, {int(sequence)}"
        con.execute(f"insert into intake.superseded_rows select {told} from {table} where {these}")
    con.execute(f"delete from {table} where {these}")
    con.execute(f"drop table temp.{SPARE}")


def take_all_out(con: DuckDBPyConnection, source: str, sequence: int) -> None:
    """Take everything out of `landing.<source>`, without a list: facts are built anew over such a load."""
    con.execute(f'delete from landing."{source}"')
    forget(con, {source: sequence})


def since(con: DuckDBPyConnection) -> dict[str, int]:
    """By source, the sequence of the first load of which all that it took out is told."""
    return dict(con.execute("select source, sequence from intake.superseded_since").fetchall())


def forget(con: DuckDBPyConnection, taken_in: Mapping[str, int]) -> None:
    """Tell no more what loads took out up to these (source → sequence, inclusive): no fact needs it, or not all is known."""
    for source, sequence in taken_in.items():
        con.execute("delete from intake.superseded_rows where source = ? and sequence <= ?", [source, sequence])
        con.execute(
            "insert into intake.superseded_since values (?, ?) "
            "on conflict do update set sequence = greatest(sequence, excluded.sequence)",
            [source, sequence + 1],
        )
