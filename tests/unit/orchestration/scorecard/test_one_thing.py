"""A text that counts has a form for one thing: "1 day", and never "1 days"."""

from __future__ import annotations

import re

import pytest

from orchestration.scorecard.words.figures import Count, Figure
from orchestration.scorecard.words.texts import COUNTED, INSTALLED, Texts, read_rows, texts_by_language

LANGUAGES = ("en", "es", "hmn")
ROWS = {language: read_rows(INSTALLED / f"texts_{language}.csv") for language in LANGUAGES}
ENGLISH = {row["text_id"]: row["text"] for row in ROWS["en"]}
# a number before a noun or a verb in the plural
PLURAL = re.compile(
    r"\{(count|number|days|answered)\} (?:(?:more|fewer|more such|fewer such|of \{total\}) )?(\w+s\b|people|have|were)"
)
# words in s that are no plural; a point or a year always has a decimal, and a percentage is of 20 records or more
NO_PLURAL = {"of {total} cities", "people lived here", "students were counted", "people lived in", "percentage points", "years"}


@pytest.fixture(scope="module")
def texts() -> dict[str, Texts]:
    rows = [(row["text_id"], code, row["text"], row["review_status"]) for code in LANGUAGES for row in ROWS[code]]
    return texts_by_language(rows, LANGUAGES)


@pytest.mark.parametrize(
    ("language", "value", "written"),
    [
        ("en", 1.0, "1 day"),
        ("en", 2.0, "2 days"),
        ("en", 1.2, "1.2 days"),
        ("es", 1.0, "1 día"),
        ("es", 2.0, "2 días"),
        ("hmn", 1.0, "1 hnub"),
    ],
)
def test_one_day_is_no_days(texts: dict[str, Texts], language: str, value: float, written: str) -> None:
    assert Figure(value, "days")(texts[language]) == written


def test_sentences_count_one_thing(texts: dict[str, Texts]) -> None:
    one, two = Count(1), Count(2)
    assert texts["en"]("sentence.questions_without_answer", count=one) == "1 question has no figures yet, and we say why."
    assert texts["en"]("sentence.questions_without_answer", count=two) == "2 questions have no figures yet, and we say why."
    assert texts["es"]("sentence.questions_without_answer", count=one) == "1 pregunta aún no tiene cifras, y decimos por qué."
    assert texts["en"]("sentence.area_answered", answered=one, total=Count(5)) == "1 of 5 questions in this area has figures."
    assert texts["en"]("sentence.area_answered", answered=two, total=one) == "2 of 1 questions in this area have figures."
    said = texts["en"]("sentence.gaps_followed", count=one)
    assert said == (
        "We can follow 1 gap over time, without those of places. In it, the first group named was clearly worse off, "
        "at the start or at the end."
    )


def test_each_text_that_counts_a_plural_has_a_form_for_one() -> None:
    counting = {text_id: found[0] for text_id, text in ENGLISH.items() if (found := PLURAL.search(text)) and found[1] in COUNTED}
    plural = {text_id for text_id, found in counting.items() if not any(words in ENGLISH[text_id] for words in NO_PLURAL)}
    missing = {text_id for text_id in plural if not text_id.endswith("_one") and f"{text_id}_one" not in ENGLISH}
    assert len(plural) > 15 and missing == set()
    for language in LANGUAGES:
        own = {row["text_id"]: row["text"] for row in ROWS[language]}
        assert {text_id for text_id in ENGLISH if text_id.endswith("_one") and text_id not in own} == set()
