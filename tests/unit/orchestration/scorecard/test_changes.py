"""Changes since an edition: revised, withdrawn, hidden and new figures of two public files; nothing hidden is printed."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pypdf import PdfReader

from orchestration.scorecard import Cause, Earlier, write_site
from orchestration.scorecard.release_data.changes import Changes, find_changes
from tests.support.scorecard_pages import TAG, dead_links, html_pages, invalid_html, page_problems
from tests.support.scorecard_release import planted, row, write_public_file
from tests.support.scorecard_report import alternative_texts

GONE = {"black": 47.11, "asian": 47.12}  # figures of the earlier edition that are not shown now
BLANK = (
    "value", "ci_low", "ci_high", "numerator", "denominator", "rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high",
    "compared_with_reference", "reference_code",
)  # fmt: skip
LATER = {"period_start": dt.date(2025, 1, 1), "period_end": dt.date(2025, 12, 31)}


def changed() -> dict[str, list[dict[str, Any]]]:
    """Own: White revised, Black withdrawn at source, Asian hidden, a new year; places: nothing; whole: another definition."""
    tables = planted()
    for figure in tables["scorecard"]:
        if figure["measure_id"] == "own" and figure["geography_type"] == "city" and figure["period_start"].year == 2024:
            race = figure["race_ethnicity_code"]
            if race == "white":
                figure.update({"value": 10.4, "ci_low": 9.5, "ci_high": 11.5})
            if race in ("black", "asian"):
                status = "hidden_at_source" if race == "black" else "hidden"
                figure.update(dict.fromkeys(BLANK) | {"status_code": status})
    tables["scorecard"].append(row("own", "white", 9.9, **LATER, is_featured=False, is_latest=False))
    tables["measures"][2]["numerator"] = "People counted in another way"
    tables["goal_progress"][0]["status"] = "on_track"
    return tables


def earlier_tables() -> dict[str, list[dict[str, Any]]]:
    tables = planted()
    for figure in tables["scorecard"]:
        if figure["measure_id"] == "own":
            figure["value"] = GONE.get(figure["race_ethnicity_code"], figure["value"])
    return tables


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("two")
    return write_public_file(folder / "before.duckdb", earlier_tables()), write_public_file(folder / "after.duckdb", changed())


def earlier(files: tuple[Path, Path]) -> Earlier:
    causes = {"own": (Cause("records", ("dept__records",)), Cause("method"))}
    return Earlier("2025Q2", "20250701T000000Z-00000001", files[0], causes)


@pytest.fixture(scope="module")
def changes(files: tuple[Path, Path]) -> Changes:
    found = find_changes(files[1], earlier(files))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def site(files: tuple[Path, Path]) -> Path:
    return write_site(files[1], files[0].parent / "site", earlier=earlier(files)).index.parent


def words(page: Path) -> str:
    return re.sub(r"\s+", " ", TAG.sub("", page.read_text(encoding="utf-8")))


def test_each_change_is_counted_once(changes: Changes) -> None:
    assert set(changes.measures) == {"own", "whole"}
    own = changes.measures["own"]
    assert (own.revised, own.added, own.no_longer) == (1, 1, {"hidden": 1, "hidden_at_source": 1})
    assert own.new_periods == [{"period_type": "year", "start": LATER["period_start"], "end": LATER["period_end"]}]
    assert [(figure.race_ethnicity_code, figure.before, figure.now) for figure in own.figures] == [("white", 10.0, 10.4)]
    assert changes.measures["whole"].is_redefined
    assert changes.goals == {"halve": ("off_track", "on_track")}


def test_a_release_has_no_changes_since_itself(files: tuple[Path, Path]) -> None:
    found = find_changes(files[0], earlier(files))
    assert found is not None
    assert (dict(found.measures), dict(found.goals)) == ({}, {})


def test_another_order_of_a_sum_is_no_change(files: tuple[Path, Path], tmp_path: Path) -> None:
    tables = earlier_tables()
    for figure in tables["scorecard"]:
        figure["value"] = figure["value"] and figure["value"] * (1 + 1e-13)
    found = find_changes(write_public_file(tmp_path / "sum.duckdb", tables), earlier(files))
    assert found is not None
    assert dict(found.measures) == {}


def test_a_file_of_an_earlier_version_is_not_compared(files: tuple[Path, Path], tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "old.duckdb")) as con:
        con.execute("create schema published; create table published.release (release_id varchar)")
    assert find_changes(files[1], Earlier("old", "0", tmp_path / "old.duckdb")) is None


def test_no_page_contains_a_value_that_is_withdrawn_or_hidden(site: Path) -> None:
    assert [page for page in html_pages(site) if re.search(r"47\.1", TAG.sub(" ", page.read_text(encoding="utf-8")))] == []
    pdf = PdfReader(site / "en" / "report.pdf")
    report = " ".join([*(page.extract_text() for page in pdf.pages), *alternative_texts(pdf)])
    assert "White, 2024: 10.0% → 10.4%" in report
    assert not re.search(r"47\.1", report)


def test_figures_of_a_source_that_is_not_read_any_more_have_no_new_records(files: tuple[Path, Path], tmp_path: Path) -> None:
    tables = changed()
    for source in tables["sources"]:
        source["agreement_status"] = "removed"
    site = write_site(write_public_file(tmp_path / "removed.duckdb", tables), tmp_path / "site", earlier=earlier(files))
    page = words(site.index.parent / "en" / "corrections.html")
    assert "We may no longer use these records." in page and "new or corrected records" not in page


def test_pages_name_changes_and_reasons(site: Path) -> None:
    page = words(site / "en" / "corrections.html")
    assert "We compare with the edition 2025Q2." in page
    for text in (
        "Figures that changed: 1",
        "Figures that their publisher withdrew: 1",
        "Figures that are now hidden to protect people: 1",
        "New periods: 2025",
        "There are new or corrected records of Planted records. We changed how the figure is worked out",
        "We now count this in another way.",
        "The status of the goal was off track and is now on track.",
    ):
        assert text.casefold() in page.casefold(), text
    measure = (site / "en" / "measures" / "own.html").read_text(encoding="utf-8").partition('id="versions"')[2]
    assert re.findall(r"<t[hd][^>]*>([^<]+)</t[hd]>", measure)[-4:] == ["2024", "White", "10.0%", "10.4%"]
    assert "No figure of this question has changed." in words(site / "en" / "measures" / "places.html")
    data = words(site / "en" / "data.html").partition("Changes since the last edition")[2]
    assert "are gone2 Questions with new figures0" in data.replace("\n", "")


def test_pages_are_valid(site: Path) -> None:
    pages = [page for page in html_pages(site) if page.name in ("corrections.html", "editions.html", "data.html", "own.html")]
    assert len(pages) > 12
    assert [problem for page in pages for problem in (*page_problems(page), *invalid_html(page))] == []
    assert dead_links(site) == []
