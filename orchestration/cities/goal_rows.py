"""Refuse a wrong row of `goals.csv` before a run does anything: dbt would find it minutes later, and name a test."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from ingest.city import City
from ingest.layers import seed_rows
from orchestration.settings import SHARED_SEEDS, ConfigurationError
from warehouse.connection import in_memory

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
    ("title", "is_example = 'true' and title not like 'Example: %'", "begin the title of an example with `Example: `"),
)


def check_goal_rows(city: City) -> None:
    """Raise `ConfigurationError` that names each wrong goal, its column and what to write instead."""
    goals = seed_rows("goals", SHARED_SEEDS, city.layers)
    if not goals:
        return
    with in_memory() as con:
        _table(con, "goals", goals)
        con.execute("create view counted as select *, count(*) over (partition by goal_id) as goals_of_id from goals")
        _table(con, "measures", seed_rows("measure_registry", SHARED_SEEDS, city.layers))
        races = seed_rows("race_ethnicity", SHARED_SEEDS, city.layers)
        _table(con, "races", [{"code": row["race_ethnicity_code"]} for row in races])
        wrong: dict[tuple[str, str], str] = {}
        for column, condition, remedy in _RULES:
            found = con.execute(f"select goal_id, {column} from counted where {condition}").fetchall()
            for goal, value in found:
                wrong.setdefault((goal or "without an id", column), f"{value or 'empty'}: {remedy}")
    if wrong:
        found_rows = "; ".join(f"goal {goal}: {column} is {text}" for (goal, column), text in wrong.items())
        raise ConfigurationError(f"goals.csv in the seeds of {city.city}: {found_rows}. Correct the row, and run again")


def _table(con: DuckDBPyConnection, name: str, rows: list[dict[str, str]]) -> None:
    """A table of texts; an empty cell is NULL."""
    columns = ", ".join(f'"{column}" varchar' for column in rows[0])
    con.execute(f"create table {name} ({columns})")
    values = [[row[column] or None for column in rows[0]] for row in rows]
    con.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", values)
