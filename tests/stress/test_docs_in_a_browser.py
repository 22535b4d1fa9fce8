"""The documentation in a browser, from the disk: it sends no request, and dbt's search finds a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.e2e.conftest import Place
from tests.support.browser import browsing


def test_documentation_in_a_browser(place: Place, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    assert place.levelground("docs").returncode == 0
    docs = (place.home / "docs").as_uri()
    requested: list[str] = []
    with browsing() as page:
        page.on("request", lambda request: requested.append(request.url))
        page.goto(f"{docs}/index.html")
        page.click("text=Sources")
        page.click("text=ucc__service_requests")
        assert page.locator("h1").inner_text() == "Requests to the Unified Call Center (311)"
        assert page.locator("td", has_text="direct identifier, not kept").count() >= 1
        page.goto(f"{docs}/gates/index.html")
        page.click("text=marts.fct_equity_measures")
        symbol = page.evaluate("getComputedStyle(document.querySelector('i.fa-check-circle'), '::before').content")
        assert symbol == '"✔"', "the verdict is drawn without a font from elsewhere"
        page.goto(f"{docs}/dbt/index.html#!/model/model.levelground.fct_equity_measures")
        page.wait_for_selector("text=VARCHAR", timeout=60_000)
        assert page.locator("h1", has_text="fct_equity_measures").count() == 1
        page.screenshot(path=str(tmp_path / "dbt.png"))
    assert [url for url in requested if not url.startswith(("file:", "data:"))] == []
    record_property("requests, all to the disk", len(requested))
