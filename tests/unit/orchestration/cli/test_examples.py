"""Commands with arguments have examples in their help, and each can be typed: command, options, measures and sources exist."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer

from orchestration.cli.application import GROUPS, application
from tests.conftest import ROOT
from tests.contract.registers import seed
from tests.support.shipped import shipped_registry


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
EXAMPLES = {name: [line.strip() for line in (command.epilog or "").splitlines()[2:]] for name, command in COMMANDS.items()}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_with_arguments_lists_examples_and_each_can_be_parsed(name: str) -> None:
    command = COMMANDS[name]
    assert EXAMPLES[name] or all(parameter.is_flag for parameter in command.params)
    for line in EXAMPLES[name]:
        typed = shlex.split(line.rpartition("| ")[2].partition(" > ")[0])[1:]
        assert " ".join(typed).startswith(name)
        command.make_context(name, typed[len(name.split()) :])


def test_examples_are_of_sources_and_measures_that_exist() -> None:
    measures = {row["measure_id"] for row in seed("measure_registry")}
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^levelground (?:measures )?show (\w+)", page, re.MULTILINE)) <= measures
    named = {shlex.split(line)[-1 if "measures show" in line else 2] for line in (*EXAMPLES["show"], *EXAMPLES["measures show"])}
    assert named <= measures
    sources = {word for lines in EXAMPLES.values() for line in lines for word in line.split() if "__" in word}
    assert sources - {"dpw__trees"} <= {contract.source for contract in shipped_registry()}
