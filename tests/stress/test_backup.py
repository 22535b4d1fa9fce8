"""The commands of docs/runbook.md for backup and restore, exactly as written: a restored home runs and converges."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.conftest import ROOT
from tests.stress.small import BIN, SmallHome

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")


def commands(heading: str) -> str:
    """The shell commands below a heading."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
    found = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found, f"no commands below {heading!r}"
    return "\n".join(found).replace(".venv/bin/", f"{BIN}/")


def shell(script: str, small: SmallHome, backup: Path) -> None:
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=small.environment(BACKUP=str(backup), LEVELGROUND_DELIVERIES=str(small.deliveries)),
        cwd=small.code,
        text=True,
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_restored_home_runs_and_converges(disturbed: SmallHome, converges: Callable[[], None], tmp_path: Path) -> None:
    before, backup = disturbed.content(), tmp_path / "backup"
    backup.mkdir()
    shell(commands("Backup"), disturbed, backup)
    assert sum(path.stat().st_size for path in backup.iterdir()) > 0
    shutil.rmtree(disturbed.home)
    restore, run = commands("Restore").split("# from here on it runs", 1)
    shell(restore, disturbed, backup)
    assert disturbed.content() == before
    assert (disturbed.home / "releases").is_dir()
    shell(run, disturbed, backup)
    converges()
