"""dbt, SQLAlchemy and the run's own connection share one DuckDB instance and its attached release files."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from dbt.adapters.contracts.connection import Connection
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.environments import create
from sqlalchemy import text

from orchestration.transform.dbt_runner import close_dbt_connections
from tests.support.sealing import seal
from warehouse.connection import attach, detach, open_working
from warehouse.dialect import engine
from warehouse.paths import Home
from warehouse.releases import Candidate, content_hash, new_release_id, verify


def test_dbt_and_the_dialect_share_and_release_the_runs_instance(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.ensure()
    candidate = Candidate.begin(home, "run")
    with open_working(home, memory_limit="1GB", threads=3) as connection:
        attach(connection, candidate.analyst_path, "release")
        connection.execute("create schema release.marts; create schema landing; create table landing.calls as select 1 as call")

        dbt = create(DuckDBCredentials.from_dict({"path": str(home.warehouse), "schema": "main", "database": "warehouse"}))
        handle = dbt.handle()
        handle.cursor().execute("create table release.marts.fct_police_calls as select call from warehouse.landing.calls")
        assert handle.cursor().execute("select current_setting('threads')").fetchone() == (3,)
        handle.close()

        with engine(home.warehouse).connect() as gate:
            audited = gate.execute(text("select call from release.marts.fct_police_calls"))
        assert audited.fetchall() == [(1,)]

        hashed = content_hash(connection, [("release", "marts")])
        detach(connection, "release")
        created_at = datetime(2025, 12, 1, tzinfo=UTC)
        manifest = seal(  # while all three are still open on the working warehouse
            home,
            candidate,
            release_id=new_release_id(home, created_at, hashed),
            created_at=created_at,
            data_as_of=None,
            code_version="0.1.0",
            content_hash=hashed,
            loads={},
            versions={},
            seeds_hash="00",
        )
        dbt.close()
    assert verify(home, manifest.release_id).files["levelground.duckdb"].tables == {"marts.fct_police_calls": 1}
    with open_working(home, threads=2) as reopened:  # no connection keeps the old instance open
        assert reopened.execute("select current_setting('threads'), count(*) from landing.calls").fetchone() == (2, 1)


def test_an_ended_run_does_not_block_the_warehouse(tmp_path: Path) -> None:
    """dbt keeps its connection until its process ends, which may be seconds after the next run has the lock."""
    home = Home(tmp_path / "home")
    home.ensure()
    open_elsewhere = [sys.executable, "-c", f"import duckdb; duckdb.connect({str(home.warehouse)!r})"]
    credentials = DuckDBCredentials.from_dict({"path": str(home.warehouse), "schema": "main", "database": "warehouse"})
    with open_working(home):
        opened = DuckDBConnectionManager.open(Connection(type="duckdb", name="model", credentials=credentials))
        DuckDBConnectionManager.close(opened)
        del opened
    assert subprocess.run(open_elsewhere, check=False, capture_output=True).returncode != 0
    close_dbt_connections()
    subprocess.run(open_elsewhere, check=True)
