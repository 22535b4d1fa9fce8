"""The documentation as a browser shows it, from the disk: it asks nobody for anything, and dbt's search finds a model."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import Place

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def test_documentation_in_a_browser(place: Place, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "no Chromium on this machine; apt-get install chromium"
    assert place.levelground("docs").returncode == 0
    docs = (place.home / "docs").as_uri()
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{docs}/index.html")
        page.click("text=Sources")
        page.click("text=ucc__service_requests")
        assert page.locator("h1").inner_text() == "Requests to the Unified Call Center (311)"
        assert page.locator("td", has_text="direct identifier, not kept").count() >= 1
        page.goto(f"{docs}/gates/index.html")
        page.click("text=marts.fct_equity_measures")
        drawn = page.evaluate("getComputedStyle(document.querySelector('i.fa-check-circle'), '::before').content")
        assert drawn == '"✔"', "the verdict is drawn without a font from elsewhere"
        page.goto(f"{docs}/dbt/index.html#!/model/model.levelground.fct_equity_measures")
        page.wait_for_selector("text=VARCHAR", timeout=60_000)
        assert page.locator("text=What must be said").count() + page.locator("h1", has_text="fct_equity_measures").count() >= 1
        page.screenshot(path=str(tmp_path / "dbt.png"))
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    record_property("requests, all to the disk", len(asked))
