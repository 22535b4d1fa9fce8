"""What a batch's size can be compared with, before its gate judges it.

Here: whether a batch adds to what has landed or stands for it anew, which landed rows it would take out, and the sizes of earlier
batches of its kind. Not here: how much less is too little (`expectations.delivery.suite_from_contract`), taking the batch in
(`ingest.landing.promote`).

A file that holds only what is new is no file that has lost the rest: it is judged by what it would take out of landing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.delivery.write_batch import DeliveryStore, Receipt
from ingest.landing.partition_releases import rival_files
from ingest.landing.partitions import Partitions, compared_partitions
from ingest.landing.promote import from_since
from ingest.landing.tables import period_of
from ingest.typing.expressions import typed_expression
from warehouse.sql import literal

# A batch that renews most of what has landed stands for the whole, however much is new in it.
MOST = 0.5


@dataclass(frozen=True)
class Replaced:
    """The landed rows that a batch would take out: how many, and the first and last of their periods (first days)."""

    rows: int
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Comparison:
    """What a batch is compared with.

    `earlier`: sizes of earlier batches that stood for the whole, newest first. `adds`: the batch brings what is new and leaves
    most of what has landed alone. `replaced`: what one of `replace_period` that reaches beyond what has landed would take out.
    `partitions`: what one of `replace_partition` would withdraw, and `rivals` its files of which the newer is not known.
    """

    earlier: tuple[int, ...]
    adds: bool = False
    replaced: Replaced | None = None
    partitions: Partitions | None = None
    rivals: tuple[str, ...] = ()


def comparison(con: DuckDBPyConnection, contract: Contract, receipt: Receipt, store: DeliveryStore, city_zone: str) -> Comparison:
    """What the batch of a receipt is compared with; one that was asked for by cursor with the rows that it would replace."""
    if receipt.whole or receipt.since is not None:
        asked = "true" if receipt.whole else from_since(contract, receipt, city_zone)
        row = con.execute(f'select count(*) from landing."{contract.source}" where {asked}').fetchone()
        return Comparison((row[0],) if row and row[0] else ())
    batch, load = store.batch(receipt.load_id), contract.load
    written = set(pq.read_schema(batch).names)
    # the same files under an older contract are no other state
    files = {file.sha256 for file in receipt.files}
    own = {receipt.load_id, *(r.load_id for r in store.receipts() if {file.sha256 for file in r.files} == files)}
    if load.mode == "replace_partition":
        if not written.issuperset(contract.deciding_columns):
            return Comparison(())
        rivals = rival_files(con, contract, receipt, batch, city_zone)
        return Comparison((), partitions=compared_partitions(con, contract, receipt, batch, own, city_zone), rivals=rivals)
    loads = "select rows_delivered from intake.loads where source = ? and not list_contains(?, load_id) and not adds "
    earlier = tuple(row[0] for row in con.execute(f"{loads} order by sequence desc", [contract.source, list(own)]).fetchall())
    if not earlier:
        return Comparison(earlier)
    if load.mode == "replace_period" and load.period_column in written:
        return _by_period(con, contract, batch, earlier, own, city_zone)
    if load.mode == "merge" and load.key and written.issuperset(load.key):
        return Comparison(earlier, _adds_keys(con, contract, batch, own, city_zone))
    return Comparison(earlier)


def _by_period(
    con: DuckDBPyConnection, contract: Contract, batch: Path, earlier: tuple[int, ...], own: Collection[str], city_zone: str
) -> Comparison:
    period = period_of(contract, city_zone)
    row = con.execute(
        f"""
        with
        landed as (
            select _period as period, count(*) as row_count from landing."{contract.source}"
            where not list_contains(?, _load_id) group by all
        ),
        span as (select min({period}) as first, max({period}) as last from read_parquet({literal(str(batch))})),
        reach as (select min(period) as first, max(period) as last, sum(row_count) as row_count from landed)
        select
            span.first < reach.first or span.last > reach.last, reach.row_count,
            coalesce(sum(landed.row_count), 0), min(landed.period), max(landed.period)
        from span
        cross join reach
        left join landed on landed.period between span.first and span.last
        group by all
        """,
        [list(own)],
    ).fetchone()
    if row is None or not row[0]:
        return Comparison(earlier)
    _, landed, taken_out, first, last = row
    adds = taken_out < MOST * landed
    return Comparison(earlier, adds, Replaced(int(taken_out), first, last) if taken_out else None)


def _adds_keys(con: DuckDBPyConnection, contract: Contract, batch: Path, own: Collection[str], city_zone: str) -> bool:
    parts = [typed_expression(contract.column(name), city_zone) for name in contract.load.key or ()]
    key, usable = f"({', '.join(parts)})", " and ".join(f"{part} is not null" for part in parts)
    row = con.execute(
        f"""
        with
        given as (select distinct {key} as key from read_parquet({literal(str(batch))}) where {usable}),
        landed as (select distinct {key} as key from landing."{contract.source}" where not list_contains(?, _load_id))
        select
            (select count(*) from given), (select count(*) from landed), (select count(*) from given where key in (from landed))
        """,
        [list(own)],
    ).fetchone()
    given, landed, known = row or (0, 0, 0)
    return bool(known < MOST * given and known < MOST * landed)
