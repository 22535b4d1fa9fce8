"""A city is found by name, state or GEOID; an ambiguous or unknown name is answered with the cities that it may be."""

from __future__ import annotations

import pytest

from ingest.contract import IDENTIFIER
from orchestration.cities.gazetteer import Place, city_name, find_place, places
from orchestration.settings import ConfigurationError

KNOWN = places()


@pytest.mark.parametrize(
    ("text", "geoid"),
    [
        ("Saint Paul, Minnesota", "2758000"),
        ("st paul, mn", "2758000"),
        (" St. Paul ", "2758000"),
        ("2758000", "2758000"),
        ("Kansas City, MO", "2938000"),
        ("Kansas City Kansas", "2036000"),
        ("Lees Summit", "2941348"),
        ("o’fallon", "2954074"),
        ("Winston Salem", "3775000"),
        ("San José, California", "0668000"),
        ("City of Detroit", "2622000"),
        ("New York City", "3651000"),
        ("Oklahoma City", "4055000"),
        ("Nashville, Tennessee", "4752006"),
        ("Urban Honolulu", "1571550"),
    ],
)
def test_a_city_is_found_however_it_is_written(text: str, geoid: str) -> None:
    assert find_place(text, KNOWN).geoid == geoid


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Columbus",
            r"2 cities are called 'Columbus': Columbus, Ohio \(3918000\), Columbus, Georgia \(1319000\); name the state",
        ),
        ("Sant Paul, Minesota", r"Did you mean St. Paul, Minnesota \(2758000\)\?"),
        ("2758001", r"Did you mean St. Paul, Minnesota"),
        ("Springfield, Ohio", r"Did you mean Springfield, Missouri"),
        ("Paul", r"Did you mean St. Paul, Minnesota"),
        ("Xyzzyville", r"no city of the gazetteer is called 'Xyzzyville'. It has the 486 cities"),
        ("Sampleton", r"no city of the gazetteer is called 'Sampleton'"),
        ("  ", "name a city"),
    ],
)
def test_a_city_that_is_not_found_is_answered_with_suggestions(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        find_place(text, KNOWN)


def test_every_place_has_what_start_suggests_and_is_found_by_title() -> None:
    assert len(KNOWN) == 486
    assert [place.title for place in KNOWN[:2]] == ["New York, New York", "Los Angeles, California"]
    assert all(place.county_geoid[:2] == place.geoid[:2] and "/" in place.time_zone for place in KNOWN)
    assert all(find_place(place.title, KNOWN) == find_place(place.geoid, KNOWN) == place for place in KNOWN)


def test_each_city_has_a_name_of_its_own() -> None:
    names = [city_name(place, KNOWN) for place in KNOWN]
    assert len(set(names)) == len(names) and all(IDENTIFIER.fullmatch(name) for name in names)
    by_geoid = {place.geoid: name for place, name in zip(KNOWN, names, strict=True)}
    assert by_geoid["2758000"] == "saint_paul" and by_geoid["2941348"] == "lees_summit"
    assert by_geoid["2938000"] == "kansas_city"  # the name of its layer
    assert (by_geoid["2036000"], by_geoid["1772000"]) == ("kansas_city_kansas", "springfield_illinois")


def test_letters_with_accents_become_plain_ones() -> None:
    place = Place(
        geoid="0611530", name="Cañon Saint-Élan", state="Colorado", population=1, state_abbreviation="CO", county_geoid="08043",
        county="", time_zone="America/Denver",
    )  # fmt: skip
    assert city_name(place, []) == "canon_saint_elan"
