"""Read how the gaps of a page have changed: rows of `published.gap_trends`, with the figures of their periods.

A page shows the groups that it features, by the rate that it features (crude, or adjusted for age).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from orchestration.scorecard.release_data.open_release import Record, records
from warehouse.sql import queries

_SLICE = (
    "measure_id", "measure_version", "period_type", "stratum_type", "stratum_code", "tabulation", "race_standard", "method",
    "geography_type", "geography_vintage", "geoid", "race_ethnicity_code", "reference_code",
)  # fmt: skip
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), slice=_SLICE)


def read_gaps(con: DuckDBPyConnection) -> Mapping[str, tuple[Record, ...]]:
    """Return the gaps over time of each measure, by kind of period, in the order of groups.

    Each has its `trends`, absolute and then relative, and its `periods` with the figures of the group and of its reference. Every
    trend and period has a `key`, which identifies it on a page.
    """
    periods: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for row in records(con, _SQL.periods()):
        periods[_slice(row)].append(Record(row, key=_key(row, "period_start")))
    found: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for row in records(con, _SQL.listed()):
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
