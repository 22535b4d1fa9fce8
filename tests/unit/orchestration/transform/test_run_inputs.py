"""Published snapshots are those of the current public file, and those of persons that any release reported."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

from ingest.landing import LaterEvents
from orchestration.runs.context import RunContext
from orchestration.transform import run_inputs as module
from orchestration.transform.run_inputs import published_snapshots
from warehouse.paths import PUBLIC_FILE, Home

RELEASE = "20260101T000000Z-00000000"
COLUMNS = "measure_id, period_type, period_start::date as period_start, period_start::date as period_end"


def figures(*rows: tuple[str, str, str]) -> str:
    listed = ", ".join(f"('{measure}', '{kind}', '{day}')" for measure, kind, day in rows)
    return f"select {COLUMNS} from (values {listed}) as t (measure_id, period_type, period_start)"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunContext:
    home = Home(tmp_path / "home")
    home.release(RELEASE).mkdir(parents=True)
    home.disclosure.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(module, "current", lambda _home: SimpleNamespace(release_id=RELEASE))
    with duckdb.connect(str(home.release(RELEASE) / PUBLIC_FILE)) as public:
        published = figures(
            ("lines", "snapshot", "2025-07-01"), ("staff", "snapshot", "2025-12-31"), ("requests", "year", "2025-01-01")
        )
        public.execute(f"create schema published; create table published.equity_measures as {published}")
    return cast("RunContext", SimpleNamespace(settings=SimpleNamespace(home=home), con=duckdb.connect()))


def test_current_public_snapshots_and_reported_snapshots_of_persons(run: RunContext) -> None:
    reported = figures(("staff", "snapshot", "2025-12-31"), ("staff", "snapshot", "2025-09-30"), ("stops", "month", "2025-01-01"))
    run.con.execute(f"copy ({reported}) to '{run.settings.home.reported}' (format parquet)")
    found: list[Any] = published_snapshots(run)
    assert found == [
        ("lines", dt.date(2025, 7, 1), dt.date(2025, 7, 1), False),
        ("staff", dt.date(2025, 9, 30), dt.date(2025, 9, 30), True),
        ("staff", dt.date(2025, 12, 31), dt.date(2025, 12, 31), True),
    ]
    # the public file is let go
    assert run.con.execute("select count(*) from duckdb_databases() where database_name = 'previous_public'").fetchone() == (0,)


def test_no_snapshots_before_the_first_release(run: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "current", lambda _home: None)
    assert published_snapshots(run) == []


@pytest.mark.parametrize(("as_of", "rows"), [("2025-12-01", [("dpt__visits", dt.date(2025, 12, 4), 1)]), ("2025-12-05", [])])
def test_a_record_dated_ahead_counts_from_its_own_date_on(
    as_of: str, rows: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if nothing is delivered after that day, as residents read it on the page of the measure."""
    planned = dt.date(2025, 12, 5)
    contract, city = SimpleNamespace(source="dpt__visits"), SimpleNamespace(time_zone="America/Chicago")
    run = SimpleNamespace(
        con=None, as_of=dt.datetime.fromisoformat(as_of), location=SimpleNamespace(registry=[contract], city=city)
    )
    monkeypatch.setattr(module, "newest_load", lambda *_: ("l", 1))
    monkeypatch.setattr(
        module, "later_events", lambda _con, _contract, day, _: LaterEvents(1, planned) if planned > day else None
    )
    assert module._later_event_rows(cast("RunContext", run)) == rows
