"""Texts for residents are complete: per language for each code, measure and sentence; each measure is on the scorecard.

English is measured: grade 8 or lower, two figures a sentence at most, no internal words.
"""

from __future__ import annotations

import re

import pytest

from orchestration.translations.texts import english_texts, languages, placeholders, read_texts
from tests.contract.registers import seed
from tests.support.reading_grade import reading_grade, syllables

ENGLISH = english_texts()
HIGHEST_GRADE = 8
READ = ("sentence", "availability", "measure_question", "measure_caveat")  # whole sentences; the others are labels
# Placeholders that a figure replaces. A range belongs to its figure.
FIGURES = {
    "figure", "from_figure", "city_figure", "ratio", "percent", "count", "total", "answered", "low", "high", "gap", "from_gap",
    "days", "peers", "narrower", "wider", "unclear",
}  # fmt: skip
INTERNAL = re.compile(r"\b[A-Z]{3}-\d{2}\b|\w+_\w+|\b(?:seed|geoid|denominator|numerator)\b", re.IGNORECASE)

MEASURES = sorted({row["measure_id"] for row in seed("measure_registry")})


@pytest.mark.parametrize("language", languages())
def test_what_the_public_reads_has_a_text_in_every_language(language: str) -> None:
    translated = set(read_texts(language))
    missing, unknown = set(ENGLISH) - translated, translated - set(ENGLISH)
    assert not missing, f"add to texts_{language}.csv, marked machine until a speaker has reviewed it: {sorted(missing)}"
    assert not unknown, f"texts_{language}.csv translates what English does not have: {sorted(unknown)}"


@pytest.mark.parametrize("language", languages())
def test_translations_have_the_words_in_braces_of_the_english_text(language: str) -> None:
    wrong = [
        text_id for text_id, text in read_texts(language).items() if placeholders(text["text"]) != placeholders(ENGLISH[text_id])
    ]
    assert not wrong, f"write each word in braces of the English text as often as there: {wrong}"


@pytest.mark.parametrize("language", ["en", *languages()])
def test_reviewed_names_the_reviewer_and_the_day(language: str) -> None:
    unsigned = [
        row["text_id"]
        for row in seed(f"texts_{language}")
        if (row["review_status"] == "reviewed") != bool(row["reviewed_by"] and row["reviewed_on"])
    ]
    assert not unsigned, f"reviewed names the reviewer and the day, and nothing else does: {unsigned}"


def test_each_measure_has_a_question_a_caveat_and_a_place_on_the_scorecard() -> None:
    silent = [name for name in MEASURES if not (ENGLISH[f"measure_question.{name}"] and ENGLISH.get(f"measure_caveat.{name}"))]
    assert not silent, f"write a question, and a caveat without codes as measure_caveat.<measure> in texts_en.csv: {silent}"
    chosen = [row["measure_id"] for row in seed("scorecard_measures")]
    assert sorted(chosen) == MEASURES, (
        "choose in scorecard_measures.csv which period opens the page of each measure and whether periods compare: "
        f"{sorted(set(chosen) ^ set(MEASURES))}"
    )


def test_english_reads_at_grade_8_or_lower() -> None:
    read = {text_id: text for text_id, text in ENGLISH.items() if text_id.split(".")[0] in READ}
    hard = {text_id: round(grade, 1) for text_id, text in read.items() if (grade := reading_grade(text)) > HIGHEST_GRADE}
    assert len(read) > 200 and not hard, f"use shorter words and sentences: {hard}"


def test_a_sentence_has_at_most_two_figures() -> None:
    crowded = [
        text_id
        for text_id, text in ENGLISH.items()
        if text_id.startswith("sentence.")
        for sentence in re.split(r"(?<=[.!?])\s", text)
        if sum(name in FIGURES for name in placeholders(sentence)) > 2
    ]
    assert not crowded, f"split the sentence: {crowded}"


def test_texts_for_residents_have_no_internal_words() -> None:
    texts = {text_id: text for text_id, text in ENGLISH.items() if text_id.split(".")[0] in READ}
    wrong = {text_id: found[0] for text_id, text in texts.items() if (found := INTERNAL.search(re.sub(r"\{\w+\}", "", text)))}
    assert not wrong, f"use plain words: {wrong}"


def test_texts_about_places_never_mention_people() -> None:
    """A figure by where people live is a sentence about places."""
    about = [
        text for text_id, text in ENGLISH.items() if text_id.startswith("sentence.where_people_live") and "{residents}" in text
    ]
    assert len(about) >= 2 and all(text.startswith("In the places where {residents} live") for text in about)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("city", 2),
        ("closed", 1),
        ("records", 2),
        ("area", 3),
        ("people", 2),
        ("cases", 2),
        ("likely", 2),
        ("compare", 2),
        ("period", 3),
        ("1,000", 1),
    ],
)
def test_syllables_of_words_that_occur_often(word: str, count: int) -> None:
    assert syllables(word) == count


def test_the_grade_is_that_of_the_formula() -> None:
    """13 words, 2 sentences, 16 syllables."""
    assert reading_grade("The city fixes the street. It counts the people who live there now.") == pytest.approx(
        0.39 * 13 / 2 + 11.8 * 16 / 13 - 15.59
    )
