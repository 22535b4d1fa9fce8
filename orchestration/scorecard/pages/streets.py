"""Prepare the index of streets: which numbers of which street are in which district, in one copy for all languages.

Paths follow from names of streets, so that they do not change between releases: a folder entry per first letter, and per ten of
numbered streets. An entry that would be too long for one page continues on further pages.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from markupsafe import Markup

from orchestration.scorecard.release_data.open_release import Record
from orchestration.scorecard.release_data.read_release import ReleaseData
from orchestration.scorecard.words.texts import ORIGINAL, Part, Texts, day

FOLDER = "streets"
MOST_ROWS = 330  # of a page: 100 bytes each, next to 10 kB for the rest
LAST_DIGITS = {"even": "0 2 4 6 8", "odd": "1 3 5 7 9", "both": "0\u20139"}
NUMBERED = re.compile(r"\d+")


def street_pages(ranges: Iterable[Record]) -> list[Record]:
    """Return the pages in the order of their labels, such as A or 20-29: numbered streets first, then letters.

    Each has its `file`, the `districts` that it links to, and its `streets` with their `name` and `ranges`.
    """
    ordered = sorted(ranges, key=lambda part: (_number(part), part.street_name, part.street, part.from_number, part.parity))
    found: list[Record] = []
    for (label, file), members in groupby(ordered, key=_entry):
        streets = [Record(name=name, ranges=list(parts)) for name, parts in groupby(members, key=attrgetter("street"))]
        for number, several in enumerate(_divided(streets), start=1):
            more, ending = ("", "") if number == 1 else (f" ({number})", f"-{number}")
            districts = {part.district for street in several for part in street.ranges}
            found.append(Record(label=f"{label}{more}", file=f"{file}{ending}.html", streets=several, districts=districts))
    return found


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


def _divided(streets: Iterable[Record]) -> Iterator[list[Record]]:
    page: list[Record] = []
    rows = 0
    for street in streets:
        if page and rows + len(street.ranges) > MOST_ROWS:
            yield page
            page, rows = [], 0
        page.append(street)
        rows += len(street.ranges)
    yield page


def street_contents(data: ReleaseData, languages: Mapping[str, Texts]) -> Iterator[tuple[Record, Mapping[str, Any]]]:
    """Yield every page with what its template shows."""
    listed = street_pages(data.streets)
    shared = {
        "pages": listed,
        "about": data.about,
        "date": day(data.about["created_at"].date()),
        "words": partial(in_each_language, languages),
        "last_digits": LAST_DIGITS,
    }
    for page in listed:
        districts = [geoid for geoid, _ in data.districts if geoid in page.districts]
        yield page, shared | {"page": page, "districts": districts}


def in_each_language(languages: Mapping[str, Texts], text_id: str, /, **parts: Part | str | Markup) -> list[tuple[str, Markup]]:
    """Return the text once per language with the tag of HTML; English is used for languages without a translation."""
    found: dict[str, Markup] = {}
    for texts in languages.values():
        tag = texts.tag if text_id in texts.translations else ORIGINAL
        found.setdefault(tag, texts(text_id, **parts))
    return list(found.items())
