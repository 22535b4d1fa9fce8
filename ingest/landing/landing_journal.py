"""What has landed of a source, written down beside its deliveries; and landing made again from them when it is gone.

Here: `deliveries/<source>/landed.json`, a copy of landing's ledger, and taking in again what the ledger lacks. Not here: taking a
new batch in (`ingest.landing.promote`), whether a kept batch is whole (`ingest.delivery.integrity`).

The working warehouse is made from the deliveries and may be deleted at any time. What gates have let in, in which order and under
which contract is known to its ledger alone, so that is copied to where the deliveries are.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.delivery.integrity import damage
from ingest.delivery.write_batch import DeliveryStore
from ingest.landing import superseded
from ingest.landing.promote import promote
from ingest.landing.withheld_records import remembers, restore_withheld, save_withheld
from warehouse.files import write_atomically

LANDED = "landed.json"
_TIMES = ("delivered_at", "promoted_at", "data_as_of")


class DeliveryLost(Exception):
    """Landing lacks rows that only a kept delivery has, and it is damaged or gone."""

    def __init__(self, store: DeliveryStore, load_id: str, why: str, rows: int) -> None:
        super().__init__(
            f"{store.source}: {rows:,} rows of landing can only be made again from {store.batch(load_id)}, and {why}. "
            f"Put it back from a backup, or have the same delivery sent again. To go on without these rows, "
            f"take the load out of {store.folder / LANDED}"
        )
        self.load_id = load_id


@dataclass(frozen=True)
class LandedLoad:
    """A line of the ledger (`intake.loads`), and how many rows of the load are in landing."""

    load_id: str
    sequence: int
    run_id: str
    files: int
    delivered_at: str | None
    promoted_at: str | None
    contract: str
    rows_delivered: int
    rows_blank: int
    rows_duplicate: int
    rows_rejected: int
    data_as_of: str | None
    rows_in_landing: int
    adds: bool = False
    rows_withdrawn: int = 0


def write_down(con: DuckDBPyConnection, contract: Contract, store: DeliveryStore) -> None:
    """Copy the ledger's lines of the source, if they are others than those that stand there."""
    ledger = _ledger(con, contract)
    if [(load.load_id, load.sequence) for load in read(store)] == [(line["load_id"], line["sequence"]) for line in ledger]:
        return
    counted = con.execute(f'select _load_id, count(*) from landing."{contract.source}" group by all').fetchall()
    rows = dict(counted)
    loads = [asdict(LandedLoad(**line, rows_in_landing=rows.get(line["load_id"], 0))) for line in ledger]
    if remembers(contract):
        save_withheld(con, contract, store.folder)
    write_atomically(store.folder / LANDED, json.dumps(loads, indent=1) + "\n")


def read(store: DeliveryStore) -> tuple[LandedLoad, ...]:
    """What has landed of the source, in the order of loads; nothing if nothing has."""
    path = store.folder / LANDED
    return tuple(LandedLoad(**load) for load in json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ()


def catch_up(con: DuckDBPyConnection, contract: Contract, store: DeliveryStore, city_zone: str) -> int:
    """Take in again, in their order, the loads that the ledger lacks; how many there were.

    A load that left no row in landing needs no batch: its line is put back. `DeliveryLost` if a batch that is needed cannot be
    had; what came before it is taken in then.
    """
    there = {(line["load_id"], line["sequence"]) for line in _ledger(con, contract)}
    lacking = [load for load in read(store) if (load.load_id, load.sequence) not in there]
    for load in lacking:
        receipt = store.receipt(load.load_id)
        why = "it is gone" if receipt is None else damage(store, receipt)
        if receipt is not None and why is None:
            promote(
                con,
                contract,
                replace(receipt, sequence=load.sequence),  # it may have come again since, and not have got in
                store.batch(load.load_id),
                run_id=load.run_id,
                city_zone=city_zone,
                now=dt.datetime.fromisoformat(load.promoted_at) if load.promoted_at else None,
                terms=load.contract,
                adds=load.adds,
                withdrawn=load.rows_withdrawn,
            )
        elif load.rows_in_landing:
            raise DeliveryLost(store, load.load_id, why or "it does not read", load.rows_in_landing)
        else:
            line = asdict(load) | {"source": contract.source}
            del line["rows_in_landing"]
            named = ", ".join(f"? as {name}" for name in line)
            con.execute(f"insert into intake.loads by name select {named}", list(line.values()))
            superseded.forget(con, {contract.source: load.sequence})  # what it took out is not known any more
    if lacking and remembers(contract):
        restore_withheld(con, contract, store.folder)
    return len(lacking)


def _ledger(con: DuckDBPyConnection, contract: Contract) -> list[dict[str, Any]]:
    result = con.execute("select * exclude (source) from intake.loads where source = ? order by sequence", [contract.source])
    names = [column[0] for column in result.description or ()]
    lines = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return [line | {name: line[name].isoformat() if line[name] else None for name in _TIMES} for line in lines]
