"""A new layer can be used at once, and the parts of a layer are listed with what they replace."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.city import City, city_registry, read_layer_city
from ingest.contract.registry import SOURCES, load_registry
from ingest.layers import Layer, seed_rows
from orchestration.codegen.cities.city_layer import CITY_SEEDS, missing_seeds, new_layer, parts
from orchestration.settings import SHARED_SEEDS, ConfigurationError


@pytest.fixture
def layer(tmp_path: Path) -> Layer:
    return new_layer("new_ulm", tmp_path / "ulm", place="2746042")


def found(city: City) -> set[tuple[str, str, bool]]:
    return {(part.kind, part.name, part.replaces) for part in parts(city)}


def test_a_new_layer_is_a_city_without_rows_of_another(layer: Layer) -> None:
    city = read_layer_city(layer)
    assert (city.title, city.place_geoid, city.undecided) == ("New Ulm", "2746042", ("time_zone",))
    assert city_registry(city).names() == load_registry().names()
    assert missing_seeds(city) == []
    assert all(seed_rows(Path(file).stem, SHARED_SEEDS, city.layers) == [] for file in CITY_SEEDS if "/" not in file)
    checklist = (layer.folder / "README.md").read_text()
    assert all(file in checklist for file in CITY_SEEDS)


def test_what_is_not_given_is_left_to_decide(tmp_path: Path) -> None:
    city = read_layer_city(new_layer("ulm", tmp_path / "ulm", title="Ulm", state="wisconsin"))
    assert (city.title, city.undecided, city.state) == ("Ulm", ("place_geoid", "time_zone"), "wisconsin")
    assert (tmp_path / "ulm" / "city.yml").read_text().count("# decide") == 3


def test_a_layer_overwrites_nothing(layer: Layer) -> None:
    with pytest.raises(ConfigurationError, match=r"ulm is not empty; name an empty or new folder with --out"):
        new_layer("other", layer.folder)
    with pytest.raises(ConfigurationError, match="milwaukee has a layer already"):
        new_layer("milwaukee", layer.folder / "x")
    with pytest.raises(ConfigurationError, match=r"no layer of the state 'ohio'; known: .*wisconsin"):
        new_layer("other", layer.folder / "x", state="ohio")


def test_parts_are_listed_with_what_they_replace(layer: Layer) -> None:
    shutil.copy(SOURCES / "ucc__service_requests.yml", layer.folder / "sources")
    for name in ("stg_ucc__service_requests", "stg_xyz__own"):
        (layer.folder / "models" / "staging" / f"{name}.sql").write_text("select 1")
    (layer.folder / "suites" / "fct_own.yml").write_text("table: fct_own\n")
    with (layer.folder / "city.yml").open("a") as file:
        file.write("mpd__incidents: {title: Incidents, follow_up: null}\n")
    assert found(read_layer_city(layer)) >= {
        ("contract", "ucc__service_requests", True),
        ("keys", "mpd__incidents: title, follow_up", True),
        ("seed", "geographies", True),
        ("rows", "departments", False),
        ("model", "stg_ucc__service_requests", True),
        ("model", "stg_xyz__own", False),
        ("suite", "fct_own", False),
    }
