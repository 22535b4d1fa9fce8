"""Check the public tables as they are stored: the order of their rows, and columns that are classified as following from others.

A query that ranks counts in order to hide the smallest stores its rows in that order, and so reveals how hidden counts rank.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection

from expectations.disclosure.catalog import fetch
from expectations.disclosure.classification import finding, follows_from
from expectations.results import ExpectationResult
from warehouse.sql import literal, quoted

_ORDER = (
    "the order of the rows does not follow from what they show, and may be that of hidden counts; end the model with "
    "`order by all`"
)
_FOLLOWS = "columns.yml states that it follows from other columns, and it differs where these are equal; classify it again"


def check_stored_tables(connection: Connection, published: str) -> Iterator[ExpectationResult]:
    """Findings on the tables of a schema, such as `public.published`."""
    columns = _columns(connection, published)
    _, _, schema = published.partition(".")
    unordered = [
        f"{schema}.{table}" for table, names in columns.items() if not _is_ordered(connection, f"{published}.{table}", names)
    ]
    yield finding("rows_in_order_of_columns", unordered, _ORDER)
    different = [
        f"{schema}.{table}.{name}"
        for table, name, keys in follows_from()
        if {name, *keys} <= set(columns.get(table, ())) and not _follows(connection, f"{published}.{table}", name, keys)
    ]
    yield finding("harmless_columns_follow", different, _FOLLOWS)


def _columns(connection: Connection, published: str) -> Mapping[str, list[str]]:
    database, _, schema = published.partition(".")
    found: dict[str, list[str]] = {}
    query = (
        "select table_name, column_name from duckdb_columns() "
        f"where database_name = {literal(database)} and schema_name = {literal(schema)} order by table_name, column_index"
    )
    for table, name in fetch(connection, query):
        found.setdefault(table, []).append(name)
    return found


def _is_ordered(connection: Connection, relation: str, names: Sequence[str]) -> bool:
    """Whether each row has a higher number than the row before it in the order of its columns; equal rows have any order."""
    order = ", ".join(map(quoted, names))
    numbered = f"select rowid as number, lag(rowid) over (order by {order}, rowid) as number_before from {relation}"
    query = f"select count(*) from ({numbered}) where number < number_before"
    ((inversions,),) = fetch(connection, query)
    return not inversions


def _follows(connection: Connection, relation: str, name: str, keys: Sequence[str]) -> bool:
    """Whether a column has one value, or none, wherever `keys` are equal."""
    query = (
        f"select count(*) from (select 1 from {relation} group by {', '.join(map(quoted, keys))} "
        f"having count(distinct {quoted(name)}) + max(({quoted(name)} is null)::integer) > 1)"
    )
    ((differing,),) = fetch(connection, query)
    return not differing
