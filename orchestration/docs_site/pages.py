"""Render HTML pages from templates, with all text escaped and no external content."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from warehouse.fingerprint import text_sha256

TEMPLATES = Path(__file__).with_name("templates")
STYLE = TEMPLATES / "style.css"
# Only the scripts with these hashes run: neither a script or handler in a description, nor one that dbt's telemetry would load.
DBT_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src {scripts}; '
    "style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
# The same characters for JavaScript, but none that could end the script for an HTML parser.
IN_SCRIPT = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def renderer() -> Callable[..., str]:
    """Return a function that renders a template by name. Text is escaped, and an undefined variable is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = lambda value: "" if value is None else f"{value:,}"

    def render(template: str, **values: object) -> str:
        return environment.get_template(template).render(**values)

    return render


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
    hashes = [f"'sha256-{b64encode(bytes.fromhex(text_sha256(script))).decode()}'" for script in SCRIPT.findall(page)]
    return f"{head}{found}{DBT_POLICY.format(scripts=' '.join(hashes))}{body}"
