"""The summary of a measure: the largest gap of a group that is worse off comes first, and no group is left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from expectations.published.reading import Language
from orchestration.scorecard.pages.measure_page import groups_chart
from orchestration.scorecard.pages.page_list import entry
from orchestration.scorecard.release_data.read_release import Measure
from orchestration.scorecard.release_data.row import Row
from orchestration.scorecard.words.measure_notes import reason
from orchestration.scorecard.words.sentences import first_gap, short_answer, summary
from orchestration.scorecard.words.texts import Texts, texts_by_language
from tests.support.scorecard_release import GROUPS, planted, row, texts

NAMES = ("Asian", "Black", "Hispanic", "White")


@pytest.fixture(scope="module")
def english() -> Texts:
    rows = [(one["text_id"], one["language"], one["text"], one["review_status"]) for one in texts(planted())]
    return texts_by_language(rows, ["en"])["en"]


def figure(race: str, value: float | None, **changes: Any) -> Row:
    values: dict[str, Any] = dict.fromkeys(Row._fields) | row("own", race, value) | {"is_hidden_in_public": False}
    given: dict[str, Any] = {"reference_code": "white"} if "compared_with_reference" in changes else {}
    values |= given | changes
    return Row(**{name: values[name] for name in Row._fields})


def measure(*rows: Row, direction: str = "lower", **about: Any) -> Measure:
    shown: dict[str, Any] = {
        "measure_id": "own",
        "favourable_direction": direction,
        "kind": "rate",
        "unit": "percent",
        "availability": "shown",
    }
    shown |= {"has_figures_by_race": True}
    return Measure(shown | about, tuple(rows))


def life(**black: Any) -> Measure:
    """Of the county, 2020 to 2022: three groups live longer than White residents, one ten years less."""
    years: dict[str, Any] = {"unit": "years", "period_type": "multi_year", "period_start": dt.date(2020, 1, 1)}
    years |= {"period_end": dt.date(2022, 12, 31), "place": "Plant County"}
    return measure(
        figure("all", 75.1, **years),
        figure("asian", 84.0, compared_with_reference="higher", **years),
        figure("black", 67.5, **{"compared_with_reference": "lower"} | black, **years),
        figure("hispanic", 81.1, compared_with_reference="higher", **years),
        figure("white", 77.5, **years),
        direction="higher",
    )


GAP = (
    "2020 to 2022: in Plant County the figure for Black is 67.5 years (likely range 60.8 to 74.2), clearly lower than for White: "
    "77.5 years (likely range 69.8 to 85.2)."
)


@pytest.mark.parametrize("made", [summary, short_answer, lambda one, texts: entry(one, texts)["sentences"]])
def test_a_summary_starts_with_the_largest_gap_and_both_figures(made: Callable[..., list[str]], english: Texts) -> None:
    assert [str(sentence) for sentence in made(life(), english)][:4] == [
        GAP,
        "Worse off, with a clearly lower figure than White: Black.",
        "Better off, with a clearly higher figure than White: Asian and Hispanic.",
        "2020 to 2022: the overall figure in Plant County is 75.1 years (likely range 67.6 to 82.6).",
    ]


def test_the_first_gap_is_the_largest_and_every_group_that_is_worse_off_is_named(english: Texts) -> None:
    """Death rates: 14.3 and 25.1 next to 4.8 are worse, and the larger one comes first."""
    said = summary(
        measure(
            figure("asian", 14.3, compared_with_reference="higher"),
            figure("black", 25.1, compared_with_reference="higher"),
            figure("hispanic", 2.2, compared_with_reference="lower"),
            figure("white", 4.8),
        ),
        english,
    )
    assert said[0] == (
        "2024: in Plantville the figure for Black is 25.1% (likely range 22.6% to 27.6%), clearly higher than for White: 4.8% "
        "(likely range 4.3% to 5.3%)."
    )
    assert said[1] == "Worse off, with a clearly higher figure than White: Asian and Black."
    assert said[2] == "Better off, with a clearly lower figure than White: Hispanic."


def test_without_a_direction_no_group_is_worse_off(english: Texts) -> None:
    one = measure(figure("black", 30.4, compared_with_reference="higher"), figure("white", 10.0), direction="none")
    assert first_gap(one, english) is None
    assert summary(one, english) == ["Clearly higher than for White: Black."]


def test_everyone_else_has_no_row_so_that_the_ratio_says_it(english: Texts) -> None:
    rest: dict[str, Any] = {"reference_code": "rest", "compared_with_reference": "higher"}
    one = measure(figure("black", 54.2, rate_ratio=3.5, **rest), figure("asian", 60.0, rate_ratio=1.2, **rest))
    said = "2024: in Plantville the figure for Black is 54.2%, which is 3.5 times that for everyone else."
    assert first_gap(one, english) == [said]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Worse off, with a clearly higher figure than everyone else: Black."),
        (
            "es",
            "En peor situación, con una cifra claramente más alta que la del grupo de las demás personas: Negra o afroamericana.",
        ),
        ("hmn", "Raug phem dua, tus lej siab dua meej li rau lwm tus neeg sawv daws: Neeg dub lossis neeg Asmeskas dub."),
    ],
)
def test_inside_a_sentence_everyone_else_is_no_title_and_is_read_back(language: str, sentence: str) -> None:
    rows = [(one["text_id"], one["language"], one["text"], one["review_status"]) for one in texts(planted())]
    one = measure(figure("black", 54.2, rate_ratio=3.5, reference_code="rest", compared_with_reference="higher"))
    assert summary(one, texts_by_language(rows, [language])[language])[1] == sentence
    own = {text_id: text for text_id, code, text, _ in rows if code == language}
    known = Language(language, own, frozenset(GROUPS) | {"rest"})
    readings = {reading.text_id: reading.parts for reading in known.read(sentence)}
    assert known.groups(readings["sentence.groups_higher_worse"]["reference"]) == ["rest"]
    assert known.groups(readings["sentence.groups_higher_worse"]["groups"]) == ["black"]


@pytest.mark.parametrize(
    ("word", "reason", "sentence"),
    [
        ("about_the_same", None, "About the same as for White: Black."),
        ("cannot_tell", None, "We cannot tell if these differ from White, as the likely ranges are too wide: Black."),
        (
            "cannot_tell",
            "many_comparisons",
            "We cannot tell if these differ from White, as among so many pairs some gaps come up by chance: Black.",
        ),
        ("no_range", None, "No likely range of the gap is known, so we do not say how these differ from White: Black."),
        ("not_compared", "few_events", "No ratio, as one of the two groups has too few cases: Black."),
        ("not_compared", "reference_hidden", "Not compared, as the figure to compare with is hidden: Black."),
        ("not_compared", "repeated_events", "Not compared, as one person or home can be counted many times: Black."),
    ],
)
def test_each_state_has_a_sentence_of_its_own(word: str, reason: str | None, sentence: str, english: Texts) -> None:
    one = measure(figure("black", 20.0, compared_with_reference=word, compared_reason=reason), figure("white", 10.0))
    assert summary(one, english) == [sentence]


def test_a_table_shown_in_part_says_so_in_the_sentence(english: Texts) -> None:
    """Forward mathematics: 10.6 % of Black and 56.7 % of White students whose race is shown, and no gap."""
    part: dict[str, Any] = {"compared_with_reference": "not_compared", "compared_reason": "partly_shown"}
    one = measure(
        figure("all", 18.0),
        figure("asian", 30.0, denominator=900.0, **part),
        figure("black", 10.6, denominator=5000.0, **part),
        figure("white", 56.7),
        direction="higher",
    )
    assert summary(one, english)[1:] == [
        "Of the students whom the state shows by race, the figure is 10.6% for Black and 56.7% for White.",
        "Not compared, as race is shown for too few of the records: Asian and Black.",
    ]
    assert "than" not in " ".join(summary(one, english)).replace("rather than", "")


def test_everyone_else_in_part_hidden_keeps_a_figure_in_the_summary(english: Texts) -> None:
    """Of everyone else, a group given as a range is hidden: the figures that are known open the page all the same."""
    part: dict[str, Any] = {
        "compared_with_reference": "not_compared",
        "compared_reason": "reference_hidden",
        "reference_code": "rest",
    }
    one = measure(figure("black", 42.6, denominator=5000.0, **part), figure("white", 17.9, denominator=900.0, **part))
    assert summary(one, english) == [
        "Of the students whom the state shows by race, the figure is 42.6% for Black.",
        "Not compared, as the figure to compare with is hidden: Black and White.",
    ]


def test_a_compared_figure_of_a_table_shown_in_part_says_so_too(english: Texts) -> None:
    one = measure(
        figure("black", 13.1, compared_with_reference="lower", status_reason="partly_shown"),
        figure("white", 61.1),
        direction="higher",
    )
    assert str((first_gap(one, english) or [""])[0]).startswith(
        "2024: of the students whom the state shows by race, the figure for Black is 13.1% (likely range 11.8% to 14.4%)."
    )


def test_every_group_is_in_one_sentence(english: Texts) -> None:
    words = " ".join(summary(life(compared_with_reference="cannot_tell"), english))
    assert all(name in words for name in NAMES) and len(GROUPS) == len(NAMES) + 1
    assert words.startswith("2020 to 2022: the overall figure")


@pytest.mark.parametrize(("low", "is_said"), [(41.0, True), (-2.0, False), (None, False)])
def test_a_clear_difference_of_few_cases_is_said_without_a_ratio(english: Texts, low: float | None, is_said: bool) -> None:
    """62 and 3 deaths in 100,000, too few for a ratio: both figures, if the range of their difference excludes zero."""
    few = {
        "compared_with_reference": "not_compared",
        "compared_reason": "few_events",
        "gap": 58.6,
        "gap_low": low,
        "gap_high": 70.0,
    }
    rates = {"unit": "per_100000"}
    said = summary(
        measure(
            figure("all", 19.7, **rates), figure("black", 62.0, **few, **rates), figure("white", 3.4, **rates),
            measure_id="homicide_deaths_yearly", headline_pattern="of_every", unit="per_100000",
        ),
        english,
    )  # fmt: skip
    assert ("62" in said[0] and "3" in said[0].partition("White")[2]) == is_said
    assert sum("too few cases" in sentence for sentence in said) == 1


def test_a_change_names_the_first_window_by_its_own_last_day(english: Texts) -> None:
    """2020 to 2022 has a day more than 2017 to 2019, which was said to end in 2020."""
    before, now = (
        figure("all", value, period_type="3_year", period_start=dt.date(start, 1, 1), period_end=dt.date(start + 2, 12, 31))
        for value, start in ((20.0, 2017), (10.0, 2020))
    )
    changed = now._replace(trend_from=before.period_start, trend=-10.0, trend_word="lower")
    said = short_answer(Measure(measure(changed).about, (changed,), (before, changed)), english)[-1]
    assert said.endswith(" down: it was 20.0% (2017 to 2019) and 10.0% (2020 to 2022).")


@pytest.mark.parametrize(
    ("hispanic", "sentence"),
    [
        (
            (23.2, 28.9),
            "By where people live, the figure is between 24.4% and 26.1%. The likely ranges overlap.",
        ),
        (
            (27.0, 28.9),
            "In the places where Asian residents live, the figure is 24.4%. In those where Hispanic or Latino residents live",
        ),
        (
            (None, None),
            "In the places where Asian residents live, the figure is 24.4%. In those where Hispanic or Latino residents live",
        ),
    ],
)
def test_places_whose_ranges_overlap_are_not_named_as_a_gap(
    hispanic: tuple[float | None, float | None], sentence: str, english: Texts
) -> None:
    places = {"basis": "where_people_live"}
    rows = [
        figure("asian", 24.4, ci_low=22.0, ci_high=26.8, **places),
        figure("hispanic", 26.1, ci_low=hispanic[0], ci_high=hispanic[1], **places),
    ]
    assert summary(measure(*rows, direction="higher", large_groups=["asian", "hispanic"]), english)[0].startswith(sentence)


def test_a_gap_that_is_one_of_many_has_the_unit_of_the_others(english: Texts) -> None:
    """Of completion one row was a ratio among differences."""
    ranged = {"gap": 6.77, "gap_low": 1.26, "gap_high": 11.5, "gap_kind": "difference", "rate_ratio": 1.1}
    asian = figure("asian", 78.4, compared_with_reference="cannot_tell", compared_reason="many_comparisons", **ranged)
    chart = groups_chart(measure(asian, figure("white", 71.6), direction="higher"), english)
    assert chart is not None
    [compared] = [str(one.compared) for one in chart.rows if one.row is asian]
    assert compared.endswith("<small>Gap: 6.8 percentage points (1.3 to 11.5)</small>")


def test_places_of_one_group_alone_are_compared_with_none(english: Texts) -> None:
    asian = figure("asian", 61.6, ci_low=43.3, ci_high=79.9, basis="where_people_live")
    assert str(summary(measure(asian, direction="higher"), english)[0]) == (
        "In the places where Asian residents live, the figure is 61.6% (likely range 43.3% to 79.9%)."
    )


@pytest.mark.parametrize(("of_hispanics", "code"), [("hidden_at_source", "hidden_by_race"), ("too_few", "no_own_race")])
def test_figures_by_race_are_hidden_where_none_is_withheld_for_few_answers(of_hispanics: str, code: str) -> None:
    rows = (
        figure("all", 40.0),
        figure("black", None, status_code="hidden_at_source"),
        figure("hispanic", None, status_code=of_hispanics),
    )
    found = measure(*rows)
    found.about.update(availability="shown", has_figures_by_race=False)
    assert reason(found) == code


def hidden_at_source(black: tuple[float, float]) -> Measure:
    """Exact figures of large groups are hidden by their agency, and one small group has a figure."""
    bounds: dict[str, Any] = {"status_code": "range_only"}
    limited: dict[str, Any] = {"compared_with_reference": "not_compared", "compared_reason": "partly_shown"}
    return measure(
        figure("all", None),
        figure("asian", None, bound_low=21.0, bound_high=30.1, **bounds),
        figure("black", None, bound_low=black[0], bound_high=black[1], **bounds),
        figure("white", None, bound_low=15.3, bound_high=26.5, **bounds),
        figure("hispanic", 34.9, **limited),
    )


def test_the_answer_names_the_largest_gap_of_bounds_and_no_small_group_alone(english: Texts) -> None:
    said = summary(hidden_at_source((56.5, 57.3)), english)
    assert said[0] == (
        "2024: in Plantville the figure for Black is between 56.5% and 57.3%. For White it is between 15.3% and 26.5%. "
        "The agency that reports them hides the exact figures."
    )
    assert "Hispanic" in said[1] and "Hispanic" in said[2]
    overlapping = hidden_at_source((20.5, 26.6))
    assert "Black" not in " ".join(summary(overlapping, english))
    only_ranges = Measure(overlapping.about, [row for row in overlapping.featured if row.has_only_a_range])
    assert [str(sentence)[:24] for sentence in short_answer(only_ranges, english)] == ["No exact figure is known"]
