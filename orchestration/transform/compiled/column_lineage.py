"""Find the columns that each column of a model is computed from, in the SQL that dbt compiled.

dagster-dbt can do this too, but it plans each model again for each of its columns and queries the database for every table: a
minute for what takes three seconds here. Here parents are read first, so a model's columns are known once it has been read. See
`orchestration.defs.asset_specs` for how the UI shows lineage.
"""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from sqlglot import MappingSchema, exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from orchestration.settings import DBT_PROJECT
from orchestration.transform.graph import relations_read
from warehouse.files import write_atomically
from warehouse.fingerprint import Sha256
from warehouse.paths import Home

DIALECT = "duckdb"
MISSING = "_missing_reason"
# The columns that the typed view of a delivered table adds to those of its contract (`ingest.typing`).
LOAD_COLUMNS = ("_record_hash", "_load_id", "_source_file", "_source_row", "_snapshot_on")
Node = Mapping[str, Any]
Column = tuple[str, str]  # dbt's id of a model, seed or source, and the name of a column
ByColumn = dict[str, list[Column]]
_log = logging.getLogger("levelground.lineage")


def column_lineage(home: Home, manifest: Mapping[str, Any]) -> dict[str, ByColumn]:
    """By dbt id of each model: its columns, and the columns of its parents that each is computed from.

    The lineage is read from the SQL of the last build, and cached until that SQL changes.
    """
    kept, compiled = home.dbt / "column_lineage.json", home.dbt / "compiled"
    fingerprint = _fingerprint(manifest, compiled)
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):  # an incomplete file, or one of another version
        known = json.loads(kept.read_text(encoding="utf-8"))
        if known["fingerprint"] == fingerprint:
            return {i: {c: [(p, n) for p, n in of] for c, of in columns.items()} for i, columns in known["models"].items()}
    models = read_lineage(manifest, compiled, home.dbt_project)
    with suppress(OSError):  # a full disk ends a run later, with its own message
        write_atomically(kept, json.dumps({"fingerprint": fingerprint, "models": models}))
    return models


def _fingerprint(manifest: Mapping[str, Any], compiled: Path) -> str:
    sources = {i: sorted(node["columns"]) for i, node in manifest["sources"].items()}
    digest = Sha256()
    digest.update(Path(__file__).read_bytes() + json.dumps(sources, sort_keys=True).encode())
    for path in sorted(compiled.rglob("*.sql")):
        digest.update(path.relative_to(compiled).as_posix().encode() + b"\x00" + path.read_bytes())
    return digest.hexdigest()


def read_lineage(manifest: Mapping[str, Any], compiled: Path, project: Path = DBT_PROJECT) -> dict[str, ByColumn]:
    """The lineage of every model that has compiled SQL. A model whose SQL cannot be parsed gets none, and nothing fails."""
    nodes = {**manifest["sources"], **{i: n for i, n in manifest["nodes"].items() if n["resource_type"] in ("model", "seed")}}
    ids = {_plain(node["relation_name"]): i for i, node in nodes.items() if node["relation_name"]}
    columns = {i: _declared(node, project) for i, node in nodes.items()}
    found: dict[str, ByColumn] = {}
    models = {i: node["depends_on"]["nodes"] for i, node in nodes.items() if node["resource_type"] == "model"}
    for unique_id in TopologicalSorter(models).static_order():
        if unique_id not in models:
            continue
        node = nodes[unique_id]
        if not node["relation_name"]:
            continue  # ephemeral: a part of its readers
        path = compiled / str(node["package_name"]) / str(node["original_file_path"])
        if not path.is_file():
            continue  # not built yet
        schema = MappingSchema(dialect=DIALECT)
        for parent in relations_read(manifest["nodes"], unique_id):
            if columns.get(parent):
                schema.add_table(nodes[parent]["relation_name"], dict.fromkeys(columns[parent], "text"), dialect=DIALECT)
        try:
            traced = _trace(path.read_text(encoding="utf-8"), schema, ids)
        except Exception as error:  # noqa: BLE001 - the parser fails in many ways, and lineage is not worth failing a run
            _log.info("no column lineage of %s: %s", unique_id, type(error).__name__)
            continue
        columns[unique_id] = list(traced)
        found[unique_id] = {column: sorted(_delivered_columns(nodes, of)) for column, of in traced.items()}
    return found


def _declared(node: Node, project: Path) -> list[str]:
    if node["resource_type"] == "seed":
        with (project / node["original_file_path"]).open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file))
    names = [str(name) for name in node["columns"]]
    if node["resource_type"] == "source" and node["source_name"] == "landing":
        return [*names, *(f"{name}{MISSING}" for name in names), *LOAD_COLUMNS]
    return names


def _delivered_columns(nodes: Mapping[str, Node], columns: set[Column]) -> set[Column]:
    """Map a missing-reason column to its cell's column, and leave out the columns that landing adds to a delivery."""
    landing = {parent for parent, _ in columns if nodes[parent].get("source_name") == "landing"}
    return {
        (parent, name.removesuffix(MISSING) if parent in landing else name)
        for parent, name in columns
        if parent not in landing or name not in LOAD_COLUMNS
    }


def _trace(sql: str, schema: MappingSchema, ids: Mapping[str, str]) -> dict[str, set[Column]]:
    qualified = qualify(parse_one(sql, dialect=DIALECT), schema=schema, dialect=DIALECT, validate_qualify_columns=False)
    scope = build_scope(qualified)
    if scope is None:
        return {}
    tracer = _Tracer(ids)
    return {name: tracer.column(scope, name) for name in _selected(scope)}


class _Tracer:
    """Follows the columns of one model to its parents, each column of each CTE once."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        self._ids = ids
        self._known: dict[tuple[int, str], set[Column]] = {}

    def column(self, scope: Scope, name: str) -> set[Column]:
        """The parents' columns that a column of a CTE is computed from."""
        key = (id(scope), name)
        if key not in self._known:
            self._known[key] = set()  # a recursive CTE ends here
            self._known[key] = self._of_cte(scope, name)
        return self._known[key]

    def _of_cte(self, scope: Scope, name: str) -> set[Column]:
        if scope.set_operation_scopes:  # also at the root, which sqlglot does not mark as a set operation
            first = list(_selected(scope))
            if name not in first:
                return set()
            at = first.index(name)
            branches = [(branch, list(_selected(branch))) for branch in scope.set_operation_scopes]
            return {found for branch, names in branches if at < len(names) for found in self.column(branch, names[at])}
        expression = _selected(scope).get(name)
        columns = expression.find_all(exp.Column) if expression is not None else ()
        return {found for column in columns for found in self._of_expression(scope, column)}

    def _of_expression(self, scope: Scope, column: exp.Column) -> set[Column]:
        within = [scope, *scope.subquery_scopes]
        source = next((inner.sources[column.table] for inner in within if column.table in inner.sources), None)
        if isinstance(source, exp.Table):
            parent = self._ids.get(_plain(".".join(part.name for part in source.parts)))
            return {(parent, column.name)} if parent else set()
        if source is None:
            return set()
        if source.is_udtf:  # unnest(…) depends on what it unnests
            inside = source.expression.find_all(exp.Column)
            return {found for one in inside if one.table != column.table for found in self._of_expression(scope, one)}
        return self.column(source, column.name)


def _selected(scope: Scope) -> dict[str, exp.Expr]:
    """The selected expressions of a CTE by name, in their order."""
    query = scope.expression
    return {select.alias_or_name: select for select in query.selects} if isinstance(query, exp.Query | exp.UDTF) else {}


def _plain(relation: str) -> str:
    return relation.replace('"', "").lower()
