"""The places of each city's layer: maps that a contract delivers, and types that the columns, measures and texts know."""

from __future__ import annotations

import csv
import io
import re

import pytest

from ingest.city import city_registry, read_layer_city
from ingest.layers import CITIES, Layer, city_layer, layer_names, layered_seed, text_of
from orchestration.settings import SHARED_SEEDS
from orchestration.transform.macros.place_types import INTERFACE


def rows(seed: str, layers: tuple[Layer, ...]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(layered_seed(seed, SHARED_SEEDS, layers)), newline="")))


@pytest.fixture(params=layer_names(CITIES))
def layers(request: pytest.FixtureRequest) -> tuple[Layer, ...]:
    layer = city_layer(request.param)
    assert layer is not None
    return read_layer_city(layer).layers


def test_each_map_is_delivered_by_a_contract_with_its_code(layers: tuple[Layer, ...]) -> None:
    registry = city_registry(read_layer_city(layers[-1]))
    maps = [row for row in rows("geography_vintages", layers) if row["boundary_source"]]
    assert maps
    for row in maps:
        columns = {column.name for column in registry[row["boundary_source"]].columns}
        assert {"geometry", row["boundary_code"] or "geometry"} <= columns, row


def test_each_type_has_words_that_columns_and_measures_know(layers: tuple[Layer, ...]) -> None:
    types = {row["geography_type"]: row for row in rows("place_types", layers)}
    vintages = rows("geography_vintages", layers)
    assert {row["geography_type"] for row in vintages} <= types.keys()
    for name, row in types.items():
        assert row["fact_columns"] in ("none", "geoid", "geoid_and_vintage"), name
        assert row["fact_columns"].startswith(INTERFACE.get(name, "")), f"{name}: tables.md promises its columns"
        assert row["equivalent_to"] in ("", "zcta", *INTERFACE), name
        assert re.compile(row["code_form"])
        newest = [each for each in vintages if each["geography_type"] == name and not each["valid_to"]]
        assert len(newest) == 1, f"{name}: one map is in force"


def test_each_type_has_a_name_in_every_language(layers: tuple[Layer, ...]) -> None:
    for language in ("en", "es", "hmn"):
        named = {row["text_id"] for row in rows(f"texts_{language}", layers)}
        assert {f"geography_type.{row['geography_type']}" for row in rows("place_types", layers)} <= named, language
