"""Test that a map with other lines than the one in force is found, and one that is exported again is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.delivery.delivery_facts import volume_baseline
from expectations.delivery.reference_checks import map_checks
from ingest.contract import Contract
from ingest.landing import ensure_tables
from tests.support.visits import CITY_ZONE, NOON, Warehouse, visits_contract


def district(number: str, west: float, east: float, north: float = 43.1) -> dict[str, Any]:
    corners = [[west, 43.0], [east, 43.0], [east, north], [west, north], [west, 43.0]]
    return {"type": "Feature", "properties": {"d": number}, "geometry": {"type": "Polygon", "coordinates": [corners]}}


def geojson(*districts: dict[str, Any]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(districts)})


BEFORE = geojson(district("1", -88.0, -87.95), district("5", -87.95, -87.9))


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with duckdb.connect() as connection:
        yield Warehouse(tmp_path, connection)


@pytest.fixture
def contract(warehouse: Warehouse) -> Contract:
    columns = [
        {"name": "d", "required": True, "role": "district"},
        {"name": "geometry", "type": "geometry", "required": True, "role": "geometry"},
    ]
    made = visits_contract(columns=columns, load={"mode": "replace", "key": ["d"]}, format={"kind": "geojson"})
    ensure_tables(warehouse.con, made, CITY_ZONE)
    return made


def moved(warehouse: Warehouse, contract: Contract, file: str) -> tuple[str, ...]:
    receipt = warehouse.deliver(contract, {"map.geojson": file})
    found = volume_baseline(warehouse.batch(contract, receipt), warehouse.store)
    warehouse.landing(contract).promote(receipt, run_id="run", now=NOON, adds=found.adds_only)
    return found.moved_places


@pytest.mark.parametrize(
    ("after", "places"),
    [
        (BEFORE, ()),
        (geojson(district("5", -87.95, -87.9), district("1", -88.0000001, -87.95)), ()),
        (geojson(district("5", -88.0, -87.95), district("1", -87.95, -87.9)), ("1", "5")),
        (geojson(district("1", -88.0, -87.95), district("5", -87.95, -87.9, 43.101)), ("5",)),
        (geojson(district("1", -88.0, -87.95), district("6", -87.95, -87.9)), ("5", "6")),
    ],
)
def test_places_whose_lines_moved_are_found(
    warehouse: Warehouse, contract: Contract, after: str, places: tuple[str, ...]
) -> None:
    assert moved(warehouse, contract, BEFORE) == ()
    assert moved(warehouse, contract, after) == places


def test_a_redrawn_map_holds_the_source_back(contract: Contract) -> None:
    (check,) = map_checks(contract, "aldermanic_district 2022", ("1", "5"))
    assert (check.severity, check.kwargs["expression"], check.kwargs["at_most"]) == ("critical", "2", 0)
    assert ": 1, 5 have other lines than on the map in force (aldermanic_district 2022)." in check.message
    assert f"levelground maps new {contract.source}" in check.message
    assert not list(map_checks(contract, "", ("1",))), "outlines of no map, such as of parcels"
