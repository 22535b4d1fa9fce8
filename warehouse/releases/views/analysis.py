"""Create the schema `analysis` of the analyst file: a view per fact, with the name of each place next to its code.

The names are those of `marts.dim_geography`, which is built from the facts, so that a fact cannot contain them. A view stores
no rows. It names tables without the alias of the file, so that it works under any name: DuckDB 1.5 finds them where the file
is attached, DuckDB 1.1.3 where it is opened itself or in `use`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain, starmap

from duckdb import DuckDBPyConnection

from warehouse.sql import identifier, literal, quoted

ANALYSIS_SCHEMA, FACTS, FACT_PREFIX = "analysis", "marts", "fct_"
_PLACE, _VINTAGE, _CODE = "geography_type", "geography_vintage", "_geoid"


def create_analysis_views(con: DuckDBPyConnection, alias: str) -> None:
    """Create the schema in an attached analyst file whose tables are complete."""
    listed = (
        "select table_name, column_name, comment from duckdb_columns() "
        "where database_name = ? and schema_name = ? and starts_with(table_name, ?) order by table_name, column_index"
    )
    facts: dict[str, dict[str, str | None]] = {}
    for table, column, comment in con.execute(listed, [alias, FACTS, FACT_PREFIX]).fetchall():
        facts.setdefault(table, {})[column] = comment
    with con.cursor() as own:  # a search path of its own
        own.execute(f"use {identifier(alias)}")
        # in one transaction: a commit per comment takes ten seconds
        own.execute(
            ";\n".join(["begin", f"create schema {ANALYSIS_SCHEMA}", *chain(*starmap(_statements, facts.items())), "commit"])
        )


def _statements(fact: str, columns: Mapping[str, str | None]) -> Iterator[str]:
    view = f"{ANALYSIS_SCHEMA}.{quoted(fact.removeprefix(FACT_PREFIX))}"
    selected, joined, comments = [], [], dict(columns)
    for column in columns:
        selected.append(f"fact.{quoted(column)}")
        name, names = _names_of(column, columns)
        if name and name not in columns:
            selected.append(f"{name}.{name}")
            joined.append(f"left join {names}")
            comments[name] = f"The name of {'the place' if name == 'place' else column}"
    yield f"create view {view} as select {', '.join(selected)} from {FACTS}.{quoted(fact)} as fact {' '.join(joined)}"
    yield f"comment on view {view} is {literal(f'{FACTS}.{fact} with the names of its places')}"
    for column, comment in comments.items():
        if comment:
            yield f"comment on column {view}.{quoted(column)} is {literal(comment)}"


def _names_of(column: str, columns: Collection[str]) -> tuple[str | None, str]:
    """The column that is to follow a code, and the join of its names; no column if it is no code of a place."""
    if column == "geoid" and {_PLACE, _VINTAGE} <= {*columns}:
        return "place", _names("place", {"geoid": column, _PLACE: _PLACE, _VINTAGE: _VINTAGE})
    if column == "jurisdiction":
        types = f"where {_PLACE} in ('city', 'county', 'state', 'tract')"
        return "jurisdiction_name", _names("jurisdiction_name", {"geoid": column}, types)
    if column.endswith(_CODE):
        of = column.removesuffix(_CODE)
        keys = {"geoid": column} | ({_VINTAGE: f"{of}_vintage"} if f"{of}_vintage" in columns else {})
        return f"{of}_name", _names(f"{of}_name", keys, f"where {_PLACE} = {literal(of)}")
    return None, ""


def _names(name: str, keys: Mapping[str, str], condition: str = "") -> str:
    # one row per key, whatever the dimension contains: a view never has more rows than its fact
    of_place = ", ".join(keys)
    rows = f"select {of_place}, max(name) as {name} from {FACTS}.dim_geography {condition} group by {of_place}"
    matches = " and ".join(f"{name}.{key} = fact.{quoted(column)}" for key, column in keys.items())
    return f"({rows}) as {name} on {matches}"
