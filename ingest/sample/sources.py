"""The register of the sample's sources, in the order in which they are written, and `city.yml`.

A source is declared in the module of its topic, with its share of the event rows and its keys in `city.yml`: list it here.
"""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from ingest.sample import city, deaths, estimates, health, housing, safety
from ingest.sample.delivery import Source
from ingest.sample.education import exams, pupils
from ingest.sample.engagement import deliveries as engagement
from ingest.sample.events.payments import payments
from ingest.sample.events.police_calls import police_calls
from ingest.sample.events.police_stops import police_stops
from ingest.sample.events.requests import requests
from ingest.sample.money import arpa_projects
from ingest.sample.people import census
from ingest.sample.people.staff import staff
from ingest.sample.people.survey import survey
from ingest.sample.places import maps

SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        requests, police_calls, police_stops, payments,
        staff, pupils.enrollment, pupils.absenteeism, pupils.completion, census.blocks, census.race_by_tract,
        maps.tracts_2010, maps.tracts_2020, maps.zip_areas, maps.address_index, maps.limits, maps.districts_2012,
        maps.districts_2022, maps.police_districts, maps.neighborhoods,
        safety.incidents, safety.court_cases, housing.sales, housing.foreclosures, health.lead_lines, health.lead_orders_open,
        health.lead_orders_abated, health.chronic_disease, survey, arpa_projects, census.labor_force, pupils.removals,
        health.lead_tests, engagement.events, engagement.participation, engagement.inputs, engagement.responses, census.language,
        estimates.household_income, estimates.employment, estimates.hs_diploma, estimates.preschool, estimates.digital_access,
        estimates.poverty_exposure, estimates.student_homelessness, estimates.juvenile_arrests, estimates.low_birth_weight,
        estimates.debt_collections,
        exams.act, exams.forward_exam, estimates.county_health, estimates.acs_county, housing.evictions, safety.fatal_shootings,
        deaths.deaths, deaths.population_estimates, deaths.standard_population, census.place_populations,
    )
}  # fmt: skip

# Contracts of sources that Sampleton does not deliver; in city.yml their records are its own, too, and not another city's.
NOT_DELIVERED = ("assessor__parcels", "city__address_list", "mpd__incident_reports")


def rows_by_source(rows: int) -> dict[str, int]:
    """How many of the event rows each source gets; the dispatched calls take what the division leaves over."""
    shares = {name: rows * source.event_rows_pct // 100 for name, source in SOURCES.items()}
    shares[police_calls.name] += rows - sum(shares.values())
    return shares


def city_file() -> str:
    """The text of `city.yml`: the city, its as-of time, and each source's jurisdiction and other keys."""
    contract_keys = {
        "city": city.CITY,
        "title": city.TITLE,
        "place_geoid": city.PLACE_GEOID,
        "time_zone": city.TIME_ZONE,
        "as_of": city.AS_OF,
        "sources": {name: {"jurisdiction": city.PLACE_GEOID, **source.keys} for name, source in SOURCES.items()}
        | {name: {"jurisdiction": city.PLACE_GEOID} for name in NOT_DELIVERED},
    }
    first = "# Written by `levelground sample`: a synthetic city. Runs on this folder take city and as-of time from here.\n"
    return first + yaml.safe_dump(contract_keys, sort_keys=False)
