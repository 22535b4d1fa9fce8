"""Render the pages of `docs/`, and generated ones, for the site: links between them stay, and links to anything else become text.

The site has no guides where the folder is missing.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from markdown_it import MarkdownIt
from markdown_it.token import Token

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
