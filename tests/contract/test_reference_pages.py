"""docs/rules.md, docs/tables.md and docs/glossary.md: what they name exists, and every citation of them leads to a heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CITED = re.compile(r"\b(rules|tables|glossary)\.md(?:#([a-z0-9-]+)|, ([A-Z][A-Za-z ]+?)(?=[):;,.\n]))?")
READ = {".py", ".sql", ".yml", ".md", ".csv"}


def _models() -> dict[str, set[str]]:
    """Columns of each dbt model that is described."""
    return {
        model["name"]: {column["name"] for column in model.get("columns", [])}
        for file in (ROOT / "dbt_project" / "models").rglob("*.yml")
        for model in (yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}).get("models", [])
    }


def _anchors(page: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", (DOCS / f"{page}.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_tables_that_the_page_names_exist() -> None:
    page = (DOCS / "tables.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:marts|quality)\.([a-z_0-9]+)`", page)) | set(re.findall(r"`(fct_[a-z_0-9]+)`", page))
    aliases = {"actions", "geographies", "goals", "headlines", "goal_targets", "languages", "release", "series_breaks", "strata"}
    named |= set(re.findall(r"`published\.([a-z_]+)`", page)) - aliases
    missing = named - set(_models()) - {"release"}  # the last step of a run writes it
    assert not missing, f"docs/tables.md names tables that no model describes: {sorted(missing)}"


def test_the_key_of_the_measures_is_the_one_on_the_page() -> None:
    section = (DOCS / "tables.md").read_text(encoding="utf-8").partition("## Measure rows")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z_]+(?:_fdr)?)`", section.partition("| column |")[0])) - {"all"}
    columns = _models()["fct_equity_measures"]
    assert {name for name in named if "." not in name} <= columns | {"marts"}


@pytest.mark.parametrize("folder", ["dbt_project", "expectations", "ingest", "orchestration", "warehouse", "docs"])
def test_citations_lead_to_a_heading(folder: str) -> None:
    anchors = {page: _anchors(page) for page in ("rules", "tables", "glossary")}
    wrong = [
        f"{file.relative_to(ROOT)}: {found[0]}"
        for file in sorted((ROOT / folder).rglob("*"))
        if file.suffix in READ and not {"target", "adr"} & set(file.parts)
        for found in CITED.finditer(file.read_text(encoding="utf-8"))
        if (anchor := found[2] or (found[3] or "").strip().lower().replace(" ", "-")) and anchor not in anchors[found[1]]
    ]
    assert not wrong, f"no such heading: {wrong}"


def test_the_glossary_defines_each_term_once_and_in_order() -> None:
    terms = re.findall(r"^\| ([^|]+?) \|", (DOCS / "glossary.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[2:]
    assert len(terms) > 50
    assert terms == sorted(set(terms))
