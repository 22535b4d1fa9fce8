"""Read sentences back with the texts of their language: which text it is, and what was put into it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

READ = ("sentence.", "headline", "reference_comparison.", "city_comparison.", "compared_reason.", "page.ratio", "page.gap_size")
TAG = re.compile(r"<[^>]*>")
PART = re.compile(r"\{(\w+)\}")
FIGURE, RANGE = re.compile(r"<b>(.*?)</b>", re.DOTALL), re.compile(r'<span class="range">\((.*?)\)</span>', re.DOTALL)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
MILLION = 1e6


@dataclass(frozen=True)
class Reading:
    """A sentence read back: its text, and the words in place of its parts."""

    text_id: str
    parts: Mapping[str, str]


@dataclass
class Language:
    """The texts of one language, with the English ones where a translation is missing."""

    code: str
    texts: Mapping[str, str]
    codes: frozenset[str]  # of groups
    originals: Mapping[str, str] = field(default_factory=dict)  # a text without a translation names groups in English
    read_before: dict[str, tuple[Reading, ...]] = field(default_factory=dict)

    @cached_property
    def templates(self) -> list[tuple[str, re.Pattern[str], str]]:
        """Each sentence and label of a comparison as a pattern, with the words that it starts with."""
        found = []
        for text_id, text in self.texts.items():
            if text_id.startswith(READ):
                pieces, seen = [], set()
                for number, piece in enumerate(PART.split(text)):
                    repeated = number % 2 and piece in seen
                    pieces.append(re.escape(piece) if not number % 2 else f"(?P={piece})" if repeated else f"(?P<{piece}>.+?)")
                    seen.update([piece] if number % 2 else [])
                found.append((text_id, re.compile("".join(pieces), re.DOTALL), PART.split(text)[0]))
        return found

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """Every name of a group with its code, the longest first."""
        texts = chain(self.originals.items(), self.texts.items())
        named = {text: code for text_id, text in texts if (code := text_id.partition(".")[2]) in self.codes}
        return sorted(named.items(), key=lambda item: -len(item[0]))

    def read(self, sentence: str) -> tuple[Reading, ...]:
        """Return every text that the sentence can be."""
        if sentence not in self.read_before:
            self.read_before[sentence] = tuple(
                Reading(text_id, match.groupdict())
                for text_id, pattern, start in self.templates
                if sentence.startswith(start) and (match := pattern.fullmatch(sentence))
            )
        return self.read_before[sentence]

    def groups(self, words: str) -> list[str]:
        """Return the codes of the groups that words name, in their order."""
        found: list[tuple[int, str]] = []
        for name, code in self.names:
            if (at := words.find(name)) >= 0:
                found.append((at, code))
                words = words.replace(name, "\0" * len(name))
        return [code for _, code in sorted(found)]


def plain(content: str) -> str:
    """Return the words of a piece of HTML."""
    return html.unescape(re.sub(r"\s+", " ", TAG.sub("", content))).strip()


def numbers(text: str) -> list[tuple[float, float]]:
    """Return the numbers of a text, each with half of its last digit: what a figure may differ from it."""
    return [(float(found.replace(",", "")), 0.5000001 * 10.0 ** -len(found.partition(".")[2])) for found in NUMBER.findall(text)]


def equal(number: tuple[float, float], figure: float | None) -> bool:
    """Whether a written number is the figure, as rounded as it is written; large amounts may be in millions."""
    if figure is None:
        return False
    size, (written, half) = abs(figure), number
    return abs(written - size) <= half or (size >= 10 * MILLION and abs(written - size / MILLION) <= half)


def are(numbers: Sequence[tuple[float, float]], figures: Iterable[float | None]) -> bool:
    """Whether the first numbers are the figures, in their order; later ones are part of the unit."""
    wanted = [figure for figure in figures if figure is not None]
    return len(numbers) >= len(wanted) and all(map(equal, numbers, wanted))
