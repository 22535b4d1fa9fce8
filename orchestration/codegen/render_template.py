"""Render the templates of generated files: SQL of dbt models, their YAML, suites, and contracts for catalogs.

dbt's own expressions stay as they are: a template of this folder writes `[[ value ]]` and `<% if … %>`.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ingest.contract import Contract
from warehouse.fingerprint import json_sha256

FOLDER = Path(__file__).with_name("templates")


def render(template: str, **values: Any) -> str:
    """The text of a file; a value that the template needs and does not get is an error."""
    environment = Environment(  # noqa: S701 - it writes SQL and YAML; `quoted` escapes texts of a contract
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, keep_trailing_newline=True,
        block_start_string="<%", block_end_string="%>", variable_start_string="[[", variable_end_string="]]",
        comment_start_string="<#", comment_end_string="#>",
    )  # fmt: skip
    environment.filters |= {
        "quoted": _quoted,
        "text": _text,
        "filled": _filled,
        "lower_first": lambda text: text[:1].lower() + text[1:],
    }
    return environment.get_template(f"{template}.jinja").render(values)


def render_odcs(contract: Contract) -> str:
    """The contract as YAML of the Open Data Contract Standard, for data catalogs, without columns that are dropped on arrival."""
    terms = contract.model_dump(mode="json", by_alias=True)
    return render("odcs.yml", contract=contract, terms=terms, version=json_sha256(terms)[:12])


def _quoted(text: str) -> str:
    """A YAML text in double quotes; a brace that a contract contains opens no expression of dbt."""
    for opening in ("{{", "{%", "{#"):
        text = text.replace(opening, f"{{ {opening[1]}")
    return _text(text)


def _text(text: str) -> str:
    """A YAML text in double quotes, with expressions of dbt as they are."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _filled(text: str) -> str:
    """A list in lines of 130 characters at most."""
    return textwrap.fill(text, 130, subsequent_indent="  ", break_long_words=False)
