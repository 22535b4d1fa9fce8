"""Every command has examples in its help, and each of them can be typed: its command, options, measures and sources exist."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer

from orchestration.cli import completion
from orchestration.cli.application import GROUPS, application
from orchestration.cli.examples import EXAMPLES
from tests.conftest import ROOT


def _commands() -> dict[str, Any]:
    found = {}
    for group in GROUPS:
        command: Any = typer.main.get_group(application(group)).commands[group]
        inner = getattr(command, "commands", {})
        if not inner or command.invoke_without_command:
            found[group] = command
        found |= {f"{group} {name}": each for name, each in inner.items()}
    return found


COMMANDS = _commands()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_lists_examples_and_each_can_be_parsed(name: str) -> None:
    command = COMMANDS[name]
    assert EXAMPLES.get(name), "add the command to orchestration/cli/examples.py"
    assert all(f"  {line}" in command.help.splitlines() for line in EXAMPLES[name])
    for line in EXAMPLES[name]:
        typed = shlex.split(line.rpartition("| ")[2].partition(" > ")[0])[1:]
        assert " ".join(typed).startswith(name)
        command.make_context(name, typed[len(name.split()) :])


def test_examples_are_of_commands_sources_and_measures_that_exist() -> None:
    assert set(EXAMPLES) == set(COMMANDS)
    measures = {measure for measure, _ in completion.measures("")}
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^levelground (?:measures )?show (\w+)", page, re.MULTILINE)) <= measures
    named = {shlex.split(line)[-1 if "measures show" in line else 2] for line in (*EXAMPLES["show"], *EXAMPLES["measures show"])}
    assert named <= measures
    sources = {word for name, lines in EXAMPLES.items() for line in lines for word in line.split() if "__" in word}
    assert sources - {"dpw__trees"} <= set(completion.sources(""))
