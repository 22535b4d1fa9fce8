"""Make the plan of a removal: find the rows of the records, count them in each place, and hash their keys. It changes nothing.

Every row of landing, quarantine and facts stems from a delivery, so the deliveries name the rows of all places. Landing is
searched too, in case a delivery was lost. A release may have rows of deliveries that are gone; `ingest.erasure.plan` finds
those by the key of the fact.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.contract_terms import is_past_keeping
from ingest.delivery import DeliveryStore
from ingest.delivery.removals import JOINED, ErasedKeys, identity_expressions, key_check
from ingest.delivery.removals import record_hash as keyed_hash
from ingest.delivery.store import BATCH
from ingest.erasure.plan import ROW_SCHEMA, Place, Plan, SourcePlan, in_release, in_working_warehouse, is_figures, register_rows
from ingest.typing import record_hash, typed_expression
from warehouse.connection import WarehouseError, in_memory, open_from_disk
from warehouse.paths import ANALYST_FILE, Home
from warehouse.releases import known_releases, pins
from warehouse.rewrite import LeftOut, count_left_out
from warehouse.sql import columns_of, one_of, queries, quoted

Row = tuple[str, str, str, int, str]
DELIVERIES, LANDING, QUARANTINE, RELEASE = "kept deliveries", "landing", "quarantine and rejected rows", "analyst file of release"
FIGURES = "figures in the analyst file of release"
_ATTACHED = "to_count"


@dataclass
class Selection:
    """The rows found of a source: (source, load, file, row number, record hash), and the values that identify their records.

    `columns` identify a record; `identities` are its joined values, in each form in which a delivery may have them.
    """

    contract: Contract
    columns: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    identities: set[str] = field(default_factory=set)

    @property
    def records(self) -> int:
        """How many records: different keys, or without a key the most rows of one load."""
        if self.contract.load.key:
            return len({row[4] for row in self.rows})
        return max(Counter(row[1] for row in self.rows).values(), default=0)


def by_keys(
    contract: Contract, store: DeliveryStore, keys: Sequence[Sequence[str]], city_zone: str, hash_key: bytes | None
) -> tuple[Selection, list[Sequence[str]]]:
    """The rows of the records with these keys, and the keys that no kept delivery has.

    A value is compared as typed by the contract and as delivered; one that is stored as a keyed hash, also by that hash.
    """
    columns = contract.load.key or ()
    found = Selection(contract, columns)
    missing = []
    for key in keys:
        given = zip(columns, key, strict=True)
        condition = " and ".join(_has_value(contract, name, value, city_zone, hash_key) for name, value in given)
        if _add_rows(found, store, condition, city_zone):
            found.identities.add(JOINED.join(value.strip() for value in key))
        else:
            missing.append(key)
    return found, missing


def by_conditions(contract: Contract, store: DeliveryStore, conditions: Sequence[tuple[str, str]], city_zone: str) -> Selection:
    """The rows with these values of columns; without a key, a record is identified by all its columns."""
    found = Selection(contract, contract.record_key or tuple(column.name for column in contract.kept_columns))
    condition = " and ".join(_has_value(contract, name, value, city_zone) for name, value in conditions)
    _add_rows(found, store, condition, city_zone)
    return found


def _add_rows(found: Selection, store: DeliveryStore, condition: str, city_zone: str) -> int:
    """Add the rows of every kept delivery that fulfil a condition over delivered text; returns how many.

    In the condition `_delivered_on` is the day of the delivery.
    """
    contract, before = found.contract, len(found.rows)
    batches = {path.parent.name: path for path in sorted(store.folder.glob(f"*/{BATCH}"))}
    record = record_hash(contract)
    sql = queries(Path(__file__).with_suffix(".sql.jinja"), source=contract.source, record=record, condition=condition)
    if batches:
        values = identity_expressions(contract, found.columns, city_zone) if found.columns else ()
        days = {delivery.load_id: delivery.delivered_at.date() for delivery in store.records()}
        columns = [column.name for column in contract.kept_columns]
        with in_memory() as con:
            rows = con.execute(sql.in_batches(batches.values(), columns, days, values)).fetchall()
        found.rows += [row[:5] for row in rows]
        found.identities.update(value for row in rows for value in row[5:])
    # landed rows of lost deliveries
    warehouse = store.folder.parent.parent / "warehouse.duckdb"
    if warehouse.is_file():
        # without a table that was never made, and without a damaged file, which the next run rebuilds from the deliveries
        with suppress(WarehouseError, duckdb.Error), open_from_disk(warehouse, "working") as con:
            landed = sql.in_landing(f"working.landing.{quoted(contract.source)}")
            found.rows += con.execute(landed, [[*batches]]).fetchall()
    return len(found.rows) - before


def _has_value(contract: Contract, name: str, value: str, city_zone: str, hash_key: bytes | None = None) -> str:
    """SQL boolean: the cell of a column is this value, as typed or as delivered; with the key also as a keyed hash."""
    column, forms = contract.column(name), [value.strip()]
    if column.is_hashed and hash_key is not None:
        forms.append(hmac.digest(hash_key, value.strip().encode(), "sha256").hex())
    cells = (f"cast({typed_expression(column, city_zone)} as varchar)", f"trim({quoted(name)})")
    return f"({' or '.join(one_of(cell, forms) for cell in cells)})"


def plan_erasure(
    home: Home, found: Sequence[Selection], hash_key: bytes, reason: str, erased_by: str, now: dt.datetime
) -> tuple[Plan, pa.Table]:
    """The plan that removes these records, and the rows to remove."""
    sources = []
    for selection in found:
        contract, columns = selection.contract, selection.columns
        hashes = sorted(keyed_hash(hash_key, contract.first_name, columns, values) for values in selection.identities)
        erased = (ErasedKeys(columns=columns, hashes=tuple(hashes)),)
        sources.append(SourcePlan(source=contract.source, formerly=contract.formerly, records=selection.records, erased=erased))
    plan = _new_plan(now, kind="erased", reason=reason, erased_by=erased_by, sources=sources, key_check=key_check(hash_key))
    return _with_places(home, plan, [row for selection in found for row in selection.rows])


def plan_source_removal(
    home: Home, source: str, reason: str, erased_by: str, now: dt.datetime, *, formerly: tuple[str, ...] = ()
) -> tuple[Plan, pa.Table]:
    """The plan that removes every row of a source."""
    landed = sum(load.rows_in_landing or 0 for load in DeliveryStore(home.deliveries, source).accepted() or ())
    removed = SourcePlan(source=source, formerly=formerly, records=landed, whole=True)
    return _with_places(home, _new_plan(now, kind="removed", reason=reason, erased_by=erased_by, sources=[removed]), [])


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
        found = Selection(contract)
        _add_rows(found, store, condition, city_zone)
        source = SourcePlan(
            source=contract.source, formerly=contract.formerly, records=found.records, kept_from=kept_from,
            loads=tuple(path.parent.name for path in store.folder.glob(f"*/{BATCH}")),
            reason=f"kept for {contract.agreement.keep_for}, which is over",
        )  # fmt: skip
        sources.append(source)
        rows += found.rows
    if not sources:
        return None
    plan = _new_plan(now, kind="past_keeping", reason="agreement.keep_for is over", erased_by=erased_by, sources=sources)
    planned = _with_places(home, plan, rows)
    return planned if planned[0].places else None


def _new_plan(now: dt.datetime, **terms: Any) -> Plan:
    return Plan(removal_id=f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}", erased_at=now, **terms)


def _with_places(home: Home, plan: Plan, found: Sequence[Row]) -> tuple[Plan, pa.Table]:
    """The plan with the places that have a row, and the rows to remove as a table."""
    rows = pa.Table.from_pylist([dict(zip(ROW_SCHEMA.names, row, strict=True)) for row in found], ROW_SCHEMA)
    places = (*_in_deliveries(home, plan, found), *_in_databases(home, plan, rows))
    return plan.model_copy(update={"places": tuple(place for place in places if place.rows)}), rows


def _in_deliveries(home: Home, plan: Plan, found: Sequence[Row]) -> list[Place]:
    counted = Counter((source, load_id) for source, load_id, *_ in found)
    for source in plan.sources:
        for path in sorted((home.deliveries / source.source).glob(f"*/{BATCH}")) if source.whole else ():
            counted[source.source, path.parent.name] = pq.read_metadata(path).num_rows
    return [Place(kind=DELIVERIES, name=f"{source}/{load_id}", rows=number) for (source, load_id), number in counted.items()]


def _in_databases(home: Home, plan: Plan, rows: pa.Table) -> Iterator[Place]:
    pinned = pins(home)
    for schema, table, number, _ in _counted(home, home.warehouse, plan, rows, in_working_warehouse):
        if schema in ("landing", "withheld") or (schema, table) == ("intake", "rejected_rows"):
            yield Place(kind=LANDING if schema == "landing" else QUARANTINE, name=f"{schema}.{table}", rows=number)
    for release_id in known_releases(home):
        release = f"{release_id} (pinned)" if release_id in pinned else release_id
        for schema, table, number, has_figures in _counted(home, home.release(release_id) / ANALYST_FILE, plan, rows, in_release):
            yield Place(kind=FIGURES if has_figures else RELEASE, name=f"{release}: {schema}.{table}", rows=number)


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
