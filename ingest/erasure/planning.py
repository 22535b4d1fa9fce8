"""Make the plan of a removal: count the rows in each place, and hash the keys of the records. It changes nothing."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.agreement_terms import is_past_keeping
from ingest.contract import Contract
from ingest.delivery import DeliveryStore
from ingest.delivery.removals import ERASED, PAST_KEEPING, REMOVED, ErasedKeys, key_check, record_hash
from ingest.delivery.store import BATCH
from ingest.erasure.places import in_release, in_working_warehouse, is_figures, register_rows
from ingest.erasure.plan import Place, Plan, SourcePlan, as_rows
from ingest.erasure.selection import Selection, past_keeping
from warehouse.connection import WarehouseError, open_from_disk
from warehouse.paths import ANALYST_FILE, Home
from warehouse.releases import known_releases, pins
from warehouse.rewrite import columns_of, count_left_out

DELIVERIES, LANDING, QUARANTINE, RELEASE = "kept deliveries", "landing", "quarantine and rejected rows", "analyst file of release"
FIGURES = "figures in the analyst file of release"
_ATTACHED = "to_count"


def plan_erasure(
    home: Home, found: Sequence[Selection], hash_key: bytes, reason: str, erased_by: str, now: dt.datetime
) -> tuple[Plan, pa.Table]:
    """The plan that removes these records, and the rows to remove."""
    sources = []
    for selection in found:
        first_name = (selection.source, *selection.formerly)[-1]
        hashes = tuple(sorted(record_hash(hash_key, first_name, selection.columns, v) for v in selection.identities))
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
    if home.warehouse.is_file():
        for (schema, table), number in _counted(home, home.warehouse, plan, rows, working=True).items():
            if schema in ("landing", "withheld") or (schema, table) == ("intake", "rejected_rows"):
                kind = LANDING if schema == "landing" else QUARANTINE
                found.append(Place(kind=kind, name=f"{schema}.{table}", rows=number))
    for release_id in known_releases(home):
        path = home.release(release_id) / ANALYST_FILE
        figures = _tables_of_figures(path)
        for (schema, table), number in _counted(home, path, plan, rows, working=False).items():
            name = f"{release_id}{' (pinned)' if release_id in pinned else ''}: {schema}.{table}"
            found.append(Place(kind=FIGURES if (schema, table) in figures else RELEASE, name=name, rows=number))
    return found


def _tables_of_figures(path: Path) -> set[tuple[str, str]]:
    try:
        with open_from_disk(path, _ATTACHED) as con:
            return {table for table, columns in columns_of(con, _ATTACHED).items() if is_figures(table[0], columns)}
    except WarehouseError:
        return set()


def _counted(home: Home, path: Path, plan: Plan, rows: pa.Table, *, working: bool) -> dict[tuple[str, str], int]:
    try:
        with open_from_disk(path, _ATTACHED) as con:
            register_rows(con, rows, home)
            left_out = in_working_warehouse if working else in_release
            return count_left_out(con, _ATTACHED, left_out(con, _ATTACHED, plan))
    except WarehouseError:
        return {}  # a damaged file is deleted, because its records cannot be removed
