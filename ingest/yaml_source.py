"""YAML that remembers its lines.

Here: reading one YAML file safely into plain data, refusing duplicate keys, and telling on which line a field stands, so
that a message can point at it. Not here: what the fields mean (`ingest.contract`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Location = tuple[str | int, ...]


class YamlError(ValueError):
    """A file that is no YAML, or says a key twice; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class YamlSource:
    """The data of a YAML file and the line of every field in it."""

    path: Path
    data: Any
    lines: dict[Location, int] = field(repr=False)

    def line_of(self, location: Location) -> int:
        """The line of a field, or of the nearest thing around it that the file does hold."""
        parts = location
        while parts and parts not in self.lines:
            parts = parts[:-1]
        return self.lines.get(parts, 1)


def read_yaml(path: Path) -> YamlSource:
    """Read a YAML file with the safe loader; `YamlError` names the line of what is wrong."""
    text = path.read_text(encoding="utf-8")
    lines: dict[Location, int] = {(): 1}
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is not None:
            _walk(node, (), lines)
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(str(error.problem or "this is not YAML"), mark.line + 1 if mark else 1) from None
    except (yaml.YAMLError, ValueError) as error:
        raise YamlError(f"this is not YAML: {error}", 1) from None
    finally:
        loader.dispose()
    return YamlSource(path, data, lines)


def _walk(node: yaml.Node, location: Location, lines: dict[Location, int]) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                raise YamlError(f"the key {name!r} stands here twice; keep one", key.start_mark.line + 1)
            seen.add(name)
            lines[*location, name] = key.start_mark.line + 1
            _walk(value, (*location, name), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[*location, index] = value.start_mark.line + 1
            _walk(value, (*location, index), lines)
