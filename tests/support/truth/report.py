"""Measure coverage, bias and the errors of small groups over planted truth.

    python -m tests.support.truth.report [--write]

Prints the tables; `--write` puts them into `measured/`, next to this module. Every seed is fixed. It takes half an hour of a
processor. See `runs`, `evaluation` and `biases` for the figures.
"""

from __future__ import annotations

import argparse
import csv
import io
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from tests.support.empty_warehouse import building_empty
from tests.support.shared import parse_project
from tests.support.truth import town
from tests.support.truth.biases import Bias, biases
from tests.support.truth.engine import Engine
from tests.support.truth.evaluation import Evaluation, evaluations
from tests.support.truth.planted import Switches
from tests.support.truth.runs import run_passes
from warehouse.paths import Home

MEASURED = Path(__file__).parent / "measured"
FULL, SHUFFLED, SPOILT = (10, 40), (5, 40), 40  # passes and seeds; seeds of each scenario
UNGAPPED = "measure_id <> 'residents_in_qct_share'"  # race and place do not vary there: a list and a census
_COVERAGE = (
    "measure | method | seeds | values | error, % | coverage | of the ratio | of the difference | its error, % "
    "| gaps where none is | their mean, %"
)
_BIAS = (
    "what is missing | measure | error without, % | coverage without | error, % | coverage | error of the ratio, % "
    "| no value | within bounds | naive error, %"
)
_FEW = (
    "measure | method | rows | events | without a ratio, % | error of all values, % | of those with a ratio, % "
    "| error of the ratio, % | coverage of the ratio | of the difference"
)
# Groups with too few events in some seeds. Rows of one seed are not independent: standard errors are those of the seeds' means.
_OF_FEW = """
    with seeds as (
        select
            measure_id, method, seed, count(*) as truths, sum(numerator) as events, count(rate_ratio) as ratios,
            avg(value_error) as value_error,
            avg(value_error) filter (rate_ratio is not null) as shown_error,
            avg((rate_ratio - truth / reference_truth) * reference_value / truth) as ratio_error,
            count(ratio_covered) as of_ratio, count(*) filter (ratio_covered) as ratio_covered,
            count(difference_covered) as of_difference, count(*) filter (difference_covered) as difference_covered
        from evaluated
        where is_sometimes_few
        group by all
    )
    select
        measure_id, method, sum(truths), sum(events) / sum(truths), 100 - 100 * sum(ratios) / sum(truths),
        {errors}, 100 * sum(ratio_covered) / sum(of_ratio), 100 * sum(difference_covered) / sum(of_difference)
    from seeds
    group by all having sum(ratios) > 0 and sum(events) > 0 order by measure_id, method
""".format(
    errors=", ".join(
        f"[100 * avg({name}), 100 * stddev({name}) / sqrt(count({name}))]"
        for name in ("value_error", "shown_error", "ratio_error")
    )
)

Table = Sequence[Sequence[str]]


def coverage_table(found: Iterable[Evaluation], shuffled: Iterable[Evaluation]) -> Table:
    """One row per measure and method: intervals, coverage of value, ratio and difference, mean errors, and gaps where none is."""
    by_key: dict[tuple[str, str], dict[str, Evaluation]] = {}
    for evaluation in found:
        by_key.setdefault((evaluation.measure_id, evaluation.method), {})[evaluation.what] = evaluation
    gaps = {(v.measure_id, v.method): v for v in shuffled if v.what == "difference" and v.excluded is not None}
    out = _head(_COVERAGE)
    for key, of_what in sorted(by_key.items(), key=lambda item: (item[0][0].startswith("("), item[0])):
        value, ratio, difference = (of_what.get(what) for what in ("value", "ratio", "difference"))
        assert value is not None
        gap = gaps.get(key)
        name = key[0]
        out.append(
            [
                name, key[1].replace("_", "-"), f"{value.seeds:,}", f"{value.figures:,}", _error(value),
                *(_share(v.coverage) if v else "" for v in (value, ratio, difference)),
                _error(difference) if difference else "", _share(gap.excluded) if gap else "", _error(gap) if gap else "",
            ]
        )  # fmt: skip
    return out


def bias_table(found: Iterable[Bias]) -> Table:
    """One row per scenario and measure: error and coverage of the value, off and on, and other figures of the bias."""
    out = _head(_BIAS)
    before = ""
    for bias in found:
        off, on, ratio = bias.off["value"], bias.on.get("value"), bias.on.get("ratio")
        out.append(
            [
                bias.title if bias.title != before else "", bias.measure_id, _error(off), _share(off.coverage),
                _error(on) if on else "", _share(on.coverage) if on else "", _error(ratio) if ratio else "",
                f"{bias.without_value:.1f}", _share(on.within_bounds) if on and bias.is_of_race else "",
                f"{bias.naive:+.1f}" if bias.naive is not None else "",
            ]
        )  # fmt: skip
        before = bias.title
    return out


def few_table(con: duckdb.DuckDBPyConnection) -> Table:
    """One row per measure and method: groups with few events in some seeds, and their errors in the seeds with a ratio."""
    out = _head(_FEW)
    for measure, method, rows, events, without, *errors, of_ratio, of_difference in con.execute(_OF_FEW).fetchall():
        cells = [f"{error:+.2f} ± {se:.2f}" for error, se in errors]
        out.append(
            [measure, method.replace("_", "-"), f"{rows:,}", f"{events:.1f}", f"{without:.1f}", *cells,
             _share(of_ratio), _share(of_difference)]
        )  # fmt: skip
    return out


def measured(engine: Engine) -> dict[str, Table]:
    """All tables by name; half an hour of a processor."""
    run_passes(engine, *FULL)
    found, few = evaluations(engine.con), few_table(engine.con)
    run_passes(engine, *SHUFFLED, Switches(shuffled=True))
    coverage = coverage_table(found, evaluations(engine.con, UNGAPPED))
    return {"coverage": coverage, "few": few, "bias": bias_table(biases(engine, SPOILT))}


def written(table: Table) -> str:
    """The table as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return text.getvalue()


def _head(titles: str) -> list[list[str]]:
    return [titles.split(" | ")]


def _error(evaluation: Evaluation) -> str:
    if evaluation.is_exact:
        return "0"
    return f"{evaluation.error:+.2f} ± {evaluation.error_se:.2f}" if evaluation.error_se else f"{evaluation.error:+.2f}"


def _share(percent: float | None) -> str:
    return "" if percent is None else f"{percent:.1f}"


def main() -> None:
    """Measure, print, and write with `--write`."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.truth.report", description=__doc__)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        parsed = Home(Path(folder) / "parsed")
        parse_project(parsed)
        with building_empty(Path(folder) / "home", parsed.dbt) as warehouse:
            tables = measured(Engine(warehouse, Path(folder), town.GEOID))
        for table in tables.values():
            print(written(table))
        if chosen.write:
            for name, table in tables.items():
                (MEASURED / f"{name}.csv").write_text(written(table), encoding="utf-8")


if __name__ == "__main__":
    main()
