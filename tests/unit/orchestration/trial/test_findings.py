"""What a trial reports of facts, of the publication plan, and by its exit code."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from expectations.delivery.unmapped_counts import UnmappedLabel
from expectations.marts.failing_rows import RECORD, FailingRows
from ingest.contract.registry import load_registry
from orchestration.cli.trial_report import delivery_lines, trial_lines
from orchestration.cli.trial_values import PUBLISHED, _value, why_inside
from orchestration.runs.record import BLOCKED, FAILED, FRESH, HELD_BACK, NOT_DELIVERED, RELEASED, STALE, UNCHANGED
from orchestration.trial.findings import FactShares, NamedFinding
from orchestration.trial.run_trial import DeliveryPart, Trial
from tests.support.run_records import run_record, source_status
from warehouse.paths import Home

RULES = {"known_race_for_ratio": 70.0}
TODAY = dt.date(2026, 1, 1)


def _warnings(*shares: float | None, records: int = 100, is_of_city: bool = True) -> list[str]:
    return list(FactShares("fct_visits", records, *shares).warnings(RULES, is_of_city=is_of_city))


def test_shares_of_a_fact_that_are_wrong_are_warned_of() -> None:
    assert _warnings(100.0, 100.0, 100.0)[0].startswith("100 % of the records in fct_visits are without a tract")
    assert _warnings(0.0, 100.0, 100.0)[0].startswith("100 % of the race labels in fct_visits are unmapped")
    assert _warnings(0.0, 0.0, 30.1) == [
        "race is unknown for 30.1 % of the records in fct_visits: below 70 % known no ratio is made"
    ]
    assert _warnings(99.9, 99.9, 30.0) == []
    assert _warnings(None, None, None) == []
    assert _warnings(100.0, None, None, is_of_city=False) == [], "records of another city are outside its tracts"


def _row(**changes: Any) -> dict[str, Any]:
    row = {"geography_type": "city", "period_type": "year", "period_end": dt.date(2025, 12, 31), "race_ethnicity_code": "black"}
    return row | {"group_name": "Black", "value": 5.0, "ci_low": 1.0, "ci_high": 9.0, "numerator": 11, "denominator": 50,
                  "status_code": "shown", "status_text": ""} | changes  # fmt: skip


def _plan(**changes: Any) -> dict[str, Any]:
    return {"geography_type": "*", "period_type": "*", "race_level": "all_codes", "lag_days": 30, "note": ""} | changes


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ([], "not published: publication_plan has no row of the measure"),
        ([_plan(race_level="none", note="not asked")], "not published: not asked"),
        ([_plan(geography_type="tract")], "not published: publication_plan has no row of this kind of place and period"),
        ([_plan()], "not published before 2026-01-30"),
        ([_plan(), _plan(lag_days=0)], "not published: publication_plan leaves out this group"),
    ],
)
def test_the_reason_why_a_row_is_not_public(plan: list[dict[str, Any]], expected: str) -> None:
    assert why_inside(_row(), plan, TODAY) == expected


@pytest.mark.parametrize("small", [{"numerator": 10}, {"numerator": 40}, {"numerator": 1, "denominator": 5}])
def test_a_small_count_of_persons_is_not_shown_unless_it_is_published(small: dict[str, int]) -> None:
    hidden = _value(_row(**small), "not published", 11)
    assert (hidden.value, hidden.ci_low, hidden.note) == (None, None, "fewer than 11 persons, not shown")
    assert _value(_row(**small), PUBLISHED, 11).value == 5.0
    assert _value(_row(), "not published", 11).value == 5.0
    assert _value(_row(**small), "not published", 0).value == 5.0, "no persons are counted"


def _trial(verdict: str, outcome: str | None = RELEASED, **parts: Any) -> Trial:
    contract = load_registry()["ucc__service_requests"]
    record = run_record(outcome=outcome) if outcome else None
    return Trial(Home(Path("/nowhere")), DeliveryPart(contract, source_status(verdict), None), True, record, **parts)


@pytest.mark.parametrize(
    ("verdict", "outcome", "code"),
    [
        (FRESH, RELEASED, 0), (FRESH, UNCHANGED, 0), (STALE, RELEASED, 4), (HELD_BACK, None, 4), (FRESH, BLOCKED, 3),
        (STALE, BLOCKED, 3), (FRESH, FAILED, 1), (NOT_DELIVERED, UNCHANGED, 0),
    ],
)  # fmt: skip
def test_the_exit_code_is_that_of_a_run_of_the_tried_source_alone(verdict: str, outcome: str | None, code: int) -> None:
    assert _trial(verdict, outcome).exit_code == code


def test_the_report_lists_labels_with_seed_rows_and_the_rows_behind_findings() -> None:
    contract = load_registry()["ucc__service_requests"]
    labels = (
        UnmappedLabel("race", "us_core", "Blue", 20, 80),
        UnmappedLabel("race", "us_core", "Rare", None, 80, ("white", "white", "")),
        UnmappedLabel("race", "open_survey", None, None, 80),
    )
    lines = list(
        delivery_lines(DeliveryPart(contract, source_status(HELD_BACK), None, labels, (("row", "created_at", "missing", 2),)))
    )
    assert "  2 rows rejected: created_at is missing" in lines
    assert "    race: 'Blue', 20 of 80 rows, 25.0 %" in lines
    assert "    race: 'Rare', fewer than 11 of 80 rows" in lines
    assert "    us_core,Rare,white,white,,1900-01-01,9999-12-31," in lines
    assert "    race: rare answers in people's own words, fewer than 11 of 80 rows" in lines
    assert lines[-1].endswith("--accept builds all the same")
    places = FailingRows(("geography_type", "geoid"), (("tract", "55079000100"), ("tract", "")), 18)
    records = FailingRows(RECORD, (("s", "a.csv", "3"), ("s", "a.csv", "9"), ("s", "b.csv", "1")), 3)
    trial = _trial(FRESH, BLOCKED, findings=[NamedFinding("critical", "marts.x: wrong (18 found)", "look", (places, records))])
    lines = list(trial_lines(trial))
    assert "findings on what was built: 1 critical, 0 warnings" in lines
    assert "    geography_type, geoid: tract 55079000100; tract -; and 16 more" in lines
    assert "    a.csv, records 3, 9; b.csv, records 1" in lines
