"""Count the landed rows that a load withdraws: rows that it replaces and that have no successor in it.

See `ingest.landing.partitions` for the comparison before a delivery is checked.
"""

from __future__ import annotations

from collections.abc import Sequence

from duckdb import DuckDBPyConnection


def count_withdrawn_rows(con: DuckDBPyConnection, table: str, replaced: str, usable: str, key: Sequence[str], unit: str) -> int:
    """Count the `replaced` rows of `table` whose `key` no `usable` row of the batch has.

    Rows without a key have no successor of their own: each `unit` (a period, a partition) withdraws the rows by which it shrinks.
    Refused rows were never published, so that none of them is withdrawn.
    """
    landed = f"from {table} where {replaced} and not _refused"
    if key:
        record = f"hash({', '.join(key)})"
        found = con.execute(f"select count(*) {landed} and {record} not in (select {record} from {usable})").fetchone()
    else:
        found = con.execute(
            f"""
            with
            landed as (select {unit} as _unit, count(*) as row_count {landed} group by all),
            given as (select {unit} as _unit, count(*) as row_count from {usable} group by all)
            select coalesce(sum(greatest(landed.row_count - coalesce(given.row_count, 0), 0)), 0)::bigint
            from landed left join given on landed._unit = given._unit
            """
        ).fetchone()
    return int(found[0]) if found else 0
