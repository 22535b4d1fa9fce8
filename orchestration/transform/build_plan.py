"""What stands as it would be built again, so that a run builds only what something new has come to.

Here: the hash of what every model and seed is made of (its SQL, macros, columns, and the same of everything upstream, down to
seed files, contracts, loads and the clock), the account of what the working warehouse holds, and the plan that follows from both.
Not here: building (`build`), the SQL of facts that grow (dbt's macro `is_new_load`), the account of a release (its manifest).

A hash says what a table would hold if it were built now, since nothing else decides that: equal hash, equal rows. Three of them:

    state   everything: a table that stands with the same state is left as it is, and so are its tests
    base    everything but loads of records that other records do not touch (`row_by_row`): a fact whose base is the same grows,
            and what looks a record's address up in a table (`looked_up`) need not care for addresses of other records
    shape   everything but data: a view that stands with the same shape is left as it is
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from duckdb import DuckDBPyConnection

from ingest.contract.registry import Registry
from ingest.typing.cells import accepted_rows
from orchestration.transform.fingerprints import code_hash, code_version, model_hashes, versions
from warehouse.fingerprint import text_sha256
from warehouse.releases import Standing

LANDING, RECEIPTS = "source.levelground.landing.", "source.levelground.receipts."
CONTRACTS = RECEIPTS + "contracts"
GROWS_WITH, ROW_BY_ROW, LOOKED_UP = "grows_with", "row_by_row", "looked_up"
# Written anew by every run, and part of no release's content.
ALWAYS = ("models/quality/", "models/published/")
ACCOUNT = """
create table if not exists intake.standing (
    node varchar, state varchar, base varchar, shape varchar, loads varchar)
"""


@dataclass(frozen=True)
class Plan:
    """What a build has to do. All are dbt's unique ids but `growth`: the loads (id, sequence) that a fact has to take in."""

    build: tuple[str, ...]
    tests: tuple[str, ...]
    anew: tuple[str, ...]
    growth: Mapping[str, tuple[tuple[str, int], ...]]


@dataclass
class Ingredients:
    """The hashes of every node of dbt's manifest. `loads`: source → (load id, sequence) of all that landing holds of it."""

    manifest: Mapping[str, Any]
    registry: Registry
    city_zone: str
    loads: Mapping[str, Sequence[tuple[str, int]]]
    receipts: Mapping[str, str]
    contract_rows: Mapping[str, str]
    agreement_rows: Mapping[str, str]
    seeds: Mapping[str, str]
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> dict[str, dict[str, Any]]:
        """Models and seeds by unique id, but those that every run writes anew: nothing else is made of them."""
        return {
            i: n
            for i, n in self.manifest["nodes"].items()
            if n["resource_type"] in ("model", "seed") and not n["original_file_path"].startswith(ALWAYS)
        }

    @cached_property
    def _models(self) -> dict[str, str]:
        return model_hashes(self.manifest)

    @cached_property
    def _tests(self) -> dict[str, list[str]]:
        """What is tested of each node: under another test it is built, and so tested, again."""
        found: dict[str, list[str]] = {}
        for test in self.manifest["nodes"].values():
            if test["resource_type"] == "test":
                said = [test.get("test_metadata"), {key: test["config"].get(key) for key in ("severity", "where", "enabled")}]
                hashed = _hash(code_hash(test, self.manifest["macros"]), json.dumps(said, sort_keys=True, default=str))
                for node in tested(test):
                    found.setdefault(node, []).append(hashed)
        return {node: sorted(hashes) for node, hashes in found.items()}

    @cached_property
    def _salt(self) -> str:
        return _hash(code_version(), json.dumps(versions(), sort_keys=True), self._models["stats"])

    def of(self, node: str) -> Standing:
        """What the node would stand as if it were built now."""
        own = grows_with(self.nodes[node])
        return Standing(
            state=self.hashed(node, "state"),
            base=self.hashed(node, "base"),
            shape=self.hashed(node, "shape"),
            loads=tuple((load, int(sequence)) for load, sequence in self.loads.get(own, ())) if own else (),
        )

    def hashed(self, node: str, kind: str) -> str:
        """The `state`, `base` or `shape` of a node or of a dbt source."""
        if (node, kind) not in self._known:
            self._known[node, kind] = self._hashed(node, kind)
        return self._known[node, kind]

    def _hashed(self, node: str, kind: str) -> str:
        if node not in self.nodes:
            return self._source(node, kind)
        found = self.nodes[node]
        own = self._own(node, found)
        parents = sorted(set(found["depends_on"].get("nodes", ())))
        source = grows_with(found)
        if kind == "state" and source:
            # what the contract says until when, the rows that are there may have to be told again
            said_of = self.contract_rows.get(source, "")
            return _hash(self.hashed(node, "base"), json.dumps(self.loads.get(source, ())), said_of)
        rows = kind == "base" and (source is not None or is_row_by_row(found))
        landing = [parent.removeprefix(LANDING) for parent in parents if parent.startswith(LANDING)]
        said = [own]
        for parent in parents:
            if kind == "state" and LOOKED_UP in meta(self.nodes.get(parent, {})):
                said.append(self.hashed(parent, "base"))
            elif parent == CONTRACTS and landing:
                # a staging model reads what the contracts of its own sources say, and of their deliveries
                of = {"shape": {}, "base": self.agreement_rows if rows else self.contract_rows, "state": self.contract_rows}[kind]
                said += [of.get(name, "") for name in landing]
            elif kind == "base" and not (rows and (parent.startswith(LANDING) or is_row_by_row(self.nodes.get(parent, {})))):
                said.append(self.hashed(parent, "state"))
            else:
                said.append(self.hashed(parent, kind))
        return _hash(*said)

    def _source(self, node: str, kind: str) -> str:
        if node.startswith(LANDING):
            name = node.removeprefix(LANDING)
            shape = _hash(accepted_rows(self.registry[name], "landed", self.city_zone))
            return shape if kind != "state" else _hash(shape, json.dumps(self.loads.get(name, ())))
        return self.receipts.get(node, "") if kind == "state" else node

    def _own(self, unique_id: str, node: Mapping[str, Any]) -> str:
        columns = {name: (column["data_type"], column["description"]) for name, column in node["columns"].items()}
        config = {key: node["config"].get(key) for key in ("materialized", "contract", "persist_docs", "column_types", "meta")}
        code = self.seeds[node["name"]] if node["resource_type"] == "seed" else self._models[node["name"]]
        hooks = [hook["sql"] for hook in node["config"].get("pre-hook", ())]
        said = [columns, config, node["description"], node["relation_name"], hooks, self._tests.get(unique_id, [])]
        return _hash(self._salt, code, json.dumps(said, sort_keys=True, default=str))


def grows_with(node: Mapping[str, Any]) -> str | None:
    """The source that a fact takes in load by load; None for every other node."""
    said = meta(node).get(GROWS_WITH)
    return str(said) if said else None


def is_row_by_row(node: Mapping[str, Any]) -> bool:
    """Whether what the node says of a record depends on no other record."""
    return ROW_BY_ROW in meta(node)


def meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the node's configuration says for us and not for dbt."""
    said: Mapping[str, Any] = node.get("config", {}).get("meta") or {}
    return said


def plan(
    made_of: Ingredients, standing: Mapping[str, Standing], relations: Collection[str], gone_since: Mapping[str, int]
) -> Plan:
    """What has to be built and tested.

    `standing`: what stands as what, `relations`: the tables and views there are, as `database.schema.name`, `gone_since`: from
    which load on it is told what a source's loads took out of landing; over an older one a fact cannot grow.
    """
    build, anew, growth, changed = [], [], {}, set()
    for node, found in made_of.nodes.items():
        now, before = made_of.of(node), standing.get(node)
        is_there = before is not None and found["relation_name"].replace('"', "") in relations
        if before is None or before.state != now.state:
            changed.add(node)
        if is_there and before is not None:
            is_view = found["config"]["materialized"] == "view"
            if before.shape == now.shape if is_view else before.state == now.state:
                continue
            source, new = grows_with(found), tuple(load for load in now.loads if load not in before.loads)
            told = source is not None and all(sequence >= gone_since.get(source, sequence + 1) for _, sequence in new)
            if told and before.base == now.base:
                growth[node] = new
        build.append(node)
        if node not in growth:
            anew.append(node)
        changed.add(node)
    tests = [
        i
        for i, test in made_of.manifest["nodes"].items()
        # one that needs what is built later in every run is run then
        if test["resource_type"] == "test" and changed.intersection(tested(test)) and tested(test) <= made_of.nodes.keys()
    ]
    return Plan(tuple(build), tuple(tests), tuple(anew), growth)


def tested(test: Mapping[str, Any]) -> set[str]:
    """The models and seeds that a test reads."""
    return {node for node in test["depends_on"]["nodes"] if node.startswith(("model.", "seed."))}


def ensure_account(con: DuckDBPyConnection) -> None:
    """The table of what stands in the working warehouse."""
    con.execute(ACCOUNT)


def read_account(con: DuckDBPyConnection) -> dict[str, Standing]:
    """What the models in the working warehouse stand as."""
    rows = con.execute("select node, state, base, shape, loads from intake.standing").fetchall()
    return {
        node: Standing(state=state, base=base, shape=shape, loads=tuple((load, at) for load, at in json.loads(loads)))
        for node, state, base, shape, loads in rows
    }


def forget(con: DuckDBPyConnection, nodes: Iterable[str]) -> None:
    """Nothing is known any more of what these stand as: they are about to be built, or a test of theirs has failed."""
    con.execute("delete from intake.standing where list_contains(?, node)", [list(nodes)])


def write_account(con: DuckDBPyConnection, standing: Mapping[str, Standing]) -> None:
    """These were built and tested."""
    forget(con, standing)
    if standing:
        rows = [(i, s.state, s.base, s.shape, json.dumps(s.loads)) for i, s in standing.items()]
        con.executemany("insert into intake.standing values (?, ?, ?, ?, ?)", rows)


def _hash(*said: str) -> str:
    return text_sha256("\x00".join(said))[:32]
