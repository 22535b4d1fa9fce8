"""The plan of a removal: what is removed from which source, and where a home has the rows.

    erasing/plan.json      the plan; exists only if the plan is complete
    erasing/rows.parquet   the rows to remove: source, load, file and row number, and the hash that is the key of facts

Neither contains a value of a record. `complete` deletes both. Places are SQL over the databases of the home: landing and
quarantine, facts of the analyst file.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection
from pydantic import BaseModel

from ingest.delivery import DeliveryStore
from ingest.delivery.removals import ErasedKeys, SourceRemovals
from ingest.landing.loads import save_counts
from warehouse.connection import open_from_disk
from warehouse.files import sync, write_atomically
from warehouse.packed import packed, read_packed
from warehouse.paths import Home
from warehouse.record_keys import attach_keys, keyed, read_secret
from warehouse.rewrite import LeftOut
from warehouse.sql import columns_of, literal, queries, quoted, tables_of

ROW_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("load_id", pa.string()),
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
        ("record_hash", pa.string()),
    ]
)
ROWS = "rows_to_remove"
RECORD, POSITION = "_source_row", ("_load_id", "_source_file", "_source_row")
REJECTED = ("load_id", "source_file", "source_row")
# Tables of `intake` that describe the loads of a source, and go with it.
_OF_LOADS = ("loads", "marks", "superseded_rows", "superseded_since", "rejected_rows")
_MEASURES = ("marts", "dim_measure")
# dbt's tables in the working warehouse; the next run builds the ones that are missing.
_BUILT = ("staging", "intermediate")
_ALIAS = "working"


class Place(BaseModel, frozen=True):
    """One place with rows to remove: its kind (`kept deliveries`, `landing`, …), its name, and how many rows it has."""

    kind: str
    name: str
    rows: int


class SourcePlan(BaseModel, frozen=True):
    """What is removed of one source.

    `whole`: every row, and the source is not read any more. `kept_from`: rows of earlier events are removed from releases whose
    deliveries are gone. `erased`: the keyed hashes by which later deliveries lack the records. `reason`: if not that of the plan.
    """

    source: str
    records: int
    formerly: tuple[str, ...] = ()  # its names in releases from before it was renamed
    whole: bool = False
    kept_from: dt.date | None = None
    erased: tuple[ErasedKeys, ...] = ()
    loads: tuple[str, ...] = ()
    reason: str | None = None


class Plan(BaseModel, frozen=True):
    """A removal, before and while it is carried out. Times are UTC without zone."""

    removal_id: str
    kind: Literal["erased", "removed", "past_keeping"]
    reason: str
    erased_at: dt.datetime
    erased_by: str
    sources: tuple[SourcePlan, ...]
    places: tuple[Place, ...] = ()
    key_check: str | None = None
    # the steps that are done, by name
    done: tuple[str, ...] = ()

    @property
    def records(self) -> int:
        """How many records are removed."""
        return sum(source.records for source in self.sources)


def write_plan(home: Home, plan: Plan, rows: pa.Table) -> None:
    """Write a new plan: from here on it will be completed, even after a kill."""
    folder = home.removal_plan.parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    pq.write_table(rows, home.removal_rows)
    home.removal_rows.chmod(0o600)
    sync(home.removal_rows)
    save_plan(home, plan)


def save_plan(home: Home, plan: Plan) -> None:
    """Record the progress of a plan."""
    write_atomically(home.removal_plan, plan.model_dump_json(indent=1), mode=0o600)


def read_plan(home: Home) -> Plan | None:
    """The plan that a kill interrupted, or that is being carried out; None if there is none."""
    path = home.removal_plan
    return Plan.model_validate_json(path.read_bytes()) if path.is_file() else None


def discard_plan(home: Home) -> None:
    """Delete the plan: its first file last, so that a kill leaves either a plan or nothing to do."""
    folder = home.removal_plan.parent
    home.removal_plan.unlink(missing_ok=True)
    if folder.is_dir():
        sync(folder)
    shutil.rmtree(folder, ignore_errors=True)


def register_rows(con: DuckDBPyConnection, rows: pa.Table, home: Home) -> None:
    """Copy the rows to remove into a temporary table, which the conditions of this module read, and give SQL the home's keys."""
    attach_keys(con, read_secret(home.record_key_secret))
    con.register(f"given_{ROWS}", rows)
    con.execute(f"create or replace temp table {ROWS} as from given_{ROWS}")


def in_working_warehouse(con: DuckDBPyConnection, alias: str, plan: Plan) -> LeftOut:
    """The rows to leave out of the working warehouse: landing, withheld and rejected rows."""
    columns, conditions = columns_of(con, alias), {}
    for source in plan.sources:
        is_source = f"source = {literal(source.source)}"
        for schema in ("landing", "withheld"):
            if (schema, source.source) in columns:
                conditions[schema, source.source] = "true" if source.whole else _listed(source, POSITION)
        for schema, table in columns:
            if (schema, table) in (("receipts", "rejected_rows"), ("receipts", "rejected_values"), ("intake", "rejected_rows")):
                condition = is_source if source.whole else f"{is_source} and {_listed(source, REJECTED)}"
            elif source.whole and schema == "intake" and table in _OF_LOADS:
                condition = is_source
            else:
                continue
            earlier = conditions.get((schema, table))
            conditions[schema, table] = f"({earlier}) or ({condition})" if earlier else condition
    return conditions


def in_release(con: DuckDBPyConnection, alias: str, plan: Plan) -> LeftOut:
    """The rows to leave out of an analyst file: facts with one row per record, rejected rows and cells.

    Of a whole source also its figures, which count few persons where the public file hides them.
    """
    conditions: dict[tuple[str, str], str] = {}
    tables = columns_of(con, alias)
    of_figures = _figures(alias, plan) if "source" in tables.get(_MEASURES, ()) else {}
    for (schema, table), columns in tables.items():
        found = [condition for source in plan.sources if (condition := _in_table(source, schema, table, list(columns)))]
        if is_figures(schema, columns):
            found += [condition for name, condition in of_figures.items() if name in columns]
        if found:
            conditions[schema, table] = " or ".join(f"({condition})" for condition in found)
    return conditions


def is_figures(schema: str, columns: Collection[str]) -> bool:
    """Whether a table of an analyst file has figures of measures or goals, and no records."""
    return schema in ("marts", "quality") and "period_start" in columns and bool({"measure_id", "goal_id"} & {*columns})


def _figures(alias: str, plan: Plan) -> dict[str, str]:
    """The conditions of figures of sources that are removed as a whole, by the column that names the measure or the goal."""
    sources = ", ".join(literal(name) for source in plan.sources if source.whole for name in (source.source, *source.formerly))
    if not sources:
        return {}
    schema, measures = _MEASURES
    of_sources = f"measure_id in (select measure_id from {alias}.{schema}.{measures} where source in ({sources}))"
    return {"measure_id": of_sources, "goal_id": f"goal_id in (select goal_id from {alias}.{schema}.dim_goal where {of_sources})"}


def _in_table(source: SourcePlan, schema: str, table: str, columns: list[str]) -> str | None:
    names = ", ".join(map(literal, (source.source, *source.formerly)))
    is_source = f"source in ({names})" if "source" in columns else None
    if schema == "quality":
        if is_source and source.whole and table in ("rejected_rows", "rejected_values", "unmapped_labels"):
            return is_source
        return f"{is_source} and {_listed(source, REJECTED)}" if is_source and {*REJECTED} <= {*columns} else None
    if schema != "marts" or RECORD not in columns:
        return None
    if source.whole:
        return is_source
    ways = [_listed(source, POSITION)]
    if is_source and columns[0].endswith("_key"):
        # a fact of a delivery that is gone: its key is made of the record's hash, without a key with a running number; facts of
        # earlier versions have the hash itself
        hashed = f"select record_hash from {ROWS} where source = {literal(source.source)}"
        texts = f"{hashed} union all select concat(record_hash, '#', number) from ({hashed}), range(1, 21) as numbers (number)"
        if source.erased:
            keys = f"select unnest([{keyed('record_hash')}, record_hash, md5(record_hash)]) from ({texts})"
            ways.append(f"{quoted(columns[0])} in ({keys})")
    if is_source and source.kept_from and "occurred_on" in columns:
        load_ids = ", ".join(map(literal, source.loads)) or "''"
        ways.append(f"_load_id not in ({load_ids}) and occurred_on < date {literal(str(source.kept_from))}")
    either = " or ".join(f"({way})" for way in ways)
    return f"{is_source} and ({either})" if is_source else either


def _listed(source: SourcePlan, columns: tuple[str, str, str]) -> str:
    row = f"({', '.join(columns)})"
    return f"{row} in (select (load_id, source_file, source_row) from {ROWS} where source = {literal(source.source)})"


def built_from(home: Home, con: DuckDBPyConnection, alias: str, sources: Collection[str]) -> list[tuple[str, str]]:
    """The tables of the working warehouse that dbt builds from these sources; all of them if dbt's manifest is missing."""
    built = [table for table in tables_of(con, alias) if table[0] in _BUILT]
    path = home.dbt / "manifest.json"
    if not packed(path).is_file():
        return built
    manifest: dict[str, Any] = json.loads(read_packed(path))
    children, nodes = manifest["child_map"], manifest["nodes"]
    waiting = [f"source.levelground.{schema}.{source}" for schema in ("landing", "withheld") for source in sources]
    downstream: set[str] = set()
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child in nodes and child not in downstream:
                downstream.add(child)
                waiting.append(child)
    names = {(nodes[node]["schema"], nodes[node]["alias"]) for node in downstream if nodes[node]["resource_type"] == "model"}
    return [table for table in built if table in names]


def correct_counts(con: DuckDBPyConnection, alias: str, plan: Plan) -> None:
    """Reduce the delivered and rejected rows of each load by the removed ones (`register_rows`)."""
    tables, sql = set(tables_of(con, alias)), queries(Path(__file__).with_suffix(".sql.jinja"), alias=alias)
    for source in plan.sources:
        if ("landing", source.source) in tables:
            con.execute(sql.correct_counts(source.source))


def save_accepted_loads(home: Home, plan: Plan) -> None:
    """Write the counts of landing into the lists of accepted loads, from which a lost warehouse is restored."""
    if not home.warehouse.is_file():
        return
    with open_from_disk(home.warehouse, _ALIAS) as con:
        con.execute(f"use {_ALIAS}")
        for source in plan.sources:
            store = DeliveryStore(home.deliveries, source.source)
            if accepted := store.accepted():
                save_counts(con, store, accepted)


def copy_removals(con: DuckDBPyConnection, removals: Mapping[str, SourceRemovals]) -> None:
    """Copy the removals of all sources to `intake.erasures` and `intake.erased_records`."""
    con.execute("delete from intake.erasures")
    con.execute("delete from intake.erased_records")
    for source, found in removals.items():
        for removal in found.removals:
            row = [source, *dict(removal).values()]
            con.execute("insert into intake.erasures values (?, ?, ?, ?, ?, ?, ?)", row)
        for keys in found.erased:
            hashes = "insert into intake.erased_records select ?, ?, unnest(?)"
            con.execute(hashes, [source, ", ".join(keys.columns), list(keys.hashes)])
