"""Read JSON without losing a digit: numbers stay as they are written."""

from __future__ import annotations

import json
from typing import Any

# Objects in more objects than these stay JSON text.
DEEPEST = 4


class Number(str):
    """A number as it is written in the file."""

    __slots__ = ()


class UnsupportedJson(Exception):
    """JSON that Python would read incompletely; the message quotes nothing."""


def decoder() -> json.JSONDecoder:
    """A decoder that keeps numbers as `Number`, and raises `UnsupportedJson` for what it could not keep."""
    return json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_no_number, object_pairs_hook=_without_repeats)


def _no_number(word: str) -> Number:
    raise UnsupportedJson(f"it has {word} in place of a number")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise UnsupportedJson("a name is repeated in one object, and only one of the two could be kept")
    return members


def as_text(value: Any) -> str | None:
    """A value as text: a string as it is, anything else as JSON."""
    return None if value is None else str(value) if isinstance(value, str) else as_json(value)


def as_json(value: Any) -> str:
    """A value as JSON, with its numbers as they were written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(as_json, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{as_json(name)}:{as_json(member)}' for name, member in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)


def flattened(record: dict[str, Any], above: str = "", depth: int = 0) -> dict[str, Any]:
    """The record with the members of its objects as members of its own: attributes.status. A list stays one value."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        is_object = isinstance(value, dict) and depth < DEEPEST
        inner = flattened(value, f"{above}{name}.", depth + 1) if is_object else {f"{above}{name}": value}
        if found.keys() & inner.keys():
            raise UnsupportedJson("a name is repeated once objects are flattened, and only one of the two could be kept")
        found |= inner
    return found
