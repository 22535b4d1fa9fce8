"""What contract tests read: contracts, and seeds as rows of text."""

from __future__ import annotations

import csv

from ingest.contract import Contract
from ingest.contract.registry import load_registry
from orchestration.settings import DBT_PROJECT

# Tables of one publisher that share a form, and so a staging model.
SHARED_STAGING = {
    f"urban__{table}": "stg_urban__estimates"
    for table in (
        "debt_collections", "digital_access", "employment", "hs_diploma", "household_income", "juvenile_arrests",
        "low_birth_weight", "poverty_exposure", "preschool", "student_homelessness",
    )
} | {"dpi__act": "stg_dpi__assessments", "dpi__forward_exam": "stg_dpi__assessments"}  # fmt: skip


def contracts() -> list[Contract]:
    return list(load_registry())


def seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
