"""Until when a source may be read, which of its rows may be kept, and when it is late and stale, by the clock of the run."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest

from ingest.contract import Contract
from ingest.contract.sections.general import days_before
from ingest.contract_terms import (
    WARN_DAYS,
    AgreementStatus,
    FreshnessState,
    age_hours,
    agreement_terms,
    evaluate_freshness,
    is_past_keeping,
    stale_at,
)
from tests.support.visits import NOON, visits_contract
from tests.unit.ingest.conftest import MakeContract

AGREEMENT = {"basis": "data_sharing_agreement", "classification": "internal"}
EVENT = {"name": "visited_on", "type": "date", "formats": ["%m/%d/%Y"], "role": "event_time"}
DELIVERED = {"name": "delivered_on", "type": "date"}
LIMITS = {"warn_after_hours": 24, "stale_after_hours": 48}


def contract(columns: list[dict[str, Any]] | None = None, load: dict[str, Any] | None = None, **terms: Any) -> Contract:
    return visits_contract(agreement=AGREEMENT | terms, columns=columns or [EVENT], load=load or {"mode": "replace"})


@pytest.mark.parametrize(
    ("as_of", "status", "days"),
    [
        ("2025-12-31T23:59:59", AgreementStatus.IN_FORCE, 61),
        ("2026-01-01T00:00:00", AgreementStatus.ENDS_SOON, WARN_DAYS),
        ("2026-03-02T23:59:59", AgreementStatus.ENDS_SOON, 0),
        ("2026-03-03T00:00:00", AgreementStatus.ENDED, -1),
    ],
)
def test_an_agreement_warns_sixty_days_ahead_and_its_last_day_counts(as_of: str, status: AgreementStatus, days: int) -> None:
    terms = agreement_terms(contract(valid_until=dt.date(2026, 3, 2)), dt.datetime.fromisoformat(as_of))
    assert (terms.status, terms.days_left, terms.has_ended) == (status, days, status is AgreementStatus.ENDED)
    assert ("sources remove dpt__visits" in terms.reason) == terms.has_ended
    assert ("desk@dpt.example" in terms.reason) == (status is not AgreementStatus.IN_FORCE)


def test_an_agreement_without_a_date_has_no_end() -> None:
    terms = agreement_terms(contract(), dt.datetime(2026, 3, 2))
    assert (terms.status, terms.valid_until, terms.reason) == (AgreementStatus.NO_END, None, "")


@pytest.mark.parametrize(
    ("duration", "day", "wanted"),
    [
        ("7 years", "2026-03-04", "2019-03-04"),
        ("1 year", "2024-02-29", "2023-02-28"),
        ("18 months", "2026-03-31", "2024-09-30"),
        ("1 month", "2026-01-31", "2025-12-31"),
        ("90 days", "2026-03-04", "2025-12-04"),
        ("9999 years", "2026-03-04", "0001-01-01"),
    ],
)
def test_days_before(duration: str, day: str, wanted: str) -> None:
    assert days_before(duration, dt.date.fromisoformat(day)).isoformat() == wanted


@pytest.mark.parametrize(
    ("visited", "delivered", "past"),
    [
        ("03/03/2019", "2026-03-04", True),
        ("03/04/2019", "2026-03-04", False),
        ("", "2019-03-03", True),  # a row without a readable event counts from its delivery
        ("soon", "2019-03-04", False),
        ("soon", None, False),
    ],
)
def test_a_row_is_kept_until_its_last_day(visited: str, delivered: str | None, past: bool) -> None:
    condition = is_past_keeping(contract(keep_for="7 years"), dt.date(2026, 3, 4), "America/Chicago", "delivered_on")
    row = duckdb.execute(f"select {condition} from (select ? as visited_on, ?::date as delivered_on)", [visited, delivered])
    assert row.fetchone() == (past,)


def test_rows_are_kept_for_ever_without_a_term() -> None:
    assert is_past_keeping(contract(), dt.date(2026, 3, 4), "America/Chicago") is None


def test_the_event_is_the_event_time_then_the_period_then_the_snapshot() -> None:
    period = {"name": "month", "type": "date", "role": "period"}
    by_period = {"mode": "replace_period", "period_column": "delivered_on", "period": "day"}
    assert contract([DELIVERED, period, EVENT]).event_column.name == "visited_on"  # type: ignore[union-attr]
    assert contract([DELIVERED, period], by_period).event_column.name == "delivered_on"  # type: ignore[union-attr]
    assert contract([DELIVERED, period]).event_column.name == "month"  # type: ignore[union-attr]
    assert contract([DELIVERED]).event_column is None


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
