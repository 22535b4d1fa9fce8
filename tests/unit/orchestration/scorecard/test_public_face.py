"""Gaps in words that people use, which of them open the site, and the program that accepts its pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.scorecard.pages.page_list import card, chosen
from orchestration.scorecard.release_data.read_release import Measure
from orchestration.scorecard.words.sentences import headline
from orchestration.scorecard.words.texts import texts_by_language
from orchestration.translations.texts import english_texts
from tests.support.public_face import face_problems
from tests.unit.orchestration.scorecard.test_summaries import figure

TEXTS = english_texts()

GOOD = '<main><h1>How many?</h1><h2 id="a">Groups</h2><p>Text</p></main>'
MAP = '<svg class="map" viewBox="0 0 9 9" role="img"><text x="1">7 ▲</text></svg>'


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (GOOD.replace("<p>Text</p>", ""), "nothing follows Groups"),
        (GOOD.replace("Text", "That is 1.0 times the rate."), "says «1.0 times»"),
        (GOOD.replace("How many?</h1>", "How many?</h1><h1>More</h1>"), "2 first headings"),
        (GOOD.replace("Text", MAP.replace(" ▲", "")), "the label 7 of a map has no sign"),
        (
            GOOD.replace(
                "<p>Text</p>", '<div data-answer="m"><p>Epidemiological stratification demonstrates associations.</p></div>'
            ),
            "grade",
        ),
    ],
)
def test_each_fault_of_a_page_is_found(tmp_path: Path, broken: str, said: str) -> None:
    page = tmp_path / "measures" / "m.html"
    page.parent.mkdir()
    page.write_text(GOOD.replace("Text", MAP + " 11.0 times"), encoding="utf-8")
    assert list(face_problems(page, "en")) == []
    page.write_text(broken, encoding="utf-8")
    assert any(said in problem for problem in face_problems(page, "en"))


def test_the_widest_clear_gaps_are_on_the_home_page_where_no_editor_chose() -> None:
    """Ratios 4.05 and 0.55 (1.8 the other way) are clear; one of 17 whose direction is unknown is no card."""

    def of(code: str, ratio: float, word: str, direction: str, **about: object) -> Measure:
        own = figure("black", 10.0, compared_with_reference=word, rate_ratio=ratio)
        shown = {"measure_id": code, "policy_area": code, "favourable_direction": direction, "headline_order": None} | about
        return Measure(shown, (own, figure("white", 10.0 / ratio)))

    births, income = of("births", 4.05, "higher", "lower"), of("income", 0.55, "lower", "higher")
    unclear = of("unclear", 17.0, "cannot_tell", "lower")
    assert [one.measure_id for one in chosen([income, unclear, births])] == ["births", "income"]
    edited = of("edited", 1.0, "cannot_tell", "lower", headline_order=1)
    assert [one.measure_id for one in chosen([births, edited, income])] == ["edited"]


def test_a_rare_event_is_one_in_so_many_and_needs_counts() -> None:
    """30,508 births and 460 deaths are 1 in 66; 30,106 and 112 are 1 in 269."""
    rows = [(id_, "en", text, "none") for id_, text in TEXTS.items()]
    texts = texts_by_language(rows, ["en"])["en"]
    black = figure("black", 15.08, unit="per_1000", numerator=460.0, denominator=30_508.0, compared_with_reference="higher")
    white = figure("white", 3.72, unit="per_1000", numerator=112.0, denominator=30_106.0)
    about = {"measure_id": "infant_deaths_per_1000_births", "headline_pattern": "one_in"}
    said = headline(Measure(about, (black, white)), black, white, False, texts)
    assert said is not None
    assert said.striptags() == "1 in 66 Black babies dies before the first birthday. Among White babies it is 1 in 269."
    assert headline(Measure(about, ()), black._replace(numerator=None), white, False, texts) is None


def test_a_card_names_every_group_that_is_worse_off() -> None:
    """Tulsa, 2019 to 2023: with a headline and its figures, other groups were two sentences away; the chart has them, too."""
    texts = texts_by_language([(id_, "en", text, "none") for id_, text in TEXTS.items()], ["en"])["en"]
    lower = {"compared_with_reference": "lower"}
    black, hispanic = figure("black", 80.0, **lower), figure("hispanic", 85.0, **lower)
    about = {"measure_id": "hs_diploma_19_20_share", "headline_pattern": "of_every", "favourable_direction": "higher"}
    about |= {"kind": "proportion", "unit": "percent"}
    shown = card(Measure(about, (black, hispanic, figure("white", 95.0))), texts)
    first, _, last = (sentence.striptags() for sentence in shown["sentences"])
    assert first.startswith("Of every 100 Black") or "80 of every 100" in first
    assert last == "Worse off, with a clearly lower figure than White: Black or African American and Hispanic or Latino."
    assert shown["named"] == ["black", "hispanic"]
    alone = card(Measure(about, (black, figure("white", 95.0))), texts)
    assert len(alone["sentences"]) == 2


def test_nearly_all_are_not_all() -> None:
    """Moreno Valley, 2019 to 2023: 95.0 % and 99.9 % with a diploma; "of White residents, 100 do" was not true."""
    texts = texts_by_language([(id_, "en", text, "none") for id_, text in TEXTS.items()], ["en"])["en"]
    hispanic = figure("hispanic", 95.04, compared_with_reference="lower")
    about = {"measure_id": "hs_diploma_19_20_share", "headline_pattern": "of_every"}
    for value, written in ((99.93, "95.0 of every 100 | 99.9 do"), (100.0, "95 of every 100 | 100 do")):
        white = figure("white", value)
        said = headline(Measure(about, (hispanic, white)), hispanic, white, False, texts)
        assert said is not None
        assert all(part in said.striptags() for part in written.split(" | ")), said
