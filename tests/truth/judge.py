"""What became of planted values: how often an interval holds its truth, and how far values are off on the average of all seeds.

Here: the join of `fct_equity_measures` with the truths, and the figures of a measure. Not here: which limits they must keep (tests).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from tests.truth.planted import TRUTH

GRAIN = [column for column in TRUTH if column not in ("seed", "truth", "rest_truth")]
WHAT = ("value", "ratio", "difference")

# An error is relative to the truth, of a ratio its logarithm, of a difference relative to the reference's truth.
_JUDGED = f"""
with compared as (
    select
        planted.seed,
        planted.truth,
        case when measures.reference_code = 'rest' then planted.rest_truth else reference.truth end as reference_truth,
        measures.*
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
    ln(nullif(rate_ratio, 0) / (truth / reference_truth)) as ratio_error,
    truth / reference_truth between rate_ratio_ci_low and rate_ratio_ci_high as ratio_covered,
    (rate_difference - (truth - reference_truth)) / reference_truth as difference_error,
    truth - reference_truth between rate_difference_ci_low and rate_difference_ci_high as difference_covered,
    not 0 between rate_difference_ci_low and rate_difference_ci_high as excludes_no_gap
from compared
"""


@dataclass(frozen=True)
class Verdict:
    """A measure's figures: intervals and the share that holds the truth; the mean error in percent and in its standard errors."""

    measure_id: str
    method: str
    what: str  # value, ratio or difference
    rows: int
    intervals: int
    coverage_pct: float | None
    error_pct: float | None
    standard_errors: float | None
    excludes_no_gap_pct: float | None


def judge(con: duckdb.DuckDBPyConnection, truths: list[pa.Table]) -> None:
    """Make the table `judged`: a row a truth, with the row of the measure, its errors, and whether its intervals hold the truth."""
    planted = pa.concat_tables([table.cast(_SCHEMA) for table in truths])
    con.register("planted_rows", planted)
    con.execute("create or replace temp table planted as from planted_rows")
    con.unregister("planted_rows")
    con.execute(f"create or replace temp table judged as {_JUDGED}")


def verdicts(con: duckdb.DuckDBPyConnection, where: str = "true", by: str = "measure_id, method") -> list[Verdict]:
    """The figures of each measure and method, or of what else two columns `by` tell apart, among the judged rows."""
    out = []
    for what in WHAT:
        rows = con.execute(
            f"""
            select {by}, count({what}_error), count({what}_covered), 100 * avg(cast({what}_covered as integer)),
                list(seed_error order by seed), 100 * avg(cast(excludes_no_gap as integer))
            from (select *, avg({what}_error) over (partition by {by}, seed) as of_seed,
                    case when row_number() over (partition by {by}, seed order by {what}_error) = 1 then of_seed end as seed_error
                  from judged where ({where}) and measure_id is not null)
            group by {by} order by {by}
            """
        ).fetchall()
        for first, second, count, intervals, coverage, errors, excludes in rows:
            if not count:
                continue
            of_seeds = np.array([error for error in errors if error is not None])
            mean, spread = of_seeds.mean(), of_seeds.std(ddof=1) if len(of_seeds) > 1 else 0.0
            out.append(
                Verdict(
                    first, second, what, count, intervals, coverage, 100 * mean,
                    float(mean / (spread / np.sqrt(len(of_seeds)))) if spread > 1e-12 else (0.0 if abs(mean) < 1e-9 else float("inf")),
                    excludes if what == "difference" else None,
                )
            )  # fmt: skip
    return out


_TYPES = {
    "measure_version": pa.int64(),
    "period_start": pa.date32(),
    "seed": pa.int64(),
    "truth": pa.float64(),
    "rest_truth": pa.float64(),
}
_SCHEMA = pa.schema([(column, _TYPES.get(column, pa.string())) for column in TRUTH])
