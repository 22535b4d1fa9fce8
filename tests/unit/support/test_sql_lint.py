"""sqlfluff is given what changed since it last passed, and nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support import sql_lint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("models/a.sql", "models/b.sql", "macros/m.sql", "tests/t.sql", "tests/generic/g.sql"):
        file = tmp_path / "dbt_project" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("select 1\n")
    (tmp_path / ".sqlfluff").write_text("[sqlfluff]\n")
    return tmp_path


def _linted(root: Path, monkeypatch: pytest.MonkeyPatch, exit_code: int = 0) -> set[str]:
    given: set[str] = set()

    def lint(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        given.update(str(part).removeprefix("dbt_project/") for part in command if str(part).endswith(".sql"))
        return subprocess.CompletedProcess(command, exit_code)

    monkeypatch.setattr(subprocess, "run", lint)
    assert sql_lint.main(root) == (exit_code if given else 0)
    return given


def test_what_passed_is_linted_again_when_its_text_changed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _linted(project, monkeypatch) == {"models/a.sql", "models/b.sql", "tests/t.sql"}
    assert _linted(project, monkeypatch) == set()
    (project / "dbt_project/models/b.sql").write_text("select 2\n")
    assert _linted(project, monkeypatch) == {"models/b.sql"}


@pytest.mark.parametrize("file", ["dbt_project/macros/m.sql", ".sqlfluff"])
def test_a_macro_or_a_setting_that_changed_lints_every_file(project: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    _linted(project, monkeypatch)
    (project / file).write_text("[sqlfluff] -- other\n")
    assert _linted(project, monkeypatch) == {"models/a.sql", "models/b.sql", "tests/t.sql"}


def test_what_failed_is_linted_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _linted(project, monkeypatch, exit_code=1) == _linted(project, monkeypatch) != set()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:pathspec")
def test_the_files_of_this_project_are_those_that_sqlfluff_finds() -> None:
    from sqlfluff.core.linter.discovery import paths_from_path  # noqa: PLC0415 - half a second

    found = {
        Path(path).resolve().relative_to(sql_lint.ROOT).as_posix()
        for folder in sql_lint.FOLDERS
        for path in paths_from_path(str(sql_lint.ROOT / folder))
    }
    assert any(name.startswith("ingest/states/") for name in found)
    assert set(sql_lint.passing_keys(sql_lint.ROOT)) == {name for name in found if "/target/" not in name}
