"""Write dbt's source entries (`_sources.yml`): the landing tables of the contracts, and the schema `receipts`.

See `warehouse.metadata.receipts` for the columns of the schema `receipts`, and `transform.run_inputs` for its rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ingest.contract import Contract
from ingest.contract.registry import Registry
from ingest.layers import MODELS, Layer
from orchestration.settings import DBT_PROJECT
from warehouse.files import write_atomically
from warehouse.metadata.receipts import TABLES


def write_sources(registry: Registry, path: Path) -> None:
    """Write dbt's source entries."""
    landing = {
        "name": "landing",
        "schema": "typed",
        "description": "Accepted rows of the landing tables, typed by contract. Generated from ingest/sources; do not edit.",
        "tables": [{"name": c.source, "description": literal(f"{c.title}: {c.grain}"), "columns": _columns(c)} for c in registry],
    }
    receipts = {
        "name": "receipts",
        "description": "What the run records for dbt: settings, contracts, loads, gate results.",
        "tables": [
            {"name": name, "description": table.description, "columns": [{"name": column} for column in table.columns]}
            for name, table in TABLES.items()
        ],
    }
    properties = {"version": 2, "sources": [landing, receipts]}
    write_if_changed(path, yaml.dump(properties, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120))


def write_if_changed(path: Path, text: str) -> None:
    """Write a generated file only when its content changes, so that dbt's parse stays valid."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)


def literal(text: str) -> str:
    """The text as Jinja displays it unchanged: dbt renders descriptions, and would run an expression that a contract contains."""
    return re.sub(r"\{(?=[{%#])", "{{ '{' }}", text)


def has_model(contract: Contract, layers: Iterable[Layer] = ()) -> bool:
    """Whether a staging model reads the source's landing table: its own, or one that several sources of a form share.

    `stg_city__boundaries` reads every map, so that a city's map needs a contract and a row of `geography_vintages` only.
    """
    folders = (DBT_PROJECT / MODELS, *(layer.folder / MODELS for layer in layers))
    has_own = any(f"'{contract.source}'" in _staging_sql(folder / "staging") for folder in folders)
    return has_own or any(column.role == "geometry" for column in contract.columns)


@cache
def _staging_sql(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*/stg_*.sql")))


def _columns(contract: Contract) -> list[dict[str, Any]]:
    return [
        {
            "name": c.name,
            "description": literal(", ".join(filter(None, (c.description, c.type, c.role)))),
            "config": {"meta": {"privacy": c.privacy}},
        }
        for c in contract.kept_columns
    ]
