"""The attack reads every column of the public file, or columns.yml records why it reveals no count of persons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from expectations.disclosure.inputs.audit_inputs import FIGURES, GRAIN, WORDS
from orchestration.settings import DBT_PROJECT, PROJECT
from warehouse.releases.exports import CHECKSUMS, DESCRIPTOR, DICTIONARY

COLUMNS = PROJECT / "expectations" / "disclosure" / "columns.yml"
PUBLISHED = DBT_PROJECT / "models" / "published" / "tables"
# No finding covers a column of confidential rows that the attack does not read.
WHERE = (
    "expectations/disclosure/columns.yml: attacked (and read in expectations/disclosure), guarded, or harmless with the reason"
)


def _published() -> dict[str, set[str]]:
    """The columns of every published table, as dbt's contracts promise them."""
    models = yaml.load((PUBLISHED / "_published__models.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["models"]
    return {model["name"].removeprefix("published_"): {column["name"] for column in model["columns"]} for model in models}


def _classified() -> dict[str, dict[str, Any]]:
    return yaml.load(COLUMNS.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _listed(table: dict[str, Any]) -> Iterator[str]:
    yield from table.get("attacked", ())
    for group in (*table.get("guarded", ()), *table.get("harmless", ())):
        yield from group["columns"]


def test_every_published_table_is_classified() -> None:
    of_files = {"release", "current.json", DICTIONARY, DESCRIPTOR, CHECKSUMS}
    assert {*_published(), *of_files} == set(_classified()), f"add or take out the table: {WHERE}"


@pytest.mark.parametrize("table", sorted(_published()))
def test_every_published_column_is_attacked_or_harmless_for_a_reason(table: str) -> None:
    listed = list(_listed(_classified()[table]))
    assert len(listed) == len(set(listed)), "a column has one entry"
    missing = _published()[table] - set(listed)
    assert not missing, f"classify {sorted(missing)} of {table} in {WHERE}"
    superfluous = set(listed) - _published()[table]
    assert not superfluous, f"{sorted(superfluous)} of {table} are no longer published"


# A hidden row's words for its status, and residents: what the attack reads of a hidden row, next to its key.
ATTACKED_ON_HIDDEN = {
    "jurisdiction",
    "publication_status",
    "value_status",
    "status_reason",
    "reference_rule",
    "denominator",
    "population_fit",
}


@pytest.mark.parametrize("table", sorted(_published()))
def test_a_hidden_row_fills_only_columns_that_are_listed_for_it(table: str) -> None:
    entries, names = _classified()[table], _published()[table]
    has_hidden_rows = "publication_status" in names
    assert ("on_hidden_rows" in entries) is has_hidden_rows, f"list what a suppressed row of {table} may show in {COLUMNS.name}"
    filled = set(entries.get("on_hidden_rows", ()))
    assert filled <= names, f"{sorted(filled - names)} of {table} are not published"
    keys = {*GRAIN, "goal_id", "index_id", "theme_code"}
    counted = filled & set(entries.get("attacked", ())) - keys - ATTACKED_ON_HIDDEN
    assert not counted, f"a figure of a hidden row of {table}: {sorted(counted)}"


@pytest.mark.parametrize("table", sorted(_published()))
def test_every_reason_is_a_sentence(table: str) -> None:
    reasons = [
        group.get("because") or group.get("by")
        for kind in ("guarded", "harmless")
        for group in _classified()[table].get(kind, ())
    ]
    assert all(isinstance(reason, str) and len(reason.split()) >= 4 for reason in reasons), reasons


def test_the_attack_reads_what_columns_yml_declares() -> None:
    read = {"jurisdiction", "publication_status", *GRAIN, *FIGURES, *WORDS}
    assert set(_classified()["equity_measures"]["attacked"]) == read
