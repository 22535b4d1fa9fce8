"""Compare full runs on engines with a full run in one process:

    python -m tests.bench.engines [--rows 1000000 10000000] [--engines local ray] [--workers 2] [--parts 8] [--out FOLDER]

Every run starts from an empty home and reads the same city. `plain` runs the tasks of `local` with a part per fact, which is
DuckDB alone; the ratios compare processor time with it. Exit 1 if a release has another content than
that of one process.

- task CPU: processor time of the tasks, and its ratio to plain
- with engine: the same with what the run costs more than a run in one process, start of the engine included
- busy: seconds of the tasks ÷ (workers × the seconds in which tasks ran)
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.bench.city.__main__ import console
from tests.bench.city.contenders import GOOD, LEVELGROUND, ROOT
from tests.bench.city.folders import Bench
from tests.bench.city.process import Cost, measured
from tests.support.outdated_facts import newest_run
from tests.support.released_content import released_content

ONE_PROCESS, PLAIN = "one process", "plain"


@dataclass(frozen=True)
class Run:
    """A full run: its name, cost, stages, content hash, and the use of the engine as the run recorded it."""

    name: str
    rows: int
    cost: Cost
    build_seconds: float
    content_hash: str
    engine: Mapping[str, Any]


@dataclass(frozen=True)
class Figures:
    """What the table has of a run; None where there is no engine."""

    name: str
    rows: int
    tasks: int
    attempts: int
    wall: float
    build: float
    cpu: float
    peak_mb: float
    task_cpu: float | None
    task_cpu_ratio: float | None
    with_engine_ratio: float | None
    busy_pct: float | None
    equal: bool


def figures(run: Run, one_process: Run, plain: Run, workers: int) -> Figures:
    """The figures of a run, compared with a run in one process and with plain tasks."""
    task_cpu, of_plain = run.engine.get("task_cpu_seconds"), float(plain.engine["task_cpu_seconds"])
    ran = workers * float(run.engine.get("seconds", 0.0))
    more = run.cost.sampled_cpu - one_process.cost.sampled_cpu
    return Figures(
        run.name,
        run.rows,
        tasks=run.engine.get("tasks", 0),
        attempts=run.engine.get("attempts", 0),
        wall=run.cost.wall,
        build=run.build_seconds,
        cpu=run.cost.sampled_cpu,
        peak_mb=run.cost.peak_mb,
        task_cpu=task_cpu,
        task_cpu_ratio=None if task_cpu is None else task_cpu / of_plain,
        with_engine_ratio=None if task_cpu is None else (of_plain + more) / of_plain,
        busy_pct=100 * run.engine["task_seconds"] / ran if ran else None,
        equal=run.content_hash == one_process.content_hash,
    )


def measure(bench: Bench, rows: int, engines: list[str], workers: int, parts: int) -> Iterator[Run]:
    """The run in one process, the plain one, and one per engine."""
    threads = {"LEVELGROUND_THREADS": str(workers)}
    yield _run(bench, ONE_PROCESS, rows, threads)
    yield _run(bench, PLAIN, rows, threads | _engine("local", rows, 1))
    for engine in engines:
        yield _run(bench, engine, rows, threads | _engine(engine, rows, parts))


def _engine(name: str, rows: int, parts: int) -> dict[str, str]:
    return {"LEVELGROUND_ENGINE": name, "LEVELGROUND_PART_ROWS": str(-(-rows // parts))}


def _run(bench: Bench, name: str, rows: int, settings: Mapping[str, str]) -> Run:
    shutil.rmtree(bench.home, ignore_errors=True)
    log = bench.folder / "logs" / f"engine-{name.replace(' ', '-')}-{rows}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [LEVELGROUND, "run", "--deliveries", str(bench.city(rows)), "--json"]
    environment = bench.environment() | {"LEVELGROUND_SCORECARD": "none"} | settings
    cost = measured(command, environment=environment, log=log, cwd=ROOT, good=GOOD)
    content = released_content(bench.home)
    record = json.loads(newest_run(bench.home).read_text())
    return Run(name, rows, cost, record["seconds"]["build"], content, record["engine"] or {})


def table(found: list[Figures]) -> Table:
    """The figures of all runs."""
    shown = Table()
    heads = ("rows", "run", "tasks", "attempts", "wall s", "build s", "CPU s", "peak MB", "task CPU s", "ratio", "with engine")
    for head in (*heads, "busy %", "content"):
        shown.add_column(head, justify="left" if head in ("run", "content") else "right")
    for one in found:
        numbers = (one.task_cpu, one.task_cpu_ratio, one.with_engine_ratio, one.busy_pct)
        cells = ["" if number is None else f"{number:.{2 if 1 <= place <= 2 else 1}f}" for place, number in enumerate(numbers)]
        costs = (f"{one.wall:.1f}", f"{one.build:.1f}", f"{one.cpu:.1f}", f"{one.peak_mb:,.0f}")
        content = "equal" if one.equal else "DIFFERS"
        shown.add_row(f"{one.rows:,}", one.name, str(one.tasks), str(one.attempts), *costs, *cells, content)
    return shown


def main() -> int:
    """Measure, print, and write `engines.json`."""
    parser = argparse.ArgumentParser(prog="tests.bench.engines", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000], help="sizes, in event rows")
    parser.add_argument("--engines", nargs="+", default=["local", "ray"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--parts", type=int, default=8, help="of the largest source")
    parser.add_argument("--out", type=Path, default=Path(".levelground/bench"))
    chosen = parser.parse_args()
    bench, output, found = Bench(chosen.out.absolute()), console(), list[Figures]()
    for rows in chosen.rows:
        bench.prepare(rows)
        runs: list[Run] = []
        for run in measure(bench, rows, chosen.engines, chosen.workers, chosen.parts):
            runs.append(run)
            output.print(f"{run.name} at {rows:,} rows, {run.cost.wall:.1f} s, {run.cost.peak_mb:,.0f} MB")
        found += [figures(run, runs[0], runs[1], chosen.workers) for run in runs]
        (bench.folder / "engines.json").write_text(json.dumps([asdict(one) for one in found], indent=1))
    output.print(table(found))
    return 0 if all(one.equal for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
