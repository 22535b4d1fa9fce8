"""Run the benchmark: `make bench`, or

    python -m tests.bench.city [--rows 1000000 10000000] [--rounds 3] [--contenders full nightly …]
        [--out FOLDER] [--keep FOLDER] [--strict]

Each round runs every contender at every size, so that a busy machine slows them all. The folder keeps cities, and homes
while the code is the same, from one benchmark to the next; every round rewrites `bench.json` and `bench.png`. Exit 1 if a
contender fails or its figures differ from the release, or with --strict if a ratio has worsened.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from tests.bench.city import baseline, report
from tests.bench.city.answers import answers, missed
from tests.bench.city.contenders import CONTENDERS, NotEqual, Run, run
from tests.bench.city.figures import costs, lines, ratios, summarise
from tests.bench.city.folders import Bench
from tests.bench.city.process import CommandFailed

DEFAULT_ROWS = (1_000_000, 10_000_000)


def main() -> int:
    """Measure, print, write, compare."""
    chosen = _arguments()
    bench, output = Bench(chosen.out.absolute()), console()
    for rows in chosen.rows:
        bench.prepare(rows)
    runs: list[Run] = []
    for number in range(1, chosen.rounds + 1):
        for rows in chosen.rows:
            for contender in chosen.contenders:
                try:
                    runs.append(run(bench, contender, rows, number))
                except (NotEqual, CommandFailed) as error:
                    output.print(f"[red]{contender}: {error}[/]")
                    return 1
                cost = runs[-1].cost
                output.print(f"round {number}: {contender} at {rows:,} rows, {cost.wall:.1f} s, {cost.peak_mb:,.0f} MB")
        _write(bench, runs, {})
    seconds_by_size = {rows: answers(bench, rows) for rows in chosen.rows} if chosen.answers else {}
    found = _write(bench, runs, seconds_by_size)
    summaries = summarise(runs)
    report.show(output, summaries, lines(summaries))
    for rows, seconds in seconds_by_size.items():
        output.print(report.answered(rows, seconds))
        for goal in missed(seconds):
            output.print(f"[yellow]missed at {rows:,} rows:[/] {goal}")
    if chosen.keep not in (None, baseline.BASELINE.parent):
        return compare(output, found | costs(summaries), kept=chosen.keep / baseline.BASELINE.name, strict=chosen.strict)
    return compare(output, found, keep=chosen.keep is not None, strict=chosen.strict)


def console() -> Console:
    """The console for figures: wide enough for the tables if it is no terminal."""
    return Console(width=None if sys.stdout.isatty() else 130)


def _write(bench: Bench, runs: list[Run], seconds_by_size: dict[int, dict[str, float]]) -> dict[str, float]:
    summaries = summarise(runs)
    fitted = lines(summaries)
    found = ratios(summaries, fitted)
    report.write(bench.folder, runs, summaries, fitted, {"ratios": found, "answers": seconds_by_size})
    return found


def compare(output: Console, found: dict[str, float], *, keep: bool = False, strict: bool, kept: Path = baseline.BASELINE) -> int:
    """Print the figures that are worse than the stored ones, or store these; return the exit code.

    Figures are stored with `keep`, and where the file `kept` does not exist yet.
    """
    if keep or not kept.is_file():
        baseline.keep(found, kept)
        output.print(f"kept as the baseline: {kept}")
        return 0
    before = baseline.read(kept)
    worse = baseline.worse(found, before)
    for one in worse:
        output.print(f"[yellow]worse than the baseline by more than {baseline.WORSE_BY:.0%}:[/] {one}")
    if not worse:
        in_both = len(found.keys() & before.keys())
        output.print(f"none of {in_both} figures is worse than the baseline by more than {baseline.WORSE_BY:.0%}")
    return 1 if worse and strict else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.bench.city", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=DEFAULT_ROWS, help="sizes, in event rows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--out", type=Path, default=Path(".levelground/bench"))
    parser.add_argument("--no-answers", dest="answers", action="store_false", help="leave out queries and the UI")
    parser.add_argument(
        "--keep", type=Path, nargs="?", const=baseline.BASELINE.parent, metavar="FOLDER",
        help="keep the ratios as the baseline; with a folder: keep seconds there, and the next time compare with them",
    )  # fmt: skip
    parser.add_argument("--strict", action="store_true", help="exit 1 if a ratio has worsened")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
