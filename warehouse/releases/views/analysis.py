"""Create the schema `analysis` of a file: a view per fact, with names of places and stand-ins.

The names are those of `marts.dim_geography`, which is built from the facts, so that a fact cannot contain them. A name has the
year of its map where its type of place has several. A view stores no rows. It names tables without the alias of the file, so that
it works under any name: DuckDB 1.5 finds them where the file is attached, DuckDB 1.1.3 where it is opened itself or in `use`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from warehouse.sql import identifier, literal, quoted

ANALYSIS_SCHEMA, FACTS, FACT_PREFIX = "analysis", "marts", "fct_"
_PLACE, _VINTAGE, _CODE = "geography_type", "geography_vintage", "_geoid"
_SOURCE, _STAND_IN = "source", "is_stand_in"
_IS_STAND_IN = (
    "Whether the records of another city stand in for the own ones. Warning: leave these rows out of a statement about the city"
)
# Facts that have a record in several rows, by the column that shows it: one view has every record once, others have the rest.
_ROWS = {
    # delivered in dimensions: a student is in a row per dimension, and again in totals
    "dimension_reported": {
        "": ("fact.stratum_type = 'all' and fact.race_ethnicity_code is distinct from 'all'", ", each student once, by race"),
        "_total": ("fact.stratum_type = 'all' and fact.race_ethnicity_code = 'all'", ", totals of the publisher"),
        "_by_stratum": ("fact.stratum_type <> 'all'", ", by sex and other strata; filter one stratum_type"),
    },
    # a stock is delivered again and again
    "is_latest_snapshot": {
        "": ("fact.is_latest_snapshot", ", as of the newest delivery"),
        "_by_snapshot": ("true", ", once per delivery that has the record; filter one occurred_on"),
    },
    # sums up to the end of each reporting period
    "spent_in_period_usd": {
        "": ("fact.period_end = (select max(period_end) from {fact})", ", as of the newest report"),
        "_by_period": ("true", ", once per report; sum no column but those in_period"),
    },
}
_WHOLE_FACT = {"": ("true", "")}
_NO_TOTAL = {"category": " and fact.category <> 'all'"}  # all categories together count each record again
_PLACES, _SOURCES = "dim_geography", "dim_source"
_STAND_INS = f"(select source, bool_or({_STAND_IN}) as {_STAND_IN} from {FACTS}.{_SOURCES} group by source) as {_STAND_IN}"
_SEVERAL_MAPS = (
    f"select {_PLACE} from {FACTS}.{_PLACES} group by {_PLACE} having count(distinct {_VINTAGE}) > 1"  # such as districts
)


@dataclass(frozen=True)
class _File:
    """What the views of a file need to know of it."""

    has_sources: bool
    maps: Collection[str]  # the types of place with more than one map


def create_analysis_views(con: DuckDBPyConnection, alias: str, cannot_have: Mapping[str, Collection[str]] | None = None) -> None:
    """Create the schema in an attached file whose tables are complete; without a dimension of places there are no views.

    `cannot_have`: by fact, the columns that its sources cannot fill by their contracts. Its view does not have them.
    """
    listed = (
        "select table_name, column_name, comment from duckdb_columns() "
        "where database_name = ? and schema_name = ? order by table_name, column_index"
    )
    tables: dict[str, dict[str, str | None]] = {}
    for table, column, comment in con.execute(listed, [alias, FACTS]).fetchall():
        tables.setdefault(table, {})[column] = comment
    if _PLACES not in tables:
        return
    with con.cursor() as own:  # a search path of its own
        own.execute(f"use {identifier(alias)}")
        file = _File(_SOURCES in tables, {kind for (kind,) in own.execute(_SEVERAL_MAPS).fetchall()})
        scripts = ["begin", f"create schema {ANALYSIS_SCHEMA}"]
        for fact, columns in tables.items():
            if fact.startswith(FACT_PREFIX):
                left_out = (cannot_have or {}).get(fact, ())
                scripts += _views(fact, {name: text for name, text in columns.items() if name not in left_out}, file)
        # in one transaction: a commit per comment takes ten seconds
        own.execute(";\n".join([*scripts, "commit"]))


def columns_left_out(con: DuckDBPyConnection, alias: str) -> dict[str, list[str]]:
    """By fact of an attached file with views: the columns that its view does not have, as `create_analysis_views` takes them."""
    listed = f"""
        with columns as (select schema_name, table_name, column_name from duckdb_columns() where database_name = ?)
        select facts.table_name, list(facts.column_name order by facts.column_name)
        from (from columns where schema_name = '{FACTS}') as facts
        semi join (from columns where schema_name = '{ANALYSIS_SCHEMA}') as views
            on facts.table_name = concat('{FACT_PREFIX}', views.table_name)
        anti join (from columns where schema_name = '{ANALYSIS_SCHEMA}') as views
            on facts.table_name = concat('{FACT_PREFIX}', views.table_name) and facts.column_name = views.column_name
        group by facts.table_name
    """
    return dict(con.execute(listed, [alias]).fetchall())


def _views(fact: str, columns: Mapping[str, str | None], file: _File) -> Iterator[str]:
    views = next((views for column, views in _ROWS.items() if column in columns), _WHOLE_FACT)
    no_total = "".join(condition for column, condition in _NO_TOTAL.items() if column in columns and views is not _WHOLE_FACT)
    for suffix, (condition, text) in views.items():
        shown = condition.format(fact=f"{FACTS}.{quoted(fact)}") + no_total
        name = f"{ANALYSIS_SCHEMA}.{quoted(fact.removeprefix(FACT_PREFIX) + suffix)}"
        yield from _statements(name, fact, columns, file, shown)
        yield f"comment on view {name} is {literal(f'{FACTS}.{fact} with the names of its places{text}')}"


def _statements(view: str, fact: str, columns: Mapping[str, str | None], file: _File, condition: str) -> Iterator[str]:
    selected, joined, comments = [], [], dict(columns)
    for column in columns:
        selected.append(f"fact.{quoted(column)}")
        name, names = _names_of(column, columns, file.maps)
        if name and name not in columns:
            selected.append(f"{name}.{name}")
            joined.append(f"left join {names}")
            comments[name] = f"The name of {'the place' if name == 'place' else column}"
        if column == _SOURCE and file.has_sources and _STAND_IN not in columns:
            selected.append(f"coalesce({_STAND_IN}.{_STAND_IN}, false) as {_STAND_IN}")
            joined.append(f"left join {_STAND_INS} on {_STAND_IN}.source = fact.source")
            comments[_STAND_IN] = _IS_STAND_IN
    rows = f"{FACTS}.{quoted(fact)} as fact {' '.join(joined)} where {condition}"
    yield f"create view {view} as select {', '.join(selected)} from {rows}"
    for column, comment in comments.items():
        if comment:
            yield f"comment on column {view}.{quoted(column)} is {literal(comment)}"


def _names_of(column: str, columns: Collection[str], maps: Collection[str]) -> tuple[str | None, str]:
    """The column that is to follow a code, and the join of its names; no column if it is no code of a place."""
    if column == "geoid" and {_PLACE, _VINTAGE} <= {*columns}:
        return "place", _names("place", {"geoid": column, _PLACE: _PLACE, _VINTAGE: _VINTAGE}, maps)
    if column == "jurisdiction":
        types = f"where {_PLACE} in ('city', 'county', 'state', 'tract')"
        return "jurisdiction_name", _names("jurisdiction_name", {"geoid": column}, (), types)
    if column.endswith(_CODE):
        of = column.removesuffix(_CODE)
        keys = {"geoid": column} | ({_VINTAGE: f"{of}_vintage"} if f"{of}_vintage" in columns else {})
        return f"{of}_name", _names(f"{of}_name", keys, maps, f"where {_PLACE} = {literal(of)}")
    return None, ""


def _names(name: str, keys: Mapping[str, str], maps: Collection[str], condition: str = "") -> str:
    # one row per key, whatever the dimension contains: a view never has more rows than its fact
    of_place, shown = ", ".join(keys), "max(name)"
    if _VINTAGE in keys and maps:
        # the same number is another area on another map: without the year, a count by name would add up both
        listed = ", ".join(map(literal, sorted(maps)))
        shown = f"max(case when {_PLACE} in ({listed}) then concat(name, ' (map of ', {_VINTAGE}, ')') else name end)"
    rows = f"select {of_place}, {shown} as {name} from {FACTS}.{_PLACES} {condition} group by {of_place}"
    matches = " and ".join(f"{name}.{key} = fact.{quoted(column)}" for key, column in keys.items())
    return f"({rows}) as {name} on {matches}"
