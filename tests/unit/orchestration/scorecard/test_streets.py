"""The index of streets: order, pages of limited size, all languages on one page, links, and a release without a register."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.scorecard import write_site
from orchestration.scorecard.pages.streets import MOST_ROWS, street_pages
from orchestration.scorecard.release_data.open_release import Record
from tests.support.scorecard_pages import TAG, dead_links, html_pages, invalid_html, page_problems
from tests.support.scorecard_release import planted, write_public_file


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streets")
    return write_site(write_public_file(folder / "public.duckdb", planted()), folder / "site").index.parent


def _range(name: str, street: str, start: int) -> Record:
    return Record(street_name=name, street=street, parity="both", from_number=start, to_number=start + 99, district="1")


def ranges(*names: str) -> list[Record]:
    return [_range(name, f"N {name}", 100) for name in names]


def rows(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [re.sub(r"\s+", " ", TAG.sub(" ", row)).strip() for row in re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)[1:]]


def test_streets_are_listed_by_number_and_then_by_letter() -> None:
    pages = street_pages(ranges("WATER ST", "9TH ST", "100TH ST", "27TH ST", "ADAMS AV", "3RD ST", "ÉCOLE ST"))
    assert [(page.label, page.file) for page in pages] == [
        ("1–9", "1.html"),
        ("20–29", "20.html"),
        ("100–109", "100.html"),
        ("A", "a.html"),
        ("W", "w.html"),
        ("É", "u00e9.html"),
    ]
    assert [street.name for street in pages[0].streets] == ["N 3RD ST", "N 9TH ST"]


def test_an_entry_that_is_too_long_continues_on_another_page_and_splits_no_street() -> None:
    long = [_range("LONG ST", "N LONG ST", 100 * n) for n in range(1, MOST_ROWS)]
    pages = street_pages([*ranges("LA ST", "LB ST"), *long])
    assert [(page.label, page.file) for page in pages] == [("L", "l.html"), ("L (2)", "l-2.html")]
    assert [[street.name for street in page.streets] for page in pages] == [["N LA ST", "N LB ST"], ["N LONG ST"]]


def test_a_page_shows_the_ranges_of_todays_map_in_all_languages(site: Path) -> None:
    page = site / "streets" / "20.html"
    assert rows(page) == [
        "N 27TH ST 100–1999 0–9 1",
        "2000–2098 0 2 4 6 8 2",
        "2001–2099 1 3 5 7 9 3",
        "S 27TH ST 100–199 0–9 3",
    ]
    assert rows(site / "streets" / "a.html") == ["E ADAMS AV 100–199 0–9 1"], "the map of 2012 is not in force"
    text = page.read_text(encoding="utf-8")
    for language, tag, word in (("en", "en", "House numbers"), ("es", "es", "Números de casa"), ("hmn", "mww", "Naj npawb tsev")):
        assert text.count(f'lang="{tag}" dir="auto">{word}</span>') == 1
        assert f'href="../{language}/districts/3.html"' in text
    assert text.count('class="translated"') == 2, "a banner per language that no speaker has reviewed"


def test_pages_are_valid_small_and_linked_from_each_language(site: Path) -> None:
    assert sorted(path.name for path in (site / "streets").iterdir()) == ["20.html", "a.html"]
    pages = [*html_pages(site / "streets"), *(site / language / "your-district.html" for language in ("en", "es", "hmn"))]
    assert [problem for page in pages for problem in (*page_problems(page), *invalid_html(page))] == []
    assert dead_links(site) == []
    for language in ("en", "es", "hmn"):
        assert '"../streets/20.html"' in (site / language / "your-district.html").read_text(encoding="utf-8")
        assert "your-district.html#by-street" in (site / language / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("has_table", [True, False], ids=["empty table", "release of an earlier version"])
def test_a_city_without_a_register_is_reported(tmp_path: Path, has_table: bool) -> None:
    tables = planted() | {"street_districts": []}
    if not has_table:
        del tables["street_districts"]
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ("en",)).index.parent
    assert not (site / "streets").exists()
    assert "no list of addresses" in (site / "en" / "your-district.html").read_text(encoding="utf-8")
    assert "by-street" not in (site / "en" / "index.html").read_text(encoding="utf-8")
    assert dead_links(site) == []
