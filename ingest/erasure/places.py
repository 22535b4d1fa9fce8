"""Where a home has the rows of a plan, as SQL over its databases: landing and quarantine, facts of the analyst file."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from ingest.erasure.plan import Plan, SourcePlan
from warehouse.paths import Home
from warehouse.record_keys import attach_keys, keyed, read_secret
from warehouse.rewrite import LeftOut, columns_of, tables_of
from warehouse.sql import literal, quoted

ROWS = "rows_to_remove"
RECORD, POSITION = "_source_row", ("_load_id", "_source_file", "_source_row")
REJECTED = ("load_id", "source_file", "source_row")
# Tables of `intake` that describe the loads of a source, and go with it.
_OF_LOADS = ("loads", "marks", "superseded_rows", "superseded_since", "rejected_rows")
_MEASURES = ("marts", "dim_measure")
# dbt's tables in the working warehouse; the next run builds the ones that are missing.
_BUILT = ("staging", "intermediate")


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
        found = [condition for source in plan.sources if (condition := _in_table(source, schema, table, columns))]
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
    if not path.is_file():
        return built
    manifest: dict[str, Any] = json.loads(path.read_bytes())
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
