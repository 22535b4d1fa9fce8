"""A source is late and then stale when its data are older than its contract allows."""

from __future__ import annotations

import datetime as dt

import pytest

from ingest.freshness import FreshnessState, age_hours, evaluate_freshness, stale_at
from tests.support.visits import NOON
from tests.unit.ingest.conftest import MakeContract

LIMITS = {"warn_after_hours": 24, "stale_after_hours": 48}


@pytest.mark.parametrize(
    ("hours", "state"),
    [
        (0, FreshnessState.FRESH),
        (24, FreshnessState.FRESH),
        (24.1, FreshnessState.LATE),
        (48, FreshnessState.LATE),
        (48.1, FreshnessState.STALE),
    ],
)
def test_a_limit_belongs_to_the_better_state(make_contract: MakeContract, hours: float, state: FreshnessState) -> None:
    contract = make_contract(freshness=LIMITS)
    freshness = evaluate_freshness(contract, NOON - dt.timedelta(hours=hours), NOON)
    assert (freshness.state, freshness.age_hours) == (state, pytest.approx(hours))
    assert freshness.is_late == (hours > 24)
    assert freshness.is_stale == (hours > 48)


def test_the_reason_names_the_times_the_limit_and_the_steward(make_contract: MakeContract) -> None:
    contract = make_contract(freshness=LIMITS)
    late = evaluate_freshness(contract, "2025-11-30T06:00:00", NOON)
    assert late.reason == (
        "its data end at 2025-11-30 06:00, more than 24 hours before 2025-12-01 12:00; "
        "ask Front desk (desk@dpt.example) for the next delivery"
    )
    assert "more than 48 hours" in evaluate_freshness(contract, "2025-11-29T06:00:00", NOON).reason
    assert not evaluate_freshness(contract, "2025-12-01T06:00:00", NOON).reason


@pytest.mark.parametrize("data_as_of", [None, ""])
def test_data_without_a_date_are_never_late(make_contract: MakeContract, data_as_of: str | None) -> None:
    contract = make_contract(freshness=LIMITS)
    freshness = evaluate_freshness(contract, data_as_of, NOON)
    assert (freshness.state, freshness.age_hours, freshness.stale_at) == (FreshnessState.NO_LIMIT, None, None)


def test_a_source_without_limits_has_an_age_and_is_never_stale(make_contract: MakeContract) -> None:
    contract = make_contract(freshness=None)
    freshness = evaluate_freshness(contract, NOON - dt.timedelta(days=900), NOON)
    assert (freshness.state, freshness.age_hours) == (FreshnessState.NO_LIMIT, 900 * 24)
    assert stale_at(contract, NOON) is None


def test_times_are_accepted_as_records_have_them(make_contract: MakeContract) -> None:
    contract = make_contract(freshness=LIMITS)
    assert stale_at(contract, NOON.isoformat()) == stale_at(contract, NOON) == NOON + dt.timedelta(hours=48)
    assert age_hours((NOON - dt.timedelta(hours=3)).isoformat(), NOON) == 3
