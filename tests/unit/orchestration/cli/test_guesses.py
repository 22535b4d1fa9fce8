"""A word that people type for a command gets the command that does it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.cli.application import _GUESSES, application
from tests.conftest import CommandLine


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("rollback", "releases rollback"),
        ("logs", "status"),
        ("pin", "releases pin"),
        ("sql", "query"),
        ("undo", "releases rollback"),
    ],
)
def test_a_guessed_command_names_the_right_one(tmp_path: Path, typed: str, meant: str) -> None:
    result = CommandLine(tmp_path / "home")(typed)
    assert result.returncode == 2
    assert f"Use `levelground {meant}`." in result.stderr


def test_a_misspelt_command_still_gets_those_of_similar_names(tmp_path: Path) -> None:
    assert "Did you mean 'releases'" in CommandLine(tmp_path / "home")("relases").stderr


@pytest.mark.parametrize("meant", sorted(set(_GUESSES.values())))
def test_every_command_that_a_guess_names_exists(tmp_path: Path, meant: str) -> None:
    words = [word for word in meant.split() if not word.startswith("-")][:2]
    words = [word for word in words if word != "csv"]
    result = CommandLine(tmp_path / "home")(*words, "--help")
    assert result.returncode == 0, result.stderr
    assert f"levelground {' '.join(words)}" in result.stdout


def test_no_guess_hides_a_command() -> None:
    names = {each.name for each in application().registered_commands}
    assert not names & set(_GUESSES)
