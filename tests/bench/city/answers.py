"""Measure the waiting time of readers: dashboards, `levelground query`, the UI's code location.

One process opens both published files once, read-only, as a dashboard's server does. Then it runs every query of queries.sql in
rotation. The first answers use a file that was just opened, and count like the others.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.bench.city.contenders import LEVELGROUND, ROOT
from tests.bench.city.folders import Bench
from warehouse.connection import open_reader
from warehouse.paths import Home

QUESTIONS = Path(__file__).resolve().parent / "queries.sql"
ASKED, STARTED = 10, 3
# Goals on two cores, in seconds (docs/performance.md).
GOALS = {"dashboard p95": 0.2, "levelground query": 1.0, "code location": 8.0}
ONE_ROW = "select count(*) from marts.fct_equity_measures"
LOAD = "from orchestration.definitions import defs; defs.get_repository_def()"


@dataclass(frozen=True)
class Question:
    """A query of a dashboard: its title, its file, its SQL."""

    title: str
    file: str
    sql: str


def questions(text: str) -> list[Question]:
    """The queries of a file, each below its title."""
    found = re.findall(r"^-- (analyst|public): (.+)\n((?:(?!--).*\n?)+)", text, re.MULTILINE)
    return [Question(title, file, sql.strip().rstrip(";")) for file, title, sql in found]


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def dashboard(home: Home) -> dict[str, float]:
    """Seconds to open, p50 and p95 of all answers, and the median of each query by its title."""
    began = time.perf_counter()
    files = {"analyst": open_reader(home.published_analyst), "public": open_reader(home.published_public)}
    opened = time.perf_counter() - began
    durations: dict[str, list[float]] = {}
    for _ in range(ASKED):
        for question in questions(QUESTIONS.read_text()):
            began = time.perf_counter()
            _answer(files[question.file], question.sql)
            durations.setdefault(question.title, []).append(time.perf_counter() - began)
    for file in files.values():
        file.close()
    all_answers = [seconds for answers in durations.values() for seconds in answers]
    summed_up = {"open": opened, "dashboard p50": percentile(all_answers, 0.5), "dashboard p95": percentile(all_answers, 0.95)}
    return summed_up | {title: statistics.median(answers) for title, answers in durations.items()}


def _answer(file: duckdb.DuckDBPyConnection, sql: str) -> None:
    file.execute(sql).fetchall()


def started(command: list[str], environment: Mapping[str, str]) -> float:
    """The median of seconds that a command takes from start to end."""
    durations = []
    for _ in range(STARTED):
        began = time.perf_counter()
        subprocess.run(command, env=dict(environment), cwd=ROOT, check=True, capture_output=True)
        durations.append(time.perf_counter() - began)
    return statistics.median(durations)


def answers(bench: Bench, rows: int) -> dict[str, float]:
    """Seconds of all reading, on the home of a full run."""
    bench.copy_home(rows)
    environment = bench.environment() | {"DAGSTER_HOME": str(Home(bench.home).dagster)}
    return {
        **dashboard(Home(bench.home)),
        "levelground query": started([LEVELGROUND, "query", ONE_ROW], environment),
        "code location": started([sys.executable, "-c", LOAD], environment),
    }


def missed(found: Mapping[str, float]) -> list[str]:
    """Sentences about the goals that these figures miss."""
    return [f"{name}: {found[name]:.2f} s, goal {goal:g} s" for name, goal in GOALS.items() if found[name] > goal]
