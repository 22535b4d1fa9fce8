"""The figures of runs on engines, compared with a run in one process and with plain tasks."""

from __future__ import annotations

import io

from rich.console import Console

from tests.bench.city.process import Cost
from tests.bench.engines import Run, figures, table


def run(name: str, cpu: float, content: str = "a", **engine: float) -> Run:
    return Run(name, 1_000_000, Cost(60.0, cpu, 900.0, 0, 0, "", cpu), 20.0, content, engine)


ONE = run("one process", 100.0)
PLAIN = run("plain", 105.0, tasks=4, attempts=4, seconds=20.0, task_seconds=30.0, task_cpu_seconds=20.0)


def test_ratios_compare_with_plain_tasks() -> None:
    ray = run("ray", 112.0, tasks=32, attempts=33, seconds=15.0, task_seconds=27.0, task_cpu_seconds=24.0)
    found = figures(ray, ONE, PLAIN, 2)
    assert (found.task_cpu_ratio, found.with_engine_ratio, found.busy_pct) == (1.2, 1.6, 90.0)
    assert found.equal
    shown = io.StringIO()
    Console(file=shown, width=160).print(table([figures(ONE, ONE, PLAIN, 2), found]))
    assert "1.20" in shown.getvalue()
    assert "90.0" in shown.getvalue()


def test_a_run_in_one_process_has_no_figures_of_tasks() -> None:
    found = figures(ONE, ONE, PLAIN, 2)
    assert (found.tasks, found.task_cpu, found.task_cpu_ratio, found.with_engine_ratio, found.busy_pct) == (0, *[None] * 4)


def test_another_content_is_not_equal() -> None:
    assert not figures(run("ray", 1.0, content="b"), ONE, PLAIN, 2).equal
