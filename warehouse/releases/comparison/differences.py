"""Compare the tables of two releases: added, removed and changed rows of measures, and goals with another status.

See `revisions` for figures of other publishers, `change_attribution` for the causes, and `history` for choosing the releases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from warehouse.connection import attach, open_from_disk
from warehouse.disclosure.states.planned_figures import GRAIN
from warehouse.paths import ANALYST_FILE, Home
from warehouse.releases.comparison.compared_columns import Change, common_columns, named_rows
from warehouse.releases.comparison.revisions import ESTIMATES, Revision, find_revisions
from warehouse.releases.manifest import Manifest, ReleaseCorrupt
from warehouse.releases.sealing import verify
from warehouse.sql import queries

MEASURES, REGISTRY, PROGRESS = "marts.fct_equity_measures", "marts.dim_measure", "marts.fct_goal_progress"
# The date of the newest data is no figure.
NOT_COMPARED = ("data_as_of",)


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
            tuple(MeasureDifference(**row) for row in named_rows(connection.execute(sql.measures()))),
            _tables(first, second),
            {goal: tuple(of) for goal, of in connection.execute(sql.goals()).fetchall()} if PROGRESS in both else {},
            tuple(find_revisions(connection)) if ESTIMATES in both else (),
        )


def _tables(before: Manifest, after: Manifest) -> dict[str, tuple[int | None, int | None]]:
    """Row counts of the analyst file's tables where they differ; None for a missing table. `quality` contains no figures."""
    first, second = (manifest.files[ANALYST_FILE].tables for manifest in (before, after))
    names = sorted(name for name in {*first, *second} if not name.startswith("quality."))
    return {name: (first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)}
