"""What contract tests read: contracts, and seeds as rows of text."""

from __future__ import annotations

from functools import cache

from ingest.city import read_city
from ingest.contract import Contract
from ingest.contract.registry import load_registry
from ingest.layers import seed_rows
from orchestration.settings import SHARED_SEEDS
from orchestration.transform.model_files import ModelFile, read_models
from orchestration.transform.registrations import MODELS


@cache
def shared_models() -> dict[str, ModelFile]:
    """The models of the repository, read from their files."""
    return read_models([MODELS])


def contracts() -> list[Contract]:
    return list(load_registry())


def seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed for Milwaukee: the shared ones, and those of its layers."""
    return seed_rows(name, SHARED_SEEDS, read_city(None).layers)
