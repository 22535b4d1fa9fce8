"""A started city has a layer, deliveries that link to the national tables, and an entry in the homes file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.city import read_city
from ingest.layers import Layer, seed_rows
from orchestration.cities import check_runnable
from orchestration.cities.gazetteer import Place, find_place
from orchestration.codegen.cities.start_city import decided_place, write_cities
from orchestration.settings import SHARED_SEEDS, ConfigurationError


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "national" / "urban__employment"
    folder.mkdir(parents=True)
    (folder / "rows.csv").write_text("year\n2023\n")
    return {"urban__employment": folder}


@pytest.fixture(scope="module")
def saint_paul() -> Place:
    return find_place("Saint Paul, Minnesota")


def test_a_started_city_can_be_run(tmp_path: Path, tables: dict[str, Path], saint_paul: Place) -> None:
    entry = write_cities([saint_paul], tmp_path / "cities", tables)[0]
    check_runnable([entry])
    assert entry.layer and entry.deliveries
    city = read_city(Path(entry.deliveries), None, Layer(entry.name, entry.layer))
    assert (city.city, city.title, city.place_geoid) == ("saint_paul", "St. Paul, Minnesota", "2758000")
    assert (city.county_geoid, city.time_zone, city.undecided) == ("27123", "America/Chicago", ())
    assert (entry.layer / "README.md").is_file()
    names = {row["geography_type"]: (row["geoid"], row["name"]) for row in seed_rows("geographies", SHARED_SEEDS, city.layers)}
    assert names == {"state": ("27", "Minnesota"), "county": ("27123", "Ramsey County")}
    assert (Path(entry.deliveries) / "urban__employment" / "rows.csv").read_text() == "year\n2023\n"
    assert entry.home.root == tmp_path / "cities" / "saint_paul" / "home"


def test_a_second_start_keeps_what_people_wrote(tmp_path: Path, tables: dict[str, Path], saint_paul: Place) -> None:
    cities = tmp_path / "cities"
    entry = write_cities([saint_paul], cities, {})[0]
    assert entry.layer
    (entry.layer / "city.yml").write_text("city: saint_paul\ntitle: Saint Paul\nplace_geoid: '2758000'\n")
    own = Path(entry.deliveries or "") / "urban__employment"
    own.mkdir()
    before = (cities / "cities.yml").read_text()
    assert write_cities([decided_place(saint_paul, "27003", "UTC")], cities, tables)[0] == entry
    assert "title: Saint Paul\n" in (entry.layer / "city.yml").read_text()
    assert not own.is_symlink() and (cities / "cities.yml").read_text() == before


def test_cities_are_added_to_the_file_of_the_others(tmp_path: Path, saint_paul: Place) -> None:
    file = tmp_path / "cities.yml"
    file.write_text("# ours\ncities:\n  - name: sampleton\n    home: homes/sampleton\n    deliveries: sample\n")
    write_cities([saint_paul], tmp_path, {})[0]
    entry = write_cities([find_place("Milwaukee")], tmp_path, {})[0]
    assert file.read_text().startswith("# ours\ncities:\n  - name: sampleton\n    home")
    assert file.read_text().count("\n  - {name: ") == 2
    assert (entry.name, entry.layer) == ("milwaukee", None)  # its layer ships with Levelground


def test_a_file_in_another_form_is_left_alone(tmp_path: Path, saint_paul: Place) -> None:
    file = tmp_path / "cities.yml"
    file.write_text("cities: [{name: sampleton, home: here, deliveries: sample}]\n")
    with pytest.raises(ConfigurationError, match=r"add it under cities: `- \{name: saint_paul, home: saint_paul/home"):
        write_cities([saint_paul], tmp_path, {})[0]
    assert file.read_text() == "cities: [{name: sampleton, home: here, deliveries: sample}]\n"


def test_a_city_of_a_state_with_a_layer_has_the_tables_of_that_state(tmp_path: Path) -> None:
    entry = write_cities([find_place("Madison")], tmp_path, {})[0]
    assert entry.layer and "\nstate: wisconsin\n" in (entry.layer / "city.yml").read_text()
