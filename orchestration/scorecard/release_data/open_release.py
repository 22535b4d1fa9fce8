"""Open a release so that every reader of the scorecard finds its tables under the same names, with the columns of this version.

The public site reads the public file alone. The internal one reads figures from the analyst file, where nothing is hidden, and
all other tables from the public file. Each row of figures is marked where the public file lacks one.

A release of an earlier version lacks columns and tables: they read as NULL, and as empty. Its words of comparison and change
follow rules that are no longer those of the pages, so that they read as NULL, too (ADR 62).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from duckdb import DuckDBPyConnection

from ingest.contract.yaml_source import read_yaml
from orchestration.scorecard.words.texts import TextRow
from orchestration.settings import DBT_PROJECT
from warehouse.connection import attach, open_from_disk
from warehouse.sql import named_rows, queries, quoted

FILE, ANALYST = "release", "analyst"  # aliases of the attached files
_MODELS = DBT_PROJECT / "models" / "published" / "tables" / "_published__models.yml"
_PREFIX = "published_"  # of the models whose table has the name of another model without it
# The first column of the rules for words; a scorecard without it has words of earlier rules.
_OF_RULES = "compared_reason"
_WORDS = (
    "compared_with_city", "compared_with_city_text", "compared_with_reference", "compared_with_reference_text",
    "change_word", "change_text", "trend_word", "trend_text",
)  # fmt: skip
_FROM_ANALYST = {
    "scorecard": "scorecard", "goal_progress": "fct_goal_progress", "peer_comparison": "fct_peer_comparison",
    "equity_measures": "fct_equity_measures", "gap_trends": "fct_gap_trends",
}  # fmt: skip
# Macros by the name of a table.
_INTERNAL = queries(Path(__file__).with_suffix(".sql.jinja"))


T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Record(dict[str, Any]):
    """A row of a query, or what a template shows; its columns are attributes, too."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        """Return a column."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def records(con: DuckDBPyConnection, query: str, parameters: object = None) -> list[Record]:
    """Return the rows of a query."""
    rows = named_rows(con.execute(query, parameters))
    return [Record((name, _nested(value)) for name, value in row.items()) for row in rows]


def read_texts(con: DuckDBPyConnection) -> list[TextRow]:
    """Return the texts of all languages."""
    return con.execute("select text_id, language, text, review_status from texts order by text_id, language").fetchall()


def _nested(value: Any) -> Any:
    """Structs in a list are records, too."""
    return [Record(one) if isinstance(one, dict) else one for one in value] if isinstance(value, list) else value


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Return the items of each key, the keys in the order in which they occur; any other key has none."""
    found: dict[K, list[T]] = defaultdict(list)
    for item in items:
        found[key(item)].append(item)
    return found


@dataclass(frozen=True)
class ReleaseFiles:
    """The files of a release that a site is made from. With `analyst` the site is internal."""

    public: Path
    analyst: Path | None = None


@contextmanager
def open_release(files: ReleaseFiles) -> Iterator[DuckDBPyConnection]:
    """Attach the files read-only; `scorecard`, `measures`, `goals` and the others are found without a schema."""
    with open_from_disk(files.public, FILE) as con:
        if files.analyst is not None:
            attach(con, files.analyst, ANALYST, read_only=True)
        # temporary views precede the tables of the file; DuckDB takes as long to list one table's columns as those of all
        listed = (
            "select concat_ws('.', database_name, schema_name, table_name), list(column_name) from duckdb_columns() group by all"
        )
        found = dict(con.execute(listed).fetchall())
        for name, columns in published_columns().items():
            query = _completed(found, f"{FILE}.published.{name}", columns)
            if files.analyst is not None and hasattr(_INTERNAL, name):
                figures = _completed(found, f"{ANALYST}.marts.{_FROM_ANALYST[name]}", columns) if name in _FROM_ANALYST else ""
                query = getattr(_INTERNAL, name)(query, figures)
            elif name in _FROM_ANALYST:
                query = f"select *, false as is_hidden_in_public from ({query})"
            con.execute(f"create temp view {name} as {query}")
        con.execute(f"use {FILE}.published")
        yield con


@cache
def published_columns() -> Mapping[str, Mapping[str, str]]:
    """Return the columns that this version gives each public table, with their types."""
    models = read_yaml(_MODELS).data["models"]
    return {
        model["name"].removeprefix(_PREFIX): {column["name"]: column["data_type"] for column in model["columns"]}
        for model in models
    }


def _completed(found: Mapping[str, list[str]], table: str, columns: Mapping[str, str]) -> str:
    """Return a query of the table with NULL for each column that it lacks, and without a row for a table that does not exist."""
    known = set(found.get(table, ()))
    nulls = [f"cast(null as {type_}) as {quoted(name)}" for name, type_ in columns.items() if name not in known]
    if not known:
        return f"select {', '.join(nulls)} where false"
    words = [name for name in _WORDS if name in known] if _OF_RULES in columns and _OF_RULES not in known else []
    replaced = f" replace ({', '.join(f'cast(null as varchar) as {name}' for name in words)})" if words else ""
    return f"select {', '.join([f'*{replaced}', *nulls])} from {table}"


def council_district_type(con: DuckDBPyConnection, database: str = FILE) -> str:
    """The type of the districts that elect the council; releases of earlier versions have those of Milwaukee."""
    known = con.execute(
        "select 1 from duckdb_columns() where database_name = ? and table_name = 'geographies' and column_name = ?",
        [database, "is_council_district"],
    ).fetchone()
    query = f"select min(geography_type) from {database}.published.geographies where is_council_district"
    found = con.execute(query).fetchone() if known else None
    return str(found[0]) if found and found[0] else "aldermanic_district"
