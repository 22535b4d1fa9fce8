"""Compare measures with planted values: coverage of intervals, and mean errors over all seeds.

This module joins `fct_equity_measures` with the truths. See `limits` for the limits that the tests check.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from tests.support.truth.planted import TRUTH

GRAIN = [column for column in TRUTH if column not in ("seed", "truth", "rest_truth")]
WHAT = ("value", "ratio", "difference")
_SEEDS_OF_A_PASS = 1_000_000
# what is the same in every seed
_GROUP = ", ".join(f"planted.{column}" for column in GRAIN if column != "period_start")

# An error is relative to the truth, of a difference relative to the reference's truth. The error of a ratio is the value less
# the true ratio times the reference's value: unlike the error of a quotient, or of its logarithm, its mean is 0 if both values
# are right. The mean leaves out a group without a ratio in the seeds where it has few events, because the remaining seeds have
# more events than usual. Its intervals are evaluated all the same.
_EVALUATED = f"""
with compared as (
    select
        planted.seed + {{first_seed}} as seed,
        planted.truth,
        case when measures.reference_code = 'rest' then planted.rest_truth else reference.truth end as reference_truth,
        measures.* replace (planted.measure_id as measure_id, planted.method as method),
        coalesce(bool_or(measures.status_reason = 'few_events') over (partition by {_GROUP}), false)
            as is_sometimes_few
    from planted
    left join release.marts.fct_equity_measures as measures
        on {" and ".join(f"planted.{column} = measures.{column}" for column in GRAIN)}
    left join planted as reference
        on {" and ".join(f"planted.{column} = reference.{column}" for column in GRAIN if column != "race_ethnicity_code")}
        and measures.reference_code = reference.race_ethnicity_code
)
select
    *,
    value / truth - 1 as value_error,
    truth between ci_low - 1e-9 * abs(ci_low) and ci_high + 1e-9 * abs(ci_high) as value_covered,
    case when not is_sometimes_few then (rate_ratio - truth / reference_truth) * reference_value / truth end as ratio_error,
    truth / reference_truth between rate_ratio_ci_low - 1e-9 and rate_ratio_ci_high + 1e-9 as ratio_covered,
    case when not is_sometimes_few then (rate_difference - (truth - reference_truth)) / reference_truth end as difference_error,
    truth - reference_truth between rate_difference_ci_low - 1e-9 and rate_difference_ci_high + 1e-9 as difference_covered,
    not 0 between rate_difference_ci_low - 1e-9 and rate_difference_ci_high + 1e-9 as excludes_no_gap,
    truth between bound_low - 1e-9 and bound_high + 1e-9 as within_bounds
from compared
"""

_TYPES = {
    "measure_version": pa.int64(),
    "period_start": pa.date32(),
    "seed": pa.int64(),
    "truth": pa.float64(),
    "rest_truth": pa.float64(),
}
_SCHEMA = pa.schema([(column, _TYPES.get(column, pa.string())) for column in TRUTH])


@dataclass(frozen=True)
class Evaluation:
    """A measure's figures, in percent: coverage of its intervals, mean error; both with their standard errors over the seeds."""

    measure_id: str
    method: str
    what: str  # value, ratio or difference
    seeds: int
    truths: int
    figures: int  # truths that have a figure to compare
    intervals: int
    coverage: float | None
    coverage_se: float | None
    error: float
    error_se: float
    excluded: float | None  # differences that exclude 0
    excluded_se: float | None
    within_bounds: float | None

    @property
    def is_exact(self) -> bool:
        """Whether the figure never varies and has no error, except in its last digits."""
        return self.seeds > 1 and self.error_se < 1e-10 and abs(self.error) < 1e-7

    @property
    def standard_errors(self) -> float:
        """The mean error divided by its standard error; a figure that never varies must be exact."""
        if self.is_exact:
            return 0.0
        return self.error / self.error_se if self.error_se > 1e-10 else float("inf")


def evaluate(con: duckdb.DuckDBPyConnection, truths: list[pa.Table], number: int) -> None:
    """Add a pass to the table `evaluated`, which the first pass (0) replaces.

    The table has one row per truth: the row of the measure, its errors, and whether its intervals contain the truth.
    """
    con.register("planted_rows", pa.concat_tables([table.cast(_SCHEMA) for table in truths]))
    con.execute("create or replace temp table planted as from planted_rows")
    con.unregister("planted_rows")
    sql = _EVALUATED.format(first_seed=number * _SEEDS_OF_A_PASS)
    con.execute(f"create or replace temp table evaluated as {sql}" if number == 0 else f"insert into evaluated {sql}")


def evaluations(con: duckdb.DuckDBPyConnection, where: str = "true", by: str = "measure_id, method") -> list[Evaluation]:
    """The figures of each measure and method, or by two other columns `by`, among the evaluated rows."""
    return [evaluation for what in WHAT for evaluation in _evaluations(con, what, where, by)]


def _evaluations(con: duckdb.DuckDBPyConnection, what: str, where: str, by: str) -> list[Evaluation]:
    # seeds are independent of each other, and rows of one seed are not: standard errors are those of the seeds' means
    rows = con.execute(
        f"""
        select
            {by}, count(*) as seeds, sum(truths), sum(figures), sum(intervals),
            100 * sum(covered) / nullif(sum(intervals), 0),
            list([100 * covered, intervals] order by seed),
            100 * sum(error * figures) / nullif(sum(figures), 0),
            list(100 * error order by seed) filter (figures > 0),
            100 * sum(excluded) / nullif(sum(intervals), 0),
            list([100 * excluded, intervals] order by seed),
            100 * sum(bounded) / nullif(sum(bounds), 0)
        from (
            select
                {by}, seed, count(*) as truths, count({what}_error) as figures, avg({what}_error) as error,
                count({what}_covered) as intervals, count(*) filter ({what}_covered) as covered,
                count(*) filter (excludes_no_gap) as excluded,
                count(within_bounds) as bounds, count(*) filter (within_bounds) as bounded
            from evaluated where {where} group by {by}, seed
        )
        group by {by} having sum(figures) > 0 order by {by}
        """
    ).fetchall()
    return [
        Evaluation(
            *row[:2], what, *row[2:7],
            coverage_se=_error_of_ratio(row[7]), error=row[8], error_se=_error_of_mean(row[9]) or 0.0,
            excluded=row[10] if what == "difference" else None,
            excluded_se=_error_of_ratio(row[11]) if what == "difference" else None,
            within_bounds=row[12] if what == "value" else None,
        )
        for row in rows
    ]  # fmt: skip


def _error_of_mean(of_seeds: list[float] | None) -> float | None:
    if not of_seeds or len(of_seeds) < 2:
        return None
    return float(np.std(of_seeds, ddof=1) / np.sqrt(len(of_seeds)))


def _error_of_ratio(of_seeds: list[list[float]]) -> float | None:
    """The standard error of a ratio of sums; seeds are drawn and not their rows (Cochran 1977, Sampling Techniques, 6.3)."""
    parts, wholes = np.array(of_seeds, dtype=float).T
    if len(parts) < 2 or not wholes.sum():
        return None
    residuals = parts - parts.sum() / wholes.sum() * wholes
    return float(np.sqrt((residuals**2).sum() * len(parts) / (len(parts) - 1)) / wholes.sum())
