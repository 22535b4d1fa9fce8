"""dbt's page of documentation in a browser: it works under its policy, and no text of a contract runs."""

from __future__ import annotations

from pathlib import Path

from orchestration.docs_site.site import dbt_page
from orchestration.transform.dbt_runner import INLINE_DATA
from tests.support.browser import browsing
from tests.support.small_dbt_project import NAME, run_dbt
from tests.support.visits import visits_contract

RUN = "document.title = 'stolen'"
TEXTS = {
    "script": f"</script><script>{RUN}</script>",
    "handler": f'<img src=x onerror="{RUN}">',
    "link": f"[here](javascript:{RUN.replace(' ', '')})",
    "angular": "{{ constructor.constructor(\"document.title = 'stolen'\")() }}",
    "comment": "<!--<script>",
    "placeholder": " and ".join(INLINE_DATA),
}


def test_texts_of_contracts_do_not_run_in_dbts_page(tmp_path: Path) -> None:
    contracts = [visits_contract(source=f"dpt__{name}", title=f"Findme {text}") for name, text in TEXTS.items()]
    target = run_dbt(tmp_path, contracts, "docs", "generate", "--empty-catalog")
    template, *data = ((target / name).read_text() for name in ("index.html", "manifest.json", "catalog.json"))
    page_file = tmp_path / "index.html"
    page_file.write_text(dbt_page(template, dict(zip(INLINE_DATA, data, strict=True))), newline="")
    with browsing() as page:
        page.set_default_timeout(20_000)
        for name in TEXTS:
            page.goto(f"{page_file.as_uri()}#!/source/source.{NAME}.landing.dpt__{name}")
            page.reload()
            page.wait_for_selector("h1:has-text('dpt__')")
            page.wait_for_selector("text=Findme")
            assert page.title() != "stolen", f"the text {name} ran"
        for link in page.locator("a:has-text('here')").all():
            link.click()
        page.fill("input[placeholder*=Search]", "Findme")
        page.wait_for_selector(".search-result-match")
        page.wait_for_timeout(500)
        assert page.title() != "stolen"
