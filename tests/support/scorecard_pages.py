"""Checks of a written scorecard: links, HTML, sizes, and the numbers of its tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import html5lib
from babel.numbers import parse_decimal

LARGEST = 60_000
OUTWARD = re.compile(r"""(?:src|href|action)=["']?(?:[a-z]+:)?//""", re.IGNORECASE)
CANONICAL = re.compile(
    r'<link rel="canonical" href="https://[^"]+">'
)  # the address of the page itself, which no browser requests
ACTIVE = re.compile(r"""<script|<iframe|<object|<embed|\son[a-z]+=|\sstyle=|javascript:""", re.IGNORECASE)
POLICY = "content=\"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'\""
TAG = re.compile(r"<[^>]+>")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
TABLE_ROW = re.compile(r'<tr id="([^"]+)"[^>]*>(.*?)</tr>', re.DOTALL)
FIGURE = re.compile(r'<td class="number"><b>(.*?)</b>', re.DOTALL)
# The tags of the languages; Hmong as it is spoken in Wisconsin is mww.
LANGUAGE_TAGS = {"en", "es", "mww"}
LOCALES = {"en": "en_US", "es": "es_US", "hmn": "en_US"}


def html_pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def words(page: Path) -> str:
    """The text of a page."""
    return without_markup(page.read_text(encoding="utf-8"))


def without_markup(html: str) -> str:
    """The text of a part of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def page_problems(page: Path, tags: Iterable[str] = LANGUAGE_TAGS) -> list[str]:
    """What is wrong with one page, without a browser. `tags`: the languages of its site."""
    text = page.read_text(encoding="utf-8")
    problems = [f"outward link {found}" for found in OUTWARD.findall(CANONICAL.sub("", text))]
    problems += [f"active content {found}" for found in ACTIVE.findall(text)]
    problems += [f"id {name} twice" for name, count in Counter(re.findall(r'\sid="([^"]+)"', text)).items() if count > 1]
    if not set(re.findall(r'hreflang="([^"]+)"', text)) >= set(tags):
        problems.append("no link to another language")
    if POLICY not in text:
        problems.append("no content policy")
    if len(text.encode()) > LARGEST:
        problems.append(f"{len(text.encode())} bytes")
    return [f"{page.name}: {problem}" for problem in problems]


def invalid_html(page: Path) -> list[str]:
    """The errors of a parser of the HTML standard."""
    parser = html5lib.HTMLParser()
    parser.parse(page.read_bytes())
    return [f"{page}: {code} at {place}" for place, code, _ in parser.errors]


def dead_links(site: Path) -> list[str]:
    """Links and alternates to files or anchors that do not exist."""
    ids = {page: set(re.findall(r'\sid="([^"]+)"', page.read_text(encoding="utf-8"))) for page in html_pages(site)}
    dead = []
    for page in ids:
        for target in re.findall(r'\s(?:href|src)="([^"]+)"', page.read_text(encoding="utf-8")):
            if target.startswith(("mailto:", "https://")):  # `page_problems` finds addresses outside the site
                continue
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.is_file() or (anchor and anchor not in ids.get(file, set())):
                dead.append(f"{page.relative_to(site)} -> {target}")
    return dead


def table_rows(page: Path) -> dict[str, str]:
    """The rows of the page's tables by their ids, as HTML."""
    return dict(TABLE_ROW.findall(page.read_text(encoding="utf-8")))


def parsed(text: str, language: str) -> list[tuple[float, float]]:
    """The numbers of a text, each with the half of its last digit: what the figure may differ from it."""
    found = []
    for written in NUMBER.findall(TAG.sub(" ", text)):
        decimals = len(written.partition(".")[2])
        found.append((float(parse_decimal(written, locale=LOCALES[language])), 0.5000001 * 10.0**-decimals))
    return found


def wrong_figures(page: Path, language: str, figures: dict[str, float]) -> Iterator[str]:
    """Rows of the page whose figure is not that of the file, by the id of the row; amounts in millions are read as such."""
    rows = table_rows(page)
    for anchor, value in figures.items():
        written = FIGURE.search(rows.get(anchor, ""))
        if written is None:
            yield f"{page}: {anchor} has no figure"
            continue
        number, tolerance = parsed(written[1], language)[0]  # a second one is part of the unit: for every 1,000
        scale = 1e6 if re.search(r" (million|millones|lab)\b", written[1]) else 1.0
        if abs(number * scale - value) > tolerance * scale:
            yield f"{page}: {anchor} shows {written[1]} for {value}"


def numbers_of_hidden(page: Path, anchors: Iterable[str]) -> list[str]:
    """Rows that must have no figure and contain a digit after their label, or a mark with a position."""
    rows = table_rows(page)
    wrong = []
    for anchor in anchors:
        after_label = rows[anchor].partition("</th>")[2]
        if re.search(r"\d", after_label) or "<circle" in after_label:
            wrong.append(anchor)
    return wrong
