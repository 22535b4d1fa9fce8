"""Until when a source may be read, and which of its rows may be kept, by the clock of the run."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest

from ingest.agreement_terms import WARN_DAYS, AgreementStatus, agreement_terms, is_past_keeping
from ingest.contract import Contract
from ingest.contract.sections.general import days_before
from tests.support.visits import visits_contract

AGREEMENT = {"basis": "data_sharing_agreement", "classification": "internal"}
EVENT = {"name": "visited_on", "type": "date", "formats": ["%m/%d/%Y"], "role": "event_time"}
DELIVERED = {"name": "delivered_on", "type": "date"}


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
