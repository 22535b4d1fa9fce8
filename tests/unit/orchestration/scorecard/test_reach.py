"""How readers and machines find the site: its office, canonical addresses, previews, and the list of pages."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from orchestration.scorecard import Contact, is_current, write_site
from tests.support.scorecard_pages import html_pages, invalid_html, words
from tests.support.scorecard_release import planted, write_public_file

AT = "https://equity.example/scorecard"
CONTACT = Contact(
    AT,
    "https://equity.example",
    "Office of Equity",
    "equity@city.example",
    "414 555 0100",
    None,
    {"2": ("Ada Example", "555 0102")},
)
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def public_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_public_file(tmp_path_factory.mktemp("reach") / "public.duckdb", planted())


@pytest.fixture(scope="module")
def site(public_file: Path) -> Path:
    return write_site(public_file, public_file.parent / "site", ["en", "es"], CONTACT).index.parent


def test_each_page_names_the_office_and_how_to_report_a_mistake_in_it(site: Path) -> None:
    pages = [page for page in html_pages(site) if page.parts[-2] != "embed" and len(page.relative_to(site).parts) > 1]
    pages = [page for page in pages if "streets" not in page.parts]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "Office of Equity. 414 555 0100." in text and 'href="mailto:equity@city.example"' in text
        path = page.relative_to(site).as_posix()
        assert f"body=https%3A//equity.example/scorecard/{path}%2C%2020251201T000000Z-00000001" in text
        assert "How to cite" in text or page.parts[-3] == "es" or path.startswith("es/")
    assert invalid_html(site / "en" / "measures" / "own.html") == []


def test_previews_have_the_first_sentences_and_one_address(site: Path) -> None:
    for page in html_pages(site / "en"):
        text, path = page.read_text(encoding="utf-8"), page.relative_to(site).as_posix()
        canonical = re.findall(r'<link rel="canonical" href="([^"]+)">', text)
        assert canonical == [f"{AT}/{path.replace('embed/', 'measures/')}"]
        assert len(re.findall(r'<meta property="og:(?:title|description|url)" content="[^"]+">', text)) == 3
    own = (site / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    preview = re.findall(r'<meta property="og:description" content="([^"]+)">', own)[0]
    assert "20.5%" in preview and "<" not in preview


def test_the_sitemap_lists_each_page_once(site: Path) -> None:
    root = ET.parse(site / "sitemap.xml").getroot()
    listed = [str(found.text) for found in root.iter(f"{SITEMAP}loc")]
    pages = {page.relative_to(site).as_posix() for page in html_pages(site) if page.parent.name != "embed"}
    assert sorted(listed) == sorted(f"{AT}/{path}" for path in pages)
    assert {found.text for found in root.iter(f"{SITEMAP}lastmod")} == {"2025-12-01"}


def test_a_district_names_its_member_of_the_council(site: Path) -> None:
    assert "Council member: Ada Example. Office phone: 555 0102." in words(site / "en" / "districts" / "2.html")
    assert "Council member" not in words(site / "en" / "districts" / "1.html")


def test_without_settings_a_site_says_so_and_has_no_addresses(public_file: Path, tmp_path: Path, site: Path) -> None:
    plain = write_site(public_file, tmp_path / "plain", ["en"]).index.parent
    text = (plain / "en" / "index.html").read_text(encoding="utf-8")
    assert "has not named an address for questions" in text and "canonical" not in text and "mailto" not in text
    assert not (plain / "sitemap.xml").exists()
    assert is_current(site, public_file, ["en", "es"], CONTACT) and not is_current(site, public_file, ["en", "es"], AT)
