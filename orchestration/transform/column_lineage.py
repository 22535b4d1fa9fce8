"""From which columns each column of a model is made, read from the SQL that dbt has compiled.

Here: parsing that SQL and following each column to the tables that the model reads. Not here: what the UI makes of it (`shown`).
dagster-dbt can do this too, but plans each model again for each of its columns and asks the database for every table: a minute
for what takes three seconds here, since parents come first and a model's columns are known once it has been read.
"""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlglot import MappingSchema, exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from orchestration.settings import DBT_PROJECT
from warehouse.files import write_atomically
from warehouse.fingerprint import Sha256
from warehouse.paths import Home

DIALECT = "duckdb"
MISSING = "_missing_reason"
# What the typed view of a delivered table adds to its contract's columns (`ingest.typing.expressions`).
LOAD_COLUMNS = ("_record_hash", "_load_id", "_source_file", "_source_row", "_snapshot_on")
Node = Mapping[str, Any]
Column = tuple[str, str]  # dbt's id of a model, seed or source, and the name of a column
ByColumn = dict[str, list[Column]]
_log = logging.getLogger("levelground.lineage")


def column_lineage(home: Home, manifest: Mapping[str, Any]) -> dict[str, ByColumn]:
    """For each model's dbt id its columns, and the columns of its parents that each is made of.

    Read from what the last build compiled, and only if that says something new.
    """
    kept, compiled = home.dbt / "column_lineage.json", home.dbt / "compiled"
    fingerprint = _fingerprint(manifest, compiled)
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):  # cut off, or of another version
        known = json.loads(kept.read_text(encoding="utf-8"))
        if known["fingerprint"] == fingerprint:
            return {i: {c: [(p, n) for p, n in of] for c, of in columns.items()} for i, columns in known["models"].items()}
    models = read_lineage(manifest, compiled)
    with suppress(OSError):  # a full disk stops a run with its own message, later
        write_atomically(kept, json.dumps({"fingerprint": fingerprint, "models": models}))
    return models


def _fingerprint(manifest: Mapping[str, Any], compiled: Path) -> str:
    sources = {i: sorted(node["columns"]) for i, node in manifest["sources"].items()}
    digest = Sha256()
    digest.update(Path(__file__).read_bytes() + json.dumps(sources, sort_keys=True).encode())
    for path in sorted(compiled.rglob("*.sql")):
        digest.update(path.relative_to(compiled).as_posix().encode() + b"\x00" + path.read_bytes())
    return digest.hexdigest()


def read_lineage(manifest: Mapping[str, Any], compiled: Path) -> dict[str, ByColumn]:
    """The lineage of every model whose compiled SQL is there; one that cannot be read has none, and nothing fails for it."""
    nodes = {**manifest["sources"], **{i: n for i, n in manifest["nodes"].items() if n["resource_type"] in ("model", "seed")}}
    ids = {_plain(node["relation_name"]): i for i, node in nodes.items() if node["relation_name"]}
    columns = {i: _declared(node) for i, node in nodes.items()}
    found: dict[str, ByColumn] = {}
    for unique_id in _parents_first(nodes):
        node = nodes[unique_id]
        if node["resource_type"] != "model":
            continue
        path = compiled / str(node["package_name"]) / str(node["original_file_path"])
        if not path.is_file():
            continue  # not built yet
        schema = MappingSchema(dialect=DIALECT)
        for parent in node["depends_on"]["nodes"]:
            if columns.get(parent):
                schema.add_table(nodes[parent]["relation_name"], dict.fromkeys(columns[parent], "text"), dialect=DIALECT)
        try:
            traced = _trace(path.read_text(encoding="utf-8"), schema, ids)
        except Exception as error:  # noqa: BLE001 - the parser fails in many ways, and no run is worth failing for lineage
            _log.info("no column lineage of %s: %s", unique_id, type(error).__name__)
            continue
        columns[unique_id] = list(traced)
        found[unique_id] = {column: sorted(_as_delivered(nodes, of)) for column, of in traced.items()}
    return found


def _declared(node: Node) -> list[str]:
    if node["resource_type"] == "seed":
        with (DBT_PROJECT / node["original_file_path"]).open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file))
    names = [str(name) for name in node["columns"]]
    if node["resource_type"] == "source" and node["source_name"] == "landing":
        return [*names, *(f"{name}{MISSING}" for name in names), *LOAD_COLUMNS]
    return names


def _as_delivered(nodes: Mapping[str, Node], columns: set[Column]) -> set[Column]:
    """Why a cell is missing is told by the cell; what landing adds of its own is no column of a delivery."""
    landing = {parent for parent, _ in columns if nodes[parent].get("source_name") == "landing"}
    return {
        (parent, name.removesuffix(MISSING) if parent in landing else name)
        for parent, name in columns
        if parent not in landing or name not in LOAD_COLUMNS
    }


def _parents_first(nodes: Mapping[str, Node]) -> Iterator[str]:
    done: set[str] = set()

    def visit(unique_id: str) -> Iterator[str]:
        if unique_id not in done:
            done.add(unique_id)
            for parent in nodes[unique_id].get("depends_on", {}).get("nodes", ()):
                if parent in nodes:
                    yield from visit(parent)
            yield unique_id

    for unique_id in nodes:
        yield from visit(unique_id)


def _trace(sql: str, schema: MappingSchema, ids: Mapping[str, str]) -> dict[str, set[Column]]:
    qualified = qualify(parse_one(sql, dialect=DIALECT), schema=schema, dialect=DIALECT, validate_qualify_columns=False)
    scope = build_scope(qualified)
    if scope is None:
        return {}
    tracer = _Tracer(ids)
    return {name: tracer.column(scope, name) for name in _selected(scope)}


class _Tracer:
    """Follows columns of one model down to its parents; each column of each step once."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        self._ids = ids
        self._known: dict[tuple[int, str], set[Column]] = {}

    def column(self, scope: Scope, name: str) -> set[Column]:
        """The parents' columns that a column of a step is made of."""
        key = (id(scope), name)
        if key not in self._known:
            self._known[key] = set()  # a step that reads itself ends here
            self._known[key] = self._of_step(scope, name)
        return self._known[key]

    def _of_step(self, scope: Scope, name: str) -> set[Column]:
        if scope.set_operation_scopes:  # also at the root, which is not called a set operation
            first = list(_selected(scope))
            if name not in first:
                return set()
            at = first.index(name)
            branches = [(branch, list(_selected(branch))) for branch in scope.set_operation_scopes]
            return {found for branch, names in branches if at < len(names) for found in self.column(branch, names[at])}
        made = _selected(scope).get(name)
        columns = made.find_all(exp.Column) if made is not None else ()
        return {found for column in columns for found in self._of_expression(scope, column)}

    def _of_expression(self, scope: Scope, column: exp.Column) -> set[Column]:
        within = [scope, *scope.subquery_scopes]
        source = next((step.sources[column.table] for step in within if column.table in step.sources), None)
        if isinstance(source, exp.Table):
            parent = self._ids.get(_plain(".".join(part.name for part in source.parts)))
            return {(parent, column.name)} if parent else set()
        if source is None:
            return set()
        if source.is_udtf:  # unnest(…): made of what it unnests
            inside = source.expression.find_all(exp.Column)
            return {found for one in inside if one.table != column.table for found in self._of_expression(scope, one)}
        return self.column(source, column.name)


def _selected(scope: Scope) -> dict[str, exp.Expr]:
    """What a step selects, in its order, by name."""
    step = scope.expression
    return {select.alias_or_name: select for select in step.selects} if isinstance(step, exp.Query | exp.UDTF) else {}


def _plain(relation: str) -> str:
    return relation.replace('"', "").lower()
