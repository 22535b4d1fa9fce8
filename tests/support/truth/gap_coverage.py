"""Measure how often the intervals of adjusted rates, of changes of a gap and of yearly changes contain the truth.

    python -m tests.support.truth.gap_coverage [--write]

Deaths are drawn around known rates (Poisson), shares around known ones (binomial); the `stats` macros compute the intervals, as
`int_deaths_investigated__adjusted` and the macro `gap_trends` call them. 40 fixed seeds of 200 draws each, in ten seconds of a
processor. `--write` puts the table into `measured/gaps.csv`.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from tests.support.stats_macros import connect

FILE = Path(__file__).parent / "measured" / "gaps.csv"
SEEDS, DRAWS = 40, 200
LOWEST = 93.0  # percent, as of the other intervals of planted truth
HEADER = ("interval", "events or records", "coverage, %", "below the interval, %", "above it, %", "mean width")
# people of the US 2000 standard in 18 age groups, in thousands (SEER, standard s200), and deaths by age like those of homicide
STANDARD = np.array(
    [18987, 19920, 20057, 19820, 18257, 17722, 19511, 22180, 22479, 19806, 17224, 13307, 10654, 9410, 8726, 7415, 4900, 4259]
)
YOUNG = np.array([8, 8, 8, 9, 9, 8, 8, 7, 6, 6, 5, 5, 4, 3, 2, 2, 1, 1]) / 100
BY_AGE = np.array([2, 1, 1, 12, 20, 18, 14, 10, 7, 5, 4, 2, 1, 1, 0.8, 0.5, 0.4, 0.3])
YEARS = np.arange(2020, 2025) + 0.5


@dataclass(frozen=True)
class Coverage:
    """How often one kind of interval contains the truth."""

    interval: str
    events: str
    covered: float
    below: float
    above: float
    width: float

    @property
    def row(self) -> tuple[str, ...]:
        """The row of the table."""
        return (
            self.interval,
            self.events,
            *(f"{share:.1f}" for share in (self.covered, self.below, self.above)),
            f"{self.width:.3g}",
        )


def measured(seeds: int = SEEDS, draws: int = DRAWS) -> list[Coverage]:
    """Measure each kind of interval for few, some and many events."""
    with connect() as con:
        found = [adjusted_rate(con, deaths, seeds, draws) for deaths in (10, 30, 150)]
        for deaths in ((20, 60), (30, 150), (150, 500)):
            found += rate_gap(con, deaths, seeds, draws)
        for records in (500, 5_000):
            found += yearly_change(con, records, seeds, draws)
        return found


def adjusted_rate(con: duckdb.DuckDBPyConnection, deaths: int, seeds: int, draws: int) -> Coverage:
    """The rate adjusted for age of a young population with this many deaths expected."""
    people = YOUNG * 300_000
    expected = BY_AGE * people / (BY_AGE * people).sum() * deaths
    drawn = np.concatenate([np.random.default_rng(seed).poisson(expected, (draws, len(expected))) for seed in range(seeds)])
    truth = 1e5 * (STANDARD * expected / people).sum() / STANDARD.sum()
    # the product shows no value of fewer than ten deaths
    events = drawn[drawn.sum(axis=1) >= 10]
    ends = _intervals(
        con,
        {"events": pa.array(events.astype(float).tolist())},
        f"stats.age_adjusted_rate_ci(events, {people.tolist()}, {STANDARD.astype(float).tolist()}, 0.95)",
    )
    return _coverage("adjusted rate (Fay-Feuer, Tiwari), per 100,000", f"{deaths} deaths", 1e5 * ends, truth)


def rate_gap(con: duckdb.DuckDBPyConnection, deaths: tuple[int, int], seeds: int, draws: int) -> Iterator[Coverage]:
    """The change of a gap between two periods in which the group's rate falls by a quarter and the reference's stays."""
    reference, group = deaths
    expected = np.array([group, reference, 0.75 * group, reference], dtype=float)
    years = {"t1": 300_000.0, "t0": 900_000.0}
    drawn = np.concatenate([np.random.default_rng(1_000 + seed).poisson(expected, (draws, 4)) for seed in range(seeds)])
    drawn = drawn[(drawn >= 10).all(axis=1)]
    columns = {name: pa.array(drawn[:, at].astype(float)) for at, name in enumerate(("x1", "x0", "y1", "y0"))}
    words = f"{reference} and {group} deaths"
    difference = """{{'gap': {x1} / {t1} - {x0} / {t0}, 'ends': stats.change_ci(
        {x1} / {t1}, stats.rate_ci({x1}, {t1}, 0.95).low, stats.rate_ci({x1}, {t1}, 0.95).high,
        {x0} / {t0}, stats.rate_ci({x0}, {t0}, 0.95).low, stats.rate_ci({x0}, {t0}, 0.95).high)}}"""
    ratio = """{{'gap': ln({x1} / {t1} / ({x0} / {t0})), 'ends': {{
        'low': ln(stats.rate_ratio_ci({x1}, {t1}, {x0}, {t0}, 0.95).low),
        'high': ln(stats.rate_ratio_ci({x1}, {t1}, {x0}, {t0}, 0.95).high)}}}}"""
    truths = (-0.25 * group / years["t1"] * 1e5, np.log(0.75))
    names = ("change of a difference (MOVER), per 100,000", "change of a ratio (MOVER), logarithm")
    for name, gap, truth, factor in zip(names, (difference, ratio), truths, (1e5, 1.0), strict=True):
        first, last = (gap.format(x1=own, x0=other, **years) for own, other in (("x1", "x0"), ("y1", "y0")))
        change = (
            f"list_transform([{{'first': {first}, 'last': {last}}}], lambda g: stats.change_ci("
            "g['last']['gap'], g['last']['ends']['low'], g['last']['ends']['high'], "
            "g['first']['gap'], g['first']['ends']['low'], g['first']['ends']['high']))[1]"
        )
        yield _coverage(name, words, factor * _intervals(con, columns, change), float(truth))


def yearly_change(con: duckdb.DuckDBPyConnection, records: int, seeds: int, draws: int) -> Iterator[Coverage]:
    """The change per year over five years: of a difference of shares that narrows by a point a year, and of their ratio."""
    group, reference = 0.20 - 0.01 * np.arange(5), np.full(5, 0.10)
    shares = np.column_stack([group, reference]).ravel()
    drawn = np.concatenate([np.random.default_rng(2_000 + seed).binomial(records, shares, (draws, 10)) for seed in range(seeds)])
    drawn = drawn[(drawn >= 20).all(axis=1)]
    columns = {name: pa.array(drawn[:, at::2].astype(float).tolist()) for at, name in enumerate(("own", "other"))}
    n = f"{float(records)}"
    logarithms = "lambda r: {'low': ln(r.low), 'high': ln(r.high)}"
    ends = {
        "difference": f"stats.risk_difference_ci(own[i], {n}, other[i], {n}, 0.95)",
        "ratio": f"list_transform([stats.risk_ratio_ci(own[i], {n}, other[i], {n}, 0.95)], {logarithms})[1]",
    }
    gap = {"difference": f"(own[i] - other[i]) / {n}", "ratio": "ln(own[i] / other[i])"}
    for scale, name in (
        ("difference", "change per year of a difference of shares, points"),
        ("ratio", "change per year of a ratio, logarithm"),
    ):
        index = "generate_series(1, 5)"
        weights = (
            f"list_transform({index}, lambda i: 1 / pow((({ends[scale]}).high - ({ends[scale]}).low) / 2 / 1.959963984540054, 2))"
        )
        slope = f"stats.weighted_slope({YEARS.tolist()}, list_transform({index}, lambda i: {gap[scale]}), {weights}, 0.95)"
        # of a ratio, which bends a little, the line through the true ratios
        line = 0.01 * -100 if scale == "difference" else float(np.polyfit(YEARS, np.log(group / reference), 1)[0])
        factor = 100.0 if scale == "difference" else 1.0
        yield _coverage(name, f"{records:,} records a year", factor * _intervals(con, columns, slope), line)


def _intervals(con: duckdb.DuckDBPyConnection, columns: dict[str, pa.Array], interval: str) -> np.ndarray:
    drawn = pa.table(columns)  # noqa: F841 - DuckDB reads the variable
    rows = con.execute(f"select found.low, found.high from (select {interval} as found from drawn)").fetchall()
    return np.array(rows, dtype=float)


def _coverage(interval: str, events: str, ends: np.ndarray, truth: float) -> Coverage:
    low, high = ends[:, 0], ends[:, 1]
    above, below = 100 * np.mean(truth > high), 100 * np.mean(truth < low)
    return Coverage(interval, events, float(100 - above - below), float(below), float(above), float(np.mean(high - low)))


def not_covered(found: Iterable[Coverage], intervals: int) -> list[Coverage]:
    """Those whose coverage is below LOWEST by more than three standard errors of so many intervals."""
    error = 100 * np.sqrt(0.05 * 0.95 / intervals)
    return [one for one in found if one.covered < LOWEST - 3 * error]


def written(found: Sequence[Coverage]) -> str:
    """The table as text."""
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows([HEADER, *(one.row for one in found)])
    return lines.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    table = written(measured())
    if parser.parse_args().write:
        FILE.write_text(table, encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
