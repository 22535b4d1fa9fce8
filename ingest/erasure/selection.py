"""Find the rows of records in the kept deliveries of a source: by key, by values of columns, or because they may not be kept.

Every row of landing, quarantine and facts stems from a delivery, so the deliveries name the rows of all places. Landing is
searched too, in case a delivery was lost. A release may have rows of deliveries that are gone; `ingest.erasure.places` finds
those by the key of the fact.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from ingest.contract import Contract
from ingest.delivery import DeliveryStore
from ingest.delivery.row_filter import identity_expressions
from ingest.delivery.store import BATCH
from ingest.typing import record_hash, typed_expression
from warehouse.connection import WarehouseError, in_memory, open_from_disk
from warehouse.sql import literal, quoted

Row = tuple[str, str, str, int, str]


@dataclass
class Selection:
    """The rows found: (source, load, file, row number, record hash), and the values that identify their records.

    `columns` identify a record; `identities` are its joined values, in each form in which a delivery may have them.
    """

    source: str
    columns: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    identities: set[str] = field(default_factory=set)
    loads: list[str] = field(default_factory=list)
    has_key: bool = True
    formerly: tuple[str, ...] = ()

    @classmethod
    def of(cls, contract: Contract, columns: tuple[str, ...], *, has_key: bool = True) -> Selection:
        """Nothing yet of a source, under its present name and its former ones."""
        return cls(contract.source, columns, has_key=has_key, formerly=contract.formerly)

    @property
    def records(self) -> int:
        """How many records: different keys, or without a key the most rows of one load."""
        if self.has_key:
            return len({row[4] for row in self.rows})
        by_load = [row[1] for row in self.rows]
        return max((by_load.count(load) for load in set(by_load)), default=0)


def by_keys(
    contract: Contract, store: DeliveryStore, keys: Sequence[Sequence[str]], city_zone: str, hash_key: bytes | None
) -> tuple[Selection, list[Sequence[str]]]:
    """The rows of the records with these keys, and the keys that no kept delivery has.

    A value is compared as typed by the contract and as delivered; one that is stored as a keyed hash, also by that hash.
    """
    columns = contract.load.key or ()
    found = Selection.of(contract, columns)
    known: set[int] = set()
    for at, key in enumerate(keys):
        given = [_forms(contract, name, value, hash_key) for name, value in zip(columns, key, strict=True)]
        condition = " and ".join(
            f"({_typed(contract, name, city_zone)} in ({forms}) or {_raw(name)} in ({forms}))"
            for name, forms in zip(columns, given, strict=True)
        )
        if _add_rows(found, contract, store, condition, city_zone):
            known.add(at)
            found.identities.add("\x1f".join(value.strip() for value in key))
    return found, [key for at, key in enumerate(keys) if at not in known]


def by_conditions(contract: Contract, store: DeliveryStore, conditions: Sequence[tuple[str, str]], city_zone: str) -> Selection:
    """The rows with these values of columns; without a key, a record is identified by all its columns."""
    columns = contract.record_key or tuple(column.name for column in contract.kept_columns)
    found = Selection.of(contract, columns, has_key=bool(contract.record_key))
    condition = " and ".join(
        f"({_typed(contract, name, city_zone)} = {literal(value.strip())} or {_raw(name)} = {literal(value.strip())})"
        for name, value in conditions
    )
    _add_rows(found, contract, store, condition, city_zone)
    return found


def past_keeping(contract: Contract, store: DeliveryStore, condition: str, city_zone: str) -> Selection:
    """The rows that fulfil a condition over delivered text, in which `_delivered_on` is the day of their delivery."""
    columns = contract.record_key or tuple(column.name for column in contract.kept_columns)
    found = Selection.of(contract, columns, has_key=bool(contract.record_key))
    _add_rows(found, contract, store, condition, city_zone, identities=False)
    return found


def _add_rows(
    found: Selection, contract: Contract, store: DeliveryStore, condition: str, city_zone: str, identities: bool = True
) -> int:
    """Add the rows of every kept delivery that fulfil the condition; returns how many."""
    added = 0
    typed, raw = identity_expressions(contract, found.columns, city_zone)
    days = {record.load_id: record.delivered_at.date() for record in store.records()}
    with in_memory() as con:
        for batch in sorted(store.folder.glob(f"*/{BATCH}")):
            load_id = batch.parent.name
            day = f"date {literal(str(days[load_id]))}" if load_id in days else "null::date"
            values = f"{typed}, {raw}" if identities else "null, null"
            rows = con.execute(
                f"select _source_file, _source_row, {record_hash(contract)}, {values} "
                f"from {_batch_relation(contract, batch, day)} where coalesce({condition}, false)"
            ).fetchall()
            found.rows += [(contract.source, load_id, file, row, hashed) for file, row, hashed, _, _ in rows]
            if identities:
                found.identities.update(value for *_, as_typed, as_raw in rows for value in (as_typed, as_raw))
            if rows and load_id not in found.loads:
                found.loads.append(load_id)
            added += len(rows)
    return added + _add_landed_rows(found, contract, store, condition)


def _add_landed_rows(found: Selection, contract: Contract, store: DeliveryStore, condition: str) -> int:
    """Add the landed rows of lost deliveries that fulfil the condition."""
    warehouse = store.folder.parent.parent / "warehouse.duckdb"
    load_ids = {path.parent.name for path in store.folder.glob(f"*/{BATCH}")}
    if not warehouse.is_file():
        return 0
    try:
        with open_from_disk(warehouse, "working") as con:
            landed = f"select *, null::date as _delivered_on from working.landing.{quoted(contract.source)}"
            rows = con.execute(
                f"select _load_id, _source_file, _source_row, {record_hash(contract)} "
                f"from ({landed} where not list_contains(?, _load_id)) where coalesce({condition}, false)",
                [sorted(load_ids)],
            ).fetchall()
    except (WarehouseError, duckdb.Error):
        return 0  # a table that was never made, or a damaged file, which the next run rebuilds from the deliveries
    found.rows += [(contract.source, *row) for row in rows]
    return len(rows)


def _batch_relation(contract: Contract, batch: Path, day: str) -> str:
    # a batch that was written under an earlier contract lacks later columns
    written = set(pq.read_schema(batch).names)
    later = "".join(f", null::varchar as {quoted(c.name)}" for c in contract.kept_columns if c.name not in written)
    return f"(select *{later}, {day} as _delivered_on from read_parquet({literal(str(batch))}))"


def _typed(contract: Contract, name: str, city_zone: str) -> str:
    return f"cast({typed_expression(contract.column(name), city_zone)} as varchar)"


def _raw(name: str) -> str:
    return f"trim({quoted(name)})"


def _forms(contract: Contract, name: str, value: str, hash_key: bytes | None) -> str:
    """The value as SQL literals, in each form in which the column may have it."""
    forms = [value.strip()]
    if contract.column(name).is_hashed and hash_key is not None:
        forms.append(hmac.digest(hash_key, value.strip().encode(), "sha256").hex())
    return ", ".join(map(literal, forms))
