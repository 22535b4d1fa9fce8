"""The truths planted in the sample, as in `truth.json`: the parameters that rows were drawn from, never what the rows came to.

A measure of the built warehouse should hold each value within its interval as often as the interval says; of what is set and not
drawn (foreclosures, prevalences, counts of orders, lead lines) it should be the value. Percentages are 0-100. Compositions are
among records of known race. The parameters stand with the source that draws from them. A truth may be here before its measure is:
who compares takes those whose measure the registry knows.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ingest.sample.city import AS_OF, COUNTY_GEOID, PLACE_GEOID
from ingest.sample.education import absenteeism, completion, schools
from ingest.sample.health import chronic_disease, lead_lines, lead_orders
from ingest.sample.housing import foreclosures, sales
from ingest.sample.people import staff, survey
from ingest.sample.places.houses import houses
from ingest.sample.safety import court_cases, police_stops
from ingest.sample.services import requests

# `East African` is drawn with the share of `Black`, so that its mapping cannot move a truth.
_STOPS = {
    "White": "white", "Black": "black", "Latino": "hispanic", "Native American": "aian", "Asian": "asian", "Other": "other_race",
}  # fmt: skip
_STAFF = {
    "WHITE": "white", "BLACK": "black", "HISPANIC": "hispanic", "ASIAN/PACIFIC ISLANDER": "asian_or_nhpi",
    "AMERICAN INDIAN/ALASKAN NATIVE": "aian",
}  # fmt: skip
_STUDENTS = {
    "Amer Indian": "aian", "Asian": "asian", "Black": "black", "Hispanic": "hispanic", "Pacific Isle": "nhpi",
    "Two or More": "multiracial", "White": "white",
}  # fmt: skip
_RESIDENTS = {"White": "white", "Black/African American": "black", "Hispanic": "hispanic"}
_OPEN_TRACTS = 3  # tracts of which a truth is given; every other one is made the same way


@dataclass(frozen=True)
class Truth:
    """One planted value, in the grain of `marts.fct_equity_measures`; the defaults are what most truths have."""

    measure_id: str
    period_type: str
    period_start: str
    race_ethnicity_code: str
    value: float
    rate_ratio: float | None = None
    method: str = "individual"
    measure_version: int = 1
    geography_type: str = "city"
    geography_vintage: str = "current"
    geoid: str = PLACE_GEOID
    race_standard: str = "spd15_1997"
    tabulation: str = "exclusive"
    stratum_type: str = "all"
    stratum_code: str = "all"


def _percent(share: float) -> float:
    return round(100 * share, 9)  # 38.0, not 38.00000000000001


def _stops() -> list[Truth]:
    searched = police_stops.SEARCHED
    overall = sum(share * searched[race] for race, share in police_stops.PERCEIVED.items())
    shares = {"all": overall} | {code: searched[race] for race, code in _STOPS.items()}
    ratios = {code: round(share / searched["White"], 9) for code, share in shares.items() if code not in ("all", "white")}
    return [
        Truth("stops_searched_share", "year", "2025-01-01", code, _percent(share), ratios.get(code))
        for code, share in shares.items()
    ]


def _schools() -> list[Truth]:
    year = ("school_year", schools.LAST_YEAR_STARTS)
    rows = [
        Truth(
            "student_composition", *year, _STUDENTS[label], _percent(share), method="aggregate", geography_type="county",
            geoid=COUNTY_GEOID,
        )
        for label, share in schools.COMPOSITION.items()
    ]  # fmt: skip
    # where no school hides a cell, and only there, a district is the sum of its schools
    return rows + [
        Truth(
            measure, *year, _STUDENTS[label], _percent(rate[label]), method="aggregate", geography_type="school_district",
            geoid=schools.OPEN_DISTRICT.upper(),
        )
        for measure, rate in (("chronic_absence_rate", absenteeism.ABSENT), ("completion_rate", completion.COMPLETED))
        for label in schools.OPEN_DISTRICT_STUDENTS
    ]  # fmt: skip


def _staff() -> list[Truth]:
    day = staff.AS_OF.isoformat()
    rows = [
        Truth("workforce_composition", "snapshot", day, _STAFF[label], _percent(share))
        for label, share in staff.COMPOSITION.items()
    ]
    return rows + [
        Truth("pay_median", "snapshot", day, "all", pay, stratum_type="eeo4_level", stratum_code=level)
        for level, pay in sorted(staff.median_pay().items())
    ]


def _houses() -> list[Truth]:
    year = ("year", f"{foreclosures.LAST_YEAR}-01-01")
    counted = foreclosures.planted(foreclosures.LAST_YEAR)
    parcels, started = (sum(column) for column in zip(*counted.values(), strict=True))
    rows = [Truth("foreclosures_per_1000_parcels", *year, "all", 1000 * started / parcels, method="aggregate")]
    rows += [
        Truth(
            "foreclosures_per_1000_parcels", *year, "all", 1000 * of_tract / parcels_of_tract, method="aggregate",
            geography_type="tract", geography_vintage="2020", geoid=f"{COUNTY_GEOID}{tract:06d}",
        )
        for tract, (parcels_of_tract, of_tract) in list(counted.items())[:_OPEN_TRACTS]
    ]  # fmt: skip
    return rows + [
        Truth("sale_price_median", "year", f"{year}-01-01", "all", float(price)) for year, price in sales.MEDIAN_PRICE.items()
    ]


def _health() -> list[Truth]:
    there = range(lead_lines.FIRST, len(houses()), lead_lines.EVERY)
    lines_per_1000 = 1000 * len(there) / len(houses())
    rows = [Truth("lead_service_lines_per_1000_addresses", "snapshot", lead_lines.AS_OF.isoformat(), "all", lines_per_1000)]
    rows += [
        Truth("lead_orders_abated", "year", f"{year}-01-01", "all", float(count)) for year, count in lead_orders.ABATED_IN.items()
    ]
    rows.append(Truth("lead_orders_open", "snapshot", f"{AS_OF:%Y-%m-%d}", "all", float(lead_orders.OPEN_ORDERS)))
    last = chronic_disease.LAST_YEAR
    return rows + [
        Truth(
            measure, "year", f"{last}-01-01", "all", chronic_disease.estimate(lowest, at, last), method="aggregate",
            geography_type="tract", geography_vintage="2010", geoid=f"{COUNTY_GEOID}{tract:06d}",
        )
        for _, _, _, _, lowest, measure in chronic_disease.CONDITIONS
        for at, tract in enumerate(chronic_disease.tracts()[:_OPEN_TRACTS])
    ]  # fmt: skip


def truths() -> list[dict[str, object]]:
    """Every planted value, as rows for `truth.json`."""
    guilty = _percent(sum(court_cases.FINDINGS[finding] for finding in court_cases.GUILTY))
    rows = [
        Truth("requests_closed_by_second_day", "year", "2025-01-01", "all", _percent(sum(requests.CLOSED_BY_DAY))),
        *_stops(),
        *_schools(),
        *_staff(),
        *_houses(),
        *_health(),
        *(Truth("court_guilty_share", "year", f"{year}-01-01", "all", guilty) for year in (2024, 2025)),
        *(
            Truth(
                "survey_satisfied_share", "snapshot", "2025-09-01", _RESIDENTS[label], _percent(share),
                stratum_type="survey_item", stratum_code=survey.FIRST_ITEM,
            )
            for label, share in survey.SATISFIED.items()
        ),
    ]  # fmt: skip
    return [asdict(row) for row in rows]
