"""dbt's manifest, read once for the contract tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.contract.dbt_manifest import Manifest
from warehouse.packed import read_packed


@pytest.fixture(scope="session")
def project(parsed_dbt_folder: Path) -> Manifest:
    return Manifest(json.loads(read_packed(parsed_dbt_folder / "manifest.json")))
