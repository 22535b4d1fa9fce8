"""Compare the tables of two releases: added, removed and changed rows of measures, and goals with another status.

See `revisions` for figures of other publishers, `change_attribution` for the causes, and `history` for choosing the releases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from warehouse.connection import attach, open_from_disk
from warehouse.disclosure.states.planned_figures import GRAIN
from warehouse.paths import ANALYST_FILE, Home
from warehouse.releases.comparison.compared_columns import TOP, Change, column_types, common_columns, is_different, named_rows
from warehouse.releases.comparison.revisions import ESTIMATES, Revision, find_revisions
from warehouse.releases.manifest import Manifest, ReleaseCorrupt
from warehouse.releases.sealing import verify
from warehouse.sql import quoted

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
        return Differences(
            first,
            second,
            tuple(_measures(connection, REGISTRY in both)),
            _tables(first, second),
            _goals(connection) if PROGRESS in both else {},
            tuple(find_revisions(connection)) if ESTIMATES in both else (),
        )


def _measures(connection: DuckDBPyConnection, has_registry: bool) -> list[MeasureDifference]:
    types = column_types(connection, MEASURES)
    compared = [c for c in common_columns(connection, MEASURES) if c not in (*GRAIN, *NOT_COMPARED)]
    differs = ", ".join(
        f"case when {is_different(f'a.{quoted(c)}', f'b.{quoted(c)}', types[c])} then '{c}' end" for c in compared
    )
    same_row = " and ".join(f"a.{c} is not distinct from b.{c}" for c in GRAIN)
    keys = ", ".join(f"coalesce(b.{c}, a.{c})::varchar as {c}" for c in GRAIN)
    withdrawn = "coalesce(b.value_status = 'suppressed_at_source', false)" if "value_status" in compared else "false"
    connection.execute(
        f"create temp table compared as select {keys}, a.measure_id is null as is_added, b.measure_id is null as is_gone, "
        "a.value::double as value_before, b.value::double as value_after, "
        # a figure that its publisher now suppresses is not repeated from the older file
        f"{withdrawn} as is_withdrawn, "
        "concat_ws(' ', coalesce(b.period_type, a.period_type), coalesce(b.period_start, a.period_start)::varchar) as period, "
        f"list_filter([{differs}]::varchar[], lambda name: name is not null) as differs "
        f"from before.{MEASURES} as a full join after.{MEASURES} as b on {same_row}"
    )
    registry = _registry(connection) if has_registry else {}
    return [
        MeasureDifference(
            **of_measure,
            columns=_columns(connection, of_measure["measure_id"]),
            registry=registry.get(of_measure["measure_id"], ()),
            top=_top(connection, of_measure["measure_id"]),
        )
        for of_measure in named_rows(connection.execute(_COUNTS))
        if of_measure["added"] or of_measure["gone"] or of_measure["changed"] or registry.get(of_measure["measure_id"])
    ]


# the fields of a MeasureDifference that are counted
_COUNTS = """
    select
        measure_id,
        [count(*) filter (not is_added), count(*) filter (not is_gone)] as rows,
        count(*) filter (is_added) as added,
        count(*) filter (is_gone) as gone,
        count(*) filter (not is_added and not is_gone and len(differs) > 0) as changed,
        count(*) filter (value_before is not null and value_after is not null and list_contains(differs, 'value')) as revised,
        count(*) filter (value_before is not null and is_withdrawn) as withdrawn,
        list_sort(list_filter(
            list(distinct period),
            lambda one: not list_contains(coalesce(list(distinct period) filter (not is_added), []), one)
        )) as new_periods,
        [
            list_sort(coalesce(list(distinct measure_version::integer) filter (not is_added), [])),
            list_sort(coalesce(list(distinct measure_version::integer) filter (not is_gone), []))
        ] as versions
    from compared group by measure_id order by measure_id
"""


def _columns(connection: DuckDBPyConnection, measure: str) -> dict[str, int]:
    rows = connection.execute(
        "select name, count(*) from (select unnest(differs) as name from compared "
        "where measure_id = ? and not is_added and not is_gone) group by name order by 2 desc, 1",
        [measure],
    ).fetchall()
    return dict(rows)


def _top(connection: DuckDBPyConnection, measure: str) -> tuple[Change, ...]:
    """The rows with the largest changes of the value; rows in which a value appeared or disappeared are last.

    Values that their publisher withdrew are excluded: the newer release must not publish them again.
    """
    rows = connection.execute(
        f"select {', '.join(GRAIN)}, value_before, value_after from compared "
        "where measure_id = ? and not is_added and not is_gone and not is_withdrawn and list_contains(differs, 'value') "
        f"order by abs(value_after - value_before) desc nulls last, {', '.join(GRAIN)} limit {TOP}",
        [measure],
    ).fetchall()
    return tuple(Change(dict(zip(GRAIN, row[:-2], strict=True)), row[-2], row[-1]) for row in rows)


def _registry(connection: DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """Per measure, the registry columns in which a version's row differs, or `row` if a row was added or removed."""
    columns = [c for c in common_columns(connection, REGISTRY) if c not in ("measure_id", "measure_version")]
    differs = ", ".join(f"case when a.{quoted(c)} is distinct from b.{quoted(c)} then '{c}' end" for c in columns)
    rows = connection.execute(
        "select coalesce(a.measure_id, b.measure_id) as measure, "
        "case when a.measure_id is null or b.measure_id is null then ['row'] "
        f"else list_filter([{differs}]::varchar[], lambda name: name is not null) end as names "
        f"from before.{REGISTRY} as a full join after.{REGISTRY} as b "
        "on a.measure_id = b.measure_id and a.measure_version = b.measure_version"
    ).fetchall()
    found: dict[str, set[str]] = {}
    for measure, names in rows:
        found.setdefault(measure, set()).update(names)
    return {measure: tuple(sorted(names)) for measure, names in found.items() if names}


def _goals(connection: DuckDBPyConnection) -> dict[str, tuple[str | None, str | None]]:
    rows = connection.execute(
        "select coalesce(a.goal_id, b.goal_id) as goal, a.status, b.status "
        f"from (from before.{PROGRESS} where is_latest) as a full join (from after.{PROGRESS} where is_latest) as b "
        "on a.goal_id = b.goal_id where a.status is distinct from b.status order by 1"
    ).fetchall()
    return {goal: (status_before, status_after) for goal, status_before, status_after in rows}


def _tables(before: Manifest, after: Manifest) -> dict[str, tuple[int | None, int | None]]:
    """Row counts of the analyst file's tables where they differ; None for a missing table. `quality` contains no figures."""
    first, second = (manifest.files[ANALYST_FILE].tables for manifest in (before, after))
    names = sorted(name for name in {*first, *second} if not name.startswith("quality."))
    return {name: (first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)}
