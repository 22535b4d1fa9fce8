"""The sample year: its days, times of day and arrivals. Nothing in the sample ever reads the machine's clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingest.sample.text import words

FIRST_DAY = date(2025, 1, 1)
DAYS = 365
DAY_SECONDS = 86_400

# 02:00-03:00 on 2025-03-09 does not exist on a clock in America/Chicago: hour of the year, for events stamped in city time.
MISSING_HOUR = (date(2025, 3, 9) - FIRST_DAY).days * 24 + 2

# Events by hour of the day.
_BUSY_HOURS = (38, 30, 24, 18, 13, 12, 17, 26, 38, 46, 48, 50, 50, 52, 55, 60, 62, 61, 58, 55, 54, 53, 51, 45)


def day_words(pattern: str, days: int = DAYS) -> pa.Array:
    """One word per day of the year and after, in strftime's `pattern`."""
    return words([(FIRST_DAY + timedelta(days=day)).strftime(pattern) for day in range(days)])


def clock_words(pattern: str) -> pa.Array:
    """One word per second of the day, in strftime's `pattern`."""
    return words([(datetime(2025, 1, 1) + timedelta(seconds=second)).strftime(pattern) for second in range(DAY_SECONDS)])


def year_rhythm(quiet_hours: Collection[int] = ()) -> NDArray[np.float64]:
    """The share of a year's events that has come by the start of each hour, from 0 to 1; `quiet_hours` have none."""
    weights = np.tile(np.array(_BUSY_HOURS, dtype=np.float64), DAYS)
    weights[list(quiet_hours)] = 0.0
    return np.concatenate([[0.0], np.cumsum(weights) / weights.sum()])


def arrivals(rng: np.random.Generator, rhythm: NDArray[np.float64], start: int, stop: int, total: int) -> NDArray[np.int64]:
    """When events `start` to `stop` of `total` happen: seconds from the start of the year, ascending, also across calls."""
    passed = (np.arange(start, stop) + rng.random(stop - start)) / total
    seconds: NDArray[np.int64] = np.interp(passed, rhythm, np.arange(len(rhythm)) * 3_600.0).astype(np.int64)
    seconds[seconds >= DAYS * DAY_SECONDS] = DAYS * DAY_SECONDS - 1  # a rounding away from next year
    return seconds


def rows_by_day(total: int, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """`total` rows spread over the days by weight; the last day always has one, so that the delivery reaches its as-of day."""
    bounds = np.rint(np.cumsum(weights) / weights.sum() * total).astype(np.int64)
    counts: NDArray[np.int64] = np.diff(bounds, prepend=0)
    if counts[-1] == 0:
        counts[np.argmax(counts)] -= 1
        counts[-1] = 1
    return counts
