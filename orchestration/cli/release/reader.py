"""Read a file of the current release for `tables`, `measures` and `show`: the widest with figures, or the public file.

With `--public` nothing is read from the analyst file, so no command can display what the public file hides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from orchestration.cli.release.chosen_file import CannotShow, ChosenFile, choose_file
from warehouse.audiences.names import FIGURES, PUBLIC, TEAM
from warehouse.connection import open_reader
from warehouse.paths import Home
from warehouse.printable import did_you_mean
from warehouse.sql import named_rows, quoted

Row = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """An open file of the current release, and whether it is the public one."""

    con: DuckDBPyConnection
    is_public: bool

    @property
    def scorecard(self) -> str:
        """The table with the figures."""
        return "published.scorecard" if self.is_public else "marts.scorecard"

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """The result of a query as dictionaries."""
        return named_rows(self.con.execute(sql, parameters))

    def tables(self) -> list[Row]:
        """The tables and views by schema and name, with their descriptions, and their number of `rows`."""
        found = self.rows(
            "select schema_name as schema, table_name as name, coalesce(comment, '') as description from duckdb_tables() "
            "where not internal union all select schema_name, view_name, coalesce(comment, '') from duckdb_views() "
            "where not internal order by all"
        )
        counts = [f"(select count(*) from {quoted(each['schema'])}.{quoted(each['name'])})" for each in found]
        counted = self.con.execute(f"select {', '.join(counts)}").fetchone() or () if found else ()
        return [each | {"rows": rows} for each, rows in zip(found, counted, strict=True)]

    def table(self, wanted: str) -> Row:
        """The table of that name, with or without its schema, and its `columns` with their types and descriptions."""
        tables = self.tables()
        schema, _, name = wanted.rpartition(".")
        found = next((each for each in tables if each["name"] == name and schema in ("", each["schema"])), None)
        if found is None:
            known = [f"{each['schema']}.{each['name']}" if schema else each["name"] for each in tables]
            raise CannotShow(f"no table is called {wanted!r}. {did_you_mean(wanted, known)}`levelground tables` lists all")
        columns = self.rows(
            "select column_name, lower(data_type) as data_type, coalesce(comment, '') as description from duckdb_columns() "
            "where schema_name = ? and table_name = ? order by column_index",
            [found["schema"], found["name"]],
        )
        return found | {"columns": columns}

    def measures(self) -> list[Row]:
        """The current version of every measure, by policy area."""
        table = "published.measures" if self.is_public else "marts.dim_measure"
        return self.rows(f"select * from {table} where is_current order by policy_area, measure_id")

    def measure(self, wanted: str) -> Row:
        """The measure of that id."""
        measures = {measure["measure_id"]: measure for measure in self.measures()}
        if wanted not in measures:
            suggestion = did_you_mean(wanted, measures)
            raise CannotShow(f"no measure is called {wanted!r}. {suggestion}`levelground measures list` lists all")
        return measures[wanted]


def open_release(home: Home, *, public: bool) -> Release:
    """Open a file of the current release with figures, read-only: the public one, or the widest that this account may read."""
    chosen = choose_file(home, public=public)
    if not public and chosen.audience not in (TEAM, FIGURES):
        chosen = choose_file(home, figures=True)
    return open_chosen(chosen)


def open_chosen(chosen: ChosenFile) -> Release:
    """Open a released file, read-only."""
    return Release(open_reader(chosen.path, key=chosen.key), chosen.audience == PUBLIC)
