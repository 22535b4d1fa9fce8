"""Nodes of dbt's manifest, for tests that need a small dbt project."""

from __future__ import annotations

from typing import Any


def model(name: str, folder: str, *parents: str) -> dict[str, Any]:
    """A model in a folder of `models`, whose last part is also its schema."""
    schema = folder.rpartition("/")[2]
    return {
        "unique_id": f"model.levelground.{name}",
        "name": name,
        "resource_type": "model",
        "checksum": {"checksum": "0"},
        "original_file_path": f"models/{folder}/{name}.sql",
        "config": {"schema": schema, "enabled": True, "materialized": "table", "meta": {}},
        "meta": {},
        "tags": [],
        "columns": {},
        "description": f"The model {name}.",
        "depends_on": {"nodes": list(parents)},
        "fqn": ["levelground", schema, name],
        "schema": schema,
        "database": "warehouse",
        "alias": name,
        "relation_name": f"warehouse.{schema}.{name}",
        "package_name": "levelground",
    }


def seed(name: str, described_in: str = "_seeds.yml") -> dict[str, Any]:
    """A seed of the reference data."""
    node = model(name, "reference")
    return node | {
        "unique_id": f"seed.levelground.{name}",
        "resource_type": "seed",
        "checksum": {"checksum": "0"},
        "original_file_path": f"seeds/reference/{name}.csv",
        "patch_path": f"levelground://seeds/reference/{described_in}",
        "depends_on": {},
    }
