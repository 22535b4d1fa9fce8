"""Run records and source statuses for tests."""

from __future__ import annotations

from typing import Any

from orchestration.runs.record import RunRecord, SourceStatus

REQUESTS = "ucc__service_requests"


def run_record(run_id: str = "run", started_at: str = "2025-12-01T12:00:00", **changes: Any) -> RunRecord:
    """An open run of the sample city; `changes` are fields of the record."""
    fields = {"trigger": "cli", "city": "milwaukee", "deliveries": "sample", "as_of": "2025-12-01T00:00:00"}
    return RunRecord(run_id=run_id, started_at=started_at, **{**fields, **changes})


def source_status(verdict: str, source: str = REQUESTS) -> SourceStatus:
    """The status of a source with the given verdict."""
    return SourceStatus(source=source, department="ucc", platform="CKAN", cadence="daily", race_vocabulary=None, verdict=verdict)
