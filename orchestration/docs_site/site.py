"""Write the folder `docs/` of a home: first under a temporary name, then exchanged with the old folder.

See `catalogue` and `templates/` for the content of the pages.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from orchestration.docs_site import catalogue, contract_keys
from orchestration.docs_site.catalogue import Area
from orchestration.docs_site.guides import Guide, page_of, read_guides
from orchestration.docs_site.pages import STYLE, dbt_page, renderer, script_json
from orchestration.docs_site.search_index import entries
from orchestration.runs.delivery_location import home_city, home_registry
from orchestration.runs.record import RunStore
from orchestration.runs.reports.standing_gates import StandingGate, standing_gates
from orchestration.settings import IS_CHECKOUT, PROJECT, Settings
from orchestration.transform import dbt_runner
from orchestration.transform.dbt_project import prepare_project
from warehouse.lock import private_lock
from warehouse.paths import SHARED, Home
from warehouse.releases import current, read_manifest

INDEX = "index.html"
DECISIONS_PAGE = "guides/decisions.html"
# a wheel has the guides next to this module
DOCS = PROJECT / "docs" if IS_CHECKOUT else Path(__file__).with_name("docs")
NEXT, BEFORE = ".docs-next-", ".docs-before"
READABLE = 0o640


def write_docs(settings: Settings) -> Path:
    """Write all pages, put them in place at once, and return the path of the index page.

    Readers keep the old pages until then. The leftovers of a killed writer are deleted.
    """
    home = settings.home
    home.ensure()
    with private_lock(home.root / ".docs.lock"):
        for leftover in home.root.glob(".docs-*"):
            shutil.rmtree(leftover)
        folder = Path(tempfile.mkdtemp(prefix=NEXT, dir=home.root))
        try:
            _write_pages(settings, folder)
            _make_group_readable(folder)
            _replace_docs(home, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return home.docs / INDEX


def _write_pages(settings: Settings, folder: Path) -> None:
    home = settings.home
    ended = [record for record in RunStore(home.runs).all() if record.outcome]
    last, gates = ended[-1] if ended else None, standing_gates(ended)
    published = current(home)
    manifest = read_manifest(home, published.release_id) if published else None
    city, contracts = home_city(settings), home_registry(settings)
    sources = catalogue.sources(list(contracts), last)
    measures = catalogue.measures(home, manifest.release_id) if manifest else []
    tables = catalogue.tables(home, manifest) if manifest else []
    areas = catalogue.areas(home, manifest.release_id, measures, sources, tables) if manifest else []
    guides = read_guides(DOCS, {contract_keys.NAME: contract_keys.keys_page()})
    render = renderer(contents(areas, guides))
    titles = {area.code: area.title for area in areas}
    queries = next((guide for guide in guides if guide.path == page_of("queries.md")), None)
    listed = {"measures": measures, "tables": tables, "sources": sources, "last": last, "gates": gates, "titles": titles}
    built = dt.datetime.now(dt.UTC).replace(microsecond=0, tzinfo=None)
    pages = {
        INDEX: render("index.html", INDEX, built=built, city=city, manifest=manifest, areas=areas, queries=queries, **listed)
    }
    for name in ("sources", "measures", "tables", "gates"):
        pages[f"{name}/{INDEX}"] = render(f"{name}.html", f"{name}/{INDEX}", **listed)
    for area in areas:
        pages[area.page] = render("area.html", area.page, area=area)
    known = {source.contract.source for source in sources}
    for measure in measures:
        area_title = titles.get(measure.row["policy_area"], measure.row["policy_area"])
        pages[measure.page] = render("measure.html", measure.page, measure=measure, area=area_title, known=known)
    for source in sources:
        page = f"sources/{source.contract.source}.html"
        pages[page] = render("source.html", page, source=source)
    for table in tables:
        pages[table.page] = render("table.html", table.page, table=table)
    for guide in guides:
        html = Markup(guide.html)  # noqa: S704 - markdown-it has escaped all HTML of the page
        pages[guide.path] = render("guide.html", guide.path, guide=guide, html=html)
    decisions = [guide for guide in guides if guide.is_decision]
    if decisions:
        pages[DECISIONS_PAGE] = render("decisions.html", DECISIONS_PAGE, decisions=decisions)
    found = entries(measures, tables, sources, guides)
    pages["search.html"] = render("search.html", "search.html", entries=script_json(found))
    if gates:
        pages |= _gate_pages(gates)
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "dbt").mkdir()
    prepare_project(home, contracts, city.layers)  # a home of an earlier version, or from a backup without links, has no project
    page_of_dbt, data = dbt_runner.documentation(home, manifest.release_id if manifest else None, folder)
    (folder / "dbt" / INDEX).write_text(dbt_page(page_of_dbt, data), encoding="utf-8", newline="")


def contents(areas: list[Area], guides: list[Guide]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The contents of the site: groups of pages, each as (title, path)."""
    catalogued = [(name.capitalize(), f"{name}/{INDEX}") for name in ("measures", "tables", "sources", "gates")]
    own = [(guide.title, guide.path) for guide in guides if guide.path.count("/") == 1]
    folders = {"How to": "how-to/", "Connect a program": "connect/", "Deploy": "deploy/"}
    grouped = [
        (group, [(guide.title, guide.path) for guide in guides if guide.path.startswith(page_of(folder))])
        for group, folder in folders.items()
    ]
    decisions = [("All decisions", DECISIONS_PAGE)] if any(guide.is_decision for guide in guides) else []
    groups = [
        ("Catalogue", [("Start", INDEX), *catalogued, ("dbt docs", f"dbt/{INDEX}")]),
        ("Policy areas", [(area.title, area.page) for area in areas]),
        ("Guides", own),
        *grouped,
        ("Decisions", decisions),
    ]
    return [(group, pages) for group, pages in groups if pages]


def _gate_pages(gates: Sequence[StandingGate]) -> dict[str, str]:
    from expectations.engine.data_docs import gate_page  # noqa: PLC0415 - Great Expectations takes seconds to import

    style = STYLE.read_text(encoding="utf-8")
    pages = {}
    for gate in gates:
        started = dt.datetime.fromisoformat(gate.run.started_at)
        page = gate_page(gate.result, gate.run.run_id, started, style)
        pages[f"gates/{gate.result.gate}/{gate.result.subject}.html"] = page
    return pages


def _make_group_readable(folder: Path) -> None:
    folder.chmod(SHARED)
    for path in folder.rglob("*"):
        path.chmod(SHARED if path.is_dir() else READABLE)


def _replace_docs(home: Home, folder: Path) -> None:
    """Replace the folder by two renames. One rename would need a symbolic link, which file shares handle differently."""
    before = home.root / BEFORE
    home.docs.rename(before)
    try:
        folder.rename(home.docs)
    except OSError:
        before.rename(home.docs)
        raise
    shutil.rmtree(before)
