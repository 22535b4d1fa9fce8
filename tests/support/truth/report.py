"""The tables of docs/methods.md about planted truth, measured anew.

    python -m tests.support.truth.report [--write]

Prints both tables; `--write` puts them into docs/methods.md between their marks. Every seed is fixed. It takes ten minutes of a
processor. Here: how figures become a table. Not here: how they come about (`runs`, `judge`, `biases`).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.suite import ROOT
from tests.support.empty_warehouse import building_empty
from tests.support.truth import town
from tests.support.truth.biases import Bias, biases
from tests.support.truth.engine import Engine
from tests.support.truth.judge import Verdict, verdicts
from tests.support.truth.planted import Switches
from tests.support.truth.runs import run_passes

DOCUMENT = ROOT / "docs" / "methods.md"
FULL, SHUFFLED, SPOILT = (10, 40), (5, 40), 40  # passes and seeds; seeds of each scenario
UNGAPPED = "measure_id <> 'residents_in_qct_share'"  # nobody changes race or place there: a list and a census
_COVERAGE = (
    "measure | method | seeds | values | error, % | coverage | of the ratio | of the difference | its error, % "
    "| gaps where none is | their mean, %"
)
_BIAS = (
    "what is missing | measure | error without, % | coverage without | error, % | coverage | error of the ratio, % "
    "| no value | within bounds | naive error, %"
)
_TEXTS = 2  # columns of text, which stand first
_MARK = "<!-- {}: python -m tests.support.truth.report --write -->"

Table = Sequence[Sequence[str]]


def coverage_table(found: Iterable[Verdict], shuffled: Iterable[Verdict]) -> Table:
    """A row a measure and method: intervals, coverage of value, ratio and difference, mean errors, and gaps where none is."""
    by_key: dict[tuple[str, str], dict[str, Verdict]] = {}
    for verdict in found:
        by_key.setdefault((verdict.measure_id, verdict.method), {})[verdict.what] = verdict
    gaps = {(v.measure_id, v.method): v for v in shuffled if v.what == "difference" and v.excluded is not None}
    out = _head(_COVERAGE)
    for key, of_what in sorted(by_key.items(), key=lambda item: (item[0][0].startswith("("), item[0])):
        value, ratio, difference = (of_what.get(what) for what in ("value", "ratio", "difference"))
        assert value is not None
        gap = gaps.get(key)
        name = key[0] if key[0].startswith("(") else f"`{key[0]}`"
        out.append(
            [
                name, key[1].replace("_", "-"), f"{value.seeds:,}", f"{value.figures:,}", _error(value),
                *(_share(v.coverage) if v else "" for v in (value, ratio, difference)),
                _error(difference) if difference else "", _share(gap.excluded) if gap else "", _error(gap) if gap else "",
            ]
        )  # fmt: skip
    return out


def bias_table(found: Iterable[Bias]) -> Table:
    """A row a scenario and measure: error and coverage of the value, off and on, and what else tells of the bias."""
    out = _head(_BIAS)
    before = ""
    for bias in found:
        off, on, ratio = bias.off["value"], bias.on.get("value"), bias.on.get("ratio")
        out.append(
            [
                bias.title if bias.title != before else "", f"`{bias.measure_id}`", _error(off), _share(off.coverage),
                _error(on) if on else "", _share(on.coverage) if on else "", _error(ratio) if ratio else "",
                f"{bias.without_value:.1f}", _share(on.within_bounds) if on and bias.is_of_race else "",
                f"{bias.naive:+.1f}" if bias.naive is not None else "",
            ]
        )  # fmt: skip
        before = bias.title
    return out


def measured(engine: Engine) -> tuple[Table, Table]:
    """Both tables; ten minutes."""
    run_passes(engine, *FULL)
    found = verdicts(engine.con)
    run_passes(engine, *SHUFFLED, Switches(shuffled=True))
    return coverage_table(found, verdicts(engine.con, UNGAPPED)), bias_table(biases(engine, SPOILT))


def written(table: Table) -> str:
    """The table in Markdown."""
    return "\n".join("| " + " | ".join(row) + " |" for row in table)


def put(text: str, name: str, table: Table) -> str:
    """The text with this table between the marks of that name."""
    first, last = _MARK.format(name), f"<!-- end of {name} -->"
    before, rest = text.split(first)
    return f"{before}{first}\n{written(table)}\n{last}{rest.split(last)[1]}"


def _head(titles: str) -> list[list[str]]:
    names = titles.split(" | ")
    return [names, ["---"] * _TEXTS + ["---:"] * (len(names) - _TEXTS)]


def _error(verdict: Verdict) -> str:
    if verdict.is_exact:
        return "0"
    return f"{verdict.error:+.2f} ± {verdict.error_se:.2f}" if verdict.error_se else f"{verdict.error:+.2f}"


def _share(percent: float | None) -> str:
    return "" if percent is None else f"{percent:.1f}"


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.truth.report", description=__doc__)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with building_empty(Path(folder) / "home") as warehouse:
            tables = dict(zip(("coverage", "bias"), measured(Engine(warehouse, Path(folder), town.GEOID)), strict=True))
        for table in tables.values():
            print(written(table), end="\n\n")
        if chosen.write:
            text = DOCUMENT.read_text(encoding="utf-8")
            for name, table in tables.items():
                text = put(text, name, table)
            DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
