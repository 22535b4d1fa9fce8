"""Open a release so that every reader of the scorecard finds its tables under the same names, with the columns of this version.

The public site reads the public file alone. The internal one reads figures from the analyst file, where nothing is hidden, and
all other tables from the public file. Each row of figures is marked where the public file lacks one.

A release of an earlier version lacks columns and tables: they read as NULL, and as empty. Its words of comparison and change
follow rules that are no longer those of the pages, so that they read as NULL, too (ADR 62).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from ingest.contract.yaml_source import read_yaml
from orchestration.settings import DBT_PROJECT
from warehouse.connection import attach, open_from_disk
from warehouse.sql import quoted

FILE, ANALYST = "release", "analyst"  # aliases of the attached files
_MODELS = DBT_PROJECT / "models" / "published" / "tables" / "_published__models.yml"
_PREFIX = "published_"  # of the models whose table has the name of another model without it
# The first column of the rules for words; a scorecard without it has words of earlier rules.
_OF_RULES = "compared_reason"
_WORDS = (
    "compared_with_city", "compared_with_city_text", "compared_with_reference", "compared_with_reference_text",
    "change_word", "change_text", "trend_word", "trend_text",
)  # fmt: skip
# What a page shows of a row of the scorecard: a row is marked where the public file lacks one of these.
_FIGURES = (
    "numerator", "value", "ci_low", "bound_low", "known_race_pct", "city_value", "compared_with_city", "rate_ratio",
    "compared_with_reference", "trend", "trend_word",
)  # fmt: skip
_IS_ANY_HIDDEN = " or ".join(f"(figures.{name} is not null and shown.{name} is null)" for name in _FIGURES)
_FROM_ANALYST = {
    "scorecard": "scorecard", "goal_progress": "fct_goal_progress", "peer_comparison": "fct_peer_comparison",
    "equity_measures": "fct_equity_measures", "gap_trends": "fct_gap_trends",
}  # fmt: skip
# `{shown}`: the table of the public file, `{figures}`: that of the analyst file
_PUBLIC = dict.fromkeys(_FROM_ANALYST, "select *, false as is_hidden_in_public from ({shown})")
_INTERNAL = {
    "scorecard": f"""
        select figures.*, {_IS_ANY_HIDDEN} as is_hidden_in_public
        from ({{figures}}) as figures
        left join ({{shown}}) as shown using (
            measure_id, race_ethnicity_code, geography_type, geography_vintage, geoid, period_type, period_start
        )
        """,
    # a measure of which the public file hides each figure is shown to staff
    "measures": """
        select measures.* replace (
            case when measures.is_current and figures.measure_id is not null then 'shown' else measures.availability end
                as availability
        )
        from ({shown}) as measures
        left join (
            select distinct measure_id from analyst.marts.scorecard where publication_status = 'published' and not is_stand_in
        ) as figures using (measure_id)
        """,
    "goal_progress": """
        select progress.*, 'published' as publication_status,
            shown.publication_status is distinct from 'published' as is_hidden_in_public
        from analyst.marts.fct_goal_progress as progress
        left join ({shown}) as shown using (goal_id, period_type, period_start)
        """,
    "peer_comparison": """
        select peers.*, shown.gap is null and peers.gap is not null as is_hidden_in_public
        from ({figures}) as peers
        left join ({shown}) as shown
            using (measure_id, measure_version, period_type, period_start, race_ethnicity_code, reference_code, geoid)
        """,
    "gap_trends": """
        select trends.*, shown.word is null as is_hidden_in_public
        from ({figures}) as trends
        left join ({shown}) as shown using (
            measure_id, measure_version, period_type, stratum_type, stratum_code, tabulation, race_standard, method,
            geography_type, geography_vintage, geoid, race_ethnicity_code, reference_code, scale
        )
        """,
    "equity_measures": """
        select figures.* replace (
                case
                    when figures.value_status <> 'computed' then figures.value_status
                    when figures.reliability = 'unreliable' then 'unreliable'
                    else 'published'
                end as publication_status
            ),
            shown.value is null and figures.value is not null as is_hidden_in_public
        from ({figures}) as figures
        left join ({shown}) as shown using (
            measure_id, measure_version, period_type, period_start, geography_type, geography_vintage, geoid, race_standard,
            race_ethnicity_code, tabulation, method, stratum_type, stratum_code
        )
        """,
}


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
    result = con.execute(query, parameters)
    names = [column[0] for column in result.description or ()]
    return [Record(zip(names, values, strict=True)) for values in result.fetchall()]


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
        queries = _PUBLIC if files.analyst is None else _INTERNAL
        # temporary views precede the tables of the file; DuckDB takes as long to list one table's columns as those of all
        listed = (
            "select concat_ws('.', database_name, schema_name, table_name), list(column_name) from duckdb_columns() group by all"
        )
        found = dict(con.execute(listed).fetchall())
        for name, columns in published_columns().items():
            shown = _completed(found, f"{FILE}.published.{name}", columns)
            figures = ""
            if files.analyst is not None and name in _FROM_ANALYST:
                figures = _completed(found, f"{ANALYST}.marts.{_FROM_ANALYST[name]}", columns)
            con.execute(f"create temp view {name} as {queries.get(name, '{shown}').format(shown=shown, figures=figures)}")
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
