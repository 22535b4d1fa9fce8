"""Refuse a wrong row of `goals.csv` before a run does anything: dbt would find it minutes later, and name a test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from ingest.city import City
from ingest.layers import seed_rows
from orchestration.settings import SHARED_SEEDS, ConfigurationError
from warehouse.connection import WarehouseError, attach, in_memory
from warehouse.sql import quoted

# (column, SQL that is true for a wrong row, what to write instead); the first that holds of a row and column is reported.
_RULES = (
    ("goal_id", "goal_id is null or goals_of_id > 1", "give each goal an id of its own"),
    (
        "measure_id",
        "(measure_id, measure_version) not in (select (measure_id, measure_version) from measures)",
        "name a measure and a version of measure_registry.csv; `levelground measures list` lists them",
    ),
    ("period_type", "period_type not in ('month', 'quarter', 'year', 'school_year', 'snapshot')", "write a kind of period"),
    ("direction", "coalesce(direction not in ('higher', 'lower'), true)", "write higher or lower"),
    ("target_group", "coalesce(target_group not in (from races), true)", "write a code of race_ethnicity.csv, or all"),
    ("comparison_group", "comparison_group not in (from races)", "write a code of race_ethnicity.csv, or leave it empty"),
    ("baseline_period_start", "try_cast(baseline_period_start as date) is null", "write a day like 2025-01-01"),
    ("target_on", "try_cast(target_on as date) is null", "write a day like 2026-12-31"),
    ("target_on", "try_cast(target_on as date) <= try_cast(baseline_period_start as date)", "write a day after the baseline"),
    ("target_value", "try_cast(target_value as double) is null", "write a number in the unit of the measure"),
    (
        "target_value",
        "case direction when 'higher' then try_cast(target_value as double) <= try_cast(baseline_value as double) "
        "else try_cast(target_value as double) >= try_cast(baseline_value as double) end",
        "write a target that is better than the baseline, or correct `direction`",
    ),
    ("baseline_value", "baseline_value is not null and try_cast(baseline_value as double) is null", "write a number"),
    (
        "comparison_group",
        "(target_group = 'all') <> (comparison_group is null and benchmark_value is null)",
        "compare a group with a group or a benchmark_value, and all with neither",
    ),
    ("benchmark_value", "comparison_group is not null and benchmark_value is not null", "leave one of both empty"),
    ("comparison_group", "target_group = comparison_group", "compare a group with another one"),
    (
        "comparison_baseline_value",
        "comparison_group is null and comparison_baseline_value is not null",
        "leave it empty without a comparison_group",
    ),
    (
        "comparison_group",
        "comparison_group is not null and measure_id in (select measure_id from measures where kind = 'composition')",
        "give a part of a whole a benchmark_value: where one part grows another shrinks",
    ),
    (
        "adopted_on",
        "adopted_on is not null and try_cast(adopted_on as date) is null",
        "write a day like 2025-03-04, or leave it empty",
    ),
    ("adopted_on", "is_example = 'true' and adopted_on is not null", "leave it empty: an example is not adopted"),
    ("title", "is_example = 'true' and title not like 'Example: %'", "begin the title of an example with `Example: `"),
)


# of goal_targets.csv, likewise
_RULES_OF_TARGETS = (
    ("goal_id", "goal_id is null or goal_id not in (select goal_id from goals)", "name a goal of goals.csv"),
    ("target_value", "try_cast(target_value as double) is null", "write the number that was replaced"),
    ("target_on", "try_cast(target_on as date) is null", "write a day like 2026-12-31"),
    ("valid_from", "valid_from is not null and try_cast(valid_from as date) is null", "write a day, or leave it empty"),
    ("valid_to", "try_cast(valid_to as date) is null", "write the last day on which this target held"),
    ("valid_to", "try_cast(valid_to as date) < try_cast(valid_from as date)", "write a day after valid_from"),
    ("reason", "reason is null", "say in plain words why the target changed: residents read it"),
)
# A target of the published release that the seeds have no more, neither for now nor for an earlier time.
_LOST = """
    select released.goal_id, released.target_value::double, released.due_on, goals.target_value, goals.target_on
    from release.published.goals as released
    inner join goals using (goal_id)
    where (released.target_value, released.due_on) <> (try_cast(goals.target_value as double), try_cast(goals.target_on as date))
        and not exists (
            select 1 from goal_targets as earlier
            where earlier.goal_id = released.goal_id and try_cast(earlier.target_value as double) = released.target_value
                and try_cast(earlier.target_on as date) = released.due_on
        )
    order by all
"""


def check_goal_rows(city: City, published: Path | None = None) -> None:
    """Raise `ConfigurationError` that names each wrong goal, its column and what to write instead.

    `published`: the public file of the current release. A target that it has, and that goals.csv replaced, needs its row in
    goal_targets.csv: results of its time are measured against it.
    """
    goals, targets = (seed_rows(name, SHARED_SEEDS, city.layers) for name in ("goals", "goal_targets"))
    if not goals and not targets:
        return
    with in_memory() as con:
        _table(con, "goals", goals, sorted({column for column, *_ in _RULES} | {"is_example"}))
        _table(con, "goal_targets", targets, sorted({column for column, *_ in _RULES_OF_TARGETS}))
        con.execute("create view counted as select *, count(*) over (partition by goal_id) as goals_of_id from goals")
        _table(con, "measures", seed_rows("measure_registry", SHARED_SEEDS, city.layers))
        races = seed_rows("race_ethnicity", SHARED_SEEDS, city.layers)
        _table(con, "races", [{"code": row["race_ethnicity_code"]} for row in races])
        wrong: dict[tuple[str, str, str], str] = {}
        for seed, relation, rules in (("goals.csv", "counted", _RULES), ("goal_targets.csv", "goal_targets", _RULES_OF_TARGETS)):
            for column, condition, remedy in rules:
                for goal, value in con.execute(f"select goal_id, {column} from {relation} where {condition}").fetchall():
                    wrong.setdefault((seed, goal or "without an id", column), f"{value or 'empty'}: {remedy}")
        lost = _replaced_targets(con, published) if not wrong else []
    if wrong:
        seeds = " and ".join(sorted({seed for seed, _, _ in wrong}))
        found_rows = "; ".join(f"goal {goal}: {column} is {text}" for (_, goal, column), text in wrong.items())
        raise ConfigurationError(f"{seeds} in the seeds of {city.city}: {found_rows}. Correct the row, and run again")
    if lost:
        found_rows = "; ".join(
            f"goal {goal}: the release has the target {before:.15g} by {due}, and goals.csv has {now} by {on}: add the row "
            f"{goal},{before:.15g},{due},,LAST-DAY,REASON"
            for goal, before, due, now, on in lost
        )
        raise ConfigurationError(
            f"goal_targets.csv in the seeds of {city.city}: {found_rows}. Its columns are goal_id,target_value,target_on,"
            "valid_from,valid_to,reason; results until valid_to keep the earlier target, and residents read the reason"
        )


def _replaced_targets(con: DuckDBPyConnection, published: Path | None) -> list[tuple[str, float, dt.date, str, str]]:
    if published is None or not published.is_file():
        return []
    try:
        attach(con, published, "release", read_only=True)
        return con.execute(_LOST).fetchall()
    except (WarehouseError, duckdb.Error):
        return []  # damaged, or of a version without goals: the run itself repairs or replaces it


def _table(con: DuckDBPyConnection, name: str, rows: list[dict[str, str]], names: Sequence[str] = ()) -> None:
    """A table of texts; an empty cell is NULL. `names`: the columns if there may be no row."""
    columns = list(rows[0]) if rows else list(names)
    con.execute(f"create table {name} ({', '.join(f'{quoted(column)} varchar' for column in columns)})")
    if rows:
        values = [[row[column] or None for column in columns] for row in rows]
        con.executemany(f"insert into {name} values ({', '.join('?' * len(columns))})", values)
