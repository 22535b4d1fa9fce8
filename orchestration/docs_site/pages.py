"""Render HTML pages from templates, with all text escaped and no external content."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from orchestration.figures import figure_text
from warehouse.fingerprint import text_sha256

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
