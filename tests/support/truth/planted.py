"""Types and helpers of a world of planted facts: rows of facts, and the values from which they were drawn.

Add a switch or a helper here. See `worlds` for the mechanism of a measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

FIRST_YEAR = 2023  # no map changes after this year, so each year can be another seed
LATER = 1_000  # years between the two mechanisms of one fact

# The grain of fct_equity_measures, its defaults for most truths, and the planted value.
TRUTH: dict[str, Any] = {
    "measure_id": None, "measure_version": 1, "period_type": "year", "period_start": None, "geography_type": "city",
    "geography_vintage": "current", "geoid": None, "race_standard": "spd15_1997", "race_ethnicity_code": "all",
    "tabulation": "exclusive", "method": "individual",
    "stratum_type": "all", "stratum_code": "all", "seed": None, "truth": None, "rest_truth": np.nan,
}  # fmt: skip


@dataclass(frozen=True)
class Switches:
    """Changes of the facts after drawing; the defaults change no value.

    shuffled: race labels are shuffled, and where records have none all tracts are alike, so that no gap is left ·
    unknown: the share of records without a race · unknown_if_outcome: the same for records with the outcome, where it
    differs · starred_below: cells of fewer students are starred · starred_outcomes_below: and those of fewer students with the
    outcome · follow_up_days: the longest follow-up · as_of_days: the file was extracted up to this many days after
    """

    shuffled: bool = False
    unknown: float = 0.0
    unknown_if_outcome: float | None = None
    starred_below: int = 0
    starred_outcomes_below: int = 0
    follow_up_days: int | None = None
    as_of_days: tuple[int, int] = (60, 240)


@dataclass
class World:
    """Facts by the name of their model, and truths in the columns of TRUTH."""

    facts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    truths: list[pa.Table] = field(default_factory=list)

    def fact(self, name: str, **columns: Any) -> None:
        """Rows of a fact; a scalar is repeated in every row."""
        self.facts.append((name, columns))

    def truth(self, measure_id: str, **columns: Any) -> None:
        """Truths of a measure; arrays are broadcast against each other."""
        all_columns = TRUTH | {"measure_id": measure_id} | columns
        arrays = np.broadcast_arrays(*[np.asarray(value) for value in all_columns.values()])
        self.truths.append(pa.table({key: pa.array(array.ravel()) for key, array in zip(all_columns, arrays, strict=True)}))


def years(seeds: int, first: int = FIRST_YEAR) -> NDArray[np.datetime64]:
    """The first day of one year per seed."""
    return np.array([f"{first + seed}-01-01" for seed in range(seeds)], dtype="datetime64[D]")


def months(seeds: int, first: int = FIRST_YEAR) -> NDArray[np.datetime64]:
    """The first days of all months, one row per seed."""
    start = np.datetime64(f"{first}-01", "M")
    return (start + np.arange(12 * seeds)).astype("datetime64[D]").reshape(seeds, 12)


def quarters(seeds: int, first: int = FIRST_YEAR) -> NDArray[np.datetime64]:
    """The first days of all quarters, one row per seed."""
    return months(seeds, first)[:, ::3]


def windows(seeds: int, length: int, last_year: int, first: int = FIRST_YEAR) -> tuple[NDArray[np.datetime64], Whole]:
    """The first day of each pooled period of `length` years that seeds fill, and the seed of its last year.

    The periods end in `last_year` and every `length` years before and after it.
    """
    ends = np.array([year for year in range(first + length - 1, first + seeds) if (year - last_year) % length == 0], dtype=int)
    return np.array([f"{end - length + 1}-01-01" for end in ends], dtype="datetime64[D]"), (ends - first).astype(np.int64)


def days_within(rng: np.random.Generator, first_day: NDArray[np.datetime64], days: int = 28) -> NDArray[np.datetime64]:
    """A day of the month, or of the longer period, that begins on each of these days."""
    return first_day + rng.integers(0, days, len(first_day)).astype("timedelta64[D]")


def alike(by_place: Numbers, switches: Switches) -> Numbers:
    """Figures of places (on the first axis), each replaced by their mean where all places are to be alike."""
    return np.broadcast_to(by_place.mean(axis=0), by_place.shape) if switches.shuffled else by_place


def cells(counts: Whole, *axes: Any) -> list[Any]:
    """For each record of a table of counts, its value on each axis of the table (None: skip the axis)."""
    flat = counts.ravel()
    positions = np.unravel_index(np.repeat(np.arange(flat.size), flat), counts.shape)
    return [None if axis is None else np.asarray(axis)[at] for axis, at in zip(axes, positions, strict=True)]


def chosen(words: Any, at: Whole) -> pa.Array:
    """Words by their positions, each kept once: a hundred thousand rows have a handful of them."""
    return pa.DictionaryArray.from_arrays(np.asarray(at, np.int32), pa.array(np.asarray(words).tolist()))


def with_unknown(
    rng: np.random.Generator, races: Any, outcome: NDArray[np.bool_], switches: Switches, label: str = "observer_unknown"
) -> Any:
    """Reported race: replaced by `label` as often as the switches require."""
    lost = (
        switches.unknown
        if switches.unknown_if_outcome is None
        else np.where(outcome, switches.unknown_if_outcome, switches.unknown)
    )
    return np.where(rng.random(len(races)) < lost, label, races)


def dealt(rng: np.random.Generator, groups: Whole, labels: Sequence[Any]) -> Any:
    """Labels shuffled within each group of records: their numbers stay and their meaning is lost."""
    order = np.lexsort((rng.random(len(groups)), groups))
    home = np.argsort(groups, kind="stable")
    out = np.empty_like(np.asarray(labels))
    out[home] = np.asarray(labels)[order]
    return out
