"""Read what else a reader of the public file has: disparity indices, goals, comparisons with other cities,
populations, stocks and combined labels.

See `audit_inputs` for the records, and `read_inputs` for the figures.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, text

from expectations.disclosure.inputs.audit_inputs import AuditedMeasure, Base, CellKey, Goal, Index, Relations
from expectations.disclosure.inputs.catalog import columns_of, fetch, table_exists
from warehouse.sql import literal


def read_stocks(connection: Connection, relations: Relations) -> frozenset[str]:
    """The records of stocks of persons: most persons of a snapshot are in the next one, too."""
    seed = f"{relations.reference}.publication_records"
    if "persons_stay" not in columns_of(connection, seed):
        return frozenset()
    return frozenset(records for (records,) in fetch(connection, f"select records from {seed} where persons_stay"))


def read_label_members(connection: Connection, relations: Relations) -> dict[str, frozenset[str]]:
    """The groups of each combined label; a label without a row may contain any."""
    seed = f"{relations.reference}.combined_race_codes"
    if not table_exists(connection, seed):
        return {}
    members: dict[str, set[str]] = {}
    for label, code in fetch(connection, f"select race_ethnicity_code, possible_code from {seed}"):
        members.setdefault(label, set()).add(code)
    return {label: frozenset(codes) for label, codes in members.items()}


def read_indices(
    connection: Connection, relations: Relations, measures: Mapping[tuple[str, int], AuditedMeasure]
) -> tuple[Index, ...]:
    """The disparity indices of confidential measures."""
    relation = f"{relations.published}.disparity_indices"
    if not table_exists(connection, relation):
        return ()
    rows = fetch(
        connection,
        (
            "select measure_id, measure_version, period_type, period_start, geography_type, geography_vintage, geoid, "
            "race_standard, method, index_id, coalesce(value, ci_low, ci_high) is not null, groups_used, groups_left_out "
            f"from {relation} order by all"
        ),
    )
    result = []
    for measure_id, version, *place, method, index_id, is_shown, used, left_out in rows:
        if measure := measures.get((measure_id, version)):
            where = CellKey._make((*place, "all", "exclusive", "all", "all"))
            result.append(Index(measure, where, method, index_id, bool(is_shown), _codes(used), _codes(left_out)))
    return tuple(result)


def _codes(listed: str | None) -> tuple[str, ...]:
    return tuple(listed.split(", ")) if listed else ()


def read_goals(
    connection: Connection, relations: Relations, measures: Mapping[tuple[str, int], AuditedMeasure]
) -> tuple[Goal, ...]:
    """The goals of confidential measures, with the cells that their figures use."""
    relation = f"{relations.published}.goal_progress"
    if not table_exists(connection, relation):
        return ()
    figures = (
        "value", "ci_low", "ci_high", "baseline_value", "expected_value", "comparison_value", "comparison_baseline_value", "gap",
        "gap_baseline", "change_ci_low", "change_ci_high", "comparison_change_ci_low", "comparison_change_ci_high",
    )  # fmt: skip
    known = columns_of(connection, relation)
    columns = ", ".join(f"progress.{name}" for name in figures if name in known)
    status = " or progress.status is not null" if "status" in known else ""
    rows = connection.execute(
        text(
            f"select goals.*, progress.period_start as at_period, coalesce({columns}) is not null{status} as is_shown "
            f"from {relation} as progress inner join {relations.marts}.dim_goal as goals using (goal_id) "
            "order by goal_id, at_period"
        )
    ).mappings()
    result = []
    for row in rows:
        if measure := measures.get((row["measure_id"], row["measure_version"])):
            groups = [group for group in (row["target_group"], row["comparison_group"]) if group]
            made_of = tuple(
                (measure, _of_goal(row, period, group))
                for period in dict.fromkeys((row["at_period"], row["baseline_period_start"]))
                for group in groups
            )
            result.append(Goal(row["goal_id"], bool(row["is_shown"]), made_of))
    return tuple(result)


def _of_goal(row: Mapping[Any, Any], period: dt.date, group: str) -> CellKey:
    return CellKey(
        row["period_type"], period, row["geography_type"], row["geography_vintage"], row["geoid"], row["race_standard"],
        group, row["tabulation"], row["stratum_type"], row["stratum_code"],
    )  # fmt: skip


def read_compared(
    connection: Connection, relations: Relations, measures: Mapping[tuple[str, int], AuditedMeasure]
) -> tuple[tuple[AuditedMeasure, CellKey], ...]:
    """The rows of confidential measures in the comparison with other cities."""
    relation = f"{relations.published}.peer_comparison"
    if not table_exists(connection, relation):
        return ()
    rows = fetch(
        connection,
        f"select measure_id, measure_version, period_type, period_start, geoid, race_ethnicity_code from {relation} order by all",
    )
    return tuple(
        (measure, CellKey(period_type, start, "city", "current", geoid, "", race, "exclusive", "all", "all"))
        for measure_id, version, period_type, start, geoid, race in rows
        if (measure := measures.get((measure_id, version)))
    )


def read_bases(connection: Connection, relations: Relations, measures: Iterable[AuditedMeasure]) -> tuple[Base, ...]:
    """The schemes that serve the populations of these measures, by year."""
    populations = sorted({measure.population or "" for measure in measures if measure.kind == "rate"} - {""})
    if not populations:
        return ()
    # the newest delivered one of those that serve if delivered serves later days, too
    until = "lead(valid_from) over (partition by population, age_universe, geography_type, race_standard order by valid_from)"
    delivered = f"population_scheme in (select population_scheme from {relations.marts}.fct_population)"
    query = (
        f"select population, valid_from, if(if_delivered and {until} is null, date '9999-12-31', valid_to) as valid_to, "
        f"age_universe, geography_type, race_standard, population_scheme from {relations.reference}.population_bases "
        f"where population in ({', '.join(map(literal, populations))}) and (if_delivered is not true or {delivered}) order by all"
    )
    return tuple(Base(*row) for row in fetch(connection, query))


def read_populations(connection: Connection, relations: Relations, bases: Iterable[Base]) -> dict[tuple[str, ...], float]:
    """Residents, by scheme, ages, place, race standard and race: public, whether or not a row shows them."""
    schemes = sorted({base.scheme for base in bases})
    if not schemes:
        return {}
    rows = fetch(
        connection,
        (
            "select population_scheme, age_universe, geography_type, geography_vintage, geoid, race_standard, "
            f"race_ethnicity_code, population from {relations.marts}.fct_population "
            f"where population_scheme in ({', '.join(map(literal, schemes))})"
        ),
    )
    return {tuple(key): float(population) for *key, population in rows}
