"""What contract tests read: contracts, and seeds as rows of text."""

from __future__ import annotations

from functools import cache

from ingest.city import read_city
from ingest.contract import Contract
from ingest.layers import seed_rows
from orchestration.settings import SHARED_SEEDS
from orchestration.transform.model_files import ModelFile, read_models
from tests.support.shipped import MODEL_FOLDERS, shipped_registry


@cache
def shared_models() -> dict[str, ModelFile]:
    """The models of the repository, read from their files: the shared ones, and those of each state."""
    return read_models(MODEL_FOLDERS)


def contracts() -> list[Contract]:
    return list(shipped_registry())


def seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed for Milwaukee: the shared ones, and those of its layers."""
    return seed_rows(name, SHARED_SEEDS, read_city(None).layers)
