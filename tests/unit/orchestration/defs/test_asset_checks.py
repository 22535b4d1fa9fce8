"""The UI displays a source as red if held back or stale, as yellow if late, and links to docs that exist."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from expectations.results import ExpectationResult, GateResult
from ingest.contract import Contract
from ingest.contract.registry import load_registry
from orchestration.defs import asset_checks
from orchestration.defs.asset_checks import (
    LISTED,
    NOTHING_NEW,
    build_check,
    coverage_check,
    delivery_check,
    finding_metadata,
    freshness_check,
    source_checks_alone,
)
from orchestration.defs.metadata import status_metadata
from orchestration.runs.record import FRESH, HELD_BACK, NOT_DELIVERED, RunStore, SourceStatus, new_status
from orchestration.settings import Settings
from orchestration.stewardship.check_delivery import DeliveryCheck
from tests.support.run_records import run_record

SOURCE = "ucc__service_requests"  # late after 48 hours, stale after 168
DATA_END = dt.datetime(2025, 12, 1)
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
MISSING = ExpectationResult("columns_missing", "created_at", "critical", False, 1, 0, "CREATIONDATE is missing")
ROWS = ExpectationResult("rows", None, "critical", True, 1800, 1, "")


@dataclasses.dataclass
class Location:
    """Where a run reads a source."""

    folder: Path | None

    def folder_of(self, _contract: Contract) -> Path | None:
        return self.folder


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_registry()[SOURCE]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path)})
    settings.home.ensure()
    return settings


def status(contract: Contract, **values: Any) -> SourceStatus:
    fields = {"verdict": FRESH, "data_as_of": DATA_END.isoformat(), "load_id": "0123456789abcdef"} | values
    return new_status(contract, "run").model_copy(update=fields)


@pytest.mark.parametrize(
    ("hours", "passed", "severity"),
    [(1, True, WARN), (48, True, WARN), (49, False, WARN), (168, False, WARN), (169, False, ERROR)],
)
def test_a_source_becomes_late_and_then_stale(
    contract: Contract, hours: float, passed: bool, severity: dg.AssetCheckSeverity
) -> None:
    check = freshness_check(contract, status(contract), DATA_END + dt.timedelta(hours=hours))
    assert (check.passed, check.severity) == (passed, severity)
    assert check.metadata["age_hours"].value == hours
    assert (check.description is None) == passed
    if not passed:
        assert "Unified Call Center (ucc-data@city.example)" in str(check.description)


def test_a_missing_period_is_a_yellow_check_of_the_table_of_coverage() -> None:
    key, message = dg.AssetKey(["quality", "coverage"]), "quality.coverage: due, and not covered: feed 2025-12"
    missing = ExpectationResult("periods_covered", None, "warning", False, 1, 0, message)
    usual = ExpectationResult("volume_usual", None, "warning", True, 0, 0, "")
    check = coverage_check(
        key, [GateResult("build", "quality.coverage", (missing, usual)), GateResult("build", "marts.x", (MISSING,))]
    )
    assert (check.passed, check.severity, check.description) == (False, WARN, message)
    assert check.metadata["failed"].value == 1 and check.metadata["expectations"].value == 2
    assert coverage_check(key, [GateResult("build", "quality.coverage", (usual,))]).passed


def test_a_source_without_a_delivery_is_not_late(contract: Contract) -> None:
    check = freshness_check(contract, status(contract, data_as_of=None), DATA_END)
    assert check.passed
    assert "age_hours" not in check.metadata


def test_a_held_back_source_is_red_and_lists_findings(contract: Contract, settings: Settings) -> None:
    gate = GateResult("delivery", SOURCE, (ROWS, MISSING))
    check = delivery_check(contract, status(contract, verdict=HELD_BACK, reason="CREATIONDATE is missing"), gate, None, settings)
    assert (check.passed, check.severity) == (False, ERROR)
    assert check.description == "Held back: its last good rows stay. CREATIONDATE is missing"
    findings = check.metadata["findings"]
    assert isinstance(findings, dg.TableMetadataValue)
    first, second = findings.records
    assert first.data == {
        "result": "FAILED",
        "severity": "critical",
        "expectation": "columns_missing",
        "column": "created_at",
        "observed": "1",
        "threshold": "0",
    }
    assert second.data["result"] == "passed"
    assert check.metadata["failed"].value == 1


def test_a_repeated_delivery_reports_no_new_check(contract: Contract, settings: Settings) -> None:
    check = delivery_check(contract, status(contract), None, None, settings)
    assert check.passed
    assert check.description == NOTHING_NEW
    assert "expectations" not in check.metadata, "a plotted zero would mean that there were no expectations"


def test_docs_are_linked_only_if_they_exist(contract: Contract, settings: Settings) -> None:
    def linked(settings: Settings) -> object:
        found = delivery_check(contract, status(contract), GateResult("delivery", SOURCE, (ROWS,)), None, settings).metadata
        return found["docs"].value if "docs" in found else None

    docs, own = settings.home.docs, f"gates/delivery/{SOURCE}.html"
    served = dataclasses.replace(settings, docs_url="https://docs.city.example")
    assert linked(settings) is None
    assert linked(served) == "https://docs.city.example"
    docs.mkdir(exist_ok=True)
    (docs / "index.html").write_text("first page")
    assert linked(settings) == "/levelground/docs/index.html", "this source had no gate page when the docs were written"
    (docs / own).parent.mkdir(parents=True)
    (docs / own).write_text("verdict")
    assert linked(settings) == f"/levelground/docs/{own}"
    assert linked(served) == f"https://docs.city.example/{own}"


def test_source_metadata_contains_numbers_to_plot(contract: Contract) -> None:
    row = status(contract, verdict=HELD_BACK, rows_delivered=7, rows_staged=None, reason="x")
    metadata = status_metadata(row, {"known_race_pct": 81.4999, "readiness_grade": None}, DATA_END + dt.timedelta(hours=6))
    assert metadata["held_back"] == 1
    assert metadata["rows_delivered"] == 7
    assert "rows_staged" not in metadata, "a held-back load has no staged rows, which differs from zero rows"
    assert (metadata["age_hours"], metadata["known_race_pct"]) == (6.0, 81.5), "numbers are rounded"


def test_a_check_alone_reads_the_last_run_and_the_delivery_that_is_there(
    contract: Contract, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last run took the load; the file of now lacks a column, so the next run would hold it back."""
    record = run_record("first", outcome="released", exit_code=0, sources={SOURCE: status(contract)})
    RunStore(settings.home.runs).save(record)
    missing = DeliveryCheck(contract, GateResult("delivery", SOURCE, (ROWS, MISSING)))
    monkeypatch.setattr(asset_checks, "check_delivery", lambda *_: missing)
    run: Any = SimpleNamespace(settings=settings, record=record, as_of=DATA_END + dt.timedelta(hours=49), location=Location(None))
    late, held_back = source_checks_alone(run, contract, {"freshness", "delivery_gate"})
    assert (late.check_name, late.passed, late.severity) == ("freshness", False, WARN)
    assert (held_back.check_name, held_back.passed, held_back.severity) == ("delivery_gate", False, ERROR)
    assert "1 critical finding; a run would hold it back" in str(held_back.description)
    (only,) = source_checks_alone(run, contract, {"freshness"})
    assert only.check_name == "freshness"


def test_a_first_delivery_is_checked_alone_although_the_last_run_had_none(
    contract: Contract, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The check passed, as if nothing were delivered, next to a file that a run would hold back."""
    record = run_record(
        "first", outcome="released", exit_code=0, sources={SOURCE: status(contract, verdict=NOT_DELIVERED, reason="no file")}
    )
    RunStore(settings.home.runs).save(record)
    missing = DeliveryCheck(contract, GateResult("delivery", SOURCE, (ROWS, MISSING)))
    monkeypatch.setattr(asset_checks, "check_delivery", lambda *_: missing)
    folder = tmp_path / SOURCE
    run: Any = SimpleNamespace(settings=settings, record=record, as_of=DATA_END, location=Location(folder))
    (without,) = source_checks_alone(run, contract, {"delivery_gate"})
    assert (without.passed, without.description) == (True, "no file"), "no load is in use"
    folder.mkdir()
    (folder / "first.csv").write_text("a,b\n1,2\n")
    (held_back,) = source_checks_alone(run, contract, {"delivery_gate"})
    assert not held_back.passed


def test_a_count_has_no_exponent() -> None:
    """116,400 rows were shown as 1.164e+05."""
    found = ExpectationResult("rows", None, "warning", False, 116_400.0, 0.25, "")
    (table,) = [
        value for value in finding_metadata([GateResult("delivery", SOURCE, (found,))]).values() if hasattr(value, "records")
    ]
    assert (table.records[0].data["observed"], table.records[0].data["threshold"]) == ("116,400", "0.25")


def test_a_table_lists_some_expectations_that_passed_and_each_that_failed(settings: Settings) -> None:
    key = dg.AssetKey(["marts", "x"])
    for failed, listed in ((1, LISTED), (LISTED + 5, LISTED + 5)):
        check = build_check(key, [GateResult("build", "marts.x", (ROWS,) * 60 + (MISSING,) * failed)], settings)
        assert check.metadata["expectations"] == dg.IntMetadataValue(60 + failed)
        findings: Any = check.metadata["findings"]
        assert [record.data["result"] for record in findings.records] == ["FAILED"] * failed + ["passed"] * (listed - failed)
