"""The page of a measure shows what the public file shows: values, and in words why there is none."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.docs_site.site import entries, renderer, script_hash, script_json
from orchestration.figures import figure_text

ROW: dict[str, Any] = {
    "measure_id": "removals",
    "measure_version": 2,
    "name": "Removals <b>",
    "question": "How often?",
    "policy_area": "education",
    "definition": "Removals per student",
    "unit": "percent",
    "favourable_direction": "lower",
    "caveat": "Counts removals",
    "source": "dpt__removals",
    "series_break_on": None,
    "series_break_note": None,
}
FIGURE = {
    "period": "2024",
    "place": "Our City",
    "basis_text": "The race recorded for each person",
    "group_name": "Black",
    "value": 28.8,
    "unit": "percent",
    "unit_text": "Percent",
    "ci_low": 27.9,
    "ci_high": 29.7,
    "status_text": "Shown",
    "compared_with_reference_text": "Higher than everyone else",
    "largest": 28.8,
}
HIDDEN = {
    **FIGURE,
    "group_name": "Asian",
    "value": None,
    "ci_low": None,
    "ci_high": None,
    "status_text": "Hidden to protect people",
}
NOTES = {
    "public_caveat": "Read with care",
    "licence_attribution": "A publisher",
    "availability": "shown",
    "availability_text": "There are figures to show.",
}


def _page(**changes: Any) -> str:
    measure = ROW | {"earlier": [], "notes": NOTES, "figures": [FIGURE, HIDDEN]} | changes
    return renderer([])("measure.html", "measures/removals.html", measure=measure, area="Schools", known={"dpt__removals"})


def test_a_value_has_its_interval_its_comparison_and_the_sentence_of_its_licence() -> None:
    page = _page()
    assert "28.8 %" in page and "27.9 % to 29.7 %" in page and "Higher than everyone else" in page
    assert "A publisher" in page and "2024, Our City" in page
    assert "Removals &lt;b&gt;" in page and "<b>" not in page


def test_a_hidden_value_is_its_reason() -> None:
    row = _page().partition("Asian")[2].partition("</tr>")[0]
    assert "Hidden to protect people" in row and not any(figure.isdigit() for figure in row.replace('colspan="4"', ""))


@pytest.mark.parametrize(
    ("availability", "text"), [("shown", "of places other than the city"), ("not_delivered", "have not been sent")]
)
def test_a_measure_without_a_figure_has_the_reason(availability: str, text: str) -> None:
    notes = {**NOTES, "availability": availability, "availability_text": "The records have not been sent to the office yet."}
    assert text in _page(figures=[], notes=notes)


def test_an_earlier_version_and_its_break_are_listed() -> None:
    earlier = {**ROW, "measure_version": 1, "definition": "Counted otherwise"}
    page = _page(series_break_on="2022-01-01", series_break_note="New law", earlier=[earlier])
    assert "2022-01-01: New law" in page and "Counted otherwise" in page


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "count", ""),
        (1234.4, "count", "1,234"),
        (12.34, "percent", "12.3 %"),
        (1250.5, "usd", "$1,250"),
        (3.5, "usd", "$3.50"),
    ],
)
def test_figures_are_written_by_their_unit(value: float | None, unit: str, text: str) -> None:
    assert figure_text(value, unit) == text


def test_the_search_runs_its_own_script_alone_and_no_text_ends_it() -> None:
    found = entries([ROW | {"question": "</script><script>x()</script>", "page": "measures/removals.html"}], [], [], [])
    page = renderer([])("search.html", "search.html", entries=script_json(found))
    assert page.count("<script") == 2 and "x()</script>" not in page
    script = page.rpartition("<script>")[2].partition("</script>")[0]
    assert f"script-src {script_hash(script)}" in page
