"""The two clocks of a run: the machine's clock for when things happened, the as-of time for what the data mean."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from ingest.city import City
from orchestration.settings import ConfigurationError


def utc_now() -> dt.datetime:
    """The machine's clock in UTC, without time zone. Use it for when something happened, never for freshness or goals."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def as_of_time(option: str | None, city: City) -> dt.datetime:
    """The run's as-of time in the city's local time, without time zone: the option, else the deliveries' own, else now.

    Freshness, censoring and goals use only this clock. Raises `ConfigurationError` if the option is not an ISO time.
    """
    if option is None:
        return city.local_as_of() or city.local_now().replace(microsecond=0)
    try:
        moment = dt.datetime.fromisoformat(option)
    except ValueError:
        raise ConfigurationError(f"--as-of {option!r} is not a time; write it like 2025-12-01T00:00:00") from None
    return moment.astimezone(ZoneInfo(city.time_zone)).replace(tzinfo=None) if moment.tzinfo else moment
