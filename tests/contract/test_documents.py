"""What documents say twice must be said the same, and what they point to must be there."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ingest.registry import load_registry

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def _issues() -> list[dict[str, str]]:
    with (ROOT / "dbt_project" / "seeds" / "reference" / "known_data_issues.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_known_issues_are_the_same_in_the_page_and_in_the_seed() -> None:
    page = (ROOT / "docs" / "data_issues.md").read_text(encoding="utf-8")
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in page.splitlines()
        if re.match(r"\| [A-Z]+-\d+", line)
    ]
    seed = [(r["issue_id"], f"`{r['source']}`", r["status"], r["summary"], r["last_checked"]) for r in _issues()]
    assert rows == seed, "write docs/data_issues.md and known_data_issues.csv the same"


def test_every_cited_issue_is_known() -> None:
    known = {row["issue_id"] for row in _issues()}
    cited = {contract.tolerances.issue for contract in load_registry() if contract.tolerances.issue}
    for path in (ROOT / "ingest" / "sources").glob("*.yml"):
        cited |= set(re.findall(r"\(([A-Z]{2,}-\d{2})\)", path.read_text(encoding="utf-8")))
    assert cited <= known, f"describe these in known_data_issues.csv and docs/data_issues.md: {sorted(cited - known)}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    paths = re.findall(r"`((?:ingest|warehouse|expectations|orchestration|dbt_project|tests|docs)/[\w./-]+)`", text)
    missing = [link for link in links if not (document.parent / link).exists()]
    missing += [path for path in paths if not (ROOT / path).exists() and not path.endswith("_sources.yml")]
    assert not missing, f"{document.relative_to(ROOT)} points to what is not there: {missing}"
