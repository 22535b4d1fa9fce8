"""Compare the tables of two releases: changed rows of measures, revised figures of other publishers, goals with another status.

See `change_attribution` for the causes, and `history` for choosing the releases. SQL compares two files that are attached as
`before` and `after`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from warehouse.connection import attach, open_from_disk
from warehouse.disclosure.states.planned_figures import GRAIN
from warehouse.paths import ANALYST_FILE, Home
from warehouse.releases.manifest import Manifest, ReleaseCorrupt
from warehouse.releases.sealing import verify
from warehouse.sql import named_rows, queries

MEASURES, REGISTRY, PROGRESS = "marts.fct_equity_measures", "marts.dim_measure", "marts.fct_goal_progress"
NOT_COMPARED = ("data_as_of",)  # the date of the newest data is no figure
ESTIMATES = "marts.fct_published_estimates"
FIGURE = (
    "published_measure", "geography_type", "geography_vintage", "geoid", "period_start", "period_end", "race_ethnicity_code",
    "stratum_type", "stratum_code",
)  # fmt: skip
SHOWN = ("value", "bound_low", "bound_high")


@dataclass(frozen=True)
class Change:
    """A row whose value changed: its key, and the value before and after; None for no value."""

    key: Mapping[str, str]
    before: float | None
    after: float | None

    @property
    def by(self) -> float | None:
        """The difference of the values; None if one of them is missing."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class MeasureDifference:
    """The differences of a measure.

    `changed`: rows that differ in any column; `columns`: their number per column. `revised`: rows with another value than before;
    `withdrawn`: rows whose value the publisher now suppresses. `registry`: columns of the measure's registry row that differ.
    `versions`: versions with rows, before and after. `new_periods`: periods that the earlier release does not have, by their last
    day. `top`: the largest changes of the value.
    """

    measure_id: str
    versions: tuple[tuple[int, ...], tuple[int, ...]]
    rows: tuple[int, int]
    added: int
    gone: int
    changed: int
    revised: int
    withdrawn: int
    new_periods: tuple[str, ...]
    columns: Mapping[str, int]
    registry: tuple[str, ...]
    top: tuple[Change, ...]


@dataclass(frozen=True)
class Revision:
    """The differing figures of a source; all counts are of figures with a value, before or after.

    `figures`: figures before and after. `revised`: figures whose value or bounds differ. `added`: figures without a value before;
    `new_periods`: the last days of periods that the earlier release does not have. `withdrawn`: figures that the publisher now
    suppresses; `withdrawn_groups`: groups without any value left in a period. `without_value`: figures whose value is
    missing for another reason. `removed`: figures whose row is missing. `top`: the largest changes of the value.
    """

    source: str
    figures: tuple[int, int]
    revised: int
    added: int
    new_periods: tuple[str, ...]
    withdrawn: int
    withdrawn_groups: tuple[str, ...]
    without_value: Mapping[str, int]
    removed: int
    top: tuple[Change, ...]


@dataclass(frozen=True)
class Differences:
    """Two releases: manifests, differing measures, row counts of tables, and goals by the status of their newest period.

    `publishers`: the sources whose figures another publisher computed and that differ.
    """

    before: Manifest
    after: Manifest
    measures: tuple[MeasureDifference, ...]
    tables: Mapping[str, tuple[int | None, int | None]]
    goals: Mapping[str, tuple[str | None, str | None]]
    publishers: tuple[Revision, ...]


def compare(home: Home, before: str, after: str) -> Differences:
    """The differences of release `after` from `before`; both are verified. Raises UnknownRelease or ReleaseCorrupt."""
    first, second = verify(home, before), verify(home, after)
    with open_from_disk(home.release(before) / ANALYST_FILE, "before") as connection:
        if after == before:
            return Differences(first, second, (), {}, {}, ())
        attach(connection, home.release(after) / ANALYST_FILE, "after", read_only=True)
        tables = [set(manifest.files[ANALYST_FILE].tables) for manifest in (first, second)]
        both = tables[0] & tables[1]
        if MEASURES not in both:
            raise ReleaseCorrupt(after if MEASURES not in tables[1] else before, ANALYST_FILE, f"has no table {MEASURES}")
        types = {n: kind for n, kind in common_columns(connection, MEASURES).items() if n not in (*GRAIN, *NOT_COMPARED)}
        registry = [n for n in common_columns(connection, REGISTRY) if n not in ("measure_id", "measure_version")]
        sql = queries(Path(__file__).with_suffix(".sql.jinja"), grain=[*GRAIN], types=types, registry=registry)
        connection.execute(sql.compare())
        return Differences(
            first,
            second,
            tuple(MeasureDifference(**row) for row in compared_rows(connection.execute(sql.measures()))),
            _tables(first, second),
            {goal: tuple(of) for goal, of in connection.execute(sql.goals()).fetchall()} if PROGRESS in both else {},
            tuple(find_revisions(connection)) if ESTIMATES in both else (),
        )


def _tables(before: Manifest, after: Manifest) -> dict[str, tuple[int | None, int | None]]:
    """Row counts of the analyst file's tables where they differ; None for a missing table. `quality` contains no figures."""
    first, second = (manifest.files[ANALYST_FILE].tables for manifest in (before, after))
    names = sorted(name for name in {*first, *second} if not name.startswith("quality."))
    return {name: (first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)}


def find_revisions(connection: DuckDBPyConnection) -> list[Revision]:
    """The sources whose figures differ in the attached databases `before` and `after`."""
    types = {name: kind for name, kind in common_columns(connection, ESTIMATES).items() if name in SHOWN}
    sql = queries(Path(__file__).with_name("revisions.sql.jinja"), figure=[*FIGURE], types=types)
    connection.execute(sql.compare())
    return [Revision(**row) for row in compared_rows(connection.execute(sql.sources()))]


def compared_rows(result: DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a result by the names of their columns, with lists as tuples, and `top` as changes."""
    rows = [{name: _as_tuple(value) for name, value in row.items()} for row in named_rows(result)]
    return [row | ({"top": tuple(Change(**change) for change in row["top"])} if "top" in row else {}) for row in rows]


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def common_columns(connection: DuckDBPyConnection, table: str) -> dict[str, str]:
    """The columns that the table has in both releases, with their types in the later one."""
    schema, _, name = table.partition(".")
    rows = connection.execute(
        "select column_name, any_value(data_type) filter (database_name = 'after') from duckdb_columns() "
        "where database_name in ('before', 'after') and schema_name = ? and table_name = ? "
        "group by column_name having count(*) = 2 order by min(column_index)",
        [schema, name],
    ).fetchall()
    return dict(rows)
