"""Compare a site that is not published yet with the published one, page by page, for editors."""

from __future__ import annotations

import difflib
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from markupsafe import Markup

from orchestration.scorecard.pages.render import environment
from orchestration.scorecard.words.texts import TextRow
from warehouse.connection import attach, in_memory

CHANGES = "changes.html"
NEW, GONE, CHANGED = "new", "gone", "changed"
_RELEASE = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
# of every page: the head, the header with the languages, the footer with the release and its day
_FRAME = re.compile(r"<head>.*?</head>|<header>.*?</header>|<footer>.*?</footer>", re.DOTALL)
_BLOCK = re.compile(r"</(?:p|li|tr|h[1-6]|caption|figcaption|text|td|th|dd|dt)>")


@dataclass(frozen=True)
class PageChange:
    """A page that differs. `before`, `after`: its lines that the other one lacks."""

    path: str
    change: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def compare_sites(draft: Path, published: Path, only: Iterable[str] = ()) -> list[PageChange]:
    """Return the pages whose words differ, in the order of their paths, in the languages of the draft. `only`: these pages."""
    languages = {name.partition("/")[0] for name in _pages(draft)}
    found = {*_pages(draft), *(name for name in _pages(published) if name.partition("/")[0] in languages)}
    names = sorted(only) or sorted(found)
    return [change for name in names if (change := _change(name, draft / name, published / name)) is not None]


def write_changes(draft: Path, published: Path, changes: Iterable[PageChange], figures: object = None) -> Path:
    """Write the list of changed pages into the draft, with links to both sites, and return it.

    `figures`: the `PublicDifferences` of both releases; None if only words differ.
    """
    path = draft / CHANGES
    site = published.absolute().as_uri()
    page = environment().get_template("draft.html").render(changes=list(changes), published=site, figures=figures)
    path.write_text(page, encoding="utf-8")
    return path


def _pages(site: Path) -> Iterator[str]:
    """The pages of a site without those of its editions."""
    for language in sorted(path.parent for path in site.glob("*/your-district.html")):
        yield from (path.relative_to(site).as_posix() for path in language.rglob("*.html"))


def _change(name: str, draft: Path, published: Path) -> PageChange | None:
    if not published.is_file():
        return PageChange(name, NEW)
    if not draft.is_file():
        return PageChange(name, GONE)
    was, now = (_lines(path.read_text(encoding="utf-8")) for path in (published, draft))
    _, _, *found = [*difflib.unified_diff(was, now, n=0)] or ("", "")  # after the names of the files
    differing = [line for line in found if line[0] in "+-"]
    before, after = (tuple(line[1:] for line in differing if line[0] == sign) for sign in "-+")
    return PageChange(name, CHANGED, before, after) if differing else None


def _lines(page: str) -> list[str]:
    """The words of a page, one line per paragraph, row and cell."""
    blocks = _BLOCK.split(_FRAME.sub("", _RELEASE.sub("", page)))
    return [line for block in blocks if (line := Markup(block).striptags())]  # noqa: S704 - nothing is rendered from it


def with_texts(public_file: Path, copy: Path, texts: Iterable[TextRow]) -> None:
    """Copy a public file, with these texts in place of its own of the same id, in the languages that it has."""
    shutil.copyfile(public_file, copy)
    names = ("text_id", "language", "text", "review_status")
    rows = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in texts])
    with in_memory() as con:
        attach(con, copy, "draft")
        con.register("written", rows)
        con.execute("""
            create temp table words as
            select *, split_part(text_id, '.', 1) as subject, text_id[length(subject) + 2:] as code
            from written semi join (select distinct language from draft.published.texts) using (language);
            delete from draft.published.texts where (text_id, language) in (select (text_id, language) from words);
            insert into draft.published.texts by name select * from words
            qualify row_number() over (partition by text_id, language) = 1
        """)
