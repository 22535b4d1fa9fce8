"""Planted figures that no page may contain, and the same figures allowed: each check is seen to find what it looks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from orchestration.scorecard import write_site
from tests.support.scorecard_pages import html_pages
from tests.support.scorecard_release import HIDDEN, RATIO_OF_PLACES, planted, write_public_file

Tables = dict[str, list[dict[str, Any]]]
OF_A_FIGURE = (
    "value", "ci_low", "ci_high", "bound_low", "bound_high", "numerator", "city_value", "rate_ratio", "rate_ratio_ci_low",
    "rate_ratio_ci_high", "trend", "trend_ci_low", "trend_ci_high", "trend_from_value",
)  # fmt: skip
OF_A_GOAL = ("value", "ci_low", "ci_high", "baseline_value", "expected_value", "gap", "gap_baseline")
SHOWN = {
    "scorecard": {"status_code": "shown", "publication_status": "published"},
    "goal_progress": {"status": "off_track", "publication_status": "published"},
    "engagement_responses": {"publication_status": "published"},
}
NUMBER = r"4[.,]?711"


def pages_with(pattern: str, tables: Tables, folder: Path) -> set[str]:
    """The English pages of these tables that contain the pattern, as text or in an attribute."""
    folder.mkdir()
    site = write_site(write_public_file(folder / "public.duckdb", tables), folder / "site", ["en"]).index.parent
    return {str(page.relative_to(site)) for page in html_pages(site) if re.search(pattern, page.read_text(encoding="utf-8"))}


def all_hidden() -> Tables:
    """The planted release with every figure hidden, and a number left in each of its columns."""
    tables = planted()
    for figure in tables["scorecard"]:
        figure.update(dict.fromkeys(OF_A_FIGURE, HIDDEN), status_code="hidden", publication_status="suppressed")
    for goal in tables["goal_progress"]:
        goal.update(dict.fromkeys(OF_A_GOAL, HIDDEN), status=None, publication_status="suppressed")
    for theme in tables["engagement_responses"]:
        theme.update(inputs_count=4711, adopted_count=4711, declined_count=4711, publication_status="suppressed")
    return tables


def test_no_page_contains_a_number_of_a_hidden_row(tmp_path: Path) -> None:
    assert pages_with(NUMBER, all_hidden(), tmp_path / "hidden") == set()


def test_one_row_that_is_not_hidden_is_found_on_its_pages(tmp_path: Path) -> None:
    tables = all_hidden()
    for table, column, value in (
        ("scorecard", "race_ethnicity_code", "black"),
        ("scorecard", "geoid", "2"),
        ("goal_progress", "goal_id", "halve"),
        ("engagement_responses", "theme_code", "parks"),
    ):
        row = next(row for row in tables[table] if row.get(column) == value)
        row.update(SHOWN[table])
    assert pages_with(NUMBER, tables, tmp_path / "shown") >= {
        "en/measures/own.html", "en/embed/own.html", "en/districts/2.html", "en/goals.html", "en/you-said.html",
    }  # fmt: skip


def test_a_ratio_of_places_would_be_found(tmp_path: Path) -> None:
    tables = planted()
    for figure in tables["scorecard"]:
        if figure["basis"] == "where_people_live":
            figure["basis"] = "own_race"
    assert "en/measures/places.html" in pages_with(RATIO_OF_PLACES, tables, tmp_path / "people")
