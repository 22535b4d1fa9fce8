"""Find what a later release of other publishers changed: revised, new, withdrawn and removed figures of each source.

The figures are those of `marts.fct_published_estimates`, of all places and periods. See `differences` for measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from warehouse.releases.comparison.compared_columns import TOP, Change, column_types, common_columns, is_different, named_rows

ESTIMATES = "marts.fct_published_estimates"
# A renamed label keeps its code, so that its figures are compared and not counted as new.
FIGURE = (
    "published_measure", "geography_type", "geography_vintage", "geoid", "period_start", "period_end", "race_ethnicity_code",
    "stratum_type", "stratum_code",
)  # fmt: skip
SHOWN = ("value", "bound_low", "bound_high")


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


def find_revisions(connection: DuckDBPyConnection) -> list[Revision]:
    """The sources whose figures differ in the attached databases `before` and `after`."""
    _compare_figures(connection)
    groups = {source: tuple(names) for source, names in connection.execute(_WITHDRAWN_GROUPS).fetchall()}
    reasons = {source: dict(counts) for source, counts in connection.execute(_OTHER_REASONS).fetchall()}
    return [
        Revision(
            **of_source,
            withdrawn_groups=groups.get(of_source["source"], ()),
            without_value=reasons.get(of_source["source"], {}),
            top=_largest_changes(connection, of_source["source"]),
        )
        for of_source in named_rows(connection.execute(_COUNTS))
        if any(of_source[name] for name in ("revised", "added", "withdrawn", "removed")) or of_source["source"] in reasons
    ]


def _compare_figures(connection: DuckDBPyConnection) -> None:
    types = column_types(connection, ESTIMATES)
    columns = [column for column in common_columns(connection, ESTIMATES) if column in SHOWN]
    changed = " or ".join(f"({is_different(f'a.{column}', f'b.{column}', types[column])})" for column in columns)
    same_figure = " and ".join(f"a.{column} is not distinct from b.{column}" for column in ("source", *FIGURE))
    keys = ", ".join(f"coalesce(b.{column}, a.{column})::varchar as {column}" for column in ("source", *FIGURE))
    connection.execute(
        f"create or replace temp table figures as select {keys}, "
        "a.source is not null as was_listed, b.source is not null as is_listed, "
        "a.value::double as value_before, b.value::double as value_after, b.value_missing_reason as reason, "
        f"a.value is not null and b.value is not null and ({changed}) as is_revised "
        f"from before.{ESTIMATES} as a full join after.{ESTIMATES} as b on {same_figure}"
    )


_LOST = "value_before is not null and value_after is null and is_listed"
_COUNTS = f"""
    select
        source, [count(value_before), count(value_after)] as figures, count(*) filter (is_revised) as revised,
        count(*) filter (value_before is null and value_after is not null) as added,
        list_sort(list_filter(
            list(distinct period_end),
            lambda period: not list_contains(coalesce(list(distinct period_end) filter (was_listed), []), period)
        )) as new_periods,
        count(*) filter ({_LOST} and reason = 'suppressed_at_source') as withdrawn,
        count(*) filter (value_before is not null and not is_listed) as removed
    from figures group by source order by source
"""
# a group of people, or of places by their majority, that had a value in the period and has none
_WITHDRAWN_GROUPS = """
    with groups as (
        select
            source, period_end,
            case race_ethnicity_code when 'all' then stratum_code else race_ethnicity_code end as group_code
        from figures
        group by all
        having
            count(value_before) > 0 and count(value_after) = 0
            and count(*) filter (value_before is not null and reason = 'suppressed_at_source') > 0
    )
    select source, list(group_code || ' ' || period_end order by period_end, group_code) from groups group by source
"""
_OTHER_REASONS = f"""
    with counted as (
        select source, reason, count(*) as figures from figures
        where {_LOST} and reason is distinct from 'suppressed_at_source' group by all
    )
    select source, map_from_entries(list((coalesce(reason, 'unknown'), figures) order by reason)) from counted group by source
"""


def _largest_changes(connection: DuckDBPyConnection, source: str) -> tuple[Change, ...]:
    """The figures with the largest relative changes, since a source has several units. Withdrawn values are not repeated."""
    rows = connection.execute(
        f"select {', '.join(FIGURE)}, value_before, value_after from figures "
        "where source = ? and is_revised and value_after <> value_before "
        f"order by abs(value_after - value_before) / nullif(greatest(abs(value_before), abs(value_after)), 0) desc nulls last, "
        f"{', '.join(FIGURE)} limit {TOP}",
        [source],
    ).fetchall()
    return tuple(Change(dict(zip(FIGURE, row[:-2], strict=True)), row[-2], row[-1]) for row in rows)
