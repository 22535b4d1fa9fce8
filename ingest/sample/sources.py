"""The register of the sample's sources, in the order in which they are written, and `city.yml`.

A source is declared in the module of its topic, with its share of the event rows and its keys in `city.yml`: list it here.
"""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from ingest.sample import city, deaths, engagement, estimates, health, housing, safety
from ingest.sample.delivery import Source
from ingest.sample.education import exams, pupils
from ingest.sample.events.police_calls import police_calls
from ingest.sample.events.police_stops import police_stops
from ingest.sample.events.requests import requests
from ingest.sample.money import arpa_projects, payments
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


# Tables of publishers, which have real figures of every real city.
_PUBLISHED = (
    "urban__", "chr__", "dpi__", "mcme__", "seer__", "dns__evictions", "mhd__chronic_disease", "fpc__fatal_shootings",
    "census__acs_county", "census__population_estimates", "census__place_populations",
)  # fmt: skip


def rows_by_source(rows: int, profile: city.Profile = city.SAMPLETON) -> dict[str, int]:
    """How many of the event rows each source of a city gets; the dispatched calls take what the division leaves over.

    Of a real city, the sources are its departments' own, and the maps and counts that they need.
    """
    left_out = () if profile == city.SAMPLETON else _PUBLISHED
    shares = {name: rows * source.event_rows_pct // 100 for name, source in SOURCES.items() if not name.startswith(left_out)}
    shares[police_calls.name] += rows - sum(shares.values())
    return shares


def city_file(profile: city.Profile = city.SAMPLETON) -> str:
    """The text of `city.yml`: the city, its as-of time, and each source's jurisdiction and other keys."""
    keys = {name: {"jurisdiction": city.PLACE_GEOID, **SOURCES[name].keys} for name in rows_by_source(0, profile)}
    keys |= {name: {"jurisdiction": city.PLACE_GEOID} for name in NOT_DELIVERED}
    for of_source in keys.values():
        of_source["jurisdiction"] = profile.own(of_source["jurisdiction"])
    contract_keys = {
        "city": profile.key,
        "title": profile.title,
        "place_geoid": profile.place_geoid,
        "time_zone": profile.time_zone,
        **({} if profile == city.SAMPLETON else {"county_geoid": profile.county_geoid}),
        "as_of": city.AS_OF,
        "sources": keys,
    }
    first = "# Written by `levelground sample`: a synthetic city. Runs on this folder take city and as-of time from here.\n"
    if profile != city.SAMPLETON:
        first += "# Invented records in the shape of a real city: no figure is one of that city.\n"
    return first + yaml.safe_dump(contract_keys, sort_keys=False)
