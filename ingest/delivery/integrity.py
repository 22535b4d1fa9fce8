"""The deliveries that are kept on disk: whether a batch still is what was written, and how long one stays.

Here: what can happen to a kept delivery later. Not here: writing one down (`ingest.delivery.write_batch`), what has landed of it
(`ingest.landing.landing_journal`).
"""

from __future__ import annotations

import datetime as dt
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.delivery.write_batch import DeliveryStore, Receipt
from warehouse.fingerprint import file_sha256

REMOVING = ".removing-"


def damage(store: DeliveryStore, receipt: Receipt) -> str | None:
    """Why the batch of a delivery cannot be taken for what was delivered; None if it can."""
    batch = store.batch(receipt.load_id)
    if not batch.is_file():
        return "it is gone"
    try:
        if receipt.batch_sha256 is not None:
            return None if file_sha256(batch) == receipt.batch_sha256 else "it is not what was written"
        # written by a version that kept no hash: at least every page must read
        rows = sum(part.num_rows for part in pq.ParquetFile(batch).iter_batches())
        return None if rows == receipt.rows else f"it has {rows:,} rows of {receipt.rows:,}"
    except (pa.ArrowException, OSError):
        return "it does not read"


def disown(store: DeliveryStore, load_id: str) -> None:
    """Take a damaged batch for not delivered, so that the same delivery, should it be there, is read anew."""
    store.batch(load_id).replace(store.folder / load_id / "batch.damaged")


def prune(con: DuckDBPyConnection, contract: Contract, store: DeliveryStore, now: dt.datetime, days: float) -> list[str]:
    """Remove the deliveries that are older than `days` and of which no landing row stems; their load ids.

    The newest stays: it tells whether the next one is another. `now` is in UTC without zone.
    """
    for left in store.folder.glob(f"{REMOVING}*"):
        shutil.rmtree(left)
    limit = now - dt.timedelta(days=days)
    old = [receipt.load_id for receipt in store.receipts()[:-1] if dt.datetime.fromisoformat(receipt.delivered_at) < limit]
    if not old:
        return []
    landed = f'select distinct _load_id from landing."{contract.source}" where _load_id in (select unnest(?))'
    needed = {load_id for (load_id,) in con.execute(landed, [old]).fetchall()}
    unneeded = [load_id for load_id in old if load_id not in needed]
    if unneeded:
        store.remember_files()
    for load_id in unneeded:
        away = store.folder / f"{REMOVING}{load_id}"
        (store.folder / load_id).rename(away)  # gone from every list before the first file goes
        shutil.rmtree(away)
    return unneeded
