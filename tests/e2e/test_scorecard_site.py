"""The scorecard that a run writes: every page without a browser, one page of each template in each language in one."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from pypdf import PdfReader

from orchestration.scorecard.pages.page_list import EMBED_HEADING, EMBED_ROW
from tests.support.browser import browsing
from tests.support.public_face import face_problems, words_without_range
from tests.support.scorecard_pages import (
    dead_links,
    html_pages,
    invalid_html,
    numbers_of_hidden,
    page_problems,
    table_rows,
    wrong_figures,
)
from tests.support.scorecard_report import check_charts, ua_problems
from warehouse.connection import run_query

PHONE = {"width": 320, "height": 800}
LANGUAGES = ("en", "es", "hmn")
# everyone in a chart of places is of the places, too
FEATURED = """
    select
        card.measure_id, card.race_ethnicity_code, card.group_kind, card.status_code,
        coalesce(of_places.value, card.value) as value
    from {schema}.scorecard as card
    left join {schema}.{figures} as of_places
        on card.measure_id = of_places.measure_id and card.measure_version = of_places.measure_version
        and card.period_type = of_places.period_type and card.period_start = of_places.period_start
        and card.geography_type = of_places.geography_type and card.geography_vintage = of_places.geography_vintage
        and card.geoid = of_places.geoid and card.race_ethnicity_code = of_places.race_ethnicity_code
        and of_places.race_ethnicity_code = 'all' and card.basis = 'no_race' and card.race_standard = of_places.race_standard
        and of_places.method = 'place_weighted' and of_places.stratum_type = 'all'
    where card.is_featured and not card.is_stand_in
"""
FIGURES = {"published": "equity_measures", "marts": "fct_equity_measures"}

# where one kind of period has figures of districts: else the site chooses, and the test would repeat its choice
DISTRICTS = """
    select measure_id, geoid, value, status_code from {schema}.scorecard
    where geography_type = 'aldermanic_district' and race_ethnicity_code = 'all' and is_latest and not is_stand_in
    qualify count(*) over (partition by measure_id, geoid) = 1
"""


def sampled(site: Path, language: str) -> list[Path]:
    """One page of each template: of measures the largest, which shows most parts."""
    largest = {
        folder: max((site / language / folder).iterdir(), key=lambda page: page.stat().st_size)
        for folder in ("measures", "areas")
    }
    embedded = site / language / "embed" / largest["measures"].name
    places = [
        page
        for kind in sorted((site / language / "places").iterdir())
        for page in (kind / "index.html", max(kind.iterdir(), key=lambda page: page.stat().st_size))
    ]
    district = site / language / "districts" / "1.html"
    return [*sorted((site / language).glob("*.html")), *largest.values(), embedded, district, *places]


def largest_street_page(site: Path) -> Path:
    return max((site / "streets").iterdir(), key=lambda page: page.stat().st_size)


def check_figures(site: Path, file: Path, schema: str = "published") -> int:
    """Compare featured figures and those of districts, in each language, with the file; the number of figures."""
    rows = run_query(file, FEATURED.format(schema=schema, figures=FIGURES[schema]), 60).to_pylist()
    of_districts = run_query(file, DISTRICTS.format(schema=schema), 60).to_pylist()
    compared = 0
    for language in LANGUAGES:
        for page in sorted((site / language / "measures").glob("*.html")):
            displayed = set(table_rows(page))
            own = [row for row in rows if row["measure_id"] == page.stem and f"group-{row['race_ethnicity_code']}" in displayed]
            figures = {
                f"group-{row['race_ethnicity_code']}": row["value"] for row in own if row["status_code"] in ("shown", "zero")
            }
            hidden = [
                f"group-{row['race_ethnicity_code']}" for row in own if row["status_code"] not in ("shown", "zero", "range_only")
            ]
            assert list(wrong_figures(page, language, figures)) == []
            assert numbers_of_hidden(page, hidden) == []
            compared += len(figures)
        for page in (site / language / "districts").glob("*.html"):
            displayed = set(table_rows(page))
            own = [row for row in of_districts if row["geoid"] == page.stem and f"measure-{row['measure_id']}" in displayed]
            figures = {f"measure-{row['measure_id']}": row["value"] for row in own if row["value"] is not None}
            assert list(wrong_figures(page, language, figures)) == []
            assert numbers_of_hidden(page, [f"measure-{row['measure_id']}" for row in own if row["value"] is None]) == []
            compared += len(figures)
    return compared


def test_a_run_writes_the_scorecard_of_its_release(first_release: tuple[Path, dict[str, Any]]) -> None:
    home, report = first_release
    site = home / "published" / "scorecard"
    assert Path(report["scorecard_path"]).parts[-3:] == ("published", "scorecard", "index.html")
    assert report["scorecard_problem"] is None
    assert report["seconds"]["scorecard"] > 0
    public_file = home / "published" / "levelground_public.duckdb"
    measures = {
        row["measure_id"]
        for row in run_query(public_file, "select measure_id from published.measures where is_current", 60).to_pylist()
    }
    for language in LANGUAGES:
        assert {page.stem for page in (site / language / "measures").iterdir()} == measures
    assert check_figures(site, public_file) > 1000
    assert ua_problems(site / "report.pdf", "en") == []
    assert check_charts(site / "report.pdf", public_file, "en") > 40
    pages = html_pages(site)
    assert [problem for page in pages for problem in page_problems(page)] == []
    assert [problem for language in LANGUAGES for page in sampled(site, language) for problem in invalid_html(page)] == []
    assert invalid_html(largest_street_page(site)) == []
    assert dead_links(site) == []
    assert [
        problem for language in LANGUAGES for page in sampled(site, language) for problem in face_problems(page, language)
    ] == []
    assert words_without_range(public_file) == []
    release_id = json.loads((home / "published" / "current.json").read_text())["release_id"]
    assert [page for page in pages if page != site / "index.html" and release_id not in page.read_text(encoding="utf-8")] == []


def test_pages_are_accessible_and_fit_a_phone(first_release: tuple[Path, dict[str, Any]]) -> None:
    """All languages fill the same templates: in Hmong, of the longest words, two pages show what depends on the language."""
    site = first_release[0] / "published" / "scorecard"
    problems, requested = [], []
    templates = {language: sampled(site, language) for language in ("en", "hmn")}
    audited = {site / "index.html", largest_street_page(site), *templates["en"]}
    audited |= {page for page in templates["hmn"] if page.parent.name in ("measures", "districts")}
    with browsing() as page:
        page.on("request", lambda request: requested.append(request.url))
        page.set_viewport_size(PHONE)
        for file in sorted({*audited, *(file for files in templates.values() for file in files)}):
            page.goto(file.as_uri())
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            problems += [f"{file}: {wider} pixels wider than a phone"] if wider > 0 else []
            found = Axe().run(page).response["violations"] if file in audited else []
            problems += [f"{file}: {rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in found]
    assert problems == []
    assert [url for url in requested if not url.startswith("file:")] == []


def test_a_district_prints_on_one_letter_sheet(first_release: tuple[Path, dict[str, Any]]) -> None:
    site = first_release[0] / "published" / "scorecard"
    sheets = {}
    with browsing() as page:
        for file in [site / language / "districts" / f"{number}.html" for language in LANGUAGES for number in (1, 8, 15)]:
            page.goto(file.as_uri())
            printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
            sheets[f"{file.parts[-3]} {file.stem}"] = (len(printed), *map(int, printed[0].mediabox[2:]))
        page.emulate_media(media="screen")
        rows = page.evaluate(
            "[...document.querySelectorAll('tr[id^=population_by_race]')]"
            ".map(row => [...row.querySelectorAll('.number')].map(cell => cell.getBoundingClientRect().top))"
        )
    assert set(sheets.values()) == {(1, 612, 792)}, sheets
    assert len(rows) > 5 and all(max(tops) - min(tops) < 1 for tops in rows), "the cells of a row are next to each other"


def test_a_chart_fits_the_frame_that_its_code_opens(first_release: tuple[Path, dict[str, Any]]) -> None:
    site, higher = first_release[0] / "published" / "scorecard", {}
    with browsing() as page:
        for file in (one for language in LANGUAGES for one in sorted((site / language / "embed").glob("*.html"))[::6]):
            width, height = 600, EMBED_HEADING + EMBED_ROW * file.read_text(encoding="utf-8").count('<tr id="group-')
            page.set_viewport_size({"width": width, "height": height})
            page.goto(file.as_uri())
            size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
            higher |= {f"{file.parts[-3]} {file.stem}": size} if size[0] > width or size[1] > height else {}
    assert higher == {}
