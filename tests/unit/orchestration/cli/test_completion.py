"""Shells complete commands, options, sources and measures, by the scripts that `--show-completion` prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.cli import completion

LEVELGROUND = Path(sys.executable).parent / "levelground"


def _run(*arguments: str, **environment: str) -> str:
    result = subprocess.run(
        [LEVELGROUND, *arguments], env=os.environ | environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stderr == ""
    return result.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script_that_completes_measures(shell: str) -> None:
    assert "_LEVELGROUND_COMPLETE" in _run("--show-completion", shell)
    line = "levelground measures show stops_sear"
    words = {"COMP_WORDS": line, "COMP_CWORD": "3", "_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    completed = _run(_LEVELGROUND_COMPLETE=f"complete_{shell}", **words)
    assert "stops_searched_share" in completed
    assert "stops_by_race" not in completed


def test_sources_of_the_city_are_completed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ucc__own.yml").touch()
    monkeypatch.setenv("LEVELGROUND_SOURCES", str(tmp_path))
    assert completion.sources("ucc__") == ["ucc__own", "ucc__service_requests"]
    assert ("stops_searched_share", "Stopped persons who were searched") in completion.measures("stops_")
