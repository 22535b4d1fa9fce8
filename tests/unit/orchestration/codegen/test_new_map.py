"""Test that `levelground maps new` writes a contract and the days of two maps, and refuses what does not fit."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

from ingest.city import City, city_registry, read_city, read_layer_city
from ingest.layers import Layer, layered_seed, rows_of_seed
from orchestration.codegen.new_map import VINTAGES, NewMap, write_map
from orchestration.settings import SHARED_SEEDS, ConfigurationError

DISTRICTS = "city__aldermanic_districts_2022"
NEXT = NewMap(DISTRICTS, "2032", dt.date(2032, 5, 10), "aldermanic_2032")


@pytest.fixture
def layer(tmp_path: Path) -> Layer:
    (tmp_path / "city.yml").write_text('city: ours\ntitle: Ours\nplace_geoid: "5553000"\n')
    return Layer("ours", tmp_path)


@pytest.fixture
def city(layer: Layer) -> City:
    return read_layer_city(layer)


def test_a_new_map_begins_where_the_one_before_ends(layer: Layer, city: City) -> None:
    files, steps = write_map(NEXT, layer.folder, city)
    assert [path.relative_to(layer.folder).as_posix() for path in files] == [
        "sources/city__aldermanic_districts_2032.yml",
        "seeds/rows/geography_vintages.csv",
    ]
    again = read_layer_city(Layer(layer.name, layer.folder))
    maps = {
        row["geography_vintage"]: row
        for row in rows_of_seed(layered_seed(VINTAGES, SHARED_SEEDS, again.layers))
        if row["boundary_source"]
    }
    of_city = {vintage: row for vintage, row in maps.items() if row["geography_type"] == "aldermanic_district"}
    assert [(row["geography_vintage"], row["valid_from"], row["valid_to"]) for row in of_city.values()] == [
        ("2012", "", "2022-05-13"),
        ("2022", "2022-05-14", "2032-05-09"),
        ("2032", "2032-05-10", ""),
    ]
    assert (of_city["2032"]["boundary_source"], of_city["2032"]["block_code"]) == ("city__aldermanic_districts_2032", "")
    contract = city_registry(again)["city__aldermanic_districts_2032"]
    assert (contract.title, str(contract.as_of)) == ("Aldermanic districts, map of 2032", "2032-05-10")
    assert contract.column("aldermanic_district").delivered_names == ("aldermanic_2032",)
    (codes,) = [step for step in steps if "mpd__incidents" in step]
    assert codes.endswith("are on from then"), "a source has one row: delivered numbers need their map, and no day"


def test_a_map_of_a_whole_seed_of_the_layer_is_written_there(layer: Layer, city: City) -> None:
    whole = layer.folder / "seeds" / f"{VINTAGES}.csv"
    whole.parent.mkdir(parents=True)
    whole.write_text((SHARED_SEEDS / f"{VINTAGES}.csv").read_text())
    write_map(NEXT, layer.folder, city)
    with whole.open() as file:
        rows = [row for row in csv.DictReader(file) if row["geography_type"] == "aldermanic_district"]
    assert [row["valid_to"] for row in rows] == ["2022-05-13", "2032-05-09", ""]


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (NewMap("city__districts", "2032", dt.date(2032, 1, 1)), "city__districts delivers no map"),
        (NewMap("city__aldermanic_districts_2012", "2032", dt.date(2032, 1, 1)), "ended on 2022-05-13"),
        (NewMap(DISTRICTS, "2032", dt.date(2022, 5, 14)), "is not after 2022-05-14"),
        (NewMap(DISTRICTS, "2012", dt.date(2032, 1, 1)), "has a map of 2012 already"),
    ],
)
def test_what_does_not_fit_is_refused(layer: Layer, city: City, new: NewMap, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        write_map(new, layer.folder, city)
    assert not (layer.folder / "sources").exists()
    assert not (layer.folder / "seeds").exists()


def test_a_second_map_of_the_same_year_is_refused(layer: Layer, city: City) -> None:
    write_map(NEXT, layer.folder, city)
    with pytest.raises(ConfigurationError, match=r"ended on 2032-05-09"):
        write_map(NEXT, layer.folder, read_layer_city(layer))
    assert read_city(None) != city
