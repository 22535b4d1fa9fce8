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
def staging_of(source: str) -> ModelFile | None:
    """The staging model that reads the deliveries of a source; tables of one publisher that share a form share one."""
    own = [model for model in read_models([MODELS], below="staging").values() if f"'{source}'" in model.sql]
    return own[0] if own else None


def contracts() -> list[Contract]:
    return list(load_registry())


def seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
