"""Split a text of a page into words of the report, which has no markup but the language of a part."""

from __future__ import annotations

import html
import re

from markupsafe import Markup

_ENGLISH = re.compile(r'<span lang="en"[^>]*>(.*?)</span>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")

Runs = list[tuple[str, bool]]  # words, and whether they are English in a report that is not


def runs(text: str | Markup) -> Runs:
    """Split a text at the words that are marked as English; markup is taken away."""
    if not isinstance(text, Markup):
        return [(text, False)]
    parts = _ENGLISH.split(text)  # the pieces between, and at odd places those inside the marks
    found = [(html.unescape(_TAG.sub("", part)), bool(number % 2)) for number, part in enumerate(parts)]
    return [part for part in found if part[0]]


def plain(text: str | Markup) -> str:
    """Return a text for an alternative text, which cannot mark a language."""
    return "".join(words for words, _ in runs(text))
