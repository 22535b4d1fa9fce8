"""The gate of the pages: a true page passes, and each planted untruth is found under its own rule."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from expectations.published.pages import KEY, PageCheck, PublicFacts
from expectations.published.reading import Language

TEXTS = {
    "race_ethnicity.white": "White",
    "race_ethnicity.black": "Black",
    "race_ethnicity.asian": "Asian",
    "race_ethnicity.nhpi": "Pacific Islander",
    "sentence.everyone": "{period}: everyone in {place} is at {figure} (likely range {range}).",
    "sentence.group_higher": "{group} is higher: {ratio} times {reference} (likely range {range}).",
    "sentence.groups_higher": "Clearly higher than {reference}: {groups}.",
    "sentence.groups_lower": "Clearly lower than {reference}: {groups}.",
    "sentence.groups_cannot_tell": "We cannot tell for {groups} and {reference}.",
    "sentence.peer_gap": "The gap of {group} and {reference} is {gap}, and {figure} elsewhere.",
    "sentence.peers_narrower": "Of {peers} cities it is narrower in {narrower}.",
    "sentence.peers_wider": "It is wider in {wider}; for {unclear} we cannot tell.",
    "sentence.peer_rank": "The rank is {low} to {high}.",
    "sentence.groups_not_compared_few_events": "Too few cases: {groups}.",
    "sentence.groups_higher_better": "Better off, and higher than {reference}: {groups}.",
    "sentence.where_people_live_two": "Where {residents} live it is {figure}, where {reference} live {from_figure}.",
    "reference_comparison.higher": "Higher than {group}",
    "reference_comparison.lower": "Lower than {group}",
    "page.ratio_range": "{ratio} times ({range})",
}
SPANISH = {"sentence.groups_higher": "Más alto que {reference}: {groups}.", "race_ethnicity.black": "Negra"}
BLACK = "Black is higher: 2.1 times White (likely range 1.6 to 2.8)."
OTHERS = "Clearly higher than White: Black and Asian."
EVERYONE = "2024: everyone in Town is at 12.3% (likely range 11.1% to 13.6%)."
ANSWER = (BLACK, OTHERS, EVERYONE)
MARK = (
    '<svg><line class="ci" x1="1%"/><circle cx="50%"/></svg><b>20.5%</b> <span class="range">(18.5% to 22.6%)</span>'
    '<td class="compared">Higher than White<br><small>2.1 times (1.6 to 2.8)</small></td>'
)


def row(group: str, value: float | None, word: str | None = None, **changes: Any) -> dict[str, Any]:
    has_ratio = word in ("higher", "lower") and value is not None
    return {
        "measure_id": "own", "period_type": "year", "period_start": dt.date(2024, 1, 1), "period_end": dt.date(2024, 12, 31),
        "period": "2024", "geography_type": "city", "geoid": "99", "place": "Town", "race_ethnicity_code": group, "value": value,
        "ci_low": value and value * 0.9, "ci_high": value and value * 1.1, "bound_low": None, "bound_high": None,
        "numerator": None, "denominator": None, "rate_ratio": value / 10 if has_ratio and value else None,
        "rate_ratio_ci_low": 1.55 if has_ratio else None, "rate_ratio_ci_high": 2.75 if has_ratio else None, "trend": None,
        "trend_word": None, "compared_with_reference": word, "compared_with_city": None, "favourable_direction": "lower",
        "status_code": "hidden" if value is None else "shown", "is_period_complete": True, "reliability": "reliable",
    } | changes  # fmt: skip


def facts() -> PublicFacts:
    rows = [
        row("all", 12.345), row("white", 10.0), row("black", 20.5, "higher"), row("asian", 15.0, "higher"), row("nhpi", None),
    ]  # fmt: skip
    codes = frozenset(str(one["race_ethnicity_code"]) for one in rows)
    languages = {"en": Language("en", TEXTS, codes), "es": Language("es", TEXTS | SPANISH, codes)}
    by_group = {str(one["race_ethnicity_code"]): one for one in rows}
    by_key = {"|".join(str(one[name]) for name in KEY): one for one in rows}
    return PublicFacts(by_key, languages, {"own": by_group}, {("own", "black"): PEER_ROW})


def page(answer: tuple[str, ...] = ANSWER, mark: str = MARK, group: str = "black") -> str:
    sentences = "".join(f"<li>{sentence}</li>" for sentence in answer)
    return f'<ul data-answer="own">{sentences}</ul><table><tr data-row="own|year|2024-01-01|city|99|{group}">{mark}</tr></table>'


GAP = ("The gap of Black and White is 10.5, and 8.1 elsewhere.", "Of 66 cities it is narrower in 26.",
       "It is wider in 1; for 39 we cannot tell.")  # fmt: skip
PEER_ROW = {
    "gap": 10.5, "gap_ci_low": 8.0, "peers_median_gap": 8.1, "peers": 66, "peers_narrower": 26, "peers_wider": 1,
    "peers_reversed": 0, "rank_low": 28, "rank_high": 66, "is_rank_shown": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({}, set()),
        ({"ci_low": 10.9}, {"sentence_and_row_disagree"}),
        ({"ci_low": None, "ci_high": None}, set()),  # no range is known: no word
    ],
)
def test_two_places_that_are_named_are_apart(changes: dict[str, Any], rules: set[str]) -> None:
    """White is 10.0 (9.0 to 11.0), and Black 20.5 (18.5 to 22.6)."""
    known = facts()
    for one in known.featured["own"].values():
        one |= {"compared_with_reference": None, "rate_ratio": None}  # type: ignore[operator]
    known.featured["own"]["black"] |= changes  # type: ignore[operator]
    html = page((EVERYONE, "Where Black live it is 20.5%, where White live 10.0%."), "<b>20.5%</b><circle/>")
    assert set(found(html, changed=known)) == rules


def peers(*sentences: str) -> str:
    return f'{page()}<ul data-peers="own"><li>{"".join(f"<span>{one}</span> " for one in sentences)}</li></ul>'


def found(html: str, language: str = "en", changed: PublicFacts | None = None) -> dict[str, str]:
    check = PageCheck(changed or facts())
    check.page(language, f"{language}/measures/own.html", html)
    return {finding.expectation: finding.message for finding in check.result().findings if not finding.success}


def test_a_true_page_passes() -> None:
    assert found(page()) == {}
    assert found(peers(*GAP)) == {}


@pytest.mark.parametrize(
    ("rule", "html"),
    [
        ("summary_starts_elsewhere", page((OTHERS.replace("Black and ", ""), BLACK, EVERYONE))),
        ("summary_starts_elsewhere", page((EVERYONE, BLACK, OTHERS))),
        ("worse_off_group_is_missing", page((BLACK, EVERYONE))),
        ("worse_off_group_is_missing", page((BLACK, OTHERS.replace("higher", "lower"), EVERYONE))),
        ("sentence_and_row_disagree", page((*ANSWER, "Clearly lower than White: Asian."))),
        ("sentence_and_row_disagree", page((*ANSWER, "We cannot tell for Asian and White."))),
        ("sentence_of_no_figure", page((*ANSWER, "Clearly lower than White: Pacific Islander."))),
        ("sentence_of_no_text", page((*ANSWER, "The city is fine."))),
        ("figure_of_a_sentence", page((BLACK.replace("2.1", "2.2"), OTHERS, EVERYONE))),
        ("figure_of_a_sentence", page((BLACK, OTHERS, EVERYONE.replace("12.3", "13.3")))),
        ("figure_of_a_sentence", page((BLACK, OTHERS, EVERYONE.replace("13.6", "20.5")))),
        ("period_of_a_sentence", page((BLACK, OTHERS, EVERYONE.replace("2024", "2023")))),
        ("figure_of_a_mark", page(mark=MARK.replace("20.5", "20.6"))),
        ("figure_of_a_mark", page(mark=MARK.replace("18.5", "18.3"))),
        ("figure_of_a_mark", page(mark=MARK.replace("2.8)", "2.9)"))),
        ("word_of_a_mark", page(mark=MARK.replace("Higher", "Lower"))),
        ("mark_without_figure", page(group="nhpi")),
        ("mark_without_figure", page(mark="<td>Hidden</td>")),
        ("figure_of_a_mark", page(group="asian")),
        ("row_is_unknown", page(group="aian")),
        ("sentence_and_row_disagree", page((*ANSWER, "Too few cases: Asian."))),
        ("sentence_and_row_disagree", page((*ANSWER, "Better off, and higher than White: Asian."))),
        ("figure_of_a_sentence", peers(GAP[0].replace("10.5", "8.1"), *GAP[1:])),
        ("figure_of_a_sentence", peers(*GAP[:2], GAP[2].replace("39", "38"))),
        ("figure_of_a_sentence", peers(*GAP, "The rank is 28 to 66.")),
        ("sentence_of_no_text", peers(*GAP, "It is the best.")),
        ("page_is_not_checked", "<p>Nothing here.</p>"),
    ],
)
def test_an_untruth_is_found(rule: str, html: str) -> None:
    assert rule in found(html)


@pytest.mark.parametrize(
    ("rule", "group", "changes"),
    [
        # a reference that is hidden, an interval that is dropped, a source that ends in May, a cautious figure
        ("gap_is_not_compared", "black", {"compared_with_reference": "not_compared", "rate_ratio": None}),
        ("word_of_a_mark", "black", {"compared_with_reference": "not_compared", "rate_ratio": None}),
        ("figure_of_a_mark", "black", {"ci_low": None, "ci_high": None}),
        # a zero that may be a hidden number
        ("figure_of_a_mark", "black", {"status_code": "zero_unsure"}),
        ("unfinished_period_is_said", "black", {"is_period_complete": False}),
        ("caution_is_not_shown", "black", {"reliability": "use_with_caution"}),
        ("sentence_and_row_disagree", "asian", {"compared_with_reference": "cannot_tell"}),
        ("figure_of_a_sentence", "all", {"value": 21.3}),
    ],
)
def test_a_page_that_is_older_than_its_file_is_found(rule: str, group: str, changes: dict[str, Any]) -> None:
    changed = facts()
    changed.featured["own"][group].update(changes)  # type: ignore[attr-defined]
    assert rule in found(page(), changed=changed)


def test_each_language_is_read_with_its_own_texts() -> None:
    spanish = ("Más alto que White: Negra y Asian.", EVERYONE)
    assert found(page(spanish, "<b>20.5%</b>"), "es") == {}
    assert set(found(page((spanish[0].replace("Negra", "Black"), EVERYONE), "<b>20.5%</b>"), "es")) == {
        "summary_starts_elsewhere", "worse_off_group_is_missing",
    }  # fmt: skip


def test_a_message_names_what_the_reader_sees() -> None:
    message = found(page((BLACK.replace("2.1", "2.2"), OTHERS, EVERYONE)))["figure_of_a_sentence"]
    for part in (
        "own",
        "Town",
        "2024",
        "black",
        "sentence.group_higher",
        "(en)",
        "en/measures/own.html",
        "2.2 times",
        "rate_ratio 2.05",
    ):
        assert part in message
