"""Compare a batch of load mode `replace_partition` with the landed rows, partition by partition.

See `expectations.delivery.volume` for the other load modes, and `expectations.delivery.suite_from_contract` for the limits.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ingest.landing.batch.releases import older_releases, repeated_files
from ingest.landing.batch.rows import Batch, drop_row_sets, partition_columns, row_set_tables
from warehouse.sql import literal, quoted


@dataclass(frozen=True)
class PartitionComparison:
    """The partitions of a batch compared with landing; all fields count rows, except `new` and `largest_loss`.

    `rows`, `landed` and `withdrawn` are of the partitions that have landed rows: the batch's rows, the landed rows, and the
    landed rows without a successor in the batch. `largest_loss` names the partition that loses the largest share, with its own
    counts. `new` partitions have no landed row; `usual` is the median size of a landed partition.
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


def compare_partitions(batch: Batch, own: Collection[str]) -> PartitionComparison | None:
    """Compare a batch with the landed rows of loads other than its `own`; None if no row has landed yet."""
    con, source, key = batch.con, batch.contract.source, batch.key
    cells = partition_columns(batch.contract, batch.city_zone)
    names = [quoted(f"_p{at}") for at in range(len(cells))]
    split = ", ".join(f"{sql} as {name}" for (_, sql, _), name in zip(cells, names, strict=True))
    # rows without a key have no successor, so that only their number is compared
    record = f"hash({', '.join(key)})" if key else "null::ubigint"
    label = " || ', ' || ".join(
        f"{literal(f'{part} = ')} || {f'cast({name} as varchar)' if is_public else literal('(private)')}"
        for (part, _, is_public), name in zip(cells, names, strict=True)
    )
    before = row_set_tables(con)
    once = f"{batch.usable} and {repeated_files(batch, 'true').others}"
    newest = older_releases(batch, once).others
    by, own_loads = ", ".join(names), [list(own)]
    try:
        found = con.execute(
            f"""
            with
            given as (select {split}, {record} as _record from {batch.rows} where {once} and {newest}),
            landed as (
                select {split}, {record} as _record from landing.{quoted(source)}
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
                    max_by({{name: {label}, landed: landed_rows, withdrawn: withdrawn}}, withdrawn / landed_rows),
                    {{name: '', landed: 0, withdrawn: 0}}
                )
            from compared
            """,
            own_loads,
        ).fetchone()
    finally:
        drop_row_sets(con, keep=before)
    if found is None or found[0] is None:
        return None
    usual, given, landed, withdrawn, new, new_rows, loss = found
    return PartitionComparison(
        given, landed, withdrawn, loss["name"], loss["landed"], loss["withdrawn"], new, new_rows, float(usual)
    )
