"""Profiles of real cities: whose shares, how large, how many districts; and deliveries that name nothing of Sampleton."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml

from ingest.errors import SampleError
from ingest.sample import write_sample
from ingest.sample.city import GROUPS, SAMPLETON, Profile
from ingest.sample.people import staff
from ingest.sample.people.profile import shares_of_place
from ingest.sample.places import ground
from ingest.sample.places.houses import outline
from tests.unit.ingest.sample.test_no_real_place import texts

SAINT_PAUL = Profile(
    "saint_paul", "Saint Paul (invented deliveries)", "Saint Paul", "2758000", "27123", "America/Chicago", "MN", 307_000,
    shares_of_place("2758000"),
)  # fmt: skip


@pytest.fixture(scope="module")
def saint_paul(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample") / "city", 1_000, 3, SAINT_PAUL).out


def of(residents: int, **shares: float) -> Profile:
    """A city of so many residents, with these shares for those of Sampleton."""
    own = tuple(shares.get(group, share) for group, share in zip(GROUPS, SAMPLETON.shares, strict=True))
    return Profile("a", "A", "A", "1100001", "11001", "UTC", "DC", residents, own)


def test_shares_are_those_of_the_place_and_the_state_divides_the_rest() -> None:
    """Minnesota has 5 % Asian residents of 11 % in groups that the place has as one: of 23 % in Saint Paul, 10.45 %."""
    shares = dict(zip(GROUPS, shares_of_place("2758000"), strict=True))
    assert [shares[group] for group in ("white", "black", "hisp")] == pytest.approx([0.56, 0.12, 0.09])
    assert shares["asian"] == pytest.approx(0.23 * 5 / 11, abs=1e-4)
    assert sum(shares.values()) == pytest.approx(1)


def test_a_place_without_an_estimate_has_those_of_its_state() -> None:
    assert shares_of_place("2700001")[GROUPS.index("black")] == pytest.approx(0.07, abs=1e-3)
    with pytest.raises(SampleError, match="in no state"):
        shares_of_place("9900001")


@pytest.mark.parametrize(("residents", "districts"), [(60_000, 6), (307_000, 12), (577_222, 15), (8_258_035, 50)])
def test_districts_follow_the_root_of_the_residents(residents: int, districts: int) -> None:
    """As in Milwaukee, which has 15, and near New York's 51."""
    assert of(residents).districts == districts


@pytest.mark.parametrize("districts", [6, 9, 12, 15, 18, 21, 25, 30, 35, 40, 45, 50])
def test_maps_of_any_number_of_districts_have_whole_districts_and_wards_in_them(districts: int) -> None:
    for year, wards in ((2012, 2012), (2022, 2021)):
        grid = ground.aldermanic_districts(year, districts)
        assert set(grid[ground.city() > 0].tolist()) == set(range(1, districts + 1))
        assert all(outline(grid, district) for district in range(1, districts + 1))
        assert set(((ground.wards(wards, districts) + 3) // 4 - grid)[ground.city() > 0].tolist()) == {0}
    assert (ground.aldermanic_districts(2012, districts) != ground.aldermanic_districts(2022, districts)).any()


def test_a_composition_is_tilted_by_how_many_more_there_are() -> None:
    """Half as many white and twice as many black residents: 0.3 x 0.5 and 0.5 x 2, of the 0.8 that are known."""
    city = of(100_000, white=SAMPLETON.shares[1] / 2, black=SAMPLETON.shares[2] * 2)
    tilted = city.tilted({"W": 0.3, "B": 0.5, "?": 0.2}, {"W": "white", "B": "black"})
    assert tilted == {"W": pytest.approx(0.8 * 0.15 / 1.15), "B": pytest.approx(0.8 * 1.0 / 1.15), "?": 0.2}


def test_the_folder_has_departments_under_the_names_and_codes_of_the_city(saint_paul: Path) -> None:
    settings = yaml.safe_load((saint_paul / "city.yml").read_text(encoding="utf-8"))
    assert {key: settings[key] for key in ("city", "title", "place_geoid", "county_geoid", "time_zone")} == {
        "city": "saint_paul", "title": "Saint Paul (invented deliveries)", "place_geoid": "2758000", "county_geoid": "27123",
        "time_zone": "America/Chicago",
    }  # fmt: skip
    assert {keys["jurisdiction"] for keys in settings["sources"].values()} == {"2758000", "27123"}
    folders = {path.name for path in saint_paul.iterdir() if path.is_dir()}
    assert {"ucc__service_requests", "der__employees", "oei__engagement_inputs", "census__blocks_2020"} <= folders
    assert not [name for name in folders if name.startswith(("urban__", "chr__", "dpi__", "fpc__fatal"))]


def test_no_file_has_a_code_of_sampleton(saint_paul: Path) -> None:
    """Its invented neighborhoods and vendors keep their names; places, states and cities are those of the profile."""
    found = [
        (path.parent.name, word)
        for path in saint_paul.rglob("*.*")
        for text in texts(path)
        for word in ("9900001", "99001", "SAMPLETON", ", ZZ", "Sampleton,")
        if word in text
    ]
    assert not found
    assert any("SAINT PAUL, MN" in text for text in texts(next((saint_paul / "ucc__service_requests").iterdir())))


def test_residents_and_staff_follow_the_size_and_the_shares(saint_paul: Path) -> None:
    with next((saint_paul / "census__blocks_2020").iterdir()).open(encoding="utf-8") as file:
        blocks = list(csv.DictReader(file))
    people = {group: sum(int(row[f"pop_{group}"]) for row in blocks) for group in GROUPS}
    total = sum(people.values())
    assert total == pytest.approx(307_000, rel=0.005)
    assert people["white"] / total == pytest.approx(0.56, abs=0.02)
    assert people["asian"] / total == pytest.approx(0.1045, abs=0.01)
    assert staff.employees_on(staff.AS_OF, SAINT_PAUL) == round(6_000 * 307 / 229)


def test_truths_are_of_the_city_and_of_what_it_delivers(saint_paul: Path) -> None:
    truths = json.loads((saint_paul / "truth.json").read_text(encoding="utf-8"))["truths"]
    assert {row["geoid"] for row in truths if row["geography_type"] == "city"} == {"2758000"}
    assert {row["geoid"][:5] for row in truths if row["geography_type"] == "tract"} == {"27123"}
    districts = {row["geoid"] for row in truths if row["geography_type"] == "aldermanic_district"}
    assert districts == {str(number) for number in range(1, 13)}
    assert not [row for row in truths if row["measure_id"] in ("life_expectancy", "chronic_absence_rate", "diabetes_prevalence")]
    searched = {row["race_ethnicity_code"]: row["value"] for row in truths if row["measure_id"] == "stops_searched_share"}
    assert (searched["white"], searched["black"]) == (8.0, 20.0)
    # of the 0.79 of known groups: white 1.697 times Sampleton's, black 0.324, Latino 0.45, Native 2.614, Asian 2.010 times
    assert searched["all"] == pytest.approx(11.11, abs=0.01)
