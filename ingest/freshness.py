"""Evaluate how old a source's data are against the limits of its contract (`freshness`).

Add every rule about lateness or staleness here. See `ingest.landing.tables` for `data_as_of`, the end of the data.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from ingest.contract import Contract

# A time on the city's wall clock, without zone; records on disk have it in ISO form.
DataTime = dt.datetime | str | None


class FreshnessState(StrEnum):
    """Where the age of a source's data is, compared with the limits of its contract."""

    FRESH = "fresh"
    LATE = "late"
    STALE = "stale"
    NO_LIMIT = "no_limit"  # the contract has no limits, or nothing dates the data


@dataclass(frozen=True)
class Freshness:
    """The age of a source's data at a point in time; `reason` is for a reader, and empty unless the source is late or stale."""

    state: FreshnessState
    age_hours: float | None
    stale_at: dt.datetime | None
    reason: str

    @property
    def is_stale(self) -> bool:
        """Whether the data are older than `stale_after_hours`."""
        return self.state is FreshnessState.STALE

    @property
    def is_late(self) -> bool:
        """Whether the data are older than `warn_after_hours`; stale data are late, too."""
        return self.state in (FreshnessState.LATE, FreshnessState.STALE)


def evaluate_freshness(contract: Contract, data_as_of: DataTime, as_of: dt.datetime) -> Freshness:
    """Compare the age of a source's data at `as_of` with its limits; both times are on the city's wall clock."""
    limits, end, age = contract.freshness, _parse(data_as_of), age_hours(data_as_of, as_of)
    if limits is None or end is None or age is None:
        return Freshness(FreshnessState.NO_LIMIT, age, None, "")
    state, hours = FreshnessState.FRESH, 0.0
    if age > limits.stale_after_hours:
        state, hours = FreshnessState.STALE, limits.stale_after_hours
    elif age > limits.warn_after_hours:
        state, hours = FreshnessState.LATE, limits.warn_after_hours
    reason = (
        f"its data end at {end:%Y-%m-%d %H:%M}, more than {hours:g} hours before {as_of:%Y-%m-%d %H:%M}; "
        f"ask {contract.steward.team} ({contract.steward.contact}) for the next delivery"
    )
    return Freshness(state, age, stale_at(contract, end), "" if state is FreshnessState.FRESH else reason)


def stale_at(contract: Contract, data_as_of: DataTime) -> dt.datetime | None:
    """When the source becomes stale, on the city's wall clock; None if it never does."""
    end = _parse(data_as_of)
    if contract.freshness is None or end is None:
        return None
    return end + dt.timedelta(hours=contract.freshness.stale_after_hours)


def age_hours(data_as_of: DataTime, as_of: dt.datetime) -> float | None:
    """Hours from the end of a source's data to `as_of`; None if nothing dates the data."""
    end = _parse(data_as_of)
    return None if end is None else (as_of - end).total_seconds() / 3600


def _parse(time: DataTime) -> dt.datetime | None:
    if isinstance(time, str):
        return dt.datetime.fromisoformat(time) if time else None
    return time
