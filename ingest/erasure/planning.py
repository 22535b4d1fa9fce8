"""Make the plan of a removal: find the rows of the records, count them in each place, and hash their keys. It changes nothing.

Every row of landing, quarantine and facts stems from a delivery, so the deliveries name the rows of all places. Landing is
searched too, in case a delivery was lost. A release may have rows of deliveries that are gone; `ingest.erasure.plan` finds
those by the key of the fact.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from ingest.agreement_terms import is_past_keeping
from ingest.contract import Contract
from ingest.delivery import DeliveryStore
from ingest.delivery.removals import ERASED, PAST_KEEPING, REMOVED, ErasedKeys, identity_expressions, key_check
from ingest.delivery.removals import record_hash as keyed_hash
from ingest.delivery.store import BATCH
from ingest.erasure.plan import Place, Plan, SourcePlan, as_rows, in_release, in_working_warehouse, is_figures, register_rows
from ingest.typing import record_hash, typed_expression
from warehouse.connection import WarehouseError, in_memory, open_from_disk
from warehouse.paths import ANALYST_FILE, Home
from warehouse.releases import known_releases, pins
from warehouse.rewrite import LeftOut, count_left_out
from warehouse.sql import columns_of, literal, quoted

Row = tuple[str, str, str, int, str]
DELIVERIES, LANDING, QUARANTINE, RELEASE = "kept deliveries", "landing", "quarantine and rejected rows", "analyst file of release"
FIGURES = "figures in the analyst file of release"
_ATTACHED = "to_count"


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


def plan_erasure(
    home: Home, found: Sequence[Selection], hash_key: bytes, reason: str, erased_by: str, now: dt.datetime
) -> tuple[Plan, pa.Table]:
    """The plan that removes these records, and the rows to remove."""
    sources = []
    for selection in found:
        first_name = (selection.source, *selection.formerly)[-1]
        hashes = tuple(sorted(keyed_hash(hash_key, first_name, selection.columns, v) for v in selection.identities))
        sources.append(
            SourcePlan(
                source=selection.source,
                formerly=selection.formerly,
                records=selection.records,
                erased=(ErasedKeys(columns=selection.columns, hashes=hashes),),
                loads=tuple(selection.loads),
            )
        )
    plan = Plan(
        removal_id=_new_id(now), kind=ERASED, reason=reason, erased_at=now, erased_by=erased_by, sources=tuple(sources),
        key_check=key_check(hash_key),
    )  # fmt: skip
    rows = as_rows([row for selection in found for row in selection.rows])
    return _with_places(home, plan, rows), rows


def plan_source_removal(
    home: Home, source: str, reason: str, erased_by: str, now: dt.datetime, *, formerly: tuple[str, ...] = ()
) -> tuple[Plan, pa.Table]:
    """The plan that removes every row of a source."""
    landed = sum(load.rows_in_landing or 0 for load in DeliveryStore(home.deliveries, source).accepted() or ())
    plan = Plan(
        removal_id=_new_id(now), kind=REMOVED, reason=reason, erased_at=now, erased_by=erased_by,
        sources=(SourcePlan(source=source, formerly=formerly, records=landed, whole=True),),
    )  # fmt: skip
    rows = as_rows([])
    return _with_places(home, plan, rows), rows


def plan_past_keeping(
    home: Home, contracts: Sequence[Contract], as_of: dt.datetime, city_zone: str, erased_by: str, now: dt.datetime
) -> tuple[Plan, pa.Table] | None:
    """The plan that removes the rows that these contracts no longer allow to keep; None if there are none."""
    sources, rows = [], []
    for contract in contracts:
        store, kept_from = DeliveryStore(home.deliveries, contract.source), contract.agreement.kept_from(as_of.date())
        condition = is_past_keeping(contract, as_of.date(), city_zone, "_delivered_on")
        if condition is None or kept_from is None:
            continue
        found = past_keeping(contract, store, condition, city_zone)
        loads = tuple(path.parent.name for path in store.folder.glob(f"*/{BATCH}"))
        sources.append(
            SourcePlan(
                source=contract.source,
                formerly=contract.formerly,
                records=found.records,
                kept_from=kept_from,
                loads=loads,
                reason=f"kept for {contract.agreement.keep_for}, which is over",
            )
        )
        rows += found.rows
    if not sources:
        return None
    plan = Plan(
        removal_id=_new_id(now), kind=PAST_KEEPING, reason="agreement.keep_for is over", erased_at=now,
        erased_by=erased_by, sources=tuple(sources),
    )  # fmt: skip
    table = as_rows(rows)
    counted = _with_places(home, plan, table)
    return (counted, table) if counted.places else None


def _new_id(now: dt.datetime) -> str:
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _with_places(home: Home, plan: Plan, rows: pa.Table) -> Plan:
    places = [*_in_deliveries(home, plan, rows), *_in_databases(home, plan, rows)]
    return plan.model_copy(update={"places": tuple(place for place in places if place.rows)})


def _in_deliveries(home: Home, plan: Plan, rows: pa.Table) -> list[Place]:
    counted: dict[tuple[str, str], int] = {}
    for source, load_id in zip(rows["source"].to_pylist(), rows["load_id"].to_pylist(), strict=True):
        counted[source, load_id] = counted.get((source, load_id), 0) + 1
    for source in plan.sources:
        if source.whole:
            for path in sorted((home.deliveries / source.source).glob(f"*/{BATCH}")):
                counted[source.source, path.parent.name] = pq.read_metadata(path).num_rows
    return [Place(kind=DELIVERIES, name=f"{source}/{load_id}", rows=number) for (source, load_id), number in counted.items()]


def _in_databases(home: Home, plan: Plan, rows: pa.Table) -> list[Place]:
    found: list[Place] = []
    pinned = pins(home)
    for schema, table, number, _ in _counted(home, home.warehouse, plan, rows, in_working_warehouse):
        if schema in ("landing", "withheld") or (schema, table) == ("intake", "rejected_rows"):
            found.append(Place(kind=LANDING if schema == "landing" else QUARANTINE, name=f"{schema}.{table}", rows=number))
    for release_id in known_releases(home):
        release = f"{release_id} (pinned)" if release_id in pinned else release_id
        for schema, table, number, has_figures in _counted(home, home.release(release_id) / ANALYST_FILE, plan, rows, in_release):
            found.append(Place(kind=FIGURES if has_figures else RELEASE, name=f"{release}: {schema}.{table}", rows=number))
    return found


def _counted(
    home: Home, path: Path, plan: Plan, rows: pa.Table, left_out: Callable[[DuckDBPyConnection, str, Plan], LeftOut]
) -> list[tuple[str, str, int, bool]]:
    """Schema, table, rows to leave out, and whether it has figures, of each table of a database; none without the file."""
    if not path.is_file():
        return []
    try:
        with open_from_disk(path, _ATTACHED) as con:
            register_rows(con, rows, home)
            columns, counted = columns_of(con, _ATTACHED), count_left_out(con, _ATTACHED, left_out(con, _ATTACHED, plan))
            return [(*table, number, is_figures(table[0], columns[table])) for table, number in counted.items()]
    except WarehouseError:
        return []  # a damaged file is deleted, because its records cannot be removed
