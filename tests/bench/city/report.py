"""Print the figures of a benchmark as tables, and write bench.json and the plot.

See `figures` for the arithmetic.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.city.contenders import LIMIT, Run
from tests.bench.city.figures import Line, Summary, lines

RESULT, PLOT = "bench.json", "bench.png"


def write(
    folder: Path, runs: Sequence[Run], summaries: Sequence[Summary], fitted: Mapping[str, Line], more: Mapping[str, Any]
) -> None:
    """Write bench.json and the plot."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "machine": machine(),
        "summaries": [asdict(summary) for summary in summaries],
        "lines": {contender: asdict(line) for contender, line in fitted.items()},
        "lines_cpu": {contender: asdict(line) for contender, line in lines(summaries, "cpu").items()},
        **more,
        "runs": [
            asdict(run) | {"cost": {key: value for key, value in asdict(run.cost).items() if key != "stdout"}} for run in runs
        ],
    }
    (folder / RESULT).write_text(json.dumps(document, indent=1) + "\n")
    plot(summaries, fitted, folder / PLOT)


def machine() -> dict[str, object]:
    """The machine of the measurement."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / (1 << 30), 1),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "settings": {
            name: value for name, value in os.environ.items() if name in ("LEVELGROUND_MEMORY_LIMIT", "LEVELGROUND_THREADS")
        },
    }


def show(console: Console, summaries: Sequence[Summary], fitted: Mapping[str, Line]) -> None:
    """Print the tables: each contender at each size, the lines, and the stages."""
    console.print(_costs(summaries))
    if fitted:
        console.print(_lines("Seconds from start to end = fixed + rows × per row", fitted))
        console.print(_lines("Seconds of processor = fixed + rows × per row", lines(summaries, "cpu")))
    for contender in dict.fromkeys(summary.contender for summary in summaries):
        console.print(_stages([summary for summary in summaries if summary.contender == contender]))


def _table(title: str, columns: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for at, column in enumerate(columns):
        table.add_column(column, justify="right" if at else "left", no_wrap=True)
    return table


def _costs(summaries: Sequence[Summary]) -> Table:
    limits = {summary.rows: summary.wall for summary in summaries if summary.contender == LIMIT}
    columns = ("contender", "rows", "rounds", "wall s", "cpu s", "rows/s", "peak MB", "written/read", "× limit")
    table = _table("Medians over the rounds", columns)
    for summary in summaries:
        limit = limits.get(summary.rows)
        table.add_row(
            summary.contender, f"{summary.rows:,}", str(summary.rounds), f"{summary.wall:.1f}", f"{summary.cpu:.1f}",
            f"{summary.rows_per_second:,.0f}", f"{summary.peak_mb:,.0f}", f"{summary.written:.2f}",
            f"{summary.wall / limit:.2f}" if limit else "",
        )  # fmt: skip
    return table


def _lines(title: str, fitted: Mapping[str, Line]) -> Table:
    table = _table(title, ("contender", "fixed s", "µs per row", "exponent", "× limit a row"))
    limit = fitted.get(LIMIT)
    for contender, line in fitted.items():
        table.add_row(
            contender, f"{line.fixed:.1f}", f"{line.per_row * 1e6:.2f}", "" if line.exponent is None else f"{line.exponent:.2f}",
            f"{line.per_row / limit.per_row:.2f}" if limit and limit.per_row > 0 else "",
        )  # fmt: skip
    return table


def _stages(summaries: Sequence[Summary]) -> Table:
    table = _table(f"Seconds by stage: {summaries[0].contender}", ("stage", *(f"{summary.rows:,}" for summary in summaries)))
    for stage in dict.fromkeys(stage for summary in summaries for stage in summary.seconds):
        table.add_row(stage, *(f"{summary.seconds.get(stage, 0.0):.2f}" for summary in summaries))
    rest = [summary.wall - sum(summary.seconds.values()) for summary in summaries]
    table.add_row("before, between and after", *(f"{seconds:.2f}" for seconds in rest))
    return table


def answered(rows: int, seconds: Mapping[str, float]) -> Table:
    """Print the waiting time of readers."""
    table = _table(f"Answers at {rows:,} rows", ("what", "ms"))
    for what, took in seconds.items():
        table.add_row(what, f"{took * 1000:,.0f}")
    return table


LETTER = 0.008  # share of the plot's width: a name that does not fit into its bar is left out


def plot(summaries: Sequence[Summary], fitted: Mapping[str, Line], path: Path) -> None:
    """Seconds over rows, both logarithmic, one line per contender; next to it seconds by stage, at the largest size of each."""
    import matplotlib as mpl  # noqa: PLC0415 - half a second, and needed once, at the end

    mpl.use("agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    widest = max(s.wall for s in summaries)
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 5.5), layout="constrained")
    contenders = list(dict.fromkeys(summary.contender for summary in summaries))
    for contender in contenders:
        found = sorted((s.rows, s.wall) for s in summaries if s.contender == contender)
        left.plot([rows for rows, _ in found], [wall for _, wall in found], marker="o", label=contender)
    left.set(xscale="log", yscale="log", xlabel="event rows", ylabel="seconds, wall", title="Whole process")
    left.grid(visible=True, which="both", alpha=0.3)
    left.legend()
    for at, contender in enumerate(contenders):
        largest = max((s for s in summaries if s.contender == contender), key=lambda s: s.rows)
        offset = 0.0
        for stage, seconds in largest.seconds.items():
            right.barh(at, seconds, left=offset, edgecolor="white")
            words = stage.split()
            if seconds > LETTER * max(map(len, words)) * widest:
                right.text(offset + seconds / 2, at, "\n".join(words), ha="center", va="center", fontsize=7)
            offset += seconds
        right.barh(at, largest.wall - offset, left=offset, color="lightgray", edgecolor="white")
    labels = [f"{c}\n{max(s.rows for s in summaries if s.contender == c):,}" for c in contenders]
    right.set(yticks=range(len(contenders)), yticklabels=labels, xlabel="seconds, wall; gray: outside the stages", title="Stages")
    right.invert_yaxis()
    figure.savefig(path, dpi=130)
    plt.close(figure)
