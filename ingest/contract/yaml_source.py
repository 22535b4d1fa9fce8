"""Read a YAML file safely into plain data, with the line of every field, and refuse duplicate keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Location = tuple[str | int, ...]


# The largest contract has about 4,000. A few nested anchors expand to more values than fit into memory.
MOST_VALUES = 100_000
TOO_MANY = f"it expands to more than {MOST_VALUES:,} values, as nested anchors (&) do; write the values out"
TOO_DEEP = "it is nested too deeply, or an anchor (&) contains itself; write the values out"


def file_state(path: Path) -> tuple[int, ...]:
    """What changes with the content of a file; empty if it does not exist. A cache has it next to the path."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


class YamlError(ValueError):
    """A file that is no YAML, or repeats a key; `line` counts from 1."""

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
        """The line of a field, or of the nearest field around it that the file has."""
        parts = location
        while parts and parts not in self.lines:
            parts = parts[:-1]
        return self.lines.get(parts, 1)


class _UsableValues(yaml.constructor.SafeConstructor):
    """Safe values, with the position of a value that cannot exist, like the date 2025-13-01."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(None, None, f"no usable value: {error}", node.start_mark) from None
        except (AttributeError, KeyError, IndexError, TypeError):  # what PyYAML raises for `!!timestamp x` or `!!bool x`
            raise yaml.constructor.ConstructorError(None, None, "no usable value of its tag (!!)", node.start_mark) from None


class _Loader(_UsableValues, yaml.SafeLoader):
    """PyYAML's own parser, for its messages and lines."""


class _FastLoader(_UsableValues, yaml.CSafeLoader):
    """The parser of libyaml, ten times as fast; it refuses more than 1,000 levels."""


def read_yaml(path: Path) -> YamlSource:
    """Read a YAML file with the safe loader; `YamlError` has the line of the error."""
    try:
        text = path.read_text(encoding="utf-8")
        return YamlSource(path, *_parse(text))
    except UnicodeDecodeError:
        raise YamlError("not UTF-8; save the file as UTF-8", 1) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(str(error.problem or "this is not YAML"), mark.line + 1 if mark else 1) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(f"the character #x{ord(text[error.position]):04x} is not allowed in YAML; remove it", line) from None
    except RecursionError:
        raise YamlError(TOO_DEEP, 1) from None


def _parse(text: str) -> tuple[Any, dict[Location, int]]:
    try:
        return _parse_with(_FastLoader, text)
    except yaml.YAMLError:
        return _parse_with(_Loader, text)


def _parse_with(parser: type[_Loader | _FastLoader], text: str) -> tuple[Any, dict[Location, int]]:
    lines: dict[Location, int] = {(): 1}
    loader = parser(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, lines
        _walk(node, (), lines)
        return loader.construct_document(node), lines
    finally:
        loader.dispose()


def _walk(node: yaml.Node, location: Location, lines: dict[Location, int]) -> None:
    if len(lines) > MOST_VALUES:
        raise YamlError(TOO_MANY, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        visited: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in visited:
                raise YamlError(f"the key {name!r} is repeated here; keep one", key.start_mark.line + 1)
            visited.add(name)
            lines[*location, name] = key.start_mark.line + 1
            _walk(value, (*location, name), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[*location, index] = value.start_mark.line + 1
            _walk(value, (*location, index), lines)
