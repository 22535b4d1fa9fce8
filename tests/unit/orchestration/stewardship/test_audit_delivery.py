"""The gate's result on a delivery is that of every home only if the delivery is national and the homes read it alike."""

from __future__ import annotations

import datetime as dt

from expectations.delivery.delivery_facts import VolumeBaseline
from ingest.city import City, city_registry
from orchestration.stewardship.audit_delivery import _basis

DAY = dt.datetime(2025, 12, 1)


def basis(source: str, place: str, zone: str = "America/Chicago") -> str:
    city = City(city="c", title="C", place_geoid=place, county_geoid=f"{place[:2]}001", time_zone=zone)
    return _basis(city_registry(city)[source], city, VolumeBaseline(()), DAY)


def test_cities_share_the_result_of_a_national_delivery() -> None:
    assert basis("urban__employment", "2758000") == basis("urban__employment", "5553000")
    assert basis("urban__employment", "2758000") == basis("urban__employment", "3651000", "America/New_York")
    assert basis("urban__employment", "2758000") != basis("urban__preschool", "2758000")


def test_a_delivery_of_a_city_is_its_own() -> None:
    assert basis("ucc__service_requests", "2758000") != basis("ucc__service_requests", "5553000")
    times = (basis("ucc__service_requests", "2758000"), basis("ucc__service_requests", "2758000", "UTC"))
    assert times[0] != times[1], "times without a zone are on the city's wall clock"
