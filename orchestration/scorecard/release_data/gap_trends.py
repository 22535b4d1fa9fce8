"""Read how the gaps of a page have changed: rows of `published.gap_trends`, with the figures of their periods.

A page shows the groups that it features, by the rate that it features (crude, or adjusted for age).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from orchestration.scorecard.release_data.open_release import Record, records

_SLICE = (
    "measure_id", "measure_version", "period_type", "stratum_type", "stratum_code", "tabulation", "race_standard", "method",
    "geography_type", "geography_vintage", "geoid", "race_ethnicity_code", "reference_code",
)  # fmt: skip
_OF_FIGURE = tuple(name for name in _SLICE if name not in ("race_ethnicity_code", "reference_code"))
_TRENDS = f"""
    select trends.*, featured.group_order, featured.basis
    from gap_trends as trends
    inner join (select * from scorecard where is_featured and not is_stand_in) as featured
        on {
    " and ".join(
        f"trends.{name} = featured.{name}"
        for name in _SLICE
        if name not in ("period_type", "reference_code", "stratum_type", "stratum_code")
    )
}
    -- a release of an earlier version shows crude rates
    where trends.stratum_code = coalesce(featured.stratum_code, 'all') and trends.period_starts is not null
"""
_PERIODS = f"""
    with compared as (select distinct {", ".join(_SLICE)}, unnest(period_starts) as period_start from ({_TRENDS}))
    select compared.*, own.period_end, own.unit, own.value, own.ci_low, own.ci_high,
        -- everyone else has no row of its own
        coalesce(other.value, own.reference_value) as other_value, other.ci_low as other_ci_low, other.ci_high as other_ci_high,
        own.rate_difference, own.rate_difference_ci_low, own.rate_difference_ci_high,
        own.rate_ratio, own.rate_ratio_ci_low, own.rate_ratio_ci_high,
        own.is_hidden_in_public or coalesce(other.is_hidden_in_public, false) as is_hidden
    from compared
    inner join equity_measures as own
        on {" and ".join(f"compared.{name} = own.{name}" for name in (*_OF_FIGURE, "period_start", "race_ethnicity_code"))}
    left join equity_measures as other
        on {" and ".join(f"compared.{name} = other.{name}" for name in (*_OF_FIGURE, "period_start"))}
        and other.race_ethnicity_code = if(compared.reference_code = 'overall', 'all', compared.reference_code)
        and other.publication_status = 'published'
    where own.publication_status = 'published' and other_value is not null
    order by period_start
"""


def read_gaps(con: DuckDBPyConnection) -> Mapping[str, tuple[Record, ...]]:
    """Return the gaps over time of each measure, by kind of period, in the order of groups.

    Each has its `trends`, absolute and then relative, and its `periods` with the figures of the group and of its reference. Every
    trend and period has a `key`, which identifies it on a page.
    """
    periods: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for row in records(con, _PERIODS):
        periods[_slice(row)].append(Record(row, key=_key(row, "period_start")))
    found: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for row in records(con, f"{_TRENDS} order by trends.period_type, group_order, reference_code, scale"):
        found[_slice(row)].append(Record(row, key=_key(row, "scale")))
    gaps: dict[str, list[Record]] = defaultdict(list)
    for one, trends in found.items():
        shown = {period.period_start for period in periods[one]}
        if {end for trend in trends for end in (trend.first_period, trend.last_period)} <= shown:
            gaps[trends[-1].measure_id].append(Record(trends[-1], trends=tuple(trends), periods=tuple(periods[one])))
    return {code: tuple(of_measure) for code, of_measure in gaps.items()}


def _slice(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values[name] for name in _SLICE)


def _key(values: Mapping[str, Any], last: str) -> str:
    """What identifies a row on a page; the gate of the pages reads it there."""
    names = (
        "measure_id",
        "period_type",
        "geography_type",
        "geoid",
        "stratum_code",
        "race_ethnicity_code",
        "reference_code",
        last,
    )
    return "|".join(str(values[name]) for name in names)
