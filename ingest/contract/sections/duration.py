"""Durations in words, like `7 years`, and the day a duration before another."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Annotated

from ingest.contract.words import matching

_DURATION = re.compile(r"([1-9]\d{0,3}) (day|month|year)s?")
Duration = Annotated[str, matching(_DURATION, "a duration like 7 years, 18 months or 90 days")]


def days_before(duration: str, day: dt.date) -> dt.date:
    """The day a duration before `day`; of a shorter month, its last day."""
    found = _DURATION.fullmatch(duration)
    assert found is not None, "the contract is valid"
    number, unit = int(found[1]), found[2]
    if unit == "day":
        return day - dt.timedelta(days=number)
    months = day.year * 12 + day.month - 1 - number * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    if year < 1:
        return dt.date.min
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
