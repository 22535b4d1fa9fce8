"""The generated files in dbt_project are those that the contracts and models give."""

from __future__ import annotations

from pathlib import Path

from orchestration.settings import DBT_PROJECT
from tests.support.repository_project import GENERATED, write_repository_project


def test_generated_files_are_current(tmp_path: Path) -> None:
    write_repository_project(tmp_path)
    files = {path.relative_to(tmp_path) for name in GENERATED for path in (tmp_path / name).iterdir()}
    assert files == {path.relative_to(DBT_PROJECT) for name in GENERATED for path in (DBT_PROJECT / name).iterdir()}
    stale = [str(file) for file in files if (tmp_path / file).read_text() != (DBT_PROJECT / file).read_text()]
    assert stale == [], "run python -m tests.support.repository_project"
