"""What a program checks of public pages besides `gate_pages`: words without ranges, forbidden words, headings, maps, grade."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.reading_grade import reading_grade
from tests.support.scorecard_pages import TAG
from warehouse.connection import run_query

FORBIDDEN = re.compile(r"No clear difference|no clear change|(?<![\d.,])1\.0 times|95 of 100 times")
HIGHEST_GRADE = 8
SUMMARY = re.compile(r'data-answer="[^"]+">(.*?)</div>', re.DOTALL)
LISTED = re.compile(r":[^.]*\.")  # names of groups are of a standard, and no words of ours
HEADING = re.compile(r"<h2[^>]*>.*?</h2>\s*(?=<h2|</main>)", re.DOTALL)
MAP_LABEL = re.compile(r'<svg class="map" [^>]*role="img".*?</svg>', re.DOTALL)
SIGNED = re.compile(r"\d\s*[▲▼=?–0·]$")

# a word needs a range, unless all were counted; disjoint ranges are never "about the same"
WORDS_WITHOUT_RANGE = """
    select measure_id || ' ' || race_ethnicity_code from published.scorecard
    where is_featured and compared_with_reference in ('higher', 'lower', 'about_the_same', 'cannot_tell')
        and coalesce(range_kind, 'none') = 'none'
"""


def words_without_range(public_file: Path) -> list[str]:
    return [next(iter(row.values())) for row in run_query(public_file, WORDS_WITHOUT_RANGE, 60).to_pylist()]


def face_problems(page: Path, language: str) -> Iterator[str]:
    """What is wrong with the words and headings of a page."""
    text = page.read_text(encoding="utf-8")
    yield from (f"{page}: says «{words}»" for words in FORBIDDEN.findall(text))
    if text.count("<h1") != 1:
        yield f"{page}: {text.count('<h1')} first headings"
    yield from (f"{page}: nothing follows {TAG.sub('', heading)}" for heading in HEADING.findall(text))
    for drawn in MAP_LABEL.findall(text):
        labels = re.findall(r"<text[^>]*>(.*?)</text>", drawn)
        yield from (f"{page}: the label {label} of a map has no sign" for label in labels if not SIGNED.search(label))
    if language == "en":
        for summary in SUMMARY.findall(text):
            words = LISTED.sub(".", TAG.sub(" ", summary)).strip()
            if words and page.parent.name == "measures" and reading_grade(words) > HIGHEST_GRADE:
                yield f"{page}: grade {reading_grade(words):.1f}: {words}"
