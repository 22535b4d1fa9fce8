"""The as-of time is the option, else the city's own, else now; always local time without zone."""

from __future__ import annotations

import datetime as dt

import pytest

from ingest.city import read_city
from orchestration.runs.clock import as_of_time, utc_now
from orchestration.settings import ConfigurationError

CITY = read_city(None)
DECLARED = dt.datetime(2025, 12, 10)


def test_the_option_overrides_the_citys_as_of() -> None:
    city = CITY.model_copy(update={"as_of": DECLARED})
    assert as_of_time("2025-12-01T08:00:00", city) == dt.datetime(2025, 12, 1, 8)
    assert as_of_time(None, city) == DECLARED


def test_a_time_with_a_zone_becomes_local_time() -> None:
    assert as_of_time("2025-12-01T12:00:00+00:00", CITY) == dt.datetime(2025, 12, 1, 6)


def test_without_option_and_as_of_it_is_now() -> None:
    city = CITY.model_copy(update={"as_of": None})
    now = city.local_now().replace(tzinfo=None)
    assert abs(as_of_time(None, city).replace(tzinfo=None) - now) < dt.timedelta(minutes=1)
    assert utc_now().tzinfo is None


def test_a_text_that_is_not_a_time_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"--as-of 'soon' is not a time; write it like 2025-12-01T00:00:00"):
        as_of_time("soon", CITY)
