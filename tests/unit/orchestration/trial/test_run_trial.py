"""What a trial reports of a delivery, of facts and of findings, and its exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.delivery.unmapped_counts import UnmappedLabel
from expectations.marts.failing_rows import RECORD, FailingRows
from ingest.contract.registry import load_registry
from orchestration.cli.try_ import delivery_lines, trial_lines
from orchestration.runs.record import BLOCKED, FAILED, FRESH, HELD_BACK, NOT_DELIVERED, RELEASED, STALE, UNCHANGED
from orchestration.trial.run_trial import Trial, TrialFinding, _fact_shares
from tests.support.run_records import run_record, source_status
from warehouse.paths import Home


def _trial(verdict: str, outcome: str | None = RELEASED, **parts: Any) -> Trial:
    contract = load_registry()["ucc__service_requests"]
    fields = {"delivery_findings": [], "labels": [], "record": run_record(outcome=outcome) if outcome else None} | parts
    return Trial(Home(Path("/nowhere")), contract, source_status(verdict), False, **fields)


def _shares(*values: Any) -> dict[str, Any]:
    names = ("fact", "records", "without_tract_pct", "not_mapped_pct", "unknown_race_pct")
    return dict(zip(names, values, strict=True))


def test_shares_are_of_the_records_of_the_source() -> None:
    con = duckdb.connect()
    con.execute("attach ':memory:' as release; create schema release.marts")
    con.execute("create table release.marts.dim_race_ethnicity as select 'unknown' as race_ethnicity_code, 'missing' as kind")
    con.execute("create table release.marts.fct_fees as select 'a' as source, 1 as fee")
    con.execute("create table release.marts.fct_of_another as select 'b' as source")
    con.execute(
        "create table release.marts.fct_visits as select * from (values ('a', null, 'white'), ('a', 't', 'not_mapped'), "
        "('a', 't', 'unknown'), ('a', 't', 'unknown'), ('a', 't', 'all'), ('b', null, 'white')) "
        "as rows (source, tract_geoid, race_ethnicity_code)"
    )
    assert list(_fact_shares(con, "a")) == [
        _shares("fct_fees", 1, None, None, None), _shares("fct_visits", 4, 25.0, 25.0, 50.0),
    ]  # fmt: skip


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
    labels = [
        UnmappedLabel("race", "us_core", "Blue", 20, 80),
        UnmappedLabel("race", "us_core", "Rare", None, 80, ("white", "white", "")),
        UnmappedLabel("race", "open_survey", None, None, 80),
    ]
    lines = list(delivery_lines(_trial(HELD_BACK, None, labels=labels)))
    assert "    race: 'Blue', 20 of 80 rows, 25.0 %" in lines
    assert "    race: 'Rare', fewer than 11 of 80 rows" in lines
    assert "    us_core,Rare,white,white,,1900-01-01,9999-12-31," in lines
    assert "    race: rare answers in people's own words, fewer than 11 of 80 rows" in lines
    assert lines[-1].endswith("--accept builds all the same")
    places = FailingRows(("geography_type", "geoid"), (("tract", "55079000100"), ("tract", "")), 18)
    records = FailingRows(RECORD, (("s", "a.csv", "3"), ("s", "a.csv", "9"), ("s", "b.csv", "1")), 3)
    findings = [TrialFinding("critical", "marts.x: wrong (18 found)", "look", (places, records))]
    lines = list(trial_lines(_trial(FRESH, BLOCKED, findings=findings, facts=[_shares("fct_x", 80, None, 25.0, 30.0)])))
    assert "fct_x: 80 records, 25.0 % unmapped, 30.0 % of unknown race" in lines
    assert "findings on what was built: 1 critical, 0 warnings" in lines
    assert "    geography_type, geoid: tract 55079000100; tract -; and 16 more" in lines
    assert "    a.csv, records 3, 9; b.csv, records 1" in lines
