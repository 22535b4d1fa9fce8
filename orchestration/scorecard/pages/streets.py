"""Prepare the index of streets: which numbers of which street are in which district, in one copy for all languages.

Paths follow from names of streets, so that they do not change between releases: a folder entry per first letter, and per ten of
numbered streets. An entry that would be too long for one page continues on further pages.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from markupsafe import Markup

from orchestration.scorecard.release_data.open_release import Record
from orchestration.scorecard.release_data.read_release import ReleaseData
from orchestration.scorecard.words.texts import ORIGINAL, Part, Texts, day

FOLDER = "streets"
MOST_ROWS = 330  # of a page: 100 bytes each, next to 10 kB for the rest
LAST_DIGITS = {"even": "0 2 4 6 8", "odd": "1 3 5 7 9", "both": "0\u20139"}
NUMBERED = re.compile(r"\d+")


@dataclass(frozen=True)
class Street:
    """A street with its ranges."""

    name: str
    ranges: tuple[Record, ...]


@dataclass(frozen=True)
class StreetPage:
    """A page of the index."""

    label: str  # A, or 20-29
    file: str
    streets: tuple[Street, ...]

    @property
    def districts(self) -> set[str]:
        """The districts that the page links to."""
        return {part.district for street in self.streets for part in street.ranges}


def street_pages(ranges: Iterable[Record]) -> tuple[StreetPage, ...]:
    """Return the pages in the order of their labels: numbered streets first, then letters."""
    ordered = sorted(ranges, key=lambda part: (_number(part), part.street_name, part.street, part.from_number, part.parity))
    found: list[StreetPage] = []
    for (label, file), members in groupby(ordered, key=_entry):
        streets = [Street(name, tuple(parts)) for name, parts in groupby(members, key=lambda part: part.street)]
        for number, several in enumerate(_divided(streets), start=1):
            is_first = number == 1
            shown = label if is_first else f"{label} ({number})"
            found.append(StreetPage(shown, f"{file}.html" if is_first else f"{file}-{number}.html", tuple(several)))
    return tuple(found)


def _number(part: Record) -> float:
    """The number of a numbered street; streets with a name follow."""
    found = NUMBERED.match(part.street_name)
    return int(found[0]) if found else math.inf


def _entry(part: Record) -> tuple[str, str]:
    """The label of a page and the name of its file: `20` for 20 to 29, `a` for A, the code of a letter that is not ASCII."""
    number = _number(part)
    if number < math.inf:
        ten = int(number) // 10 * 10
        return f"{ten or 1}\u2013{ten + 9}", str(ten or 1)
    label = part.street_name[:1].upper()
    start = label.lower()
    return label, start if start.isascii() and start.isalnum() else f"u{ord(start):04x}"


def _divided(streets: Sequence[Street]) -> Iterator[list[Street]]:
    page: list[Street] = []
    rows = 0
    for street in streets:
        if page and rows + len(street.ranges) > MOST_ROWS:
            yield page
            page, rows = [], 0
        page.append(street)
        rows += len(street.ranges)
    yield page


def street_contents(data: ReleaseData, languages: Mapping[str, Texts]) -> Iterator[tuple[StreetPage, Mapping[str, Any]]]:
    """Yield every page with what its template shows."""
    listed = street_pages(data.streets)
    for page in listed:
        yield (
            page,
            {
                "page": page,
                "pages": listed,
                "about": data.about,
                "date": day(data.about["created_at"].date()),
                "words": partial(in_each_language, languages),
                "districts": [geoid for geoid, _ in data.districts if geoid in page.districts],
                "last_digits": LAST_DIGITS,
            },
        )


def in_each_language(languages: Mapping[str, Texts], text_id: str, /, **parts: Part | str | Markup) -> list[tuple[str, Markup]]:
    """Return the text once per language with the tag of HTML; English is used for languages without a translation."""
    found: dict[str, Markup] = {}
    for texts in languages.values():
        tag = texts.tag if text_id in texts.translations else ORIGINAL
        found.setdefault(tag, texts(text_id, **parts))
    return list(found.items())
