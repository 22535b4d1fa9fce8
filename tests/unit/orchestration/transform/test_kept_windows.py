"""The published window of a register stays until that of its newer release is closed."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from ingest.city import city_registry, read_city
from orchestration.transform import run_inputs as module
from orchestration.transform.run_inputs import KeptWindow, kept_windows

MEASURE = "people_killed_by_police"
BEGIN, OLD, NEW = dt.date(2015, 1, 1), dt.date(2018, 4, 12), dt.date(2024, 3, 5)


def run_at(day: dt.date) -> Any:
    city = read_city(None, "sampleton")
    location = SimpleNamespace(city=city, registry=city_registry(city))
    load = SimpleNamespace(data_as_of=dt.datetime.combine(NEW, dt.time()))
    return SimpleNamespace(location=location, con=None, as_of=dt.datetime.combine(day, dt.time()), last_load=lambda _: load)


@pytest.mark.parametrize(
    ("as_of", "published", "kept"),
    [
        (dt.date(2024, 3, 20), OLD, True),
        (dt.date(2024, 4, 3), OLD, True),  # the plan closes a window after 30 days: on April 4
        (dt.date(2024, 4, 4), OLD, False),
        (dt.date(2024, 3, 20), NEW, False),
    ],
)
def test_a_window_is_kept_until_the_next_is_closed(
    as_of: dt.date, published: dt.date, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_of_published", lambda _run, _query: [(MEASURE, BEGIN, published)])
    expected = [KeptWindow(MEASURE, BEGIN, OLD, dt.date(2024, 4, 4))] if kept else []
    assert kept_windows(run_at(as_of)) == expected


def test_windows_of_figures_that_a_publisher_computed_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_of_published", lambda _run, _query: [("child_deaths_per_100000", BEGIN, OLD)])
    assert kept_windows(run_at(dt.date(2024, 3, 20))) == []
