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
_PLACE, _CODE = "geography_type", "_geoid"


def drop_analysis_views(con: DuckDBPyConnection, alias: str) -> None:
    """Drop the schema from an attached analyst file, before its tables are built again."""
    con.execute(f"drop schema if exists {identifier(alias)}.{ANALYSIS_SCHEMA} cascade")


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
    selected, comments = [], dict(columns)
    for column in columns:
        selected.append(f"fact.{quoted(column)}")
        name, query = _name_of(column, columns)
        if name and name not in columns:
            selected.append(f"({query}) as {name}")
            comments[name] = f"The name of {'the place' if name == 'place' else column}"
    yield f"create view {view} as select {', '.join(selected)} from {FACTS}.{quoted(fact)} as fact"
    yield f"comment on view {view} is {literal(f'{FACTS}.{fact} with the names of its places')}"
    for column, comment in comments.items():
        if comment:
            yield f"comment on column {view}.{quoted(column)} is {literal(comment)}"


def _name_of(column: str, columns: Collection[str]) -> tuple[str | None, str]:
    """The column that is to follow a code, and the query of the code's name; no column if it is no code of a place."""
    if column == "geoid" and {_PLACE, "geography_vintage"} <= {*columns}:
        return "place", _query(f"place.{_PLACE} = fact.{_PLACE} and place.geography_vintage = fact.geography_vintage", column)
    if column == "jurisdiction":
        return "jurisdiction_name", _query(f"place.{_PLACE} in ('city', 'county', 'state', 'tract')", column)
    if column.endswith(_CODE):
        of, vintage = column.removesuffix(_CODE), f"{column.removesuffix(_CODE)}_vintage"
        in_vintage = f" and place.geography_vintage = fact.{quoted(vintage)}" if vintage in columns else ""
        return f"{of}_name", _query(f"place.{_PLACE} = {literal(of)}{in_vintage}", column)
    return None, ""


def _query(condition: str, column: str) -> str:
    # one value, whatever the dimension contains: a view never has more rows than its fact
    return f"select max(place.name) from {FACTS}.dim_geography as place where {condition} and place.geoid = fact.{quoted(column)}"
