"""Look up texts in the language of a page, and put names and figures into them.

Texts are rows of `published.texts`; none is written here. A release of an earlier version lacks texts of newer pages, see
`with_installed_texts`. A text without a translation is shown in English, marked `lang="en"`,
and counted. A `Part`, such as a `Name`, a `Period` or a `Figure`, is written in the language of the text that it is part of.
"""

from __future__ import annotations

import csv
import datetime as dt
import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, wraps
from operator import itemgetter
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from markupsafe import Markup, escape

from orchestration.settings import DBT_PROJECT

ORIGINAL = "en"
LOCALE = "en_US"  # of numbers, where a language names none: as residents of the United States write them
REVIEWED, OWN_NAME = "reviewed", "page.own_name"
_ABSENT = frozenset({""})
COUNTED = ("count", "number", "days", "answered")  # parts by which a text has a form for one thing
ISOLATED, END_ISOLATED = "\u2066", "\u2069"
_FIGURE = re.compile(r"[^\u0590-\u08ff<]*\d[^\u0590-\u08ff<]*")  # without a letter of such a script, and without a mark
_ENGLISH = re.compile(r'<span lang="en"[^>]*>(.*?)</span>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_PARTS = re.compile(r"\{(\w+)\}")
INSTALLED = DBT_PROJECT / "seeds" / "reference"
Runs = list[tuple[str, bool]]  # words, and whether they are English on a page that is not
P = ParamSpec("P")
TextRow = tuple[str, str, str, str]  # text_id, language, text and review status
Part = Callable[["Texts"], Markup]  # what is put into a text, as HTML in the language of that text


class TextMissing(LookupError):
    """A text that no language has."""

    def __init__(self, text_id: str) -> None:
        super().__init__(f"the text {text_id} is missing; add it to dbt_project/seeds/reference/texts_en.csv")


def part(write: Callable[Concatenate[Texts, P], Markup]) -> Callable[P, Part]:
    """Turn a function that writes something in a language into one that returns it as a part."""
    return wraps(write)(lambda *values, **named: lambda texts: write(texts, *values, **named))


@part
def Name(texts: Texts, subject: str, code: str) -> Markup:
    """The name of a code: a group, a measure, a policy area."""
    return texts(f"{subject}.{code}")


def group_name(code: str) -> Part:
    """The name of a group, or of a reference: everyone (`overall`) or everyone else (`rest`)."""
    return Name("reference_group" if code in ("overall", "rest") else "race_ethnicity", code)


@part
def People(texts: Texts, code: str, measure_id: str = "") -> Markup:
    """The people of a group or reference inside a sentence: those whom the measure counts, else residents."""
    if texts.has(f"people.{measure_id}") and texts.has(f"short.{code}"):
        return texts(f"people.{measure_id}", group=Name("short", code))
    return texts(f"residents.{code}" if texts.has(f"residents.{code}") else f"reference_in_sentence.{code}")


@part
def Joined(texts: Texts, parts: Sequence[Part | Markup]) -> Markup:
    """A list of names, in the order given; its separators are texts."""
    words = [part if isinstance(part, Markup) else part(texts) for part in parts]
    if len(words) < 2:
        return Markup().join(words)
    return texts("page.list_last", first=texts("page.list_separator").join(words[:-1]), last=words[-1])


@dataclass(frozen=True)
class Period:
    """A period in words."""

    period_type: str
    start: dt.date
    end: dt.date

    @property
    def text_id(self) -> str:
        """The text of this kind of period."""
        if self.period_type == "month":
            return f"period.month_{self.start.month}"
        if self.period_type == "quarter":
            return f"period.quarter_{(self.start.month + 2) // 3}"
        if self.period_type == "snapshot":
            return f"period.day_{self.start.month}"
        if self.period_type in ("year", "school_year"):
            return f"period.{self.period_type}"
        return "period.year" if self._is_whole_years and self.start.year == self.end.year else "period.years"

    def __call__(self, texts: Texts) -> Markup:
        """Return the period in a language; a window that is not of whole years has its months, or days that divide them."""
        if self.text_id == "period.years" and not self._is_whole_years:
            first = "month" if self.start.day == 1 else "snapshot"
            last = "month" if (self.end + dt.timedelta(days=1)).day == 1 else "snapshot"
            ends = {"year": Period(first, self.start, self.start), "last_year": Period(last, self.end, self.end)}
            return texts(self.text_id, **ends)
        year = f"{self.end.year % 100:02}" if self.period_type == "school_year" else str(self.end.year)
        return texts(self.text_id, year=str(self.start.year), last_year=year, day=str(self.start.day))

    @property
    def _is_whole_years(self) -> bool:
        return (self.start.month, self.start.day, self.end.month, self.end.day) == (1, 1, 12, 31)


def day(date: dt.date) -> Period:
    """Return one day as a period."""
    return Period("snapshot", date, date)


LANGUAGE_COLUMNS = ("language_code", "own_name", "tag", "locale", "direction", "font")


@dataclass(frozen=True)
class Language:
    """How a language is written: a row of `published.languages`. `font`: of the report, if typst lacks its script."""

    code: str
    own_name: str = ""
    tag: str = ""
    locale: str = ""
    direction: str = "ltr"
    font: str = ""


def languages_written(rows: Iterable[Sequence[str | None]]) -> dict[str, Language]:
    """Return the languages of rows with `LANGUAGE_COLUMNS`, by their codes."""
    return {str(row[0]): Language(*(cell or "" for cell in row)) for row in rows}


@dataclass
class Texts:
    """The texts of one language; calling it returns a text as HTML."""

    language: str
    originals: Mapping[str, str]
    translations: Mapping[str, tuple[str, str]]  # text and review status
    written: Language = Language(ORIGINAL)
    used: set[str] = field(default_factory=set)
    untranslated: set[str] = field(default_factory=set)

    @property
    def tag(self) -> str:
        """The language tag of HTML."""
        return self.written.tag or self.language

    @property
    def direction(self) -> str:
        """From where to where the script is read: ltr or rtl."""
        return self.written.direction or "ltr"

    @property
    def own_name(self) -> str:
        """What the language calls itself."""
        return self.translations.get(OWN_NAME, (self.written.own_name,))[0] or self.language

    @property
    def locale(self) -> str:
        """The locale of numbers."""
        return self.written.locale or LOCALE

    @property
    def files(self) -> str:
        """The folder of its downloads: a language without a locale has those in English."""
        return f"{self.language}/" if self.language != ORIGINAL and self.written.locale else ""

    @property
    def has_unreviewed(self) -> bool:
        """Whether a translation that no speaker has reviewed was used."""
        translated = self.used & self.translations.keys() if self.language != ORIGINAL else ()
        return any(self.translations[name][1] != REVIEWED for name in translated)

    def __call__(self, text_id: str, /, **parts: Part | str | Markup) -> Markup:
        """Return the text with its parts, or that of one thing; English is marked where the page has another language."""
        if f"{text_id}_one" in self.originals and any(self._is_one(parts[name]) for name in COUNTED if name in parts):
            text_id = f"{text_id}_one"
        self.used.add(text_id)
        if self.language == ORIGINAL:
            if text_id not in self.originals:
                raise TextMissing(text_id)
            return self._filled(self.originals[text_id], parts)
        if text_id in self.translations:
            return self._filled(self.translations[text_id][0], parts)
        self.untranslated.add(text_id)
        return self.marked_english(Texts(ORIGINAL, self.originals, {})(text_id, **parts))

    def _is_one(self, part: Part | str) -> bool:
        return (part if isinstance(part, str) else part(self)) == "1"

    def put(self, part: Part | None) -> Markup | None:
        """Return a part in this language; None without one."""
        return None if part is None else part(self)

    def or_english(self, text_id: str, english: str) -> Markup:
        """Return the text, or these English words where there is none."""
        return self(text_id) if self.has(text_id) else self.marked_english(english)

    def marked_english(self, text: str | Markup) -> Markup:
        """Return a text that is in English, marked where the page has another language."""
        if self.language == ORIGINAL or not text:
            return escape(text)
        # a browser takes the direction of a part from its ancestors, not from its language
        marked = '<span lang="en">{}</span>' if self.direction == "ltr" else '<span lang="en" dir="ltr">{}</span>'
        return Markup(marked).format(text)  # noqa: S704 - a constant

    def has(self, text_id: str) -> bool:
        """Whether the text exists in English."""
        return text_id in self.originals

    def plain(self, text_id: str, /, **parts: Part | str | Markup) -> str:
        """Return the text for a title or an attribute, which can mark no language."""
        return self(text_id, **parts).striptags()

    def start_page(self) -> None:
        """Forget what the page before has used."""
        self.used, self.untranslated = set(), set()

    def _filled(self, text: str, parts: Mapping[str, Any]) -> Markup:
        template = _escaped(text)
        if "{" not in template:
            return template
        # each part is escaped here: Markup.format does it too, and takes five times as long
        words = {name: escape(part if isinstance(part, str) else part(self)) for name, part in parts.items()}
        if self.direction != "ltr":
            words = {name: _isolated(word) for name, word in words.items()}
        try:
            return Markup(str.format(template, **words))  # noqa: S704 - the text and its parts are escaped
        except KeyError as word:
            raise LookupError(f"«{text}» has {word} in braces: correct texts_{self.language}.csv, then run again") from None


def _isolated(word: Markup) -> Markup:
    """Keep the order of a figure among letters of a script from right to left: a minus stays before its number (UAX 9)."""
    return Markup(f"{ISOLATED}{word}{END_ISOLATED}") if _FIGURE.fullmatch(word) else word  # noqa: S704 - it is escaped


_escaped = cache(escape)


def with_installed_texts(rows: Iterable[TextRow], languages: Iterable[str]) -> tuple[TextRow, ...]:
    """Return the texts of a release with those of the installed version that it lacks, or whose parts pages no longer have."""
    found = tuple(rows)
    parts = {text_id: {*_PARTS.findall(text)} for text_id, language, text, _ in found if language == ORIGINAL}
    installed = {language: _installed(language) for language in {ORIGINAL, *languages}}
    # a text may leave out a part, as one of a city's layer does
    newer = {name for name, (text, _) in installed[ORIGINAL].items() if not parts.get(name, _ABSENT) <= {*_PARTS.findall(text)}}
    added = [
        (text_id, language, *installed[language][text_id])
        for language in languages
        for text_id in sorted(newer & installed[language].keys())
    ]
    return (*(row for row in found if row[0] not in newer), *added)


def _installed(language: str) -> dict[str, tuple[str, str]]:
    file = INSTALLED / f"texts_{language}.csv"
    return {row["text_id"]: (row["text"], row["review_status"]) for row in read_rows(file)} if file.is_file() else {}


def read_rows(file: Path) -> list[dict[str, str]]:
    """Return the rows of an installed file, such as a seed."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def texts_by_language(
    rows: Iterable[TextRow], languages: Iterable[str], written: Mapping[str, Language] | None = None
) -> dict[str, Texts]:
    """Return the texts of each language. `written`: how each is written, instead of as the installed version has it."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for text_id, language, text, status in rows:
        found.setdefault(language, {})[text_id] = (text, status)
    originals = {text_id: text for text_id, (text, _) in found.get(ORIGINAL, {}).items()}
    known = languages_written(map(itemgetter(*LANGUAGE_COLUMNS), read_rows(INSTALLED / "languages.csv"))) | dict(written or {})
    return {
        language: Texts(language, originals, found.get(language, {}), known.get(language, Language(language)))
        for language in languages
    }


def runs(text: str | Markup) -> Runs:
    """Split a text at the words that are marked as English; markup is taken away."""
    if not isinstance(text, Markup):
        return [(text, False)]
    parts = _ENGLISH.split(text)  # the pieces between, and at odd places those inside the marks
    found = [(html.unescape(_TAG.sub("", part)), bool(number % 2)) for number, part in enumerate(parts)]
    return [part for part in found if part[0]]


def in_runs(value: Any) -> Any:
    """Return what a document shows with each text as runs of words."""
    if isinstance(value, dict):
        return {name: in_runs(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [in_runs(part) for part in value]
    return runs(value) if isinstance(value, Markup) else value


def plain(text: str | Markup) -> str:
    """Return a text for an alternative text, which cannot mark a language."""
    return "".join(words for words, _ in runs(text))
