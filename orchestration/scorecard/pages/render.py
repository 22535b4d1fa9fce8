"""Render the pages of a site and its report: what templates see, and which page a failure names.

`page_list` lists the pages and what each shows. See `site` for writing them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from orchestration.scorecard.contact import Contact
from orchestration.scorecard.editions import INDEXED, NOT_INDEXED, Edition
from orchestration.scorecard.pages.page_list import Page, pages
from orchestration.scorecard.pages.report import REPORT, notice, write_report
from orchestration.scorecard.pages.streets import FOLDER, street_contents
from orchestration.scorecard.reach.cards import Card, card_of
from orchestration.scorecard.reach.catalogue import FORMATS, period_of
from orchestration.scorecard.release_data.changes import Changes, Earlier
from orchestration.scorecard.release_data.open_release import Record
from orchestration.scorecard.release_data.places import WIDTH, map_height
from orchestration.scorecard.release_data.read_release import ReleaseData
from orchestration.scorecard.words.figures import Count, Figure
from orchestration.scorecard.words.texts import ORIGINAL, Joined, Name, Texts, day

TEMPLATES = Path(__file__).parents[1] / "templates"
NOTICE = Markup("<!-- notice -->")
FOR_PUBLICATION = ("embed.html", "corrections.html", "feed.atom", "editions.html")  # what an internal site does not have


class ScorecardError(Exception):
    """A page could not be written; the message names it and the cause."""

    def __init__(self, page: str, cause: Exception | str) -> None:
        detail = cause if isinstance(cause, str) else f"{type(cause).__name__}: {cause}"
        super().__init__(f"{page} could not be written: {detail}")
        self.page = page


@dataclass(frozen=True)
class Surroundings:
    """What decides the pages of a site apart from the release. `label`: of the edition, None for the site of the newest release.

    `languages`: some of the release, else all. `analyst_file`: of an internal site, whose pages show its figures. `only`: the
    pages of a draft that has no others.
    """

    languages: Sequence[str] = ()
    contact: Contact = field(default_factory=Contact)
    editions: tuple[Edition, ...] = ()
    earlier: Earlier | None = None
    label: str | None = None
    analyst_file: Path | None = None
    site: Path | None = None  # the folder that may have an earlier site, whose pictures are kept
    only: frozenset[str] = frozenset()

    @property
    def is_internal(self) -> bool:
        """Whether the site is for staff only."""
        return self.analyst_file is not None

    @property
    def robots(self) -> Markup:
        """What search engines read: an edition is listed until a newer one supersedes it, an internal site never."""
        word = NOT_INDEXED if self.is_internal else INDEXED if self.label is not None else ""
        return Markup(word)  # noqa: S704 - a constant


def rendered_pages(
    data: ReleaseData, texts: Texts, languages: dict[str, Texts], around: Surroundings, changes: Changes | None
) -> Iterator[tuple[Page, str, Card | None]]:
    """Yield every page of one language with its HTML, and the picture of links to it."""
    shared = {
        "city": data.city,
        "about": data.about,
        "languages": languages,
        "address": around.contact.base,
        "contact": around.contact,
        "day": lambda date: day(date)(texts),
        "english": texts.marked_english,
        "edition": around.label,
        "robots": around.robots,
        "editions": around.editions,
        "is_internal": around.is_internal,
    }
    has_cards = around.contact.address and not around.is_internal
    listed = (
        (page, card_of(page, description(page, texts), data.city, texts) if has_cards else None)
        for page in pages(data, texts, changes, around.label is not None, around.editions)
        if not (around.is_internal and page.template in FOR_PUBLICATION)
        and (not around.only or f"{texts.language}/{page.path}" in around.only)
    )
    return rendered(listed, shared, texts)


def rendered(
    listed: Iterable[tuple[Page, Card | None]], shared: Mapping[str, Any], texts: Texts
) -> Iterator[tuple[Page, str, Card | None]]:
    """Yield pages of one language with their HTML. `shared`: what templates see besides the content of their page."""
    path = "the list of pages"
    try:
        texts.start_page()
        for page, card in listed:
            path = f"{texts.language}/{page.path}"
            shown = {**shared, **page.content, "page": page, "description": description(page, texts), "card": card and card[0]}
            html = environment().get_template(page.template).render(**shown, t=texts, put=lambda part: part(texts), notice=NOTICE)
            yield page, html.replace(NOTICE, notice_of(texts)), card  # what the page has used decides on its notice
            texts.start_page()
    except (ScorecardError, OSError):
        raise
    except Exception as error:
        raise ScorecardError(path, error) from error


def rendered_report(data: ReleaseData, texts: Texts, changes: Changes | None, label: str | None) -> bytes:
    """Return the report in one language."""
    try:
        return write_report(data, texts, changes, label)
    except Exception as error:
        raise ScorecardError(f"{texts.language}/{REPORT}", error) from error


def rendered_streets(data: ReleaseData, languages: dict[str, Texts], around: Surroundings) -> Iterator[tuple[str, str]]:
    """Yield the pages of the index of streets, which all languages share, with their HTML."""
    shared = {"city": data.city, "languages": languages, "robots": around.robots, "is_internal": around.is_internal}
    for page, content in street_contents(data, languages):
        path = f"{FOLDER}/{page.file}"
        for texts in languages.values():
            texts.start_page()
        try:
            html = environment().get_template("streets.html").render(**shared, **content, notice=NOTICE)
        except Exception as error:
            raise ScorecardError(path, error) from error
        notices = [(texts, notice_of(texts)) for texts in languages.values()]
        marked = [
            Markup('<div lang="{}" dir="{}">{}</div>').format(t.tag, t.direction, notice) for t, notice in notices if notice
        ]
        yield path, html.replace(NOTICE, Markup("\n").join(marked))


def notice_of(texts: Texts) -> Markup:
    """Return the banner of a page with texts that no speaker has reviewed, or that are in English."""
    sentences = notice(texts)
    return Markup('<p class="translated">{}</p>').format(Markup(" ").join(sentences)) if sentences else Markup()


def district_words(chart: Record) -> dict[str, str]:
    """Return how each district of a map is filled: by its comparison with the city, never by its figure."""
    words = {}
    for line in chart.rows:
        if line.is_total:
            continue
        word = line.row.compared_with_city
        compared = "compared-not" if word in (None, "no_range", "not_compared") else str(word)
        if line.row.value == 0 and compared == "compared-not":
            compared = "zero"
        words[line.row.geoid] = compared if line.row.is_shown else "no-figure"
    return words


def qr_code(address: str) -> Markup:
    """Return a QR code as SVG: it opens the address from a printed page."""
    import segno  # noqa: PLC0415 - most pages have none

    return Markup(segno.make(address, micro=False).svg_inline(svgclass="qr", lineclass=None, omitsize=True))  # noqa: S704


def description(page: Page, texts: Texts) -> str:
    """Return what the page is about in plain words: its first sentences, as previews of links show them."""
    found = [*page.content.get("lead", ()), *page.content.get("sentences", ())][:2]
    said = [one[-1] if isinstance(one, tuple) else one for one in found]
    return " ".join(Markup(one).striptags() for one in said) or f"{page.title}. {texts.plain('page.subtitle')}"  # noqa: S704


@cache
def environment() -> Environment:
    """Return the templates, compiled once per process."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.globals |= {"count": Count, "date": day, "figure": Figure, "joined": Joined, "name": Name, "period_of": period_of}
    templates.globals |= {"district_words": district_words, "formats": FORMATS, "qr_code": qr_code}
    templates.globals |= {"map_width": WIDTH, "map_height": map_height}
    templates.filters["names"] = lambda codes, subject: [Name(subject, code) for code in codes]
    return templates


def rendered_start(city: str, languages: dict[str, Texts], around: Surroundings) -> str:
    """Return the page on which readers choose a language."""
    shown = {"city": city, "languages": languages, "robots": around.robots, "is_internal": around.is_internal}
    return environment().get_template("start.html").render(**shown, title=originals(languages).plain("page.title"))


def rendered_withdrawn(label: str, on: dt.date, languages: dict[str, Texts], root: str) -> str:
    """Return the page at the address of a withdrawn edition. `root`: the way from it to the folder of the site."""
    template = environment().get_template("withdrawn.html")
    first = originals(languages)
    robots = Markup(NOT_INDEXED)  # noqa: S704 - a constant
    return template.render(label=label, on=on, languages=languages, t=first, root=root, robots=robots, day=day)


def originals(languages: dict[str, Texts]) -> Texts:
    """Return the texts in English, else those of the first language."""
    return languages.get(ORIGINAL) or next(iter(languages.values()))
