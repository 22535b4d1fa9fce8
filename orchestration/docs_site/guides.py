"""Render the pages of `docs/`, and generated ones, for the site: links between them stay, and links to anything else become text.

The guide to the keys of a contract is generated from its model, the texts of `keys.yml`, and examples of contracts that
Levelground ships; `key_examples.yml` has those of keys that none of them uses. The site has no guides where the folder is
missing.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.contract.keys import PATH as KEYS
from ingest.contract.keys import json_schema, objects
from ingest.contract.registry import SOURCES
from ingest.contract.yaml_source import read_yaml

FOLDER = "guides"
DECISIONS = "adr"
_PUNCTUATION = re.compile(r"[^\w\- ]")
_TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}


@dataclass(frozen=True)
class Section:
    """A part of a page under one heading: its anchor, its heading and its text, for the search."""

    anchor: str
    heading: str
    text: str


@dataclass(frozen=True)
class Guide:
    """A page of `docs/`: where it is, its heading, its HTML without that heading, and its sections."""

    path: str
    title: str
    html: str
    sections: tuple[Section, ...]

    @property
    def is_decision(self) -> bool:
        """Return whether the page is a decision record."""
        return self.path.startswith(f"{FOLDER}/{DECISIONS}/")


def read_guides(docs: Path, generated: Mapping[str, str]) -> list[Guide]:
    """Return the pages of the folder and the generated ones (name → Markdown) by path; none if the folder does not exist."""
    if not docs.is_dir():
        return []
    pages = {path.relative_to(docs).as_posix(): path.read_text(encoding="utf-8") for path in docs.rglob("*.md")}
    pages |= generated
    return [_guide(docs, name, text, set(pages)) for name, text in sorted(pages.items())]


def page_of(name: str) -> str:
    """Return the path of the page of a file of `docs/`, or of a folder of it."""
    return f"{FOLDER}/{name.removesuffix('.md')}.html" if name.endswith(".md") else f"{FOLDER}/{name}"


def _guide(docs: Path, name: str, text: str, known: set[str]) -> Guide:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    anchors: dict[str, int] = {}
    title, heading, anchor = name, "", ""
    sections: list[Section] = []
    lines: list[str] = []
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            written = _plain(tokens[index + 1])
            if token.tag == "h1":
                title = written
                token.hidden = tokens[index + 1].hidden = tokens[index + 2].hidden = True
                tokens[index + 1].children = []
                continue
            sections.append(Section(anchor, heading or title, " ".join(lines)))
            heading, anchor, lines = written, _anchor(written, anchors), []
            token.attrSet("id", anchor)
        elif token.type == "inline":
            token.children = list(_with_own_links(docs, name, token.children or [], known))
            if tokens[index - 1].type != "heading_open":
                lines.append(_plain(token))
        elif token.type == "fence":
            lines.append(token.content)
    sections.append(Section(anchor, heading or title, " ".join(lines)))
    html = parser.renderer.render(tokens, parser.options, {})
    html = html.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    return Guide(page_of(name), title, html, tuple(section for section in sections if section.text or section.anchor))


def _with_own_links(docs: Path, name: str, tokens: list[Token], known: set[str]) -> Iterator[Token]:
    """The inline tokens, with links to pages of the site, images inside the page, and other links as text."""
    opened: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            target, _, fragment = str(token.attrGet("href")).partition("#")
            other = normpath(f"{PurePosixPath(name).parent}/{target}") if target else name
            opened.append(other in known)
            if other in known:
                page = relpath(page_of(other), PurePosixPath(page_of(name)).parent.as_posix()) if target else ""
                token.attrSet("href", f"{page}#{fragment}" if fragment else page)
                yield token
        elif token.type == "link_close":
            if opened.pop():
                yield token
        elif token.type == "image":
            file = docs / normpath(f"{PurePosixPath(name).parent}/{token.attrGet('src')}")
            if file.is_file() and file.suffix in _TYPES:
                token.attrSet("src", f"data:{_TYPES[file.suffix]};base64,{b64encode(file.read_bytes()).decode()}")
                yield token
            else:
                yield Token("text", "", 0, content=token.content)
        else:
            yield token


def _anchor(heading: str, used: dict[str, int]) -> str:
    """The anchor that GitHub gives a heading, so that links written for it work here as well."""
    slug = _PUNCTUATION.sub("", heading.lower()).replace(" ", "-")
    used[slug] = used.get(slug, -1) + 1
    return f"{slug}-{used[slug]}" if used[slug] else slug


def _plain(token: Token) -> str:
    parts = (" " if child.type in ("softbreak", "hardbreak") else child.content for child in token.children or [])
    return "".join(parts) if token.children else token.content


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
