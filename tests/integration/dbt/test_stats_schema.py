"""dbt's hook creates the schema `stats` in both release files. See `tests/unit/stats` for what its functions compute."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb

from tests.unit.stats.test_stats_schema import CALLS


def test_dbt_creates_them_in_both_release_files(tmp_path: Path) -> None:
    """The hook as dbt_project.yml has it: one entry per file, since one transaction writes to one attached database."""
    macros = Path(__file__).parents[3] / "dbt_project" / "macros"
    (tmp_path / "stats").symlink_to(macros / "stats", target_is_directory=True)
    (tmp_path / "dbt_project.yml").write_text(
        "{name: hook, version: 1.0.0, profile: hook, macro-paths: [stats], model-paths: [models],"
        " on-run-start: [\"{{ create_stats_macros('release') }}\", \"{{ create_stats_macros('public') }}\"]}",
        encoding="utf-8",
    )
    (tmp_path / "profiles.yml").write_text(
        "{hook: {target: t, outputs: {t: {type: duckdb, path: w.duckdb,"
        " attach: [{path: r.duckdb, alias: release}, {path: p.duckdb, alias: public}]}}}}",
        encoding="utf-8",
    )
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "two_files.sql").write_text(
        "{{ config(materialized='table') }} select release.stats.moe_to_se(1645) as a, public.stats.moe_to_se(3290) as b",
        encoding="utf-8",
    )
    dbt = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--no-send-anonymous-usage-stats"]
    result = subprocess.run(
        [*dbt, "run", "--profiles-dir", "."], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stdout
    with duckdb.connect(tmp_path / "w.duckdb", read_only=True) as connection:
        assert connection.execute("from two_files").fetchall() == [(1000.0, 2000.0)]
    for name in ("r.duckdb", "p.duckdb"):
        with duckdb.connect(tmp_path / name, read_only=True) as connection:
            row = connection.execute("select count(*) from duckdb_functions() where schema_name = 'stats'").fetchone()
            assert row == (len(CALLS),), name
