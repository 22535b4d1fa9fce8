"""What a batch of load mode `replace_partition` would withdraw, partition by partition.

See `expectations.delivery.volume` for the other load modes, and `expectations.delivery.suite_from_contract` for how much is too
much.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.delivery.write_batch import Receipt
from ingest.landing.partition_releases import (
    batch_rows,
    newest_releases,
    partition_cells,
    record_cells,
    repeated_files,
    spare_tables,
    usable,
)
from warehouse.sql import literal, quoted


@dataclass(frozen=True)
class Partitions:
    """How the partitions of a batch compare with what has landed; all are counts of rows but `new` and `largest_loss`.

    `rows`, `landed` and `withdrawn` are those of the partitions that have landed before: the batch's rows, the landed ones, and
    the landed ones without a successor in the batch. `largest_loss` names the partition that loses the largest share, with its
    own counts. `new` partitions have not landed before; `usual` is the median size of a landed partition.
    """

    rows: int
    landed: int
    withdrawn: int
    largest_loss: str
    largest_loss_landed: int
    largest_loss_withdrawn: int
    new: int
    new_rows: int
    usual: float


def compared_partitions(
    con: DuckDBPyConnection, contract: Contract, receipt: Receipt, batch: Path, own: Collection[str], city_zone: str
) -> Partitions | None:
    """How a batch compares with the landed rows of other loads than its `own`; None where no row has landed yet."""
    cells = partition_cells(contract, city_zone)
    names = [quoted(f"_p{at}") for at in range(len(cells))]
    split = ", ".join(f"{sql} as {name}" for (_, sql, _), name in zip(cells, names, strict=True))
    key = record_cells(contract, city_zone)
    # rows without a key have no successor, so only their number is compared
    record = f"hash({', '.join(key)})" if key else "null::ubigint"
    shown = " || ', ' || ".join(
        f"{literal(f'{part} = ')} || {f'cast({name} as varchar)' if is_public else literal('(private)')}"
        for (part, _, is_public), name in zip(cells, names, strict=True)
    )
    rows, before = batch_rows(con, contract, receipt, batch, city_zone), set(spare_tables(con))
    kept, _ = repeated_files(con, receipt, rows, usable(contract, city_zone), "true")
    newest, _ = newest_releases(con, contract, receipt, rows, kept, city_zone)
    by, own_loads = ", ".join(names), [list(own)]
    try:
        found = con.execute(
            f"""
            with
            given as (select {split}, {record} as _record from {rows} where {kept}{newest}),
            landed as (
                select {split}, {record} as _record from landing.{quoted(contract.source)}
                where not _refused and not list_contains(?, _load_id)
            ),
            given_sizes as (
                select {by}, {"count(distinct _record)" if key else "count(*)"} as given_rows from given group by all
            ),
            landed_sizes as (
                select {by}, count(*) as landed_rows, count(*) filter (_record not in (select _record from given)) as without
                from landed group by all
            ),
            compared as (
                select *, {"coalesce(without, 0)" if key else "greatest(landed_rows - given_rows, 0)"} as withdrawn
                from given_sizes left join landed_sizes using ({by})
            )
            select
                (select median(landed_rows) from landed_sizes),
                coalesce(sum(given_rows) filter (landed_rows is not null), 0)::bigint, coalesce(sum(landed_rows), 0)::bigint,
                coalesce(sum(withdrawn), 0)::bigint, count(*) filter (landed_rows is null),
                coalesce(sum(given_rows) filter (landed_rows is null), 0)::bigint,
                coalesce(
                    max_by({{name: {shown}, landed: landed_rows, withdrawn: withdrawn}}, withdrawn / landed_rows),
                    {{name: '', landed: 0, withdrawn: 0}}
                )
            from compared
            """,
            own_loads,
        ).fetchone()
    finally:
        for table in set(spare_tables(con)) - before:
            con.execute(f"drop table temp.{table}")
    if found is None or found[0] is None:
        return None
    usual, given, landed, withdrawn, new, new_rows, loss = found
    return Partitions(given, landed, withdrawn, loss["name"], loss["landed"], loss["withdrawn"], new, new_rows, float(usual))
