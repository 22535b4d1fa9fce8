"""Read how the gaps of a page have changed: rows of `published.gap_trends`, with the figures of their periods.

A page shows the groups that it features, by the rate that it features (crude, or adjusted for age).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter, itemgetter
from pathlib import Path

from duckdb import DuckDBPyConnection

from orchestration.scorecard.release_data.open_release import Record, grouped, records
from warehouse.sql import queries

_SLICE = (
    "measure_id", "measure_version", "period_type", "stratum_type", "stratum_code", "tabulation", "race_standard", "method",
    "geography_type", "geography_vintage", "geoid", "race_ethnicity_code", "reference_code",
)  # fmt: skip
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), slice=_SLICE)
_slice = itemgetter(*_SLICE)


def read_gaps(con: DuckDBPyConnection) -> Mapping[str, Sequence[Record]]:
    """Return the gaps over time of each measure, by kind of period, in the order of groups.

    Each has its `trends`, absolute and then relative, and its `periods` with the figures of the group and of its reference. Every
    trend and period has a `key`, which identifies it on a page.
    """
    periods = grouped(records(con, _SQL.periods()), _slice)
    gaps = [
        Record(trends[-1], trends=trends, periods=periods[one])
        for one, trends in grouped(records(con, _SQL.listed()), _slice).items()
        if {end for trend in trends for end in (trend.first_period, trend.last_period)}
        <= {period.period_start for period in periods[one]}
    ]
    return grouped(gaps, attrgetter("measure_id"))
