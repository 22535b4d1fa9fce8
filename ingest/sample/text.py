"""Fast text, and the sample year: its days, times of day and arrivals, without a Python loop over rows.

Weighted word lists are drawn from, and records joined column by column. Belongs here: what every delivery writer needs to turn
numbers into bytes. The words themselves are in `words.yml`, and what is planted in the module of its source. Nothing in the
sample ever reads the machine's clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ingest.contract.yaml_source import read_yaml

Index = NDArray[np.integer]
_TABLE_SIZE = 65_536  # a uint16 is the cheapest draw; weights are exact to 1 in 65,536, which no planted figure relies on
FIRST_DAY = date(2025, 1, 1)
DAYS = 365
DAY_SECONDS = 86_400
# 02:00-03:00 on 2025-03-09 does not exist on a clock in America/Chicago: hour of the year, for events stamped in city time.
MISSING_HOUR = (date(2025, 3, 9) - FIRST_DAY).days * 24 + 2
# Events by hour of the day.
_BUSY_HOURS = (38, 30, 24, 18, 13, 12, 17, 26, 38, 46, 48, 50, 50, 52, 55, 60, 62, 61, 58, 55, 54, 53, 51, 45)


@cache
def _written() -> Mapping[str, Any]:
    content: Mapping[str, Any] = read_yaml(Path(__file__).with_name("words.yml")).data
    return content


def word_list(name: str) -> Any:
    """An entry of `words.yml`."""
    return _written()[name]


def words(values: Sequence[str]) -> pa.Array:
    """A word list that `records` takes from by position."""
    return pa.array(values, type=pa.string())


def chooser(weights: Sequence[float]) -> NDArray[np.uint16]:
    """A lookup table for `draw`: position i fills its share of the table. Weights need not sum to 1."""
    bounds = np.rint(np.cumsum(weights) / np.sum(weights) * _TABLE_SIZE).astype(np.int64)
    return np.repeat(np.arange(len(bounds), dtype=np.uint16), np.diff(bounds, prepend=0))


def draw(rng: np.random.Generator, table: NDArray[np.uint16], size: int) -> NDArray[np.uint16]:
    """`size` positions drawn with the weights that `table` was made from."""
    chosen: NDArray[np.uint16] = table[rng.integers(0, _TABLE_SIZE, size, dtype=np.uint16)]
    return chosen


def digits(values: Index, width: int) -> pa.Array:
    """Non-negative numbers as text of `width` digits, zeros in front."""
    return pc.utf8_lpad(pa.array(values).cast(pa.string()), width=width, padding="0")


def join(*columns: pa.Array) -> pa.Array:
    """The columns glued together row by row."""
    return pc.binary_join_element_wise(*columns, "")


def records(*columns: pa.Array | tuple[pa.Array, Index]) -> memoryview:
    """The bytes of all rows, one after the other. A column is ready text, or a word list and the position for each row."""
    values = [column[0].take(pa.array(column[1])) if isinstance(column, tuple) else column for column in columns]
    joined = join(*values)
    _, offsets, data = joined.buffers()
    end = int(np.frombuffer(offsets, dtype=np.int32)[len(joined)])
    return memoryview(data)[:end]


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
