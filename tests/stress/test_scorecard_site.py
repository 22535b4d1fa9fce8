"""Every page of the scorecard in a browser, at two widths: accessibility, width, HTML, and the share of a run's time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

from tests.conftest import CommandLine
from tests.e2e.conftest import Place
from tests.e2e.test_scorecard_site import check_figures
from tests.support.browser import browsing
from tests.support.scorecard_pages import html_pages, invalid_html, page_problems

LARGEST_SHARE = 0.05  # of a run


def test_every_page(place: Place, record_property: Callable[[str, object], None]) -> None:
    site = place.home / "published" / "scorecard"
    assert place.levelground("scorecard").returncode == 0
    pages = html_pages(site)
    assert [problem for page in pages for problem in (*page_problems(page), *invalid_html(page))] == []
    assert check_figures(site, place.home / "published" / "levelground_public.duckdb") > 300
    problems = []
    with browsing() as page:
        for width in (1100, 320):
            page.set_viewport_size({"width": width, "height": 800})
            for file in pages:
                page.goto(file.as_uri())
                if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    problems.append(f"{file} at {width}: scrolls sideways")
                problems += [f"{file} at {width}: {rule['id']}" for rule in Axe().run(page).response["violations"]]
    assert problems == []
    record_property("pages", len(pages))


def test_the_site_takes_a_small_share_of_a_run(sample_city: Path, tmp_path: Path) -> None:
    levelground = CommandLine(tmp_path / "home")
    report = json.loads(levelground("run", "--deliveries", sample_city, "--json", env={"LEVELGROUND_SCORECARD": "all"}).stdout)
    assert report["seconds"]["scorecard"] <= LARGEST_SHARE * sum(report["seconds"].values())
