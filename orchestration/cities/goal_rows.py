"""Refuse a wrong row of `goals.csv` before a run does anything: dbt would find it minutes later, and name a test.

`goal_rules.yml` has the rules.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from ingest.city import City
from ingest.contract.yaml_source import read_yaml
from ingest.layers import seed_rows
from orchestration.settings import SHARED_SEEDS, ConfigurationError
from warehouse.connection import WarehouseError, attach, in_memory
from warehouse.sql import quoted

RULES = Path(__file__).with_name("goal_rules.yml")
REPLACED_TARGETS = Path(__file__).with_name("replaced_targets.sql")


def check_goal_rows(city: City, published: Path | None = None) -> None:
    """Raise `ConfigurationError` that names each wrong goal, its column and what to write instead.

    `published`: the public file of the current release. A target that it has, and that goals.csv replaced, needs its row in
    goal_targets.csv: results of its time are measured against it.
    """
    goals, targets = (seed_rows(name, SHARED_SEEDS, city.layers) for name in ("goals", "goal_targets"))
    if not goals and not targets:
        return
    rules: dict[str, list[dict[str, str]]] = read_yaml(RULES).data
    columns = {seed: {rule["column"] for rule in of_seed} for seed, of_seed in rules.items()}
    with in_memory() as con:
        _table(con, "goals", goals, sorted(columns["goals"] | {"is_example"}))
        _table(con, "goal_targets", targets, sorted(columns["goal_targets"]))
        con.execute("create view counted as select *, count(*) over (partition by goal_id) as goals_of_id from goals")
        _table(con, "measures", seed_rows("measure_registry", SHARED_SEEDS, city.layers))
        races = seed_rows("race_ethnicity", SHARED_SEEDS, city.layers)
        _table(con, "races", [{"code": row["race_ethnicity_code"]} for row in races])
        wrong: dict[tuple[str, str, str], str] = {}
        for seed, relation in (("goals", "counted"), ("goal_targets", "goal_targets")):
            for rule in rules[seed]:
                found = con.execute(f"select goal_id, {rule['column']} from {relation} where {rule['wrong']}").fetchall()
                for goal, value in found:
                    where = (f"{seed}.csv", goal or "without an id", rule["column"])
                    wrong.setdefault(where, f"{value or 'empty'}: {rule['write']}")
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
        return con.execute(REPLACED_TARGETS.read_text(encoding="utf-8")).fetchall()
    except (WarehouseError, duckdb.Error):
        return []  # damaged, or of a version without goals: the run itself repairs or replaces it


def _table(con: DuckDBPyConnection, name: str, rows: list[dict[str, str]], names: Sequence[str] = ()) -> None:
    """A table of texts; an empty cell is NULL. `names`: the columns if there may be no row."""
    columns = list(rows[0]) if rows else list(names)
    con.execute(f"create table {name} ({', '.join(f'{quoted(column)} varchar' for column in columns)})")
    if rows:
        values = [[row[column] or None for column in columns] for row in rows]
        con.executemany(f"insert into {name} values ({', '.join('?' * len(columns))})", values)
