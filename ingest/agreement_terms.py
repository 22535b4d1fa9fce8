"""Evaluate until when a source may be read (`agreement.valid_until`), and which of its rows may be kept (`agreement.keep_for`).

See `ingest.freshness` for how old a source's data are, and `ingest.erasure` for removing rows that may not be kept any more.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from pydantic import BaseModel

from ingest.contract import Contract
from ingest.typing import typed_expression
from warehouse.sql import literal

# How many days before its end a run, `status` and an alert warn of an agreement that ends.
WARN_DAYS = 60


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
