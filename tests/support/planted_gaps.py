"""Gaps over time planted into a small public file: one that narrows as a difference only, and one that changed sides."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.support import scorecard_release
from tests.support.scorecard_release import CITY, planted, promised_columns

SLICE = {"race_standard": "spd15_1997", "tabulation": "exclusive", "method": "individual"}
PLACE = dict(zip(("geography_type", "geography_vintage", "geoid"), CITY, strict=False))
YEARS = (2020, 2022, 2024)
# value, limits; the difference to White with limits; the ratio with limits
BLACK = {
    2020: (30.0, 28.0, 32.0, 18.0, 15.0, 21.0, 2.5, 2.1, 3.0),
    2022: (24.0, 22.0, 26.0, 13.0, 10.0, 16.0, 2.2, 1.8, 2.6),
    2024: (20.5, 18.5, 22.6, 10.5, 8.0, 13.0, 2.05, 1.55, 2.75),
}
WHITE = {2020: (12.0, 11.0, 13.0), 2022: (11.0, 10.0, 12.0), 2024: (10.0, 9.0, 11.0)}
ASIAN = {2020: (9.0, 8.0, 10.0, -3.0, -4.4, -1.6, 0.75, 0.65, 0.87), 2024: (13.1, 12.0, 14.2, 3.1, 1.6, 4.6, 1.31, 1.15, 1.5)}
# of which the first gap may be chance
HISPANIC = {2020: (11.0, 9.0, 13.0, -1.0, -3.2, 1.2, 0.92, 0.75, 1.12), 2024: (19.0, 17.0, 21.0, 9.0, 6.8, 11.2, 1.9, 1.6, 2.3)}
NAMES = (
    "value", "ci_low", "ci_high", "rate_difference", "rate_difference_ci_low", "rate_difference_ci_high", "rate_ratio",
    "rate_ratio_ci_low", "rate_ratio_ci_high",
)  # fmt: skip


def figure(race: str, year: int, values: tuple[float, ...]) -> dict[str, Any]:
    return SLICE | PLACE | dict(zip(NAMES, values, strict=False)) | {
        "measure_id": "own", "measure_version": 1, "period_type": "year", "period_start": dt.date(year, 1, 1),
        "period_end": dt.date(year, 12, 31), "race_ethnicity_code": race, "stratum_type": "all", "stratum_code": "all",
        "unit": "percent", "value_status": "computed", "publication_status": "published",
    }  # fmt: skip


def trend(race: str, scale: str, **changes: Any) -> dict[str, Any]:
    return SLICE | PLACE | {
        "measure_id": "own", "measure_version": 1, "period_type": "year", "stratum_type": "all", "stratum_code": "all",
        "race_ethnicity_code": race, "reference_code": "white", "scale": scale, "first_period": dt.date(2020, 1, 1),
        "last_period": dt.date(2024, 1, 1), "periods": 3, "period_starts": [dt.date(year, 1, 1) for year in YEARS],
        "trend_method": "wls_points",
    } | changes  # fmt: skip


def planted_with_gaps() -> dict[str, list[dict[str, Any]]]:
    """The planted release, of which the measure `own` has gaps over time."""
    tables = planted()
    for row in tables["scorecard"]:
        row.update(SLICE)
    tables["equity_measures"] += [
        figure(race, year, values)
        for race, years in (("black", BLACK), ("white", WHITE), ("asian", ASIAN), ("hispanic", HISPANIC))
        for year, values in years.items()
    ]
    # 10.5 - 18 = -7.5, of which the square root of 2.5² + 3² = 3.9 each way; 2.05 / 2.5 = 0.82
    narrowed = {"first_gap": 18.0, "last_gap": 10.5, "change": -7.5, "change_ci_low": -11.405125, "change_ci_high": -3.594875}
    narrowed |= {"annual_percent_change": -1.875, "apc_ci_low": -2.8, "apc_ci_high": -0.95, "word": "narrowed"}
    unclear = {"first_gap": 2.5, "last_gap": 2.05, "change": 0.82, "change_ci_low": 0.585, "change_ci_high": 1.156}
    unclear |= {"annual_percent_change": -4.9, "apc_ci_low": -11.0, "apc_ci_high": 1.6, "word": "cannot_tell"}
    ends = {"periods": 2, "period_starts": [dt.date(2020, 1, 1), dt.date(2024, 1, 1)]}
    sides = {"word": "not_compared", "word_reason": "changed_sides"} | ends
    # 9 + 1 = 10, of which the square root of 2.2² + 2.2² = 3.1 each way
    wider = {"change": 10.0, "change_ci_low": 6.889, "change_ci_high": 13.111, "word": "widened"} | ends
    wider_ratio = {"change": 2.065, "change_ci_low": 1.59, "change_ci_high": 2.71}
    tables["gap_trends"] = [
        trend("black", "absolute", **narrowed),
        trend("black", "relative", **unclear),
        trend("asian", "absolute", first_gap=-3.0, last_gap=3.1, change=6.1, **sides),
        trend("asian", "relative", first_gap=0.75, last_gap=1.31, change=1.747, **sides),
        trend("hispanic", "absolute", first_gap=-1.0, last_gap=9.0, **wider),
        trend("hispanic", "relative", first_gap=0.92, last_gap=1.9, **wider | wider_ratio),
    ]
    assert {name for row in tables["gap_trends"] for name in row} <= set(promised_columns("gap_trends"))
    return tables


def with_a_weak_start() -> dict[str, list[dict[str, Any]]]:
    """The same, where the publisher calls its figure for Black residents of 2020 weak."""
    tables = planted_with_gaps()
    weak = {"period_start": dt.date(2020, 1, 1), "period_end": dt.date(2020, 12, 31), "is_featured": False, "is_latest": False}
    weak |= {"reliability": "use_with_caution", "status_reason": "publisher_quality", "publisher_quality": "3"} | SLICE
    tables["scorecard"].append(scorecard_release.row("own", "black", 30.0, **weak))
    return tables
