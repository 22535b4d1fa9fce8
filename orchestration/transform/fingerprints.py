"""Plan which models a run builds: a table whose fingerprint has not changed is kept, and its tests are not run again.

A fingerprint hashes everything that decides the rows of a model or seed: its SQL, macros and columns, and the same of everything
upstream, down to seed files, contracts, loads and the clock. Equal fingerprint, equal rows. It has three parts:

    state   everything: a table with the same state is kept, and so are its test results
    base    everything but loads of records that do not affect other records (`row_by_row`): a fact with the same base appends
            the new loads; a model that looks up addresses (`looked_up`) ignores new addresses of other records
    shape   everything but data, so of a seed the columns, if their types are declared: a view with the same shape is kept

An ephemeral model is part of the SQL of its readers: nothing builds it, and its changes are changes of theirs.

See `transform.incremental` for carrying out the plan, dbt's macro `is_new_load` for the SQL of incremental facts,
`transform.release_inputs` for the hashes by which a release explains its figures.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

from duckdb import DuckDBPyConnection

from ingest.city import NO_TIME_ZONE
from ingest.contract.registry import Registry
from ingest.typing import accepted_rows
from orchestration.runs.context import RunContext
from orchestration.transform import dbt_runner
from orchestration.transform.compiled.emptiness import NEVER, Condition, is_met
from orchestration.transform.graph import is_ephemeral, parents, reached
from orchestration.transform.release_inputs import code_hash, model_hashes, seed_columns, seed_hashes, versions
from warehouse.fingerprint import text_sha256
from warehouse.record_keys import secret_id
from warehouse.releases import NodeFingerprint

LANDING, RECEIPTS = "source.levelground.landing.", "source.levelground.receipts."
CONTRACTS = RECEIPTS + "contracts"
# Keys of a model's `meta` in dbt.
INCREMENTAL_SOURCE, ROW_BY_ROW, LOOKED_UP = "incremental_source", "row_by_row", "looked_up"
VIEW_COLUMNS = "view_columns"
# Raise it when Python changes rows without a change of SQL, seeds, contracts or `receipts`: then every table is built again.
BUILD_VERSION = 1
# Every run builds these; they are not part of a release's content.
ALWAYS_BUILT = ("models/quality/", "models/published/")
# The columns of `receipts.contracts` that the newest delivery decides.
DELIVERY_COLUMNS = ("data_as_of", "load_id", "delivered_on")
PARTS = ("state", "base", "shape")  # of a fingerprint
NO_ROWS = "[]"  # of a table of `receipts`
# the parts of a node's entry in the manifest that define it, besides its SQL and its tests
DEFINITION = ("columns", "config", "description", "relation_name")


@dataclass(frozen=True)
class BuildPlan:
    """What a run builds and tests, by dbt's unique ids.

    `append`: incremental fact → the loads (id, sequence) to append. `new_loads`: the same, and of rebuilt facts that have lost
    rows and gained those of these loads, and are otherwise as they were.
    """

    build: tuple[str, ...]
    tests: tuple[str, ...]
    append: Mapping[str, tuple[tuple[str, int], ...]]
    new_loads: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)

    @property
    def rebuild(self) -> tuple[str, ...]:
        """The nodes that are built from the beginning."""
        return tuple(node for node in self.build if node not in self.append)


@dataclass
class Fingerprints:
    """The fingerprint that each model and seed of a manifest would have if it were built now, and the plan that follows.

    `loads`: source → (load id, sequence) of every load in landing. `receipts`: dbt's id of a table of schema `receipts` → its
    rows. `contract_rows`, `agreement_rows`: source → the contract's row with and without what its newest delivery decides.
    `removals`: source → the ids of removals of its records, which releases no longer contain either.
    """

    manifest: Mapping[str, Any]
    registry: Registry
    city_zone: str
    loads: Mapping[str, Sequence[tuple[str, int]]]
    receipts: Mapping[str, str]
    contract_rows: Mapping[str, str]
    agreement_rows: Mapping[str, str]
    seeds: Mapping[str, str]
    seed_columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    removals: Mapping[str, Sequence[str]] = field(default_factory=dict)
    secret_id: str = ""  # of the secret of the home's keys
    _hashes: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of_run(cls, run: RunContext) -> Fingerprints:
        """What a run finds; `receipts` must have been written."""
        con, location = run.con, run.location

        def rows(query: str) -> list[Any]:
            return con.execute(query).fetchall()

        run.manifest = dbt_runner.manifest(run.settings.home)
        agreements = rows(f"select * exclude ({', '.join(DELIVERY_COLUMNS)}) from receipts.contracts")
        return cls(
            manifest=run.manifest,
            registry=location.registry,
            city_zone=location.city.time_zone,
            loads=loads_by_source(con),
            receipts={
                table: repr(rows(f"select * from {source['relation_name']} order by all"))
                for table, source in run.manifest["sources"].items()
                if table.startswith(RECEIPTS)
            },
            contract_rows={row[0]: repr(row) for row in rows("select * from receipts.contracts")},
            agreement_rows={row[0]: repr(row) for row in agreements},
            seeds=seed_hashes(location.city.layers),
            seed_columns=seed_columns(location.city.layers),
            removals=removals_by_source(con),
            secret_id=secret_id(run.settings.home.record_key_secret),
        )

    @cached_property
    def nodes(self) -> dict[str, dict[str, Any]]:
        """Models and seeds by unique id, without those that every run builds: no other node reads them."""
        return {
            i: n
            for i, n in self.manifest["nodes"].items()
            if n["resource_type"] in ("model", "seed") and not n["original_file_path"].startswith(ALWAYS_BUILT)
        }

    @cached_property
    def parents_first(self) -> tuple[str, ...]:
        """The ids of nodes and sources, each after what it reads."""
        return tuple(TopologicalSorter({i: parents(self.nodes, i) for i in self.nodes}).static_order())

    def fingerprint(self, node: str) -> NodeFingerprint:
        """The fingerprint of the node if it were built now."""
        source = incremental_source(self.nodes[node])
        return NodeFingerprint(
            state=self.hash_of(node, "state"),
            base=self.hash_of(node, "base"),
            shape=self.hash_of(node, "shape"),
            loads=tuple((load, int(sequence)) for load, sequence in self.loads.get(source, ())) if source else (),
        )

    def of_no_home(self) -> Fingerprints:
        """The same without the home's secret and the city's time zone, which no table without a record depends on."""
        return replace(self, secret_id="", city_zone=NO_TIME_ZONE, _hashes={})

    def proven(self, blank: Mapping[str, NodeFingerprint], empty_if: Mapping[str, Condition]) -> dict[str, NodeFingerprint]:
        """The fingerprints that the tables of a blank home would have if this home had built them, as far as rows are proven.

        `blank`: their fingerprints without a home. A table is proven if nothing differs that decides its rows, if its parents are
        proven, or if it has no row here either, because some of its parents have none (`empty_if`, see `compiled.emptiness`).
        """
        here, found = self.of_no_home(), {}
        same = {i for i in self.manifest["sources"] if self._has_no_row(i)}
        empty = {relation(self.manifest["sources"][i]) for i in same}
        for node in (i for i in self.parents_first if i in blank):
            now, own, then = here.fingerprint(node), self.fingerprint(node), blank[node]
            kind = "state" if self.nodes[node]["resource_type"] == "seed" else "shape"  # the shape of a seed is its columns
            is_like = getattr(now, kind) == getattr(then, kind)
            is_empty = is_like and is_met(empty_if.get(node, NEVER), empty)
            empty |= {relation(self.nodes[node])} if is_empty else set()
            is_made_of_same = is_like and same.issuperset(self.nodes[node]["depends_on"].get("nodes", ()))
            is_same = is_empty or is_made_of_same or now.state == then.state
            same |= {node} if is_same else set()
            parts = {part: getattr(own, part) if is_same or getattr(now, part) == getattr(then, part) else "" for part in PARTS}
            found[node] = NodeFingerprint(**parts, loads=own.loads if is_same else ())
        return found

    def _has_no_row(self, source: str) -> bool:
        name = source.removeprefix(LANDING)
        return not self.loads.get(name) if name != source else self.receipts.get(source) == NO_ROWS

    def plan(
        self, known: Mapping[str, NodeFingerprint], relations: Collection[str], deletions_recorded_since: Mapping[str, int]
    ) -> BuildPlan:
        """Compare the fingerprints of now with those of the existing tables, and plan what to build and test.

        `known`: fingerprints of the existing tables. `relations`: the existing tables and views, as `database.schema.name`.
        `deletions_recorded_since`: source → the first load from which on landing records the rows that each load deleted. A fact
        cannot append an older load.
        """
        build, append, new_loads, changed = [], {}, {}, set()
        for unique_id, node in self.nodes.items():
            now, before = self.fingerprint(unique_id), known.get(unique_id)
            if before is None or before.state != now.state:
                changed.add(unique_id)
            if is_ephemeral(node):
                continue
            if before is not None and relation(node) in relations:
                if before.shape == now.shape if is_view(node) else before.state == now.state:
                    continue
                source, new = incremental_source(node), tuple(load for load in now.loads if load not in before.loads)
                if source is not None and before.base == now.base:
                    new_loads[unique_id] = new
                    if all(sequence >= deletions_recorded_since.get(source, sequence + 1) for _, sequence in new):
                        append[unique_id] = new
            build.append(unique_id)
            changed.add(unique_id)
        tests = [
            unique_id
            for unique_id, test in self.manifest["nodes"].items()
            # A test that also reads what every run builds later runs then.
            if test["resource_type"] == "test"
            and changed.intersection(tested_nodes(test))
            and tested_nodes(test) <= self.nodes.keys()
        ]
        return BuildPlan(tuple(build), tuple(tests), append, new_loads)

    def hash_of(self, node: str, part: str) -> str:
        """The part `state`, `base` or `shape` of a node or of a dbt source."""
        if (node, part) not in self._hashes:
            self._hashes[node, part] = self._compute(node, part)
        return self._hashes[node, part]

    def _compute(self, unique_id: str, part: str) -> str:
        if unique_id not in self.nodes:
            return self._of_source(unique_id, part)
        node = self.nodes[unique_id]
        parents = sorted(set(node["depends_on"].get("nodes", ())))
        source = incremental_source(node)
        if part == "state" and source:
            # A changed end of data in the contract can change the status of rows that are already in the fact.
            row = self.contract_rows.get(source, "")
            return _hash(self.hash_of(unique_id, "base"), self._loads_of(source), row)
        ignores_loads = part == "base" and (source is not None or is_row_by_row(node))
        landing = [parent.removeprefix(LANDING) for parent in parents if parent.startswith(LANDING)]
        hashes = [self._of_definition(unique_id, node, part)]
        for parent in parents:
            if part == "state" and LOOKED_UP in meta(self.nodes.get(parent, {})):
                hashes.append(self.hash_of(parent, "base"))
            elif parent == CONTRACTS and landing:
                # A staging model reads the rows of its own sources' contracts only.
                base_rows = self.agreement_rows if ignores_loads else self.contract_rows
                rows = {"shape": {}, "base": base_rows, "state": self.contract_rows}[part]
                hashes += [rows.get(name, "") for name in landing]
            elif part == "base" and not (
                ignores_loads and (parent.startswith(LANDING) or is_row_by_row(self.nodes.get(parent, {})))
            ):
                hashes.append(self.hash_of(parent, "state"))
            else:
                hashes.append(self.hash_of(parent, part))
        return _hash(*hashes)

    def _of_source(self, unique_id: str, part: str) -> str:
        if unique_id.startswith(LANDING):
            name = unique_id.removeprefix(LANDING)
            # a change of `load` chooses other rows of the same loads
            contract = self.registry[name]
            shape = _hash(accepted_rows(contract, "landed", self.city_zone), contract.load.model_dump_json(by_alias=True))
            return shape if part != "state" else _hash(shape, self._loads_of(name))
        return self.receipts.get(unique_id, "") if part == "state" else unique_id

    def _loads_of(self, source: str) -> str:
        """The loads of a source, and the removals of its records if there are any, as a text."""
        removals = json.dumps(self.removals[source]) if self.removals.get(source) else ""
        return json.dumps(self.loads.get(source, ())) + removals

    def _of_definition(self, unique_id: str, node: Mapping[str, Any], part: str) -> str:
        """The node's own SQL or file, its definition, hooks among it, and its tests."""
        code = self.seeds[node["name"]] if node["resource_type"] == "seed" else self._models[node["name"]]
        columns = self.seed_columns.get(node["name"], ()) if part == "shape" and node["resource_type"] == "seed" else ()
        if columns and {*columns} <= {*(node["config"].get("column_types") or ())}:  # else the rows decide types
            code = json.dumps(columns)
        definition = [*(node[key] for key in DEFINITION), self._tests.get(unique_id, [])]
        return _hash(self._code, code, json.dumps(definition, sort_keys=True, default=str))

    @cached_property
    def _models(self) -> dict[str, str]:
        return model_hashes(self.manifest)

    @cached_property
    def _tests(self) -> dict[str, list[str]]:
        """The hashes of each node's tests: a changed test builds the node, and so tests it, again."""
        found: dict[str, list[str]] = {}
        for test in self.manifest["nodes"].values():
            if test["resource_type"] == "test":
                config = [test.get("test_metadata"), {key: test["config"].get(key) for key in ("severity", "where", "enabled")}]
                test_hash = _hash(code_hash(test, self.manifest["macros"]), json.dumps(config, sort_keys=True, default=str))
                for node in tested_nodes(test):
                    found.setdefault(node, []).append(test_hash)
        return {node: sorted(hashes) for node, hashes in found.items()}

    @cached_property
    def _code(self) -> str:
        return _hash(str(BUILD_VERSION), json.dumps(versions(), sort_keys=True), self._models["stats"], self.secret_id)


def incremental_source(node: Mapping[str, Any]) -> str | None:
    """The source whose loads an incremental fact appends; None for every other node."""
    source = meta(node).get(INCREMENTAL_SOURCE)
    return str(source) if source else None


def is_view(node: Mapping[str, Any]) -> bool:
    """Whether the node is a view."""
    return str(node["config"]["materialized"]) == "view"


def is_row_by_row(node: Mapping[str, Any]) -> bool:
    """Whether a row of the node depends on one record only."""
    return ROW_BY_ROW in meta(node)


def view_columns(node: Mapping[str, Any]) -> Mapping[str, str]:
    """The columns of a fact that its parts do not contain, because they change with the end of data: the macro call of each."""
    found: Mapping[str, str] = meta(node).get(VIEW_COLUMNS, {})
    return found


def meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node's `meta`, which dbt passes through to us."""
    found: Mapping[str, Any] = node.get("config", {}).get("meta") or {}
    return found


def relation(node: Mapping[str, Any]) -> str:
    """The node's table or view, as `database.schema.name`."""
    return str(node["relation_name"]).replace('"', "")


def tested_nodes(test: Mapping[str, Any]) -> set[str]:
    """The models and seeds that a test reads."""
    return {node for node in test["depends_on"]["nodes"] if node.startswith(("model.", "seed."))}


def descendants(nodes: Mapping[str, Mapping[str, Any]], *starts: str) -> set[str]:
    """The ids of the nodes that read one of `starts`, directly or through others.

    A model that looks up addresses or points of all records (`looked_up`) is one of them, but what reads it is not: other records
    find the same places as before.
    """
    children: dict[str, list[str]] = {}
    for unique_id, node in nodes.items():
        for parent in node["depends_on"].get("nodes", ()):
            children.setdefault(parent, []).append(unique_id)
    return reached(starts, lambda node: children.get(node, ()), lambda node: LOOKED_UP not in meta(nodes[node]))


def loads_by_source(con: DuckDBPyConnection) -> dict[str, list[tuple[str, int]]]:
    """Source → its loads in landing, as (load id, sequence)."""
    query = (
        "select source, list(row(load_id, sequence) order by load_id, sequence) from intake.loads group by source order by source"
    )
    return dict(con.execute(query).fetchall())


def removals_by_source(con: DuckDBPyConnection) -> dict[str, list[str]]:
    """Source → the removals of its records: after one, everything that is built from the source is built again."""
    query = "select source, list(removal_id order by removal_id) from intake.erasures group by source order by source"
    return dict(con.execute(query).fetchall())


def read_state(con: DuckDBPyConnection, release_id: str | None = None) -> dict[str, NodeFingerprint]:
    """The fingerprints of the models in the working warehouse, or those that the tables of a release were found equal to."""
    rows = con.execute(
        "select node, state, base, shape, loads from intake.node_fingerprints where release_id is not distinct from ?",
        [release_id],
    ).fetchall()
    return {
        node: NodeFingerprint(state=state, base=base, shape=shape, loads=tuple((load, at) for load, at in json.loads(loads)))
        for node, state, base, shape, loads in rows
    }


def invalidate(con: DuckDBPyConnection, nodes: Iterable[str]) -> None:
    """Delete the fingerprints of nodes that are about to be built, or whose test failed."""
    con.execute("delete from intake.node_fingerprints where list_contains(?, node)", [list(nodes)])


def write_state(con: DuckDBPyConnection, fingerprints: Mapping[str, NodeFingerprint], release_id: str | None = None) -> None:
    """Record the fingerprints of nodes that were built and passed their tests. `release_id`: whose tables have that content."""
    invalidate(con, fingerprints)
    if fingerprints:
        rows = [(i, f.state, f.base, f.shape, json.dumps(f.loads), release_id) for i, f in fingerprints.items()]
        con.executemany("insert into intake.node_fingerprints values (?, ?, ?, ?, ?, ?)", rows)


def _hash(*parts: str) -> str:
    return text_sha256("\x00".join(parts))[:32]
