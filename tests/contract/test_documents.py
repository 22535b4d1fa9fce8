"""Documents cite known issues, and every link, path and anchor in them exists."""

from __future__ import annotations

import csv
import importlib.metadata
import re
from pathlib import Path

import duckdb
import pytest

from ingest.layers import CITIES
from tests.support.shipped import CONTRACT_FILES, MODEL_FOLDERS, shipped_registry
from warehouse.metadata import migrate, receipts

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _issues() -> list[dict[str, str]]:
    with (CITIES / "milwaukee" / "seeds" / "known_data_issues.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_cited_issue_is_known() -> None:
    listed = {row["issue_id"] for row in _issues()}
    cited = {contract.tolerances.issue for contract in shipped_registry() if contract.tolerances.issue}
    for path in CONTRACT_FILES:
        cited |= set(re.findall(r"\(([A-Z]{2,}-\d{2})\)", path.read_text(encoding="utf-8")))
    assert cited <= listed, f"describe these in known_data_issues.csv: {sorted(cited - listed)}"


def _faults() -> list[list[str]]:
    """The rows of the runbook's table of faults: what happened, what you see, what the system does, what you do, tested by."""
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    table = page.partition("## Faults and outcomes")[2].partition("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")][2:]


def test_every_fault_of_the_runbook_names_an_existing_test() -> None:
    wrong = []
    for fault in _faults():
        held_by = re.findall(r"`([^`]+)`", fault[4])
        tests = [test.partition("::") for test in held_by]
        missing = [path + colon + name for path, colon, name in tests if not _has(ROOT / path, name)]
        if not tests or missing or not all(fault):
            wrong.append(f"{fault[0]}: {missing or 'name a test, and leave no cell empty'}")
    assert len(_faults()) > 20
    assert not wrong, wrong


def _has(path: Path, test: str) -> bool:
    return path.exists() and (not test or f"def {test}(" in path.read_text(encoding="utf-8"))


def test_every_tested_fault_is_in_the_runbook() -> None:
    listed = {test for fault in _faults() for test in re.findall(r"::(\w+)`", fault[4])}
    tried = set(re.findall(r"^def (test_\w+)", (ROOT / "tests" / "stress" / "test_faults.py").read_text(encoding="utf-8"), re.M))
    assert tried <= listed, f"add the outcomes of these to docs/runbook.md: {sorted(tried - listed)}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_paths_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    paths = re.findall(r"`((?:ingest|warehouse|expectations|orchestration|dbt_project|tests|docs)/[\w./-]+)`", text)
    missing = [link for link in links if not (document.parent / link).exists()]
    missing += [path for path in paths if not (ROOT / path).exists()]
    assert not missing, f"{document.relative_to(ROOT)} names paths that do not exist: {missing}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_anchors_of_links_are_headings(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", document.read_text(encoding="utf-8"))
    wrong = [f"{page}#{anchor}" for page, anchor in links if anchor not in _anchors(document.parent / page if page else document)]
    assert not wrong, f"{document.relative_to(ROOT)} links to headings that do not exist: {wrong}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


MODEL = re.compile(r"`((?:int|stg|fct|dim)_[a-z0-9_]+)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_models_that_a_page_names_exist(document: Path) -> None:
    models = {path.stem for folder in MODEL_FOLDERS for path in folder.rglob("*.sql")}
    unknown = set(MODEL.findall(document.read_text(encoding="utf-8"))) - models
    assert not unknown, f"{document.relative_to(ROOT)} names models that do not exist: {sorted(unknown)}"


def test_metadata_tables_that_pages_name_exist() -> None:
    with duckdb.connect() as con:
        migrate(con)
        found = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('intake', 'receipts')"
        )
        tables = {name for (name,) in found.fetchall()} | {f"{receipts.SCHEMA}.{table}" for table in receipts.TABLES}
    named = {
        (name, document.name)
        for document in DOCUMENTS
        for name in re.findall(r"`((?:intake|receipts)\.[a-z_]+)", document.read_text(encoding="utf-8"))
    }
    unknown = {(name, page) for name, page in named if name not in tables}
    assert not unknown, f"pages name tables of the working warehouse that do not exist: {sorted(unknown)}"


def test_each_decision_has_a_number_of_its_own() -> None:
    """Two branches may use the same next number, or reserve one that is not used; the heading has the file's number."""
    files = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert len({int(file.name[:4]) for file in files}) == len(files)
    wrong = [file.name for file in files if not file.read_text(encoding="utf-8").startswith(f"# {int(file.name[:4])}. ")]
    assert not wrong


def test_decisions_are_few_and_short() -> None:
    """Three people can read them in an hour. The table of dependencies (2) argues every line of pyproject.toml."""
    files = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert len(files) <= 50, "amend the decision that the change concerns"
    long = {file.name: words for file in files if (words := len(file.read_text(encoding="utf-8").split())) > 420}
    assert set(long) <= {"0002-dependencies.md"}, f"shorten: {long}"


def test_pages_and_decisions_have_few_words() -> None:
    """What a newcomer can read: 65,000 words outside of blocks of code. Delete a sentence for each that you add."""
    texts = {path: re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S) for path in DOCUMENTS}
    words = {path: sum(bool(re.search(r"\w", word)) for word in text.split()) for path, text in texts.items()}
    assert sum(words.values()) <= 65_000, f"tighten the longest: {sorted(words.items(), key=lambda item: -item[1])[:5]}"


def test_the_changelog_begins_with_the_version_that_is_installed() -> None:
    headings = [line for line in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    assert headings[0] == f"## {importlib.metadata.version('levelground')}"
