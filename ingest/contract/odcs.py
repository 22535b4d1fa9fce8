"""Write a contract in the Open Data Contract Standard (ODCS) of Bitol, so that data catalogs can read it.

https://bitol-io.github.io/open-data-contract-standard. What the standard has no key for is under `customProperties`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from ingest.contract.model import Contract
from ingest.contract.sections.column import Column
from warehouse.fingerprint import json_sha256

API_VERSION = "v3.1.0"
# (logical type, type in DuckDB) of each type of a column
TYPES = {
    "text": ("string", "varchar"), "integer": ("integer", "bigint"), "decimal": ("number", "double"),
    "boolean": ("boolean", "boolean"), "date": ("date", "date"), "timestamp": ("timestamp", "timestamp"),
    "geometry": ("string", "geometry"),
}  # fmt: skip


def odcs_yaml(contract: Contract) -> str:
    """The contract as YAML of the standard. Columns that are dropped on arrival are no part of it."""
    terms = contract.model_dump(mode="json", by_alias=True)
    agreement, limits = terms["agreement"], contract.freshness
    table = {
        "name": contract.source,
        "physicalName": f"landing.{contract.source}",
        "physicalType": "table",
        "logicalType": "object",
        "businessName": contract.title,
        "description": f"{contract.title}: {contract.grain}",
        "dataGranularityDescription": contract.grain,
        "properties": [_property(column, contract) for column in contract.kept_columns],
    }
    levels = [{"property": "frequency", "value": contract.cadence}]
    if limits:
        levels.append({"property": "latency", "value": limits.stale_after_hours, "unit": "h"})
    if contract.agreement.keep_for:
        levels.append({"property": "retention", "value": str(terms["agreement"]["keep_for"])})
    data = {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": contract.source,
        # a contract has no number: it changes with its content
        "version": json_sha256(terms)[:12],
        "name": contract.title,
        "status": "active",
        "domain": contract.policy_area,
        "description": {
            "purpose": f"{contract.title}, delivered from {contract.platform}",
            "limitations": f"held on the ground {agreement['basis']}; counts below {agreement['suppress_below']} are not published",
        },
        "schema": [table],
        "team": {"name": contract.steward.team},
        "support": [{"channel": contract.steward.contact, "description": "Steward of the source"}],
        "slaProperties": levels,
        "customProperties": _custom(
            {
                "department": contract.department, "jurisdiction": contract.jurisdiction, "audience": contract.audience,
                "statisticalUnit": contract.statistical_unit, "loadMode": contract.load.mode, "agreement": agreement,
            }
        ),
    }  # fmt: skip
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)


def _property(column: Column, contract: Contract) -> dict[str, Any]:
    logical, physical = TYPES["text" if column.is_hashed else column.type]
    key = contract.load.key or ()
    bounds = {"minimum": column.min, "maximum": column.max}
    options = {name: str(bound) if logical in ("date", "timestamp") else bound for name, bound in bounds.items() if bound is not None}
    place = {"primaryKey": True, "primaryKeyPosition": key.index(column.name) + 1} if column.name in key else {}
    checks = [{"type": "library", "metric": "invalidValues", "arguments": {"validValues": list(column.values)}, "mustBe": 0}]
    found: dict[str, Any] = {
        "name": column.name,
        "physicalName": " or ".join(map(str, column.delivered_names)),
        "logicalType": logical,
        "physicalType": physical,
        "description": column.description,
        "required": column.required,
        **place,
        "classification": column.privacy,
        "logicalTypeOptions": options,
        "quality": checks if column.values else [],
        "customProperties": _custom({"role": column.role, "unit": column.unit, "vocabulary": column.vocabulary, "keep": column.keep}),
    }
    return {name: value for name, value in found.items() if value not in (None, {}, [])}


def _custom(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    pairs: Iterable[tuple[str, Any]] = values.items()
    return [{"property": name, "value": value} for name, value in pairs if value is not None]
