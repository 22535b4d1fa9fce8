"""The register of the sample's sources: the writer of each, its share of the event rows, and its entry in `city.yml`.

Add one line per source, in the order in which they are written. The source's own module makes the delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import yaml

from ingest.sample import city
from ingest.sample.education import absenteeism, assessments, completion, enrollment, removals
from ingest.sample.engagement import events, inputs, participation, responses
from ingest.sample.estimates import acs_county, county_health, urban
from ingest.sample.health import chronic_disease, lead_lines, lead_orders, lead_tests
from ingest.sample.housing import evictions, foreclosures, sales
from ingest.sample.money import arpa_projects
from ingest.sample.people import staff, survey
from ingest.sample.places import index, maps
from ingest.sample.population import acs, blocks, labor_force, language
from ingest.sample.safety import court_cases, fatal_shootings, incidents, police_calls, police_stops
from ingest.sample.sample_folder import PlantedCounts
from ingest.sample.services import payments, requests

Write = Callable[[Path, int, np.random.Generator], PlantedCounts]


@dataclass(frozen=True)
class Source:
    """How a source is written, the percentage of the event rows that is its own (0: it does not grow), its keys in city.yml."""

    write: Write
    event_rows_pct: int = 0
    keys: Mapping[str, Any] = field(default_factory=dict)


def _growing(module: ModuleType) -> Write:
    """The writer of a module whose source grows with `--rows`; looked up when called, so that a test can put another there."""

    def write(folder: Path, rows: int, rng: np.random.Generator) -> PlantedCounts:
        written: PlantedCounts = module.write(folder, rows, rng)
        return written

    return write


def _fixed(module: ModuleType) -> Write:
    """The writer of a module whose source has its own size."""

    def write(folder: Path, _: int, rng: np.random.Generator) -> PlantedCounts:
        written: PlantedCounts = module.write(folder, rng)
        return written

    return write


SOURCES: Mapping[str, Source] = {
    requests.SOURCE: Source(
        _growing(requests),
        30,
        {
            # complete here, unlike in the real feed
            "follow_up": {"until": "delivery", "start": "created_at", "end": "closed_at"},
            # the feed runs two days behind
            "freshness": {"warn_after_hours": 96, "stale_after_hours": 192},
        },
    ),
    police_calls.SOURCE: Source(
        _growing(police_calls),
        40,
        {"freshness": {"warn_after_hours": 48, "stale_after_hours": 168}},
    ),
    police_stops.SOURCE: Source(
        _growing(police_stops),
        15,
        {"freshness": {"warn_after_hours": 48, "stale_after_hours": 168}},
    ),
    payments.SOURCE: Source(
        _growing(payments),
        15,
        {"freshness": {"warn_after_hours": 240, "stale_after_hours": 720}},
    ),
    staff.SOURCE: Source(_fixed(staff), keys={"as_of": staff.AS_OF}),
    enrollment.SOURCE: Source(_fixed(enrollment), keys=city.COUNTY),
    absenteeism.SOURCE: Source(_fixed(absenteeism), keys=city.COUNTY),
    completion.SOURCE: Source(_fixed(completion), keys=city.COUNTY),
    blocks.SOURCE: Source(_fixed(blocks)),
    acs.SOURCE: Source(_fixed(acs), keys=city.COUNTY),
    "census__tracts_2010": Source(lambda folder, _, rng: maps.write_tracts(folder, 2010, rng), keys=city.COUNTY),
    "census__tracts_2020": Source(lambda folder, _, rng: maps.write_tracts(folder, 2020, rng), keys=city.COUNTY),
    "census__zcta_2010": Source(lambda folder, _, rng: maps.write_zip_areas(folder, rng), keys=city.COUNTY),
    index.SOURCE: Source(_fixed(index), keys={"as_of": date(2025, 12, 1)}),
    "city__limits": Source(lambda folder, _, rng: maps.write_limits(folder, rng)),
    "city__aldermanic_districts_2012": Source(lambda folder, _, rng: maps.write_aldermanic_districts(folder, 2012, rng)),
    "city__aldermanic_districts_2022": Source(lambda folder, _, rng: maps.write_aldermanic_districts(folder, 2022, rng)),
    "city__police_districts": Source(lambda folder, _, rng: maps.write_police_districts(folder, rng)),
    "city__neighborhoods": Source(lambda folder, _, rng: maps.write_neighborhoods(folder, rng)),
    incidents.SOURCE: Source(
        _fixed(incidents),
        keys={"period": {"start": date(2025, 1, 1), "end": date(2025, 12, 31)}},  # the rows carry no date
    ),
    court_cases.SOURCE: Source(_fixed(court_cases)),
    sales.SOURCE: Source(_fixed(sales)),
    foreclosures.SOURCE: Source(_fixed(foreclosures)),
    lead_lines.SOURCE: Source(_fixed(lead_lines), keys={"as_of": lead_lines.AS_OF}),
    lead_orders.OPEN: Source(lambda folder, _, rng: lead_orders.write_open(folder, rng), keys={"as_of": lead_orders.AS_OF}),
    lead_orders.ABATED: Source(lambda folder, _, rng: lead_orders.write_abated(folder, rng)),
    chronic_disease.SOURCE: Source(_fixed(chronic_disease), keys=city.COUNTY),
    survey.SOURCE: Source(
        _fixed(survey),
        keys={"period": {"start": date(2025, 9, 1), "end": date(2025, 9, 30)}},
    ),
    arpa_projects.SOURCE: Source(_fixed(arpa_projects)),
    labor_force.SOURCE: Source(_fixed(labor_force)),
    removals.SOURCE: Source(_fixed(removals), keys=city.COUNTY),
    lead_tests.SOURCE: Source(_fixed(lead_tests)),
    events.SOURCE: Source(_fixed(events)),
    participation.SOURCE: Source(_fixed(participation)),
    inputs.SOURCE: Source(_fixed(inputs)),
    responses.SOURCE: Source(_fixed(responses)),
    language.SOURCE: Source(_fixed(language), keys=city.COUNTY),
    "urban__household_income": Source(lambda folder, _, rng: urban.write_income(folder, rng)),
    "urban__employment": Source(lambda folder, _, _rng: urban.write_shares(folder, "employment")),
    "urban__hs_diploma": Source(lambda folder, _, _rng: urban.write_shares(folder, "hs_diploma")),
    "urban__preschool": Source(lambda folder, _, _rng: urban.write_shares(folder, "preschool")),
    "urban__digital_access": Source(lambda folder, _, _rng: urban.write_shares(folder, "digital_access")),
    "urban__poverty_exposure": Source(lambda folder, _, _rng: urban.write_shares(folder, "poverty_exposure")),
    "urban__student_homelessness": Source(lambda folder, _, rng: urban.write_homelessness(folder, rng)),
    "urban__juvenile_arrests": Source(lambda folder, _, rng: urban.write_arrests(folder, rng)),
    "urban__low_birth_weight": Source(lambda folder, _, rng: urban.write_low_birth_weight(folder, rng), keys=city.COUNTY),
    "urban__debt_collections": Source(lambda folder, _, rng: urban.write_debt(folder, rng), keys=city.COUNTY),
    assessments.ACT: Source(lambda folder, _, rng: assessments.write_act(folder, rng), keys=city.COUNTY),
    assessments.FORWARD: Source(lambda folder, _, rng: assessments.write_forward(folder, rng), keys=city.COUNTY),
    county_health.SOURCE: Source(_fixed(county_health), keys=city.COUNTY),
    acs_county.SOURCE: Source(_fixed(acs_county), keys=city.COUNTY),
    evictions.SOURCE: Source(_fixed(evictions), keys=city.COUNTY),
    fatal_shootings.SOURCE: Source(_fixed(fatal_shootings), keys={"jurisdiction": city.PLACE_GEOID[:2]}),
}

# Contracts of sources that Sampleton does not deliver; in city.yml their records are its own, too, and not another city's.
NOT_DELIVERED = ("assessor__parcels", "city__address_list", "mpd__incident_reports")


def rows_by_source(rows: int) -> dict[str, int]:
    """How many of the event rows each source gets; the dispatched calls take what the division leaves over."""
    shares = {name: rows * source.event_rows_pct // 100 for name, source in SOURCES.items()}
    shares[police_calls.SOURCE] += rows - sum(shares.values())
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
