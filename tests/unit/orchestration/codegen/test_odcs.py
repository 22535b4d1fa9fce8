"""A contract in the Open Data Contract Standard fits the standard's own JSON schema, and has what a catalog displays."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

from ingest.contract import Contract
from ingest.contract.registry import load_registry
from orchestration.codegen.source_models import render_odcs
from tests.support.visits import visits_contract

SCHEMA = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
REGISTRY = load_registry()


def problems(document: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft201909Validator(SCHEMA).iter_errors(document)]


@pytest.mark.parametrize("contract", list(REGISTRY), ids=lambda contract: contract.source)
def test_every_contract_fits_the_schema_of_the_standard(contract: Contract) -> None:
    document = yaml.safe_load(render_odcs(contract))
    assert problems(document) == []
    (table,) = document["schema"]
    assert [one["name"] for one in table["properties"]] == [column.name for column in contract.kept_columns]


def test_the_schema_refuses_what_the_standard_does_not_know() -> None:
    document = yaml.safe_load(render_odcs(REGISTRY["ucc__service_requests"]))
    document["schema"][0]["properties"][0]["logicalType"] = "varchar"
    assert any("varchar" in problem for problem in problems(document))


def test_a_catalog_gets_keys_bounds_and_descriptions() -> None:
    contract = visits_contract(
        load={"mode": "merge", "key": ["visit"]},
        columns=[
            {"name": "visit", "from": "Visit No", "required": True, "description": "Number of the visit"},
            {"name": "fee", "type": "decimal", "min": 0, "max": 40.5, "unit": "USD"},
            {"name": "kind", "values": ["walk-in", "appointment"]},
            {"name": "held_on", "type": "date", "min": "2020-01-01"},
            {"name": "guest", "privacy": "direct_identifier", "keep": "drop"},
        ],
    )
    document = yaml.safe_load(render_odcs(contract))
    visit, fee, kind, held_on = document["schema"][0]["properties"]
    assert problems(document) == []
    assert (visit["physicalName"], visit["primaryKeyPosition"], visit["required"]) == ("Visit No", 1, True)
    assert visit["description"] == "Number of the visit"
    assert fee["logicalTypeOptions"] == {"minimum": 0.0, "maximum": 40.5}
    assert kind["quality"][0]["arguments"] == {"validValues": ["walk-in", "appointment"]}
    assert held_on["logicalTypeOptions"] == {"minimum": "2020-01-01"}
