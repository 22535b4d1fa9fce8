"""The page of a measure shows what was first reported of its revised figures, and nothing of those that are withheld."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from orchestration.scorecard import write_site
from orchestration.scorecard.editions import Edition, describe
from tests.support.scorecard_pages import TAG, html_pages, invalid_html, page_problems
from tests.support.scorecard_release import planted, write_public_file

ROW = {"race_standard": "spd15_2024", "tabulation": "exclusive", "method": "individual"}
RELEASE = "20250304T000000Z-00000001"
WITHHELD = 4822.4822  # a value of the history on a row that shows no first figure
HEADINGS = {"en": "As first reported", "es": "Como se publicó por primera vez", "hmn": "Raws li thawj zaug tshaj tawm"}


def revised() -> dict[str, list[dict[str, Any]]]:
    """Own: White was revised, Asian below the last digit, Black is withheld."""
    tables = planted()
    history = []
    for figure in tables["scorecard"]:
        if figure["measure_id"] == "own" and figure["geography_type"] == "city" and figure["period_start"].year == 2024:
            figure.update(ROW)
            race, value = figure["race_ethnicity_code"], figure["value"]
            if race not in ("white", "asian", "black"):
                continue
            names = ("measure_id", "measure_version", "period_type", "period_start", "period_end", "geography_type", "geoid",
                     "geography_vintage", "race_ethnicity_code", "unit", "value")  # fmt: skip
            first = {"white": 3.21, "asian": value + 0.0001}.get(race)
            history.append(
                {name: figure[name] for name in names}
                | ROW
                | {"stratum_type": "all", "stratum_code": "all", "first_value": first, "revisions": 1}
                | {"history_status": "revised" if first else "withheld", "first_bound_low": WITHHELD if race == "black" else None}
                | {"first_published_on": dt.date(2025, 3, 4) if first else None, "publication_status": "published"}
                | {"first_release_id": RELEASE if first else None}
            )
    tables["as_reported_history"] = history
    tables["as_reported_editions"] = [
        {
            name: value
            for name, value in row.items()
            if not name.startswith("first_") and name not in ("revisions", "history_status")
        }
        | {"edition": label, "release_id": release, "edition_value": value, "last_revised_on": dt.date(2025, 9, 1)}
        for row in history
        if row["race_ethnicity_code"] == "white"
        for label, release, value in (("2025Q1", RELEASE, 3.21), ("2025Q2", "20250605T000000Z-00000002", 6.15))
    ]
    return tables


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first_reported")
    # an edition of the first release, as a pin left it
    (folder / "site" / "2025Q1").mkdir(parents=True)
    (folder / "site" / "2025Q1" / "index.html").touch()
    edition = Edition("2025Q1", RELEASE, "2025Q1", "2025-03-04", ("en",))
    describe(folder / "site" / "2025Q1", edition)
    return write_site(write_public_file(folder / "release.duckdb", revised()), folder / "site").index.parent


def words(page: Path) -> str:
    return re.sub(r"\s+", " ", TAG.sub(" ", page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("language", HEADINGS)
def test_the_first_figure_is_next_to_that_of_now(site: Path, language: str) -> None:
    text = words(site / language / "measures" / "own.html")
    _, found, section = text.partition(HEADINGS[language])
    assert found, text
    assert "3.2%" in section
    assert "4822" not in text


def test_a_line_names_period_group_day_and_both_figures(site: Path) -> None:
    section = words(site / "en" / "measures" / "own.html").partition(HEADINGS["en"])[2]
    assert re.search(r"2024 White 3\.2% [0-9.]+% March 4, 2025 Edition 2025Q1", section), section[:600]
    table = section.partition("Versions and corrections")[0]
    # a change below the last digit is none to a reader, and what is withheld has no line
    assert "Asian" not in table and "Black" not in table


def test_an_edition_that_printed_neither_the_first_figure_nor_that_of_now_has_a_line(site: Path) -> None:
    """2025Q1 printed the first figure, which is listed once; the Council got 6.15 in 2025Q2, of which no folder is left."""
    section = words(site / "en" / "measures" / "own.html").partition(HEADINGS["en"])[2].partition("Versions and corrections")[0]
    assert section.count("2024 White") == 2
    assert re.search(r"2024 White 6\.2% [0-9.]+% June 5, 2025", section), section[:600]


def test_the_page_of_corrections_names_the_editions_and_the_feed(site: Path) -> None:
    text = words(site / "en" / "corrections.html")
    assert re.search(r"Changed since an edition Edition 2025Q2 [^:]+: 1 Edition 2025Q1 [^:]+: 1", text), text[:900]
    assert (site / "en" / "corrections.atom").is_file()


def test_a_page_without_revised_figures_has_no_section(site: Path) -> None:
    assert HEADINGS["en"] not in words(site / "en" / "measures" / "places.html")


def test_pages_are_valid(site: Path) -> None:
    pages = [page for page in html_pages(site) if page.name == "own.html"]
    assert pages
    assert {page.name: problem for page in pages for problem in (*page_problems(page), *invalid_html(page))} == {}
