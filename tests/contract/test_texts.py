"""Texts for residents are complete: per language for each code, measure and sentence; each measure is on the scorecard."""

from __future__ import annotations

import re

from tests.contract.registers import seed

LANGUAGES = ("es", "hmn")  # in addition to English, in which codes are defined
# English where the code is defined: subject of the text, seed, column of the code.
DEFINED = (
    ("race_ethnicity", "race_ethnicity", "race_ethnicity_code"),
    ("measure", "measure_registry", "measure_id"),
)
STRATA = ("engagement_theme", "engagement_answer", "declined_reason")
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def texts(language: str) -> dict[str, str]:
    return {row["text_id"]: row["text"] for row in seed(f"texts_{language}") if row["text"].strip()}


def wanted() -> set[str]:
    """Each text that a reader may see in any language."""
    codes = {f"{subject}.{row[code]}" for subject, name, code in DEFINED for row in seed(name)}
    codes |= {f"{row['stratum_type']}.{row['stratum_code']}" for row in seed("strata") if row["stratum_type"] in STRATA}
    return codes | set(texts("en"))


def test_what_the_public_reads_has_a_text_in_every_language() -> None:
    for language in LANGUAGES:
        missing, unknown = wanted() - set(texts(language)), set(texts(language)) - wanted()
        assert not missing, f"add to texts_{language}.csv, marked machine until a speaker has reviewed it: {sorted(missing)}"
        assert not unknown, f"texts_{language}.csv translates what English does not have: {sorted(unknown)}"


def test_translations_have_the_placeholders_of_the_english_text() -> None:
    english = texts("en")
    wrong = [
        (text_id, language)
        for language in LANGUAGES
        for text_id, text in texts(language).items()
        if text_id in english and sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(english[text_id]))
    ]
    assert not wrong, f"write each word in braces of the English text once: {wrong}"


def test_reviewed_says_by_whom_and_when() -> None:
    unsigned = [
        (language, row["text_id"])
        for language in ("en", *LANGUAGES)
        for row in seed(f"texts_{language}")
        if (row["review_status"] == "reviewed") != bool(row["reviewed_by"] and row["reviewed_on"])
    ]
    assert not unsigned, f"reviewed names the reviewer and the day, and nothing else does: {unsigned}"


def test_each_measure_has_a_row_in_scorecard_measures() -> None:
    registered = {row["measure_id"] for row in seed("measure_registry")}
    chosen = {row["measure_id"] for row in seed("scorecard_measures")}
    assert registered == chosen, (
        f"choose in scorecard_measures.csv which period opens the page and whether periods compare: {sorted(registered ^ chosen)}"
    )
