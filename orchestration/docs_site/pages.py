"""Render HTML pages from templates, with all text escaped and no external content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).with_name("templates")
STYLE = TEMPLATES / "style.css"
# dbt's page contains its own scripts. With dbt's telemetry on it would load another one; this policy prevents it.
DBT_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)


def renderer() -> Callable[..., str]:
    """Return a function that renders a template by name. Text is escaped, and an undefined variable is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = lambda value: "" if value is None else f"{value:,}"

    def render(template: str, **values: object) -> str:
        return environment.get_template(template).render(**values)

    return render


def block_external_content(page: str) -> str:
    """Return dbt's page with a policy that keeps the browser from loading anything."""
    head, found, body = page.partition("<head>")
    if not found:
        raise ValueError("dbt's page has no <head> for the content policy")
    return f"{head}{found}{DBT_POLICY}{body}"
