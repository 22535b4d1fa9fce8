"""Read the texts of templates: one CSV per language next to this module, each text with its review status."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "es")
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class TemplateTexts:
    """The texts of one language."""

    language: str
    texts: dict[str, str]
    is_reviewed: bool

    def __call__(self, text_id: str, **values: object) -> str:
        """The text, with the words in braces replaced."""
        return self.texts[text_id].format(**values)

    def answer(self, label: str) -> str:
        """An answer in this language, or as the department writes it if there is no translation."""
        return self.texts.get(f"answer.{label}", label)

    def notice(self) -> str:
        """The sentence about a translation that no speaker has reviewed; empty if one has."""
        return "" if self.is_reviewed else self("machine")


def rows(language: str) -> list[dict[str, str]]:
    """The rows of a language's file."""
    with (FOLDER / f"texts_{language}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def template_texts(language: str) -> TemplateTexts:
    """Read the texts of a language."""
    found = rows(language)
    is_reviewed = all(row["review_status"] != "machine" for row in found)
    return TemplateTexts(language, {row["text_id"]: row["text"] for row in found}, is_reviewed)
