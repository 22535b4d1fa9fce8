"""Compute the reading grade of English text by the Flesch-Kincaid formula.

Kincaid, Fishburne, Rogers and Chissom (1975), Navy Research Branch Report 8-75:
0.39 * words per sentence + 11.8 * syllables per word - 15.59. Syllables are groups of vowels, without a silent e. Libraries
count them from a dictionary that they download.
"""

from __future__ import annotations

import re

_VOWELS = re.compile(r"[aeiouy]+")
_SENTENCE_END = re.compile(r"[.!?:]+(?:\s|$)")
# Two vowels that are two syllables: area, being, society, idea, period.
_HIATUS = re.compile(r"ia(?!n\b|l\b)|ie(?=t)|eo(?!pl)|io(?!n|u)|ua(?=l|t)|(?<=r)ea\b|ei(?=ng)|yi(?=ng)|oi(?=ng)")
_SILENT = re.compile(r"(?<![aeiouy])(?:es?|ed|e(?=ly$))(?:ly)?$")


def syllables(word: str) -> int:
    """The syllables of a word; a number counts as one."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    if not letters:
        return 1
    count = len(_VOWELS.findall(letters)) + len(_HIATUS.findall(letters))
    silent = _SILENT.search(letters)
    if silent and not re.search(r"(?:[^aeiouy]le|[td]ed|[cgszx]es|(?:sh|ch)es)$", letters):
        count -= 1
    return max(count, 1)


def reading_grade(text: str) -> float:
    """The US school grade that reads the text with ease. Words in braces count as one short word."""
    plain = re.sub(r"\{\w+\}", "ten", text)
    words = re.findall(r"[A-Za-z0-9][\w'’.,%-]*", plain)
    sentences = max(1, len([part for part in _SENTENCE_END.split(plain) if part.strip()]))
    if not words:
        return 0.0
    return 0.39 * len(words) / sentences + 11.8 * sum(syllables(word) for word in words) / len(words) - 15.59
