"""The truths planted in the sample, as in `truth.json`: the parameters from which rows were drawn, never the resulting counts.

The intervals of a measure should contain each value as often as their confidence; for fixed values that are not drawn
(foreclosures, prevalences, counts of orders, lead lines, recovery money, figures of other publishers) the measure should equal
the value. Percentages are 0-100. Compositions are among records of known race. The module of a source holds its parameters. A
truth may exist before its measure: compare only those whose measure is in the registry.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date
from itertools import chain
from typing import Any

from ingest.sample import health, housing, safety
from ingest.sample.city import COUNTY_GEOID, PLACE_GEOID, SAMPLETON, Profile
from ingest.sample.education import exams, pupils, schools
from ingest.sample.events import police_stops, requests
from ingest.sample.people import staff, survey
from ingest.sample.places.ground import tract_codes
from ingest.sample.places.houses import houses
from ingest.sample.places.maps import NO_POINT_EVERY
from ingest.sample.text import word_list
from ingest.sample.truth import published
from ingest.sample.truth.engagement import engagement_values
from ingest.sample.truth.published import PlantedValue, by_group, percent
from ingest.sample.truth.residents import resident_values

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
_CHILDREN = {"Black, non-Hispanic": "black", "White, non-Hispanic": "white", "Hispanic": "hispanic"}
_REGISTER = {"B": "black", "W": "white", "H": "hispanic"}
_RESIDENTS = {"White": "white", "Black/African American": "black", "Hispanic": "hispanic"}
_EXAMS = tuple((exam, f"{exam}_{subject}_proficient_share") for exam in ("act", "forward") for subject in ("ela", "math"))
# Per removal of a student
_REMOVED = {"discipline_removals_per_1000": 1000, "suspensions_per_100_students": 100 * (1 - pupils.EXPELLED)}
_LARGE_RACES = ("white", "black")  # of which enough are stopped in a small city for outcomes that are rarer than a search
_LARGE_LEVELS = ("6", "8")  # at these EEO-4 levels there are enough of each group
_POOLED_FROM = 2023  # to 2025 (seed pooled_periods): one definition of elevated and one map of districts
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS_OFF = {"thursday": 2, "friday": 2, "saturday": 1}  # before the end of the second working day
_OPEN_TRACTS = 3  # tracts of which a truth is given; every other one is made the same way
_YEAR = ("year", "2025-01-01")
# Sampleton alone has a list of tracts and the wordings of its survey.
_OF_SAMPLETON = {"arpa_spent_in_qct_share", "residents_in_qct_share", "survey_satisfied_share"}


def _requests() -> list[PlantedValue]:
    soon, days = sum(requests.CLOSED_BY_DAY), len(requests.CLOSED_BY_DAY)
    # The second working day is the second calendar day but for requests of Thursday, Friday (two days later) and Saturday (one).
    later = sum(_DAYS_OFF.values()) / 7 * requests.CLOSED_LATER / (requests.LAST_CLOSING_DAY - days + 1)
    closed = PlantedValue("requests_closed_by_second_day", *_YEAR, "all", percent(soon))
    return [
        closed,
        PlantedValue("requests_closed_by_second_working_day", *_YEAR, "all", percent(soon + later)),
        # requests are closed as soon on any weekday
        *(replace(closed, stratum_type="weekday", stratum_code=weekday) for weekday in _WEEKDAYS),
    ]


def _stops(city: Profile = SAMPLETON) -> list[PlantedValue]:
    def shares(of_race: Mapping[str, float], codes: Collection[str] = _STOPS.values()) -> dict[str, float]:
        overall = sum(share * of_race[race] for race, share in city.tilted(police_stops.PERCEIVED, police_stops.GROUPS).items())
        return {"all": overall} | {code: of_race[race] for race, code in _STOPS.items() if code in codes}

    searched, too, only = police_stops.SEARCHED, police_stops.VEHICLE_TOO, police_stops.VEHICLE_ONLY
    vehicle = {race: share * too + (1 - share) * only for race, share in searched.items()}
    return [
        *by_group("stops_searched_share", _YEAR, shares(searched), "white", in_percent=True),
        *by_group("stops_vehicle_searched_share", _YEAR, shares(vehicle, _LARGE_RACES), in_percent=True),
        *by_group("stops_cited_share", _YEAR, shares(police_stops.CITED, _LARGE_RACES), in_percent=True),
        PlantedValue("stops_search_recorded_share", *_YEAR, "all", percent(police_stops.ANSWERED)),
    ]


def _schools(starts: str) -> Iterator[PlantedValue]:
    """What the newer release has of a school year: where the older one is kept, a figure is far off."""
    year = ("school_year", starts)
    aggregate: dict[str, Any] = {"method": "aggregate"}
    shares = {_STUDENTS[label]: share for label, share in schools.COMPOSITION.items()}
    yield from by_group(
        "student_composition", year, shares, in_percent=True, geography_type="county", geoid=COUNTY_GEOID, **aggregate
    )
    largest, opened = (
        {**aggregate, "geography_type": "school_district", "geoid": name.upper()}
        for name in (schools.LARGEST_DISTRICT, schools.OPEN_DISTRICT)
    )
    # where no school hides a cell, and only there, a district is the sum of its schools
    for label in schools.OPEN_DISTRICT_STUDENTS:
        group = (*year, _STUDENTS[label])
        for exam, measure in _EXAMS:
            proficient, white = (exams.proficient_share(exam, one) for one in (label, "White"))
            ratio = round(proficient / white, 9) if label != "White" else None
            yield PlantedValue(measure, *group, percent(proficient), ratio, **opened)
        for measure, own in (("chronic_absence_rate", schools.ABSENT), ("completion_rate", schools.COMPLETED)):
            ratio = _ratio_to_rest(own, schools.OPEN_DISTRICT_STUDENTS, label)
            yield PlantedValue(measure, *group, percent(own[label]), ratio, measure_version=2, **opened)
        # of the district with most schools, over which its interval is; the few students whom it hides change no rate
        for measure, unit in _REMOVED.items():
            ratio = _ratio_to_rest(schools.REMOVALS, schools.COMPOSITION, label)
            yield PlantedValue(measure, *group, round(unit * schools.REMOVALS[label], 9), ratio, measure_version=2, **largest)


def _ratio_to_rest(shares: Mapping[str, float], students: Mapping[str, float], label: str) -> float:
    """The share of a group as a ratio to that of all other students."""
    others = {other: count for other, count in students.items() if other != label}
    rest = sum(count * shares[other] for other, count in others.items()) / sum(others.values())
    return round(shares[label] / rest, 9)


def _staff(day: date, city: Profile = SAMPLETON) -> Iterator[PlantedValue]:
    snapshot = ("snapshot", day.isoformat())
    shares = {_STAFF[label]: share for label, share in staff.composition_on(day, city).items()}
    yield from by_group("workforce_composition", snapshot, shares, in_percent=True)
    pay = {"all": staff.median_pay(day=day, city=city)} | {
        _STAFF[label]: staff.median_pay(label, day) for label in ("WHITE", "BLACK")
    }
    for code, medians in pay.items():
        for level in sorted(medians) if code == "all" else _LARGE_LEVELS:
            ratio = round(medians[level] / pay["white"][level], 9) if code == "black" else None
            yield PlantedValue(
                "pay_median", *snapshot, code, medians[level], ratio, stratum_type="eeo4_level", stratum_code=level
            )


def _houses() -> Iterator[PlantedValue]:
    measure, year = "foreclosures_per_1000_parcels", ("year", f"{housing.LAST_YEAR}-01-01", "all")
    counted = housing.foreclosed(housing.LAST_YEAR)
    parcels, started = (sum(column) for column in zip(*counted.values(), strict=True))
    yield PlantedValue(measure, *year, 1000 * started / parcels, method="aggregate")
    for tract, (of_tract, started_there) in list(counted.items())[:_OPEN_TRACTS]:
        yield PlantedValue(measure, *year, 1000 * started_there / of_tract, **_tract("2020", f"{COUNTY_GEOID}{tract:06d}"))
    for sold, price in housing.MEDIAN_PRICE.items():
        yield PlantedValue("sale_price_median", "year", f"{sold}-01-01", "all", float(price))


def _tract(vintage: str, geoid: str) -> dict[str, Any]:
    """The grain of a figure that a publisher has of a tract."""
    return {"method": "aggregate", "geography_type": "tract", "geography_vintage": vintage, "geoid": geoid}


def _evictions() -> Iterator[PlantedValue]:
    all_filings = ("eviction_filings_per_100_renter_households", "multi_year", housing.STARTS_ON.isoformat(), "all")
    for kind in (None, *housing.KINDS):
        filed, households = housing.known_filings(kind)
        yield PlantedValue(
            *all_filings, 100 * filed / households, method="aggregate", geography_type="county", geoid=COUNTY_GEOID,
            stratum_type="place_majority" if kind else "all", stratum_code=kind or "all",
        )  # fmt: skip
    for tract in housing.filings_by_tract()[:_OPEN_TRACTS]:
        yield PlantedValue(*all_filings, 100 * tract.filings / tract.households, **_tract("2010", tract.geoid))


def _deaths() -> Iterator[PlantedValue]:
    deaths = {_REGISTER[letter]: float(count) for letter, count in safety.KILLED_IN_THE_CITY.items()}
    deaths["all"] = sum(deaths.values())
    return by_group("people_killed_by_police", ("multi_year", safety.COVERS_FROM.isoformat()), deaths)


def _health() -> Iterator[PlantedValue]:
    on_map = {at for at in range(len(houses())) if at % NO_POINT_EVERY}
    for day in (health.LINES_BEFORE, health.LINES_ON):
        rate = 1000 * len(on_map.intersection(health.lines_on(day))) / len(on_map)
        yield PlantedValue("lead_service_lines_per_1000_addresses", "snapshot", f"{day}", "all", rate, measure_version=2)
    for year, count in health.ABATED_IN.items():
        yield PlantedValue("lead_orders_abated", "year", f"{year}-01-01", "all", float(count))
    yield PlantedValue("lead_orders_open", "snapshot", f"{health.ORDERS_ON}", "all", float(health.OPEN_ORDERS))
    last = health.LAST_YEAR
    for *_, measure in word_list("conditions"):
        for at, tract in enumerate(tract_codes(2010)[:_OPEN_TRACTS]):
            own = _tract("2010", f"{COUNTY_GEOID}{tract:06d}")
            yield PlantedValue(measure, "year", f"{last}-01-01", "all", health.estimates(measure, last)[at], **own)


def _lead(city: Profile = SAMPLETON) -> Iterator[PlantedValue]:
    measure = "children_elevated_lead_share"
    # Homes are drawn whatever the race, so that every district has the city's shares; the best group is the city's.
    pooled = {code: health.elevated(label, _POOLED_FROM) for label, code in _CHILDREN.items()}
    districts = [
        ("city", "current", PLACE_GEOID),
        *(("aldermanic_district", "2022", str(at)) for at in range(1, city.districts + 1)),
    ]
    for place, vintage, geoid in districts:
        own: dict[str, Any] = {"measure_version": 2, "geography_type": place, "geography_vintage": vintage, "geoid": geoid}
        yield from by_group(measure, ("3_year", f"{_POOLED_FROM}-01-01"), pooled, "white", in_percent=True, **own)
    for year in health.TEST_YEARS:
        version = 1 if health.threshold(year) == health.threshold(health.TEST_YEARS[0]) else 2
        shares = {code: health.elevated(label, year) for label, code in _CHILDREN.items()}
        tested = city.tilted(health.TESTED, health.GROUPS_TESTED)
        shares["all"] = sum(share * health.elevated(label, year) for label, share in tested.items())
        yield from by_group(measure, ("year", f"{year}-01-01"), shares, "white", in_percent=True, measure_version=version)


def _court_and_survey() -> Iterator[PlantedValue]:
    guilty = percent(sum(safety.FINDINGS[finding] for finding in safety.GUILTY))
    for year in (2024, 2025):
        yield PlantedValue("court_guilty_share", "year", f"{year}-01-01", "all", guilty)
    shares = {_RESIDENTS[label]: share for label, share in survey.SATISFIED.items()}
    for item in (survey.FIRST_ITEM, *survey.REVERSED):
        own: dict[str, Any] = {"measure_version": 2, "stratum_type": "survey_item", "stratum_code": item}
        yield from by_group("survey_satisfied_share", ("snapshot", "2025-09-01"), shares, in_percent=True, **own)


def planted_values(seed: int, city: Profile = SAMPLETON) -> list[dict[str, object]]:
    """Every planted value of the sample of a seed, as rows for `truth.json`; but for Sampleton those of departments alone."""
    of_schools = [row for starts in (schools.REVISED_STARTS, schools.LATEST_STARTS) for row in _schools(starts)]
    of_others = [*_evictions(), *_deaths(), *published.death_values()]
    of_publishers = list(published.published_values())
    rows = chain(
        _requests(), _stops(city), of_schools, *(_staff(day, city) for day in (staff.BEFORE, staff.AS_OF)), _houses(), of_others,
        _health(), _lead(city), resident_values(seed, city), engagement_values(seed, city), of_publishers, _court_and_survey(),
    )  # fmt: skip
    left_out: set[str] = set()
    if city != SAMPLETON:
        left_out = {row.measure_id for row in (*of_schools, *of_others, *of_publishers)} | _OF_SAMPLETON
        left_out |= {measure for *_, measure in word_list("conditions")}
    return [asdict(replace(row, geoid=city.own(row.geoid))) for row in rows if row.measure_id not in left_out]


def _case_mix(city: Profile) -> list[dict[str, object]]:
    """The planted share closed within two days by quarter: observed is what the mix of requests lets expect."""
    halves = [percent(requests.closed_in_half(half)) for half in (0, 1)]
    return [
        {"measure_id": _requests()[0].measure_id, "period_start": f"2025-{month:02d}-01", "geoid": city.place_geoid}
        | {"value": halves[month > 6], "expected_value": halves[month > 6], "observed_expected_ratio": 1.0}
        for month in (1, 4, 7)  # the fourth quarter is not complete
    ]


def planted_truth(seed: int, city: Profile = SAMPLETON) -> dict[str, list[dict[str, object]]]:
    """The content of `truth.json`; changes of gaps and excess deaths are those of publishers, which Sampleton alone has."""
    return {
        "truths": planted_values(seed, city),
        "gaps": list(published.gap_values()) if city == SAMPLETON else [],
        "excess": list(published.excess_values()) if city == SAMPLETON else [],
        "case_mix": _case_mix(city),
    }
