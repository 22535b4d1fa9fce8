"""Evaluate the terms of a contract at a time: how long a source may be read, which rows may be kept, whether its data are late.

The keys are `agreement.valid_until`, `agreement.keep_for` and `freshness`. Add every rule about lateness or staleness here. See
`ingest.landing.loads` for `data_as_of`, the end of the data, and `ingest.erasure` for removing rows that may not be kept.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel

from ingest.contract import Contract
from ingest.typing import typed_expression
from warehouse.sql import literal

# How many days before its end a run, `status` and an alert warn of an agreement that ends.
WARN_DAYS = 60
# A time on the city's wall clock, without zone; records on disk have it in ISO form.
DataTime = dt.datetime | str | None


class AgreementStatus(StrEnum):
    """Whether a source may be read: `no_end` if the contract has no date."""

    NO_END = "no_end"
    IN_FORCE = "in_force"
    ENDS_SOON = "ends_soon"
    ENDED = "ended"


class AgreementTerms(BaseModel, frozen=True):
    """The agreement of a source on one day; `reason` names the remedy, and is empty unless it ends soon or has ended."""

    source: str
    status: AgreementStatus
    valid_until: dt.date | None
    days_left: int | None
    reason: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether the source may not be read any more."""
        return self.status is AgreementStatus.ENDED


def agreement_terms(contract: Contract, as_of: dt.datetime) -> AgreementTerms:
    """The state of a source's agreement at a time on the city's wall clock; its last day still counts."""
    until = contract.agreement.valid_until
    left = None if until is None else (until - as_of.date()).days
    renew = f"renew it with {contract.steward.team} ({contract.steward.contact}) and set agreement.valid_until in the contract"
    status, reason = AgreementStatus.IN_FORCE, ""
    if left is None:
        status = AgreementStatus.NO_END
    elif left < 0:
        remove = f"`levelground sources remove {contract.source} --reason TEXT`"
        status = AgreementStatus.ENDED
        reason = f"its agreement ended on {until}, so the source is no longer read; {renew}, or remove its rows: {remove}"
    elif left <= WARN_DAYS:
        days = "today" if left == 0 else f"in {left} day{'' if left == 1 else 's'}"
        status = AgreementStatus.ENDS_SOON
        reason = f"its agreement ends {days}, on {until}; after it the source is no longer read; {renew}"
    return AgreementTerms(source=contract.source, status=status, valid_until=until, days_left=left, reason=reason)


def is_past_keeping(contract: Contract, today: dt.date, city_zone: str, delivered_on: str | None = None) -> str | None:
    """SQL boolean over delivered text: the row may not be kept on that day; None if the contract keeps rows for ever.

    `delivered_on`: SQL date of the delivery, from which a row without a readable event counts. Without it such a row is kept.
    """
    kept_from, event = contract.agreement.kept_from(today), contract.event_column
    if kept_from is None or event is None:
        return None
    day = f"cast({typed_expression(event, city_zone)} as date)"
    dated = f"coalesce({day}, {delivered_on})" if delivered_on else day
    return f"coalesce({dated} < date {literal(str(kept_from))}, false)"


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
