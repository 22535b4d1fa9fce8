"""From what was gathered to HTML: everything escaped, nothing loaded.

Here: templates and their filters. Not here: which pages there are (`site`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).with_name("templates")
STYLE = TEMPLATES / "style.css"
# dbt's page is one file with its scripts in it. With dbt's telemetry on it would load one more: by this it cannot.
DBT_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)


def renderer() -> Callable[..., str]:
    """Renders a template by its name; every text in it is escaped, and a name that is not given is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = lambda value: "" if value is None else f"{value:,}"

    def render(template: str, **values: object) -> str:
        return environment.get_template(template).render(**values)

    return render


def sealed_off(page: str) -> str:
    """dbt's page, told to load nothing."""
    head, found, body = page.partition("<head>")
    if not found:
        raise ValueError("dbt's page has no head to put the policy into")
    return f"{head}{found}{DBT_POLICY}{body}"
