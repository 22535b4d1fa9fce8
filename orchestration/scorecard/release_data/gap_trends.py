"""Read how the gaps of a page have changed: rows of `published.gap_trends`, with the figures of their periods.

A page shows the groups that it features, by the rate that it features (crude, or adjusted for age).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from duckdb import DuckDBPyConnection

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


class GapTrend(NamedTuple):
    """The change of one gap on one scale, absolute or relative."""

    key: str  # what identifies it on a page
    scale: str
    period_type: str
    first_period: dt.date
    last_period: dt.date
    first_gap: float
    last_gap: float
    change: float
    change_ci_low: float | None
    change_ci_high: float | None
    annual_percent_change: float | None
    apc_ci_low: float | None
    apc_ci_high: float | None
    word: str
    word_reason: str | None
    is_hidden_in_public: bool


class GapPeriod(NamedTuple):
    """The figures of a group and of its reference in one period, and their gap."""

    key: str
    period_start: dt.date
    period_end: dt.date
    unit: str
    value: float
    ci_low: float | None
    ci_high: float | None
    other_value: float
    other_ci_low: float | None
    other_ci_high: float | None
    rate_difference: float | None
    rate_difference_ci_low: float | None
    rate_difference_ci_high: float | None
    rate_ratio: float | None
    rate_ratio_ci_low: float | None
    rate_ratio_ci_high: float | None
    is_hidden: bool


@dataclass(frozen=True)
class Gap:
    """The gap of one group over one kind of period."""

    period_type: str
    race_ethnicity_code: str
    reference_code: str
    basis: str
    trends: tuple[GapTrend, ...]  # absolute, then relative
    periods: tuple[GapPeriod, ...]


def read_gaps(con: DuckDBPyConnection) -> Mapping[str, tuple[Gap, ...]]:
    """Return the gaps over time of each measure, by kind of period, in the order of groups."""
    periods: dict[tuple[Any, ...], list[GapPeriod]] = defaultdict(list)
    for values in _records(con.execute(_PERIODS)):
        periods[_slice(values)].append(
            GapPeriod._make({**values, "key": _key(values, "period_start")}[name] for name in GapPeriod._fields)
        )
    found: dict[tuple[Any, ...], list[GapTrend]] = defaultdict(list)
    about: dict[tuple[Any, ...], dict[str, Any]] = {}
    for values in _records(con.execute(f"{_TRENDS} order by trends.period_type, group_order, reference_code, scale")):
        about[_slice(values)] = values
        found[_slice(values)].append(GapTrend._make({**values, "key": _key(values, "scale")}[name] for name in GapTrend._fields))
    gaps: dict[str, list[Gap]] = defaultdict(list)
    for one, trends in found.items():
        shown = {period.period_start for period in periods[one]}
        if not {end for trend in trends for end in (trend.first_period, trend.last_period)} <= shown:
            continue
        values = about[one]
        gap = Gap(
            values["period_type"], values["race_ethnicity_code"], values["reference_code"], values["basis"], tuple(trends),
            tuple(periods[one]),
        )  # fmt: skip
        gaps[values["measure_id"]].append(gap)
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


def _records(result: DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, values, strict=True)) for values in result.fetchall()]
