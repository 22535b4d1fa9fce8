"""Find in a model's SQL of which empty tables it follows that the model has no row either, whatever its other parents contain.

A model without a row is the same in every city. See `pipeline.blank_home` for the runs that need not build it again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection
from sqlglot import exp, parse_one
from sqlglot.helper import ensure_list

DIALECT = "duckdb"
# A condition, as JSON: a relation that must be empty, or whether all or any of some conditions must be met.
Condition = Any
NEVER: Condition = {"any": []}
ALWAYS: Condition = {"all": []}


def is_met(condition: Condition, empty: Collection[str]) -> bool:
    """Whether a condition holds if these relations (`database.schema.name`) are empty."""
    if isinstance(condition, str):
        return condition in empty
    ((quantifier, parts),) = condition.items()
    return (all if quantifier == "all" else any)(is_met(part, empty) for part in parts)


def empty_if(sql: str, aggregates: Collection[str]) -> Condition:
    """The condition under which a query has no row. It may be too strict, never too weak: what is not understood is `NEVER`.

    `aggregates`: the names of functions that give a row for no row, if nothing is grouped.
    """
    return _Reader(frozenset(aggregates)).query(parse_one(sql, dialect=DIALECT), {})


def aggregate_functions(con: DuckDBPyConnection) -> set[str]:
    """The names of all aggregate functions, and of the macros that call one."""
    rows = con.execute("select function_name, function_type, macro_definition from duckdb_functions()").fetchall()
    names = {name for name, kind, _ in rows if kind == "aggregate"}
    macros = {name: {*re.findall(r"(\w+)\"?\(", text or "")} for name, kind, text in rows if kind == "macro"}
    while found := {name for name, calls in macros.items() if calls & names} - names:
        names |= found
    return names


@dataclass(frozen=True)
class _Reader:
    aggregates: frozenset[str]

    def query(self, tree: exp.Expr | None, outer: Mapping[str, Condition]) -> Condition:
        """The condition of a query. `outer`: those of the common table expressions that it can read."""
        if isinstance(tree, exp.Subquery):
            tree = tree.unnest()
        if not isinstance(tree, exp.Query) or tree.args.get("pivots"):
            return NEVER
        known = dict(outer)
        for table in tree.ctes:
            known[table.alias] = NEVER  # a recursive one reads itself
            known[table.alias] = self.query(table.this, known)
        if isinstance(tree, exp.SetOperation):
            parts = [self.query(tree.left, known), self.query(tree.right, known)]
            if isinstance(tree, exp.Except):
                return parts[0]
            return {"any" if isinstance(tree, exp.Intersect) else "all": parts}
        where = tree.args.get("where")
        if where is not None and where.this == exp.false():
            return NEVER if self._is_of_one_row(tree) else ALWAYS
        source = tree.args.get("from_")
        if not isinstance(tree, exp.Select) or source is None or self._is_of_one_row(tree):
            return NEVER
        return self._joined(source.this, tree.args.get("joins") or (), known)

    def _joined(self, first: exp.Expr, joins: Iterable[exp.Join], known: Mapping[str, Condition]) -> Condition:
        found = self._relation(first, known)
        for join in joins:
            other = self._relation(join.this, known)
            if join.method not in ("", "ASOF"):
                return NEVER
            if join.side == "RIGHT":
                found = other
            elif join.side == "FULL":
                found = {"all": [found, other]}
            elif join.side != "LEFT" and join.kind != "ANTI":
                found = {"any": [found, other]}
        return found

    def _relation(self, tree: exp.Expr, known: Mapping[str, Condition]) -> Condition:
        if isinstance(tree, exp.Pivot) and tree.args.get("unpivot"):
            return self._relation(tree.this, known)  # `from (unpivot … on …)`
        if tree.args.get("pivots") or tree.args.get("joins"):
            return NEVER
        if isinstance(tree, exp.Subquery):
            return self._relation(tree.this, known) if isinstance(tree.this, exp.Pivot) else self.query(tree.this, known)
        if not isinstance(tree, exp.Table) or not isinstance(tree.this, exp.Identifier):
            return NEVER
        return ".".join(part.name for part in tree.parts) if tree.db else known.get(tree.name, NEVER)

    def _is_of_one_row(self, select: exp.Expr) -> bool:
        """Whether a query can have a row that is made of none: it aggregates without groups, or with a group of everything."""
        group = select.args.get("group")
        if group is None:
            parts = (*select.expressions, select.args.get("having"), select.args.get("qualify"))
            return any(self._aggregates(each) for each in parts if each is not None)
        if group.find(exp.GroupingSets, exp.Rollup, exp.Cube) is not None or group.args.get("totals"):
            return True
        by = select.expressions if group.args.get("all") else group.expressions
        return all(self._aggregates(each) or not each.find(exp.Column, exp.Literal, exp.Star) for each in by)

    def _aggregates(self, tree: exp.Expr) -> bool:
        """Whether an expression calls an aggregate function, other than over a window or in a query of its own."""
        if isinstance(tree, exp.Query):
            return False
        if isinstance(tree, exp.Window):
            function = tree.this
            while isinstance(function, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
                function = function.this
            over = [each for key in ("partition_by", "order") for each in ensure_list(tree.args.get(key))]
            return any(self._aggregates(each) for each in (*function.iter_expressions(), *over))
        if isinstance(tree, exp.Func):
            names = {tree.name} if isinstance(tree, exp.Anonymous) else {*tree.sql_names()}
            if isinstance(tree, exp.AggFunc) or {name.lower() for name in names} & self.aggregates:
                return True
        return any(self._aggregates(each) for each in tree.iter_expressions())
