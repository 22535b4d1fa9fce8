"""`levelground docs` on a home with a release: it describes each part and contains no private value."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.conftest import Place
from tests.support.browser import browsing
from tests.support.canaries import Canary, search
from tests.unit.orchestration.docs_site.test_site import OUTWARD, dead_links


def test_documentation_of_a_release(place: Place, seeded_city: tuple[Path, list[Canary]]) -> None:
    result = place.levelground("docs")
    assert result.returncode == 0, result.stderr
    assert not result.stderr, "Great Expectations logs a metric that is replaced"
    folder = place.home / "docs"
    assert result.stdout.strip() == str(folder / "index.html")

    def page(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    tables = {f"{row['schema_name']}.{row['table_name']}" for row in place.levelground.ask("from duckdb_tables()")}
    views = place.levelground.ask("select schema_name, view_name from duckdb_views() where not internal")
    tables |= {f"{row['schema_name']}.{row['view_name']}" for row in views}
    tables |= {f"{row['schema_name']}.{row['table_name']}" for row in place.levelground.ask("from duckdb_tables()", public=True)}
    assert {path.stem for path in (folder / "tables").glob("*.*.html")} == tables
    undescribed = [
        path.name for path in (folder / "tables").glob("*.*.html") if re.search(r"<td></td></tr>", page(f"tables/{path.name}"))
    ]
    assert undescribed == []
    assert "stops_searched_share" in page("measures/index.html")
    registered = {row["measure_id"] for row in place.levelground.ask("select measure_id from marts.dim_measure")}
    assert {path.stem for path in (folder / "measures").glob("*.html")} == registered | {"index"}
    shown = place.levelground.ask(
        "select measure_id, group_name, value from published.scorecard "
        "where is_featured and unit = 'percent' and value is not null order by all limit 20",
        public=True,
    )
    for row in shown:
        line = page(f"measures/{row['measure_id']}.html").partition(f"<td>{row['group_name']}</td>")[2].partition("</tr>")[0]
        assert f"{row['value']:,.1f} %" in line, f"the page of {row['measure_id']} has the public value of {row['group_name']}"
    areas = {path.stem for path in (folder / "areas").glob("*.html")}
    assert {"education", "public_safety", "arpa"} <= areas
    assert "marts.fct_police_stops" in page("areas/public_safety.html")
    assert 'class="warning"' in page("tables/marts.scorecard.html")
    assert "analysis.arpa_projects" in page("guides/queries.html")
    assert "released" in page("index.html")
    gates = {path.stem for path in (folder / "gates").glob("*/*.html")}
    assert {"ucc__service_requests", "marts.fct_equity_measures", "published"} <= gates
    dbt = page("dbt/index.html")
    assert "Content-Security-Policy" in dbt[:500]
    assert dbt.count('"fct_equity_measures"') > 1
    assert '"comment": "The caveat to show with the measure"' in dbt, "the columns of the release are in the catalog"

    requested: list[str] = []
    with browsing() as browser:
        browser.on("request", lambda request: requested.append(request.url))
        browser.goto((folder / "measures" / "index.html").as_uri())
        browser.fill("input[name=q]", "searched stops")
        browser.press("input[name=q]", "Enter")
        browser.wait_for_selector("#found li")
        assert "Stopped persons who were searched" in browser.locator("#found a").all_inner_texts()[:5]
    assert [url for url in requested if not url.startswith("file:")] == [], "the search works without a network"

    assert dead_links(folder) == []
    pages = [path for path in folder.rglob("*.html") if path.parent.name != "dbt"]
    assert [path for path in pages if OUTWARD.search(path.read_text(encoding="utf-8"))] == []
    marks = [mark for canary in seeded_city[1] for mark in canary.marks]
    assert search(folder, marks) == []
