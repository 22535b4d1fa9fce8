"""How readers and machines find the site: its office, canonical addresses, previews, and the list of pages."""

from __future__ import annotations

import csv
import json
import re
import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import fastexcel
import pytest
import typst

from orchestration.scorecard import Contact, is_current, write_site
from tests.support.scorecard_pages import html_pages, invalid_html, table_rows, words
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
# project-open-data.cio.gov/v1.1/schema: `required` of catalog.json, and of dataset.json but codes of federal budgets
OF_CATALOG = {"conformsTo", "dataset"}
OF_DATASET = {
    "title", "description", "keyword", "modified", "publisher", "contactPoint", "identifier", "accessLevel",
}  # fmt: skip
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def public_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = planted()
    for figure in tables["scorecard"]:
        figure["status_text"] = {"hidden": "Hidden to protect people"}.get(figure["status_code"], "Shown")
    return write_public_file(tmp_path_factory.mktemp("reach") / "public.duckdb", tables)


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
    measure = (plain / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    assert "iframe" not in measure and not re.search(r"<cite>[^<]*\.html", measure)  # a path within this site is broken elsewhere
    assert not re.search(r"<cite>[^<]*\.html", text) and re.search(r"<cite>[^<]*Release [^<]*\.</cite>", text)
    assert is_current(site, public_file, ["en", "es"], CONTACT) and not is_current(site, public_file, ["en", "es"], AT)


def test_the_line_that_embeds_a_chart_has_its_address_and_its_size(site: Path) -> None:
    rows = (site / "en" / "embed" / "own.html").read_text(encoding="utf-8").count('<tr id="group-')
    line = (site / "en" / "measures" / "own.html").read_text(encoding="utf-8").partition("&lt;iframe ")[2].partition("&gt;")[0]
    assert f"src=&quot;{AT}/en/embed/own.html&quot;" in line and rows > 3
    assert f"width=&quot;600&quot; height=&quot;{240 + 120 * rows}&quot;" in line


def test_the_catalogue_has_what_dcat_us_requires(site: Path) -> None:
    catalogue = json.loads((site / "data.json").read_text(encoding="utf-8"))
    assert catalogue.keys() >= OF_CATALOG and catalogue["conformsTo"] == "https://project-open-data.cio.gov/v1.1/schema"
    datasets, names = catalogue["dataset"], [f"Name of {code}" for code in ("own", "places", "whole")]
    assert [one["title"].removesuffix(", Plantville") for one in datasets] == ["Racial equity scorecard", *names]
    for one in datasets:
        assert one.keys() >= OF_DATASET and all(one[name] for name in OF_DATASET), one["title"]
        assert one["contactPoint"] == {
            "@type": "vcard:Contact",
            "fn": "Office of Equity",
            "hasEmail": "mailto:equity@city.example",
        }
        assert (
            one["publisher"]["name"] == "Office of Equity" and one["accessLevel"] == "public" and one["modified"] == "2025-12-01"
        )
        for file in one["distribution"]:
            assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", file["mediaType"])
            path = file["downloadURL"].removeprefix(f"{AT}/")
            assert (site / path).is_file() or path.startswith("https://equity.example/")
    assert datasets[1]["temporal"] == "2020-01-01/2024-12-31" and len({one["identifier"] for one in datasets}) == 4


def test_three_formats_have_the_same_figures(site: Path) -> None:
    with (site / "downloads" / "own.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    table = json.loads((site / "downloads" / "own.json").read_text(encoding="utf-8"))
    sheet = fastexcel.read_excel(site / "downloads" / "own.xlsx").load_sheet("figures", dtypes="string").to_arrow()
    value = lines[0].index("value")
    figures = [line[value] for line in lines[1:]]
    assert table["columns"] == lines[0] == sheet.schema.names and len(figures) == 9
    assert [str(row[value]) if row[value] is not None else "" for row in table["rows"]] == figures
    assert [float(text) if text else None for text in figures] == [
        float(text) if text else None for text in sheet.column("value").to_pylist()
    ]
    assert "20.5" in figures and "" in figures  # a figure, and one that is hidden


def test_spanish_files_have_its_words_a_decimal_comma_and_the_figures_of_the_english_ones(site: Path) -> None:
    """A spreadsheet set to Spanish reads the CSV by a double click: the mark of UTF-8, semicolons, commas."""
    downloads = site / "downloads"
    assert (downloads / "es" / "own.csv").read_bytes().startswith(b"\xef\xbb\xbfmeasure_id;Pregunta;")
    with (downloads / "own.csv").open(encoding="utf-8", newline="") as file:
        english = list(csv.DictReader(file))
    with (downloads / "es" / "own.csv").open(encoding="utf-8-sig", newline="") as file:
        spanish = list(csv.DictReader(file, delimiter=";"))
    assert [row["Cifra"] for row in spanish] == [row["value"].replace(".", ",") for row in english]
    assert "20,5" in {row["Cifra"] for row in spanish}
    assert {row["Unidad"] for row in spanish} == {"Por ciento"} and {row["Periodo"] for row in spanish} >= {"2024"}
    hidden = [row["Se muestra, o por qué no"] for row in spanish if not row["Cifra"]]
    assert hidden == ["Oculto para proteger a las personas"] * 2
    sheet = fastexcel.read_excel(downloads / "es" / "own.xlsx").load_sheet("figures").to_arrow()
    assert sheet.column("Cifra").to_pylist() == [float(row["value"]) if row["value"] else None for row in english]


def test_files_have_the_caution_of_a_figure_and_none_of_a_hidden_one(tmp_path: Path) -> None:
    tables = planted()
    for one in tables["scorecard"]:
        if one["measure_id"] == "own":
            one |= {"reliability": "use_with_caution", "status_reason": "publisher_quality"}
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en", "es"]).index.parent
    with (site / "downloads" / "own.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["value"] != "", row["caution"]) for row in rows} == {(True, "publisher_quality"), (False, "")}
    with (site / "downloads" / "es" / "own.csv").open(encoding="utf-8-sig", newline="") as file:
        cautions = {row["⚠ Usar con cuidado"] for row in csv.DictReader(file, delimiter=";")}
    assert cautions == {"", "La propia fuente dice que la calidad de esta cifra es baja."}


def test_files_say_whose_race_it_is_in_each_language(tmp_path: Path) -> None:
    tables = planted()
    for one in tables["scorecard"]:
        if one["measure_id"] == "own":
            one["basis_text"] = "The race of the mother"
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en", "es"]).index.parent
    with (site / "downloads" / "es" / "own.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["De quién es la raza"] for row in csv.DictReader(file, delimiter=";")} == {"La raza de la madre"}


def test_a_zero_that_may_be_a_hidden_number_is_no_figure_of_a_file(tmp_path: Path) -> None:
    tables = planted()
    figures = {"numerator": 0.0, "value": 0.0, "bound_low": 0.0, "bound_high": 0.0}
    (black,) = (one for one in tables["scorecard"] if (one["measure_id"], one["race_ethnicity_code"]) == ("own", "black"))
    black |= {"status_code": "zero_unsure", "status_text": "May be a hidden number", "denominator": 101.0} | figures
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    with (site / "downloads" / "own.csv").open(encoding="utf-8", newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["race_ethnicity_code"] == "black")
    assert [row[name] for name in (*figures, "denominator", "status_text")] == [*[""] * 4, "101.0", "May be a hidden number"]


def test_pages_link_the_files_of_their_language_and_one_without_a_locale_has_the_english_ones(
    public_file: Path, site: Path, tmp_path: Path
) -> None:
    def links(folder: Path, language: str) -> set[str]:
        page = (folder / language / "measures" / "own.html").read_text(encoding="utf-8")
        return set(re.findall(r'<a href="../../downloads/([^"]+)"', page))

    assert links(site, "es") == {"es/own.csv", "es/own.xlsx", "own.json"}
    assert links(site, "en") == {"own.csv", "own.xlsx", "own.json"}
    hmong = write_site(public_file, tmp_path / "hmong", ["hmn"], CONTACT).index.parent
    assert links(hmong, "hmn") == links(site, "en") and not (hmong / "downloads" / "hmn").exists()


def test_search_engines_read_a_dataset_without_a_script(site: Path) -> None:
    page = (site / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    assert '<div itemscope itemtype="https://schema.org/Dataset">' in page and "<script" not in page
    found = dict(reversed(re.findall(r'<meta itemprop="(\w+)" content="([^"]+)">', page)))
    assert found["name"] == "Name of own, Plantville" and found["temporalCoverage"] == "2020-01-01/2024-12-31"
    assert re.findall(r'<link itemprop="contentUrl" href="([^"]+)">', page) == [
        f"../../downloads/own.{ending}" for ending in ("csv", "xlsx", "json")
    ]
    assert "itemtype" not in (site / "en" / "measures" / "nothing.html").read_text(encoding="utf-8")


def test_the_feed_has_the_release_and_is_atom(site: Path) -> None:
    root = ET.parse(site / "en" / "news.atom").getroot()
    assert root.tag == f"{ATOM}feed" and root.findtext(f"{ATOM}updated") == "2025-12-01T00:00:00Z"
    for one in [root, *root.findall(f"{ATOM}entry")]:
        assert all(one.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated"))
    entries = root.findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}title") for one in entries] == ["New figures"]
    link = entries[0].find(f"{ATOM}link")
    assert link is not None and link.get("href") == f"{AT}/en/corrections.html"


def test_a_to_z_lists_questions_groups_and_districts(site: Path) -> None:
    page = (site / "en" / "measures.html").read_text(encoding="utf-8")
    listed = re.findall(r'<li><a href="((?:measures|districts|groups)/[^"]+)">([^<]+)</a>', page)
    assert [name for _, name in listed] == sorted((name for _, name in listed), key=str.casefold)
    assert {"measures/own.html", "districts/2.html", "groups/black.html"} <= {path for path, _ in listed}
    black, hispanic = (table_rows(site / "en" / "groups" / f"{code}.html") for code in ("black", "hispanic"))
    assert "<b>20.5%</b>" in black["measure-own"] and "(1.6 to 2.8)" in black["measure-own"]
    assert hispanic.keys() == {"measure-places"}  # its own figure is hidden
    assert "times" not in black["measure-places"]


def test_a_card_is_drawn_once_and_shows_no_hidden_figure(
    public_file: Path, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (site / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    [name] = re.findall(rf'<meta property="og:image" content="{AT}/en/cards/([^"]+)">', page)
    picture = (site / "en" / "cards" / name).read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", picture[16:24]) == (1200, 630)
    shown: list[dict[str, Any]] = []

    def compile_(*given: Any, **options: Any) -> Any:
        if options["format"] == "pdf":
            return made(*given, **options)
        cards = json.loads(options["sys_inputs"]["content"])
        shown.extend(cards)
        return [b"drawn" for _ in cards]

    made = typst.compile
    monkeypatch.setattr(typst, "compile", compile_)
    assert write_site(public_file, tmp_path / "again", ["en"], CONTACT) and len(shown) == 3
    rows = {row["label"]: row for card in shown if card["title"] == "Name of own" for row in card["rows"]}
    assert rows["Black"]["figure"] == "20.5%" and rows["Black"]["x"] is not None
    assert (rows["Hispanic"]["figure"], rows["Hispanic"]["x"], rows["Hispanic"]["status"]) == (
        None,
        None,
        "Hidden to protect people",
    )
    shown.clear()
    assert write_site(public_file, site, ["en", "es"], CONTACT).index.is_file() and shown == []
    assert (site / "en" / "cards" / name).read_bytes() == picture


def test_the_sheet_of_a_district_has_a_code_to_scan(site: Path) -> None:
    codes = {
        page.stem: re.findall(r'<svg [^>]*class="qr">.*?</svg>', page.read_text())
        for page in (site / "en" / "districts").iterdir()
    }
    assert all(len(found) == 1 for found in codes.values()) and len({found[0] for found in codes.values()}) == len(codes) == 3
    assert 'class="qr"' not in (site / "en" / "index.html").read_text(encoding="utf-8")
