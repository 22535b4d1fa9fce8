"""`levelground sample --city`: the profile of a city of the gazetteer."""

from __future__ import annotations

import pytest

from ingest.sample.people.profile import shares_of_place
from orchestration.cli.sources.sample import profile_of
from orchestration.settings import ConfigurationError


@pytest.mark.parametrize("name", ["Saint Paul, Minnesota", "St. Paul, MN", "2758000"])
def test_a_city_has_the_names_and_codes_of_the_gazetteer(name: str) -> None:
    """`St.` is a street type in addresses, so the name is written out; the title marks the deliveries as invented."""
    city = profile_of(name)
    assert (city.key, city.name, city.title) == ("saint_paul", "Saint Paul", "Saint Paul (invented deliveries)")
    assert (city.place_geoid, city.county_geoid, city.state, city.time_zone) == ("2758000", "27123", "MN", "America/Chicago")
    assert (city.residents, city.districts) == (303_820, 12)
    assert city.shares == shares_of_place("2758000")


def test_a_name_that_several_cities_have_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="3 cities are called 'Springfield'"):
        profile_of("Springfield")
