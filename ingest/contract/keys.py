"""Describe the keys of a contract: texts of `keys.yml`, in the JSON Schema for editors and in the guide to keys."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ingest.contract.model import Contract
from ingest.contract.yaml_source import read_yaml

PATH = Path(__file__).with_name("keys.yml")


@cache
def key_texts(path: Path = PATH) -> dict[str, dict[str, str]]:
    """The text of each key, by the class that has it."""
    texts: dict[str, dict[str, str]] = read_yaml(path).data
    return texts


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a contract, with a description of each key."""
    schema = Contract.model_json_schema(by_alias=True)
    for name, part in objects(schema).items():
        for key, field in part["properties"].items():
            field["description"] = key_texts()[name][key]
    return schema


def objects(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The objects of a schema by the names of their classes, the contract first."""
    return {"Contract": schema, **{name: part for name, part in schema.get("$defs", {}).items() if "properties" in part}}
