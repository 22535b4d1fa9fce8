"""Write the guide to the keys of a contract from its model, the texts of `keys.yml`, and examples.

Examples are of contracts that Levelground ships; `key_examples.yml` has those of keys that none of them uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from ingest.contract.keys import PATH as KEYS
from ingest.contract.keys import json_schema, objects
from ingest.contract.registry import SOURCES
from ingest.contract.yaml_source import read_yaml

NAME = "contract-keys.md"
EXAMPLES = KEYS.with_name("key_examples.yml")
HEAD = """# The keys of a contract

What each key holds, which values it takes, and an example of a contract that Levelground ships; long ones are shortened.
[Adding a source](add-a-source.md) explains how to choose, [formats](formats.md) and [connectors](connectors.md) which keys go
together.
"""
TABLE = "| key | holds | values | example |\n| --- | --- | --- | --- |\n"
TYPES = {"string": "text", "integer": "number", "number": "number", "boolean": "`true` or `false`", "object": "mapping"}
FORMATS = {"date": "date", "date-time": "time"}
Object = Mapping[str, Any]


def keys_page() -> str:
    """The guide as Markdown: a table per object of a contract, under the path of keys that leads to it."""
    found = objects(json_schema())
    examples: dict[tuple[str, str], Any] = {}
    for file in sorted(SOURCES.glob("*.yml")):
        _collect(found, "Contract", read_yaml(file).data, examples)
    for name, keys in read_yaml(EXAMPLES).data.items():
        examples |= {(name, key): value for key, value in keys.items()}
    parts = [HEAD]
    for name, path in _paths(found).items():
        parts.append(f"\n## {path or 'Contract'}\n\n{TABLE}")
        required = found[name].get("required", ())
        for key, field in found[name]["properties"].items():
            values, default = _values(field), field.get("default")
            if key in required:
                values += ", required"
            elif default not in (None, [], {}) and not isinstance(default, dict):
                values += f", default {_code(default)}"
            example = _code({key: examples[name, key]}) if (name, key) in examples else ""
            parts.append(f"| `{key}` | {_escaped(field['description'])} | {values} | {example} |\n")
    return "".join(parts)


def _paths(found: Mapping[str, Object]) -> dict[str, str]:
    """The objects in the order in which a reader meets them, with the keys that lead to each; a connector has its kind, too."""
    paths = {"Contract": ""}
    for name in (waiting := ["Contract"]):
        for key, field in found[name]["properties"].items():
            for other in _objects_of(field, found):
                if other not in paths:
                    kind = found[other]["properties"].get("kind", {}).get("const")
                    paths[other] = f"{paths[name]}.{key}".removeprefix(".") + (f": {kind}" if kind else "")
                    waiting.append(other)
    return paths


def _objects_of(field: Any, found: Mapping[str, Object]) -> Iterator[str]:
    """The objects that a key may hold, alone or in a list."""
    if isinstance(field, dict):
        name = str(field.get("$ref", "")).rpartition("/")[2]
        if name in found:
            yield name
        field = [value for key, value in field.items() if key in ("anyOf", "oneOf", "items", "additionalProperties")]
    for part in field if isinstance(field, list) else ():
        yield from _objects_of(part, found)


def _collect(found: Mapping[str, Object], name: str, value: Object, into: dict[tuple[str, str], Any]) -> None:
    """Keep the first example of each key of an object, and of the objects in it."""
    for key, held in value.items():
        if held is not None:
            into.setdefault((name, key), held)
        options = [*_objects_of(found[name]["properties"][key], found)]
        for part in held if isinstance(held, list) else [held]:
            for option in options if isinstance(part, dict) else ():
                properties = found[option]["properties"]
                if part.keys() <= properties.keys() and properties.get("kind", {}).get("const") in (None, part.get("kind")):
                    _collect(found, option, part, into)
                    break


def _values(field: Object) -> str:
    if "enum" in field or "const" in field:
        return " or ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    options = [option for option in field.get("anyOf", field.get("oneOf", ())) if option.get("type") != "null"]
    if options:
        return " or ".join(sorted(set(map(_values, options))))  # Python gives unions of the same types in the order of the first
    if "$ref" in field:
        return "keys"
    if field.get("type") == "array":
        return f"list of {_values(field['items']) if 'items' in field else 'text'}"
    return FORMATS.get(field.get("format", ""), TYPES.get(field.get("type", ""), "any"))


def _code(value: Any) -> str:
    text = yaml.safe_dump(_shortened(value), default_flow_style=True, width=10_000, sort_keys=False).removesuffix("...\n").strip()
    return f"`{_escaped(text.removeprefix('{').removesuffix('}') if isinstance(value, dict) else text)}`"


def _shortened(value: Any) -> Any:
    """The first entries of a long example."""
    if isinstance(value, dict):
        return {key: _shortened(part) for key, part in list(value.items())[:3]}
    return [_shortened(part) for part in value[:2]] if isinstance(value, list) else value


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
