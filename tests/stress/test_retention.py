"""A year of what runs leave, on a clock of its own, without building anything: deliveries, landing, receipts, Dagster's
runs with events and checks, logs. `test_three_years` runs the whole job, on a few days of three years.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import duckdb
import pytest

from ingest.connectors import open_folder
from ingest.contract import Contract
from ingest.delivery import DeliveryStore, deliver
from ingest.landing import LandingTable, ensure_tables
from ingest.readers import delivered_files
from orchestration.instance import retention
from orchestration.instance.setup import prepare_instance
from orchestration.runs.record import RELEASED, RunRecord, RunStore
from orchestration.settings import Settings
from tests.stress.disk import FIGURES, curve, used
from tests.stress.small import write_figures
from tests.support.visits import CITY_ZONE, visits_contract
from warehouse.metadata import migrate

NIGHTS = int(os.environ.get("STRESS_NIGHTS", "365"))
KEPT = round(NIGHTS * 90 / 365)
FIRST = dt.datetime(2026, 1, 1, 8)
ROWS, ASSETS, LOG_BYTES_A_NIGHT = 500, 10, 10_000
COLUMNS = [{"name": "k", "type": "integer"}, {"name": "d", "type": "date", "formats": ["%Y-%m-%d"]}, {"name": "v"}]
LOADS = (
    {"mode": "replace"},
    {"mode": "merge", "key": ["k"]},
    {"mode": "replace_period", "period_column": "d", "period": "day"},
)


def contracts() -> list[Contract]:
    return [visits_contract(source=f"dpt__{load['mode']}", columns=COLUMNS, load=load) for load in LOADS]


@dg.multi_asset(
    specs=[dg.AssetSpec(f"table_{number}") for number in range(ASSETS)],
    check_specs=[dg.AssetCheckSpec("gate", asset=f"table_{number}") for number in range(ASSETS)],
)
def tables():  # type: ignore[no-untyped-def]
    for number in range(ASSETS):
        yield dg.MaterializeResult(asset_key=f"table_{number}", metadata={"rows": number})
        yield dg.AssetCheckResult(asset_key=f"table_{number}", check_name="gate", passed=True, metadata={"found": "x" * 2_000})


@pytest.mark.timeout(3600)
def test_a_year_of_what_runs_leave(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    limits = {"LEVELGROUND_KEEP_RUNS": str(KEPT), "LEVELGROUND_KEEP_DELIVERIES": str(KEPT)}
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home"), **limits})
    monkeypatch.setenv("DAGSTER_HOME", "")
    prepare_instance(settings)
    home, runs, registry = settings.home, RunStore(settings.home.runs), contracts()
    chance = random.Random(1)
    rows: list[tuple[object, ...]] = []
    for night in range(NIGHTS):
        now = FIRST + dt.timedelta(days=night)
        monkeypatch.setattr(retention, "utc_now", lambda now=now: now)
        # opened and closed every night, as runs do
        with duckdb.connect(str(home.warehouse)) as con, dg.DagsterInstance.get() as instance:
            migrate(con)
            session = SimpleNamespace(settings=settings, location=SimpleNamespace(registry=registry), con=con, runs=runs)
            for contract in registry:
                store = DeliveryStore(home.deliveries, contract.source)
                folder = tmp_path / "in"
                folder.mkdir(exist_ok=True)
                text = "".join(f"{k},{now:%Y-%m-%d},{chance.random()}\n" for k in range(ROWS))
                (folder / "f.csv").write_text(f"k,d,v\n{text}")
                ensure_tables(con, contract, CITY_ZONE)
                receipt = deliver(contract, open_folder(contract, delivered_files(folder), folder), store, None, now)
                LandingTable(con, contract, store, CITY_ZONE).promote(receipt, run_id=str(night), now=now)
            result = dg.materialize([tables], instance=instance)
            with sqlite3.connect(home.dagster / "history" / "runs.db") as history:
                history.execute("update runs set create_timestamp = ? where run_id = ?", (str(now), result.run_id))
            receipt_of_run = RunRecord(
                run_id=result.run_id,
                trigger="cli",
                started_at=now.isoformat(),
                city="x",
                deliveries="x",
                as_of=now.isoformat(),
                number=night + 1,
            )
            receipt_of_run.fingerprint, receipt_of_run.message = "f", "m" * 20_000
            receipt_of_run.end(RELEASED, now)
            runs.save(receipt_of_run)
            with (home.logs / "alerts.log").open("a") as log:
                log.write(("x" * 99 + "\n") * (LOG_BYTES_A_NIGHT // 100))
            retention.delete_expired(session, instance)  # type: ignore[arg-type]
        sizes = used(home.root)
        rows.append((night + 1, *(round(size, 3) for size in sizes.values()), round(sum(sizes.values()), 3)))
    stay = {contract.load.mode: len(DeliveryStore(home.deliveries, contract.source).records()) for contract in registry}
    with dg.DagsterInstance.get() as instance:
        assert instance.get_runs_count() in (KEPT, KEPT + 1)
    totals = [float(str(row[-1])) for row in rows]
    if FIGURES:
        write_figures(Path(FIGURES) / "kept.csv", ("night", *sizes, "total"), rows)
    with capsys.disabled():
        print(f"\n{curve(totals)}\n           1 to {NIGHTS} nights, {KEPT} kept")
    record_property("MB when what is kept is full, and at the end", f"{totals[KEPT + 1]:.1f}, {totals[-1]:.1f}")
    record_property("deliveries kept by load mode", stay)
    assert len(runs.all()) in (KEPT, KEPT + 1)
    # a day's rows hang on that day's delivery; the others are in the newest one
    assert stay["replace"] in (KEPT, KEPT + 1) and stay["merge"] in (KEPT, KEPT + 1) and stay["replace_period"] == NIGHTS
    # what grows on is landing itself and the deliveries that it stems from
    bounded = [sum(float(str(row[1 + list(sizes).index(name)])) for name in ("runs", "dagster", "logs")) for row in rows]
    write_ahead = 5  # SQLite's log is put into its file at 4 MB
    assert max(bounded[KEPT + 5 :]) <= max(bounded[: KEPT + 5]) * 1.15 + write_ahead
