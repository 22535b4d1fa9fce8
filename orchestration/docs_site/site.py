"""Write the folder `docs/` of a home: first under a temporary name, then exchanged with the old folder.

See `catalogue` and `templates/` for the content of the pages.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ingest.contract.registry import load_registry
from orchestration.docs_site import catalogue
from orchestration.docs_site.pages import STYLE, dbt_page, renderer
from orchestration.runs.delivery_location import delivery_folder, home_city
from orchestration.runs.record import RunStore
from orchestration.runs.standing_gates import StandingGate, standing_gates
from orchestration.settings import Settings
from orchestration.transform import dbt_runner
from warehouse.lock import private_lock
from warehouse.paths import SHARED, Home
from warehouse.releases import current, read_manifest

INDEX = "index.html"
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
    home, render = settings.home, renderer()
    ended = [record for record in RunStore(home.runs).all() if record.outcome]
    last, gates = ended[-1] if ended else None, standing_gates(ended)
    published = current(home)
    manifest = read_manifest(home, published.release_id) if published else None
    city, deliveries = home_city(settings), delivery_folder(settings)
    registry = load_registry(settings.further_sources)
    contracts = registry.for_city(city.sources, (deliveries / "city.yml") if deliveries else Path("city.yml"))
    sources = catalogue.sources(list(contracts), last)
    measures = catalogue.measures(home, manifest.release_id) if manifest else []
    tables = catalogue.tables(home, manifest) if manifest else []
    built = dt.datetime.now(dt.UTC).replace(microsecond=0, tzinfo=None)
    content = {
        "city": city, "manifest": manifest, "last": last, "gates": gates, "sources": sources, "measures": measures,
        "tables": tables,
    }  # fmt: skip
    pages = {INDEX: render("index.html", built=built, **content)}
    pages |= {f"{name}/{INDEX}": render(f"{name}.html", **content) for name in ("sources", "measures", "tables", "gates")}
    pages |= {f"sources/{source.contract.source}.html": render("source.html", source=source) for source in sources}
    pages |= {f"tables/{table.page}": render("table.html", table=table) for table in tables}
    if gates:
        pages |= _gate_pages(gates)
    for name, page in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    (folder / "dbt").mkdir()
    page, data = dbt_runner.documentation(home, manifest.release_id if manifest else None, folder)
    (folder / "dbt" / INDEX).write_text(dbt_page(page, data), encoding="utf-8", newline="")


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
