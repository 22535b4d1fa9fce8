"""Commands, options, environment variables and contract keys are those of interface.txt: users and other programs rely on them.

`python -m tests.contract.test_interface` writes the list again. A line that goes or changes belongs in CHANGELOG.md, too.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import typer

from ingest.contract.keys import json_schema, objects
from orchestration.cli.application import GROUPS, application
from orchestration.settings import variable_names

STORED = Path(__file__).with_name("interface.txt")


def interface() -> Iterator[str]:
    """A line per command, with its arguments and options; per environment variable; per object of a contract, with its keys."""
    yield from _commands("levelground", typer.main.get_command(application(*GROUPS)))
    yield from sorted(variable_names())
    for name, part in sorted(objects(json_schema()).items()):
        yield f"{name}: {' '.join(sorted(part['properties']))}"


def _commands(path: str, command: Any) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    hints = get_type_hints(command.callback) if command.callback else {}
    own = " ".join(_parameter(each, hints) for each in command.params if each.name in hints)
    if own or not inner:
        yield f"{path} {own}".rstrip()
    for name, each in inner.items():
        yield from _commands(f"{path} {name}", each)


def _parameter(parameter: Any, hints: dict[str, Any]) -> str:
    """An argument in capital letters, an option with its choices, if it has some; in brackets if it can be left out."""
    is_option = parameter.param_type_name == "option"
    name = parameter.opts[0] if is_option else parameter.name.upper()
    takes = "|".join(_choices(hints[parameter.name])) or "…"
    shown = f"{name}={takes}" if is_option and not parameter.is_flag else name
    return shown if parameter.required else f"[{shown}]"


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return tuple(kind)
    return tuple(choice for inner in get_args(kind) for choice in _choices(inner))


def test_the_interface_is_the_stored_one() -> None:
    assert STORED.read_text(encoding="utf-8").splitlines() == list(interface())


if __name__ == "__main__":
    STORED.write_text("\n".join(interface()) + "\n", encoding="utf-8")
