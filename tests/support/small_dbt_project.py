"""A dbt project that contains only the source entries of some contracts: dbt reads it in two seconds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dbt.cli.main import dbtRunner

from ingest.contract import Contract
from ingest.contract.registry import Registry
from orchestration.transform.dbt_sources import write_sources

NAME = "doors"


def run_dbt(folder: Path, contracts: Iterable[Contract], *command: str) -> Path:
    """Write the project, run a dbt command in it, and return dbt's target folder."""
    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text(
        f"{{name: {NAME}, version: '1.0', config-version: 2, profile: x, model-paths: [models]}}"
    )
    (folder / "profiles.yml").write_text("x: {target: x, outputs: {x: {type: duckdb, path: ':memory:'}}}")
    write_sources(Registry(list(contracts)), folder / "models" / "_sources.yml")
    target = folder / "target"
    folders = [
        "--project-dir",
        str(folder),
        "--profiles-dir",
        str(folder),
        "--target-path",
        str(target),
        "--log-path",
        str(folder),
    ]
    outcome = dbtRunner().invoke(["--quiet", "--log-level-file", "none", *command, *folders])
    assert outcome.success, outcome.exception
    return target
