"""What contract tests read: contracts, and seeds as rows of text."""

from __future__ import annotations

import csv
from functools import cache

from ingest.contract import Contract
from ingest.contract.registry import load_registry
from orchestration.settings import DBT_PROJECT
from orchestration.transform.model_files import ModelFile, read_models
from orchestration.transform.registrations import MODELS


@cache
def shared_models() -> dict[str, ModelFile]:
    """The models of the repository, read from their files."""
    return read_models([MODELS])


def contracts() -> list[Contract]:
    return list(load_registry())


def seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
