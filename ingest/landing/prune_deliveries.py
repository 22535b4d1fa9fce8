"""Remove old deliveries that landing no longer needs."""

from __future__ import annotations

import datetime as dt
import shutil

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.delivery import DeliveryStore

REMOVING = ".removing-"


def prune_deliveries(
    con: DuckDBPyConnection, contract: Contract, store: DeliveryStore, now: dt.datetime, days: float
) -> list[str]:
    """Remove the deliveries that are older than `days` and have no row in landing; returns their load ids.

    The newest delivery stays, because it shows whether the next one differs. `now` is in UTC without zone.
    """
    for left in store.folder.glob(f"{REMOVING}*"):
        shutil.rmtree(left)
    limit = now - dt.timedelta(days=days)
    old = [delivery.load_id for delivery in store.records()[:-1] if delivery.delivered_at < limit]
    if not old:
        return []
    landed = f'select distinct _load_id from landing."{contract.source}" where _load_id in (select unnest(?))'
    needed = {load_id for (load_id,) in con.execute(landed, [old]).fetchall()}
    unneeded = [load_id for load_id in old if load_id not in needed]
    if unneeded:
        store.save_first_sequences()
    for load_id in unneeded:
        removed = store.folder / f"{REMOVING}{load_id}"
        (store.folder / load_id).rename(removed)  # no list contains it from here on, even after a kill
        shutil.rmtree(removed)
    return unneeded
