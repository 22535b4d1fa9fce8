"""Run the compiled SQL of the measure models over facts that a test plants.

The engine is a copy of the warehouse without rows. It runs the models from the facts to `fct_equity_measures` in the order of
dbt's manifest. See `worlds` for the facts, `evaluation` for the comparison with the truth, and tests/e2e for whole runs.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from tests.support.empty_warehouse import EmptyWarehouse, files
from tests.support.shipped import shipped_registry
from warehouse.packed import read_packed

# Models that the engine builds; all their other inputs are planted, or seeds. Coverage stays empty and withholds no period, as
# planted events have no rhythm of a feed. Without a source's codes, a group without an event would look like one never collected.
BUILT = (
    "intermediate/population/int_population__bases.sql", "measures/coverage/int_sources__race_codes.sql", "measures/aggregates/",
    "measures/counts/", "measures/calculation/", "marts/facts/equity_measures/",
)  # fmt: skip
MEASURES = ("marts/dimensions/dim_measure.sql",)  # built once: it has the measures of the sources that have a contract
LAST_DAY = "9000-12-31"

Columns = Mapping[str, Any]  # of equal length; a scalar is repeated in every row


@dataclass(frozen=True)
class _Step:
    name: str
    relation: str
    sql: str


class Engine:
    """One DuckDB instance: `plant` rows of facts, `run` the models, ask `con`."""

    def __init__(self, warehouse: EmptyWarehouse, folder: Path, city_geoid: str, threads: int = 2) -> None:
        copies = {}
        for alias, path in files(warehouse.home).items():
            warehouse.con.execute(f"checkpoint {alias}")
            copies[alias] = shutil.copy(path, folder / path.name)
        self.con = duckdb.connect(copies["warehouse"], config={"threads": threads})
        for alias in ("release", "public"):
            self.con.execute(f"attach '{copies[alias]}' as {alias}")
        manifest = json.loads(read_packed(warehouse.home.dbt / "manifest.json"))
        self._nodes: dict[str, dict[str, Any]] = manifest["nodes"]
        self._steps = _steps(self._nodes, warehouse.home.dbt, BUILT)
        self._planted: list[str] = []
        receipts = ("contracts", "agreements", "settings", "offered_labels", "clock")
        for view in (f"stg_receipts__{table}" for table in receipts):
            relation = self.relation(view)
            self.con.execute(f"create temp table shape as select * from {relation} limit 0; drop view {relation}")
            self.con.execute(f"create table {relation} as from shape; drop table shape")
        self.con.execute(f"update {self.relation('population_bases')} set valid_to = date '{LAST_DAY}'")
        self.plant("stg_receipts__settings", {"city_geoid": [city_geoid]})
        self.plant("stg_receipts__clock", {"as_of": [np.datetime64("2026-01-01")]})
        self._contracts(city_geoid)
        for step in _steps(self._nodes, warehouse.home.dbt, MEASURES):
            self.con.execute(f"create or replace table {step.relation} as {step.sql}")
        self._planted.clear()

    def _contracts(self, city_geoid: str) -> None:
        """Each source covers the whole span and the planted city; its vocabularies are those of its contract."""
        rows: list[dict[str, Any]] = []
        for contract in shipped_registry():
            vocabularies = contract.race_vocabularies()
            standards, selections = ({getattr(v, key) for v in vocabularies} for key in ("race_standard", "selection"))
            rows.append(
                {
                    "source": contract.source,
                    "jurisdiction": city_geoid,
                    "race_vocabulary": ", ".join(v.name for v in vocabularies) or None,
                    "race_standard": standards.pop() if len(standards) == 1 else None,
                    "race_selection": selections.pop() if len(selections) == 1 else None,
                    "classification": contract.agreement.classification,
                }
            )
        columns = {key: [row[key] for row in rows] for key in rows[0]}
        self.plant("dim_source", columns)
        span = {
            "period_start": np.datetime64("2000-01-01"),
            "period_end": np.datetime64(LAST_DAY),
            "data_as_of": np.datetime64("2200-01-01"),
        }
        self.plant("stg_receipts__contracts", columns | span)
        self.plant(
            "stg_receipts__agreements",
            {key: columns[key] for key in ("source", "jurisdiction", "race_standard", "race_selection", "classification")},
        )
        offered = [(contract.source, *label) for contract in shipped_registry() for label in contract.offered_labels()]
        self.plant(
            "stg_receipts__offered_labels", dict(zip(("source", "vocabulary", "label"), zip(*offered, strict=True), strict=True))
        )

    def relation(self, name: str) -> str:
        """The relation of a model or a seed in this instance."""
        return next(
            str(node["relation_name"]) for node in self._nodes.values() if node["name"] == name and node.get("relation_name")
        )

    def plant(self, name: str, columns: Columns) -> None:
        """Add rows to a fact, a dimension or another input; missing columns are NULL."""
        size = max(len(column) for column in columns.values() if np.ndim(column) or isinstance(column, pa.Array))
        table = pa.table({key: _column(value, size) for key, value in columns.items()})
        if name not in self._planted:
            self.con.execute(f"create or replace temp table before_{name} as from {self.relation(name)}")
            self._planted.append(name)
        self.con.register("rows_to_plant", table)
        self.con.execute(f"insert into {self.relation(name)} by name from rows_to_plant")
        self.con.unregister("rows_to_plant")

    def clear(self) -> None:
        """Delete the rows planted since the engine was made or last cleared."""
        for name in self._planted:
            self.con.execute(f"truncate {self.relation(name)}; insert into {self.relation(name)} from before_{name}")
        self._planted.clear()

    def run(self, counted: Callable[[], None] | None = None) -> None:
        """Build every model of BUILT that is a table; its views read the current rows.

        `counted` is called when the counts of all measures are in int_equity_measures__unioned, and may add to them.
        """
        for step in self._steps:
            self.con.execute(f"create or replace table {step.relation} as {step.sql}")
            if step.name == "int_equity_measures__unioned" and counted:
                counted()


def _column(value: Any, size: int) -> pa.Array:
    if isinstance(value, pa.Array):
        return value
    if isinstance(value, str):
        return pa.DictionaryArray.from_arrays(np.zeros(size, np.int8), [value])
    column = np.broadcast_to(value, size)
    # NaN becomes NULL
    return pa.array(column.astype("datetime64[us]") if column.dtype == np.dtype("datetime64[s]") else column, from_pandas=True)


def _steps(nodes: Mapping[str, dict[str, Any]], target: Path, folders: tuple[str, ...]) -> list[_Step]:
    mine = {key: node for key, node in nodes.items() if node["resource_type"] == "model" and node["path"].startswith(folders)}
    order = TopologicalSorter(
        {key: [parent for parent in node["depends_on"]["nodes"] if parent in mine] for key, node in mine.items()}
    )
    compiled = {path.stem: path for path in (target / "compiled").rglob("*.sql") if ".yml" not in str(path.parent)}
    return [
        _Step(mine[key]["name"], mine[key]["relation_name"], compiled[mine[key]["name"]].read_text(encoding="utf-8"))
        for key in order.static_order()
        if mine[key]["config"]["materialized"] not in ("view", "ephemeral")
    ]
