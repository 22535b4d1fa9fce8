"""A target that was replaced is next to that of now, with the day and the reason, on the page of goals and in the report."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from orchestration.scorecard import write_site
from tests.support.scorecard_pages import TAG, invalid_html, page_problems
from tests.support.scorecard_release import planted, write_public_file

LOWERED = {
    "goal_id": "halve",
    "target_value": 4.0,
    "unit": "percent",
    "due_on": dt.date(2026, 12, 31),
    "valid_to": dt.date(2025, 6, 30),
}
REASON = "The budget was cut by <half>."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("targets")
    tables = planted() | {"goal_targets": [LOWERED | {"reason": REASON}]}
    return write_site(write_public_file(folder / "release.duckdb", tables), folder / "site").index.parent


def test_the_page_of_goals_shows_both_targets(site: Path) -> None:
    page = site / "en" / "goals.html"
    text = re.sub(r"\s+", " ", TAG.sub(" ", page.read_text(encoding="utf-8")))
    assert re.search(r"Target by December 31, 2027 6(\.0)?% Target until June 30, 2025 4(\.0)?%", text), text
    assert "The target changed after June 30, 2025. Earlier results keep the target of their time." in text
    assert "The budget was cut by &lt;half&gt;." in text
    assert [*page_problems(page), *invalid_html(page)] == []


def test_a_goal_of_records_that_may_not_be_used_any_more_is_not_hidden_to_protect_people(tmp_path: Path) -> None:
    tables = planted()
    (ended,) = {goal["measure_id"] for goal in tables["goals"]}
    for measure in tables["measures"]:
        measure["availability"] = "agreement_ended" if measure["measure_id"] == ended else measure["availability"]
    for progress in tables["goal_progress"]:
        progress.update(publication_status="suppressed", status=None, status_reason="suppressed")
    site = write_site(write_public_file(tmp_path / "ended.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    text = TAG.sub(" ", (site / "en" / "goals.html").read_text(encoding="utf-8"))
    assert "We may no longer use these records." in text and "Hidden to protect people" not in text


def test_a_goal_of_an_earlier_version_of_a_measure_is_not_hidden_to_protect_people(tmp_path: Path) -> None:
    tables = planted()
    (redefined,) = {goal["measure_id"] for goal in tables["goals"]}
    tables["measures"] += [
        measure | {"measure_version": 2} for measure in tables["measures"] if measure["measure_id"] == redefined
    ]
    for measure in tables["measures"]:
        measure["is_current"] = measure["measure_id"] != redefined or measure["measure_version"] == 2
    for progress in tables["goal_progress"]:
        progress.update(publication_status="suppressed", status=None, status_reason="suppressed")
    site = write_site(write_public_file(tmp_path / "redefined.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    text = TAG.sub(" ", (site / "en" / "goals.html").read_text(encoding="utf-8"))
    assert "The figures do not compare with the start any more" in text and "Hidden to protect people" not in text


@pytest.mark.parametrize(("language", "words"), [("en", "Target until June 30, 2025"), ("es", "Meta hasta el")])
def test_the_report_shows_both_targets(site: Path, language: str, words: str) -> None:
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(site / language / "report.pdf").pages).split())
    assert words in text and "The budget was cut by <half>." in text


def test_a_goal_is_on_the_home_page_once_the_council_adopted_it(tmp_path: Path) -> None:
    """A goal that was not adopted is on the page of goals only, which says so."""
    said = {
        "halve": ({}, "The city council has not adopted this goal."),
        "filed": ({"adopted_on": dt.date(2025, 3, 4), "council_file": "241234"},
                  "The city council adopted this goal on March 4, 2025 (file 241234)."),
        "kept": ({"adopted_on": dt.date(2025, 3, 4)}, "The city council adopted this goal on March 4, 2025."),
    }  # fmt: skip
    tables = planted()
    [goal] = tables["goals"]
    tables["goals"] = [goal | {"goal_id": name, "is_example": False} | columns for name, (columns, _) in said.items()]
    tables["goal_progress"] = []
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent / "en"
    goals = (site / "goals.html").read_text(encoding="utf-8")
    for name, (_, sentence) in said.items():
        assert sentence in goals.partition(f'id="goal-{name}"')[2].partition("</section>")[0]
    for page in ("index.html", f"measures/{goal['measure_id']}.html"):
        html = (site / page).read_text(encoding="utf-8")
        assert "goals.html#goal-filed" in html and "goals.html#goal-kept" in html
        assert "goals.html#goal-halve" not in html


def test_the_owner_of_a_goal_has_the_name_of_the_language(tmp_path: Path) -> None:
    """A department has a translation, whatever the goal calls it; another name is marked as English."""
    tables = planted()
    [goal] = tables["goals"]
    health = {"goal_id": "one", "owner": "Public Health Office", "owner_department": "mhd"}
    tables["goals"] = [goal | health, goal | {"goal_id": "two", "owner": "Office"}]
    tables["goal_progress"] = []
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["es"]).index.parent
    page = (site / "es" / "goals.html").read_text(encoding="utf-8")
    assert "Salud pública" in page and "Public Health Office" not in page and '<span lang="en">Office</span>' in page
