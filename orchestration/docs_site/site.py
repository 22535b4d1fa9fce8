"""Write the folder `docs/` of a home: first under a temporary name, then exchanged with the old folder.

All text is escaped, and no page has external content. See `catalogue` and `templates/` for the content of the pages.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ingest.contract import Contract
from orchestration.docs_site import catalogue
from orchestration.docs_site.catalogue import Row
from orchestration.docs_site.guides import NAME, Guide, keys_page, page_of, read_guides
from orchestration.figures import figure_text
from orchestration.runs.delivery_location import home_city, home_registry
from orchestration.runs.record import RunStore
from orchestration.runs.reports import StandingGate, standing_gates
from orchestration.scorecard.folders import replace_folder, save, set_modes
from orchestration.settings import IS_CHECKOUT, PROJECT, Settings
from orchestration.transform import dbt_runner
from orchestration.transform.dbt_project import prepare_project
from warehouse.fingerprint import text_sha256
from warehouse.lock import private_lock
from warehouse.paths import SHARED
from warehouse.releases import VIEW_SCHEMAS, current, read_manifest

TEMPLATES = Path(__file__).with_name("templates")
STYLE = TEMPLATES / "style.css"
SEARCH_SCRIPT = TEMPLATES / "search.js"
# Only the scripts with these hashes run: neither a script or handler in a description, nor one that dbt's telemetry would load.
DBT_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src {scripts}; '
    "style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
HEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")
# The same characters for JavaScript, but none that could end the script for an HTML parser.
IN_SCRIPT = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
# where the list of the sections of a page is written, once the page is rendered
SECTIONS = "<!-- sections -->"
# A page with fewer sections is read faster than its list of them.
LEAST_SECTIONS = 4
# pages by title, under the heading of their group
Contents = Sequence[tuple[str, Sequence[tuple[str, str]]]]
Render = Callable[..., str]


def renderer(contents: Contents) -> Render:
    """Return a function that renders a template as the page of a path. Text is escaped, and an undefined variable is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = lambda value: "" if value is None else f"{value:,}"
    environment.filters["figure"] = figure_text
    environment.filters["words"] = lambda code: code.replace("_", " ")
    script = SEARCH_SCRIPT.read_text(encoding="utf-8")
    environment.globals["search_script"] = Markup(script)  # noqa: S704 - our own file
    environment.globals["search_hash"] = Markup(script_hash(script))  # noqa: S704 - a hash

    def render(template: str, path: str, **values: object) -> str:
        values |= {"path": path, "root": "../" * path.count("/"), "contents": contents}
        page = environment.get_template(template).render(**values)
        found = [(anchor, Markup(TAG.sub("", heading))) for anchor, heading in HEADING.findall(page)]  # noqa: S704 - as rendered
        listed = environment.get_template("sections.html").render(sections=found) if len(found) >= LEAST_SECTIONS else ""
        return page.replace(SECTIONS, listed, 1)

    return render


def script_hash(script: str) -> str:
    """Return the source expression of a content policy that admits this inline script and no other."""
    return f"'sha256-{b64encode(bytes.fromhex(text_sha256(script))).decode()}'"


def script_json(value: object) -> Markup:
    """Return JSON for a script element: no text in it ends the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(IN_SCRIPT)
    return Markup(text)  # noqa: S704 - translated


def dbt_page(page: str, data: Mapping[str, str]) -> str:
    """Return dbt's page with its data, JSON by the text that it replaces, and a policy that admits only dbt's own scripts."""
    missing = [placeholder for placeholder in data if page.count(placeholder) != 1]
    if missing:
        raise ValueError(f"dbt's page has no place for {', '.join(missing)}")
    # in one pass: the data may contain the text of a placeholder
    page = re.sub("|".join(map(re.escape, data)), lambda found: data[found[0]].translate(IN_SCRIPT), page) if data else page
    page = page.replace("\r\n", "\n")  # as a browser reads it: the hashes are of what it reads
    head, found, body = page.partition("<head>")
    if not found:
        raise ValueError("dbt's page has no <head> for the content policy")
    hashes = [script_hash(script) for script in SCRIPT.findall(page)]
    return f"{head}{found}{DBT_POLICY.format(scripts=' '.join(hashes))}{body}"


# A longer text finds little more, and all texts are part of the page of the search.
CHARACTERS = 400


def entries(
    measures: Iterable[Row], tables: Iterable[Row], sources: Iterable[Contract], guides: Iterable[Guide]
) -> list[dict[str, str]]:
    """Return what can be found, in the order in which equally good ones are listed: its kind, its name, where it is, its text."""
    found = [
        ("measure", measure["name"], measure["page"], "{measure_id}. {question} {definition} {caveat}".format_map(measure))
        for measure in measures
    ]
    for table in tables:
        found.append(("table", table["full_name"], table["page"], table["description"]))
        # the columns of views are those of tables, and would be found twice
        for column in table["columns"] if table["schema"] not in VIEW_SCHEMAS else ():
            name = column["name"]
            found.append(("column", f"{table['full_name']}.{name}", f"{table['page']}#{name}", column["description"]))
    for source in sources:
        text = f"{source.source}. {source.grain}. {', '.join(column.name for column in source.columns)}"
        found.append(("source", source.title, f"sources/{source.source}.html", text))
    for guide in guides:
        for section in guide.sections:
            name = section.heading if section.heading == guide.title else f"{guide.title}: {section.heading}"
            url = f"{guide.path}#{section.anchor}" if section.anchor else guide.path
            found.append(("decision" if guide.is_decision else "guide", name, url, section.text))
    return [
        {"kind": kind, "name": name, "url": url, "text": " ".join(text.split())[:CHARACTERS]} for kind, name, url, text in found
    ]


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
        with TemporaryDirectory(prefix=NEXT, dir=home.root, ignore_cleanup_errors=True) as name:
            _write_pages(settings, folder := Path(name))
            set_modes(folder, SHARED, READABLE)
            replace_folder(home.docs, folder, home.root / BEFORE)
    return home.docs / INDEX


def _write_pages(settings: Settings, folder: Path) -> None:
    home = settings.home
    ended = [record for record in RunStore(home.runs).all() if record.outcome]
    last, gates = ended[-1] if ended else None, standing_gates(ended)
    published = current(home)
    manifest = read_manifest(home, published.release_id) if published else None
    city, sources = home_city(settings), home_registry(settings)
    measures = catalogue.measures(home, manifest.release_id) if manifest else []
    tables = catalogue.tables(home, manifest) if manifest else []
    areas = catalogue.areas(home, manifest.release_id, measures, sources, tables) if manifest else []
    guides = read_guides(DOCS, {NAME: keys_page()})
    render = renderer(contents(areas, guides))
    titles = {area["code"]: area["title"] for area in areas}
    queries = next((guide for guide in guides if guide.path == page_of("queries.md")), None)
    statuses = last.sources if last else {}
    listed = {"measures": measures, "tables": tables, "sources": sources, "statuses": statuses, "titles": titles}
    listed |= {"last": last, "gates": gates}
    built = dt.datetime.now(dt.UTC).replace(microsecond=0, tzinfo=None)

    def write(template: str, path: str, **values: object) -> None:
        save(folder / path, render(template, path, **values))

    write("index.html", INDEX, built=built, city=city, manifest=manifest, areas=areas, queries=queries, **listed)
    for name in ("sources", "measures", "tables", "gates"):
        write(f"{name}.html", f"{name}/{INDEX}", **listed)
    for area in areas:
        write("area.html", area["page"], area=area, statuses=statuses)
    for measure in measures:
        area_title = titles.get(measure["policy_area"], measure["policy_area"])
        write("measure.html", measure["page"], measure=measure, area=area_title, known=sources)
    for source in sources:
        write("source.html", f"sources/{source.source}.html", source=source, status=statuses.get(source.source))
    for table in tables:
        write("table.html", table["page"], table=table)
    for guide in guides:
        # markdown-it has escaped all HTML of the page
        write("guide.html", guide.path, guide=guide, html=Markup(guide.html))  # noqa: S704
    if decisions := [guide for guide in guides if guide.is_decision]:
        write("decisions.html", DECISIONS_PAGE, decisions=decisions)
    write("search.html", "search.html", entries=script_json(entries(measures, tables, sources, guides)))
    for path, page in _gate_pages(gates) if gates else ():
        save(folder / path, page)
    (folder / "dbt").mkdir()
    prepare_project(home, sources, city.layers)  # a home of an earlier version, or from a backup without links, has no project
    page_of_dbt, data = dbt_runner.documentation(home, manifest.release_id if manifest else None, folder)
    (folder / "dbt" / INDEX).write_text(dbt_page(page_of_dbt, data), encoding="utf-8", newline="")


def contents(areas: list[Row], guides: list[Guide]) -> list[tuple[str, list[tuple[str, str]]]]:
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
        ("Policy areas", [(area["title"], area["page"]) for area in areas]),
        ("Guides", own),
        *grouped,
        ("Decisions", decisions),
    ]
    return [(group, pages) for group, pages in groups if pages]


def _gate_pages(gates: Sequence[StandingGate]) -> Iterator[tuple[str, str]]:
    from expectations.engine.data_docs import gate_page  # noqa: PLC0415 - Great Expectations takes seconds to import

    style = STYLE.read_text(encoding="utf-8")
    for gate in gates:
        page = gate_page(gate.result, gate.run.run_id, dt.datetime.fromisoformat(gate.run.started_at), style)
        yield f"gates/{gate.result.gate}/{gate.result.subject}.html", page
