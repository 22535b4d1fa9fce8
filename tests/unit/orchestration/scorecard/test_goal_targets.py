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


@pytest.mark.parametrize(("language", "words"), [("en", "Target until June 30, 2025"), ("es", "Meta hasta el")])
def test_the_report_shows_both_targets(site: Path, language: str, words: str) -> None:
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(site / language / "report.pdf").pages).split())
    assert words in text and "The budget was cut by <half>." in text
