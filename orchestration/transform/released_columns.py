"""Plan which reader gets which table and column of a release, from contracts and the `meta` of models.

A table of marts with the columns `source` and `_source_row` has one row per delivered record, for the audience that the contract
of its source names. Any other table is for the readers that `meta.audience` of its model names, and without it for the data team
alone. A table with `meta.in_records` is also in the files of records, to join. See `warehouse.audiences`.

Of records, a file has months instead of days and neither addresses, record numbers nor names, unless `agreement.details` of all
their contracts names them. A column of a fact is that of the contract with its name, or whose name it begins with.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from duckdb import DuckDBPyConnection

from ingest.city import City
from ingest.contract import FIGURES, TEAM, Column, Contract
from orchestration.runs.context import RunContext
from warehouse.audiences.plan import KEY, RELEASE_TABLE, FilePlan, Shown, TablePlan
from warehouse.fingerprint import text_sha256
from warehouse.releases import NodeFingerprint
from warehouse.sql import columns_of, quoted

LINEAGE = "_source_row"
SCHEMAS = ("marts", "reference", "quality")  # of the analyst file
NO_RULE = "No contract and no `meta.audience` of its model name a reader"
# Columns that every fact with places may have, whatever its contract calls the delivered ones.
_ADDRESSES = ("address", "longitude", "latitude")
_COORDINATES = ("address", "latitude", "longitude", "x", "y", "geometry")
_PERIOD = ("period_start", "period_end")
# The roles of columns by which a record is found on every map, and on the map that they name.
_ON_ALL_MAPS = {"address", "latitude", "longitude", "x", "y", "geometry", "district"}
_ON_TRACTS = "geoid"
_REASON = "_missing_reason"
# Columns with a text as it was delivered, of a vocabulary or not.
_WRITTEN = ("_reported", "_written_in")


@dataclass(frozen=True)
class ReleasedTable:
    """A table of the analyst file: its columns with their types, its `meta`, and the sources of its records."""

    name: str
    columns: Mapping[str, str]
    meta: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    state: str | None = None  # the fingerprint of its content

    @property
    def has_records(self) -> bool:
        """Whether each row is a delivered record."""
        return self.name.startswith("marts.") and {"source", LINEAGE} <= set(self.columns)


@dataclass(frozen=True)
class Plans:
    """The plan of each file by its audience, the tables that the data team alone has, with the reason, and unfillable columns.

    `cannot_have`: by fact, the columns of place and day that none of its sources can fill by its contract.
    """

    files: Mapping[str, FilePlan]
    team_only: Mapping[str, str]
    cannot_have: Mapping[str, Collection[str]] = field(default_factory=dict)


def plan_of_run(run: RunContext) -> Plans:
    """The plans of the files of a run's candidate."""
    tables = read_tables(run.con, "release", run.manifest, run.fingerprints)
    contracts = {contract.source: contract for contract in run.location.registry}
    of_facts = "select geography_type from release.reference.place_types where fact_columns <> 'none'"
    places = [name for (name,) in run.con.execute(of_facts).fetchall()]
    city = run.location.city
    sources = contracts.keys()
    cannot_have = {
        table.name.removeprefix("marts."): unfillable_columns(table, [contracts[name] for name in table.sources], city, places)
        for table in tables
        if table.has_records and table.sources and sources >= set(table.sources)
    }
    return replace(plan_files(tables, city, contracts), cannot_have=cannot_have)


def unfillable_columns(
    table: ReleasedTable, contracts: Sequence[Contract], city: City, place_types: Iterable[str]
) -> Collection[str]:
    """The columns of place and day that no source of a fact can fill: records of another city are on no map of this one."""
    roles = {column.role for contract in contracts if not _is_elsewhere(contract, city) for column in contract.kept_columns}
    types = set() if roles & _ON_ALL_MAPS else set(place_types) - ({"tract"} if _ON_TRACTS in roles else set())
    names = {f"{kind}{suffix}" for kind in types for suffix in ("_geoid", "_vintage")}
    if not any(contract.event_column or contract.snapshot for contract in contracts):
        names.add("occurred_on")
    return names & set(table.columns)


def _is_elsewhere(contract: Contract, city: City) -> bool:
    place = contract.jurisdiction
    return len(place) == len(city.place_geoid) and place != city.place_geoid


def read_tables(
    con: DuckDBPyConnection, alias: str, manifest: Mapping[str, Any], fingerprints: Mapping[str, NodeFingerprint]
) -> list[ReleasedTable]:
    """The tables of an attached analyst file."""
    nodes = {
        f"{node['schema']}.{node['alias']}": (node_id, node["config"].get("meta") or {})
        for node_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed") and node.get("database") == "release"
    }
    found = []
    for (schema, table_name), columns in columns_of(con, alias).items():
        if schema not in SCHEMAS:
            continue
        name, types = f"{schema}.{table_name}", {column: of.kind for column, of in columns.items()}
        node_id, meta = nodes.get(name, ("", {}))
        state = fingerprints[node_id].state if node_id in fingerprints else None
        if name == RELEASE_TABLE:  # another row does not make another file
            meta, state = {"audience": FIGURES, "in_records": True}, ""
        table = ReleasedTable(name, types, meta, state=state)
        if table.has_records:
            records = ".".join(map(quoted, (alias, schema, table_name)))
            sources = con.execute(f"select distinct source from {records} order by 1").fetchall()
            table = replace(table, sources=tuple(source for (source,) in sources))
        found.append(table)
    return found


def plan_files(tables: Sequence[ReleasedTable], city: City, contracts: Mapping[str, Contract]) -> Plans:
    """The plans of all files: figures, and the records of each audience that has some."""
    chosen: dict[str, dict[str, TablePlan]] = {FIGURES: {}}
    team_only: dict[str, str] = {}
    for table in tables:
        if table.has_records:
            by_reader: dict[str, list[Contract]] = {}
            for source in table.sources:
                if source in contracts:
                    by_reader.setdefault(contracts[source].readers, []).append(contracts[source])
            for reader in set(by_reader) - {TEAM}:
                chosen.setdefault(reader, {})[table.name] = _records(table, by_reader[reader])
            if not set(by_reader) - {TEAM}:
                team_only[table.name] = _why_team(table, by_reader)
        elif table.meta.get("audience") == FIGURES:
            chosen[FIGURES][table.name] = TablePlan(columns=_shown(table))
        else:
            team_only[table.name] = str(table.meta.get("because") or NO_RULE)
    joined = {
        table.name: TablePlan(columns=_shown(table, lambda _, kind: Shown.NO_BOUNDARY if kind == "BLOB" else Shown.WHOLE))
        for table in tables
        if table.meta.get("in_records") and not table.has_records
    }
    states = {table.name: table.state for table in tables}
    for reader, planned in chosen.items():
        if reader != FIGURES:
            planned.update(joined)
    files = {
        reader: _with_numbers(reader, planned, city.audience(reader).key_env) for reader, planned in chosen.items() if planned
    }
    return Plans({reader: _with_inputs(plan, states) for reader, plan in sorted(files.items())}, team_only)


def _why_team(table: ReleasedTable, by_reader: Mapping[str, Sequence[Contract]]) -> str:
    if TEAM in by_reader:
        return f"The contract of {', '.join(contract.source for contract in by_reader[TEAM])} names the team"
    return NO_RULE if table.sources else "It has no row, and so no contract names its readers"


def _shown(table: ReleasedTable, rest: Callable[[str, str], Shown] = lambda _name, _kind: Shown.WHOLE) -> dict[str, Shown]:
    """What a file has of each column: no lineage and no key; of the others by name and type what `rest` gives."""

    def of(name: str, kind: str) -> Shown:
        if name.startswith("_"):
            return Shown.NO_LINEAGE
        return Shown.NO_KEY if name.endswith(KEY) else rest(name, kind)

    return {name: of(name, kind) for name, kind in table.columns.items()}


def _records(table: ReleasedTable, contracts: Sequence[Contract]) -> TablePlan:
    """The rows of some sources. Aggregates of a publisher are figures, of which nothing but keys and lineage is left out."""
    sources = tuple(contract.source for contract in contracts)
    if all(contract.readers == FIGURES for contract in contracts):
        return TablePlan(sources=sources, columns=_shown(table))
    allowed = frozenset.intersection(*(frozenset(contract.agreement.details) for contract in contracts))
    return TablePlan(sources=sources, columns=_shown(table, lambda name, kind: _of_record(name, kind, contracts, allowed)))


def _of_record(name: str, kind: str, contracts: Sequence[Contract], allowed: Collection[str]) -> Shown:
    if kind in ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
        return Shown.WHOLE if name in _PERIOD or "days" in allowed else Shown.MONTH
    if name.endswith(_REASON):
        return Shown.WHOLE
    delivered = list(_delivered(name, contracts))
    if "addresses" not in allowed and (_is_named(name, _ADDRESSES) or any(column.role in _COORDINATES for column in delivered)):
        return Shown.NO_ADDRESS
    private = [column for column in delivered if column.privacy != "public"]
    if "record_numbers" not in allowed and any(column.role == "key" for column in private):
        return Shown.NO_RECORD_NUMBER
    if "names" in allowed or kind != "VARCHAR":
        return Shown.WHOLE
    if private and name.endswith(_WRITTEN):
        return Shown.NO_NAME
    is_free_text = any(column.type == "text" and column.role in (None, "text") for column in private)
    return Shown.ORGANISATIONS if is_free_text else Shown.WHOLE


def _is_named(name: str, names: Iterable[str]) -> bool:
    return any(name == each or name.startswith(f"{each}_") for each in names)


def _delivered(name: str, contracts: Iterable[Contract]) -> Iterator[Column]:
    """The column of each contract that a column of a fact is made of, by the longest name that begins it."""
    for contract in contracts:
        found = [column for column in contract.columns if column.is_kept and _is_named(name, (column.name,))]
        if found:
            yield max(found, key=lambda column: len(column.name))


def _with_numbers(audience: str, tables: Mapping[str, TablePlan], key_env: str | None) -> FilePlan:
    """The plan of a file in which a random number replaces each key that joins two of its tables."""
    keys = Counter(name for table in tables.values() for name, shown in table.columns.items() if shown is Shown.NO_KEY)
    joining = {name for name, readers in keys.items() if readers > 1}

    def numbered(table: TablePlan) -> TablePlan:
        return table.model_copy(
            update={"columns": {name: Shown.NUMBER if name in joining else shown for name, shown in table.columns.items()}}
        )

    return FilePlan(audience=audience, key_env=key_env, tables={name: numbered(table) for name, table in sorted(tables.items())})


def _with_inputs(plan: FilePlan, states: Mapping[str, str | None]) -> FilePlan:
    """The plan with the hash of what the file is made of; without one if a table's content has no fingerprint."""
    made_of = {name: states.get(name) for name in plan.tables}
    if any(state is None for state in made_of.values()):
        return plan
    return plan.model_copy(update={"inputs": text_sha256(plan.model_dump_json() + json.dumps(made_of, sort_keys=True))})
