"""The truths planted in the sample, as in `truth.json`: the parameters from which rows were drawn, never the resulting counts.

The intervals of a measure should contain each value as often as their confidence; for fixed values that are not drawn
(foreclosures, prevalences, counts of orders, lead lines, recovery money, figures of other publishers) the measure should equal
the value. Percentages are 0-100. Compositions are among records of known race. The module of a source holds its parameters. A
truth may exist before its measure: compare only those whose measure is in the registry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date

from ingest.sample.city import COUNTY_GEOID, PLACE_GEOID
from ingest.sample.education import absenteeism, assessments, completion, releases, removals, schools
from ingest.sample.health import chronic_disease, lead_lines, lead_orders, lead_tests
from ingest.sample.housing import evictions, foreclosures, sales
from ingest.sample.people import staff, survey
from ingest.sample.places.houses import houses
from ingest.sample.places.index import NO_POINT_EVERY
from ingest.sample.safety import court_cases, fatal_shootings, police_stops
from ingest.sample.services import requests
from ingest.sample.truth.engagement import engagement_values
from ingest.sample.truth.estimates import published_values
from ingest.sample.truth.planted_value import PlantedValue, percent
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
_CHILDREN = {
    "Black, non-Hispanic": "black", "White, non-Hispanic": "white", "Hispanic": "hispanic",
}  # fmt: skip
_REGISTER = {"B": "black", "W": "white", "H": "hispanic"}
_RESIDENTS = {"White": "white", "Black/African American": "black", "Hispanic": "hispanic"}
_EXAMS = tuple((exam, f"{exam}_{subject}_proficient_share") for exam in ("act", "forward") for subject in ("ela", "math"))
# Per removal of a student
_REMOVED = {"discipline_removals_per_1000": 1000, "suspensions_per_100_students": 100 * (1 - removals.EXPELLED)}
_LARGE_RACES = ("white", "black")  # of which enough are stopped in a small city for outcomes that are rarer than a search
_PAID_BEST, _LARGE_LEVELS = "WHITE", ("6", "8")  # at these EEO-4 levels there are enough of each group
_POOLED_FROM = 2023  # to 2025 (seed pooled_periods): one definition of elevated and one map of districts
_DISTRICTS = 15
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS_OFF = {"thursday": 2, "friday": 2, "saturday": 1}  # before the end of the second working day
_OPEN_TRACTS = 3  # tracts of which a truth is given; every other one is made the same way


def _requests() -> list[PlantedValue]:
    year, soon = ("year", "2025-01-01", "all"), sum(requests.CLOSED_BY_DAY)
    days = len(requests.CLOSED_BY_DAY)
    # The second working day is the second calendar day but for requests of Thursday, Friday (two days later) and Saturday (one).
    later = sum(_DAYS_OFF.values()) / 7 * requests.CLOSED_LATER / (requests.LAST_CLOSING_DAY - days + 1)
    return [
        PlantedValue("requests_closed_by_second_day", *year, percent(soon)),
        PlantedValue("requests_closed_by_second_working_day", *year, percent(soon + later)),
        # requests are closed as soon on any weekday
        *(
            PlantedValue("requests_closed_by_second_day", *year, percent(soon), stratum_type="weekday", stratum_code=weekday)
            for weekday in _WEEKDAYS
        ),
    ]


def _stops() -> list[PlantedValue]:
    searched = police_stops.SEARCHED
    overall = sum(share * searched[race] for race, share in police_stops.PERCEIVED.items())
    shares = {"all": overall} | {code: searched[race] for race, code in _STOPS.items()}
    ratios = {code: round(share / searched["White"], 9) for code, share in shares.items() if code not in ("all", "white")}
    rows = [
        PlantedValue("stops_searched_share", "year", "2025-01-01", code, percent(share), ratios.get(code))
        for code, share in shares.items()
    ]
    too, only = police_stops.VEHICLE_TOO, police_stops.VEHICLE_ONLY
    vehicle = {race: share * too + (1 - share) * only for race, share in searched.items()}
    for measure, of_race in (("stops_vehicle_searched_share", vehicle), ("stops_cited_share", police_stops.CITED)):
        overall = sum(share * of_race[race] for race, share in police_stops.PERCEIVED.items())
        outcomes = {"all": overall} | {code: of_race[race] for race, code in _STOPS.items() if code in _LARGE_RACES}
        rows += [PlantedValue(measure, "year", "2025-01-01", code, percent(share)) for code, share in outcomes.items()]
    return [*rows, PlantedValue("stops_search_recorded_share", "year", "2025-01-01", "all", percent(police_stops.ANSWERED))]


def _schools() -> list[PlantedValue]:
    return [truth for starts in (releases.REVISED_STARTS, schools.LAST_YEAR_STARTS) for truth in _schools_in(starts)]


def _schools_in(starts: str) -> list[PlantedValue]:
    """What the newer release has of a school year: where the older one is kept, a figure is far off."""
    year = ("school_year", starts)
    rows = [
        PlantedValue(
            "student_composition", *year, _STUDENTS[label], percent(share), method="aggregate", geography_type="county",
            geoid=COUNTY_GEOID,
        )
        for label, share in schools.COMPOSITION.items()
    ]  # fmt: skip
    # where no school hides a cell, and only there, a district is the sum of its schools
    students = schools.OPEN_DISTRICT_STUDENTS
    for label in students:
        others = [other for other in students if other != label]
        planted = {
            "chronic_absence_rate": (absenteeism.ABSENT, 100), "completion_rate": (completion.COMPLETED, 100),
        }  # fmt: skip
        for exam, measure in _EXAMS:
            proficient, white = (assessments.proficient_share(exam, group) for group in (label, "White"))
            rows.append(
                PlantedValue(
                    measure, *year, _STUDENTS[label], percent(proficient),
                    round(proficient / white, 9) if label != "White" else None,
                    method="aggregate", geography_type="school_district", geoid=schools.OPEN_DISTRICT.upper(),
                )
            )  # fmt: skip
        for measure, (own, unit) in planted.items():
            rest = sum(students[other] * own[other] for other in others) / sum(students[other] for other in others)
            rows.append(
                PlantedValue(
                    measure, *year, _STUDENTS[label], round(unit * own[label], 9), round(own[label] / rest, 9),
                    method="aggregate", geography_type="school_district", geoid=schools.OPEN_DISTRICT.upper(),
                    measure_version=2,
                )
            )  # fmt: skip
        rows += _removals_in(year, label)
    return rows


def _removals_in(year: tuple[str, str], label: str) -> Iterator[PlantedValue]:
    """Of the district with most schools, over which its interval is. The few students whom it hides change no rate."""
    others = {other: share for other, share in schools.COMPOSITION.items() if other != label}
    rest = sum(share * removals.REMOVALS[other] for other, share in others.items()) / sum(others.values())
    own = removals.REMOVALS[label]
    for measure, unit in _REMOVED.items():
        yield PlantedValue(
            measure, *year, _STUDENTS[label], round(unit * own, 9), round(own / rest, 9),
            method="aggregate", measure_version=2, geography_type="school_district", geoid=schools.LARGEST_DISTRICT.upper(),
        )  # fmt: skip


def _staff() -> list[PlantedValue]:
    return [truth for day in (staff.BEFORE, staff.AS_OF) for truth in _staff_on(day)]


def _staff_on(day: date) -> list[PlantedValue]:
    snapshot, best = ("snapshot", day.isoformat()), staff.median_pay(_PAID_BEST, day)
    rows = [
        PlantedValue("workforce_composition", *snapshot, _STAFF[label], percent(share))
        for label, share in staff.composition_on(day).items()
    ]
    return rows + [
        PlantedValue("pay_median", *snapshot, "all", pay, stratum_type="eeo4_level", stratum_code=level)
        for level, pay in sorted(staff.median_pay(day=day).items())
    ] + [
        PlantedValue(
            "pay_median", *snapshot, _STAFF[label], pay[level],
            round(pay[level] / best[level], 9) if label != _PAID_BEST else None, stratum_type="eeo4_level", stratum_code=level,
        )
        for label, pay in ((label, staff.median_pay(label, day)) for label in (_PAID_BEST, "BLACK"))
        for level in _LARGE_LEVELS
    ]  # fmt: skip


def _houses() -> list[PlantedValue]:
    year = ("year", f"{foreclosures.LAST_YEAR}-01-01")
    counted = foreclosures.planted(foreclosures.LAST_YEAR)
    parcels, started = (sum(column) for column in zip(*counted.values(), strict=True))
    rows = [PlantedValue("foreclosures_per_1000_parcels", *year, "all", 1000 * started / parcels, method="aggregate")]
    rows += [
        PlantedValue(
            "foreclosures_per_1000_parcels", *year, "all", 1000 * of_tract / parcels_of_tract, method="aggregate",
            geography_type="tract", geography_vintage="2020", geoid=f"{COUNTY_GEOID}{tract:06d}",
        )
        for tract, (parcels_of_tract, of_tract) in list(counted.items())[:_OPEN_TRACTS]
    ]  # fmt: skip
    return rows + [
        PlantedValue("sale_price_median", "year", f"{year}-01-01", "all", float(price))
        for year, price in sales.MEDIAN_PRICE.items()
    ]


def _evictions() -> list[PlantedValue]:
    window, measure = ("multi_year", evictions.STARTS_ON.isoformat()), "eviction_filings_per_100_renter_households"
    rows = []
    for kind in (None, *evictions.KINDS):
        filed, households = evictions.known(kind)
        rows.append(
            PlantedValue(
                measure, *window, "all", 100 * filed / households, method="aggregate", geography_type="county",
                geoid=COUNTY_GEOID, stratum_type="place_majority" if kind else "all", stratum_code=kind or "all",
            )
        )  # fmt: skip
    return rows + [
        PlantedValue(
            measure, *window, "all", 100 * tract.filings / tract.households, method="aggregate", geography_type="tract",
            geography_vintage="2010", geoid=tract.geoid,
        )
        for tract in evictions.planted()[:_OPEN_TRACTS]
    ]  # fmt: skip


def _deaths() -> list[PlantedValue]:
    window = ("multi_year", fatal_shootings.COVERS_FROM.isoformat())
    deaths = {_REGISTER[letter]: count for letter, count in fatal_shootings.IN_THE_CITY.items()}
    deaths["all"] = sum(deaths.values())
    return [PlantedValue("people_killed_by_police", *window, code, float(count)) for code, count in deaths.items()]


def _with_point(positions: Iterable[int]) -> int:
    """How many of these houses have a point in the index: the others are on no map."""
    return sum(at % NO_POINT_EVERY > 0 for at in positions)


def _health() -> list[PlantedValue]:
    rows = [
        PlantedValue(
            "lead_service_lines_per_1000_addresses", "snapshot", day.isoformat(), "all",
            1000 * _with_point(lead_lines.lines_on(day)) / _with_point(range(len(houses()))), measure_version=2,
        )
        for day in (lead_lines.BEFORE, lead_lines.AS_OF)
    ]  # fmt: skip
    rows += [
        PlantedValue("lead_orders_abated", "year", f"{year}-01-01", "all", float(count))
        for year, count in lead_orders.ABATED_IN.items()
    ]
    rows.append(
        PlantedValue("lead_orders_open", "snapshot", lead_orders.AS_OF.isoformat(), "all", float(lead_orders.OPEN_ORDERS))
    )
    last = chronic_disease.LAST_YEAR
    return rows + [
        PlantedValue(
            measure, "year", f"{last}-01-01", "all", chronic_disease.estimates(measure, last)[at], method="aggregate",
            geography_type="tract", geography_vintage="2010", geoid=f"{COUNTY_GEOID}{tract:06d}",
        )
        for _, _, _, _, measure in chronic_disease.CONDITIONS
        for at, tract in enumerate(chronic_disease.tracts()[:_OPEN_TRACTS])
    ]  # fmt: skip


def _lead() -> list[PlantedValue]:
    rows = []
    # Homes are drawn whatever the race, so that every district has the city's shares; the best group is the city's.
    pooled = {code: percent(lead_tests.elevated(label, _POOLED_FROM)) for label, code in _CHILDREN.items()}
    districts = [("city", "current", PLACE_GEOID), *(("aldermanic_district", "2022", str(at)) for at in range(1, _DISTRICTS + 1))]
    rows += [
        PlantedValue(
            "children_elevated_lead_share", "3_year", f"{_POOLED_FROM}-01-01", code, share,
            round(share / pooled["white"], 9) if code != "white" else None, measure_version=2, geography_type=place,
            geography_vintage=vintage, geoid=geoid,
        )
        for place, vintage, geoid in districts
        for code, share in pooled.items()
    ]  # fmt: skip
    for year in lead_tests.YEARS:
        version = 1 if lead_tests.threshold(year) == lead_tests.threshold(lead_tests.YEARS[0]) else 2
        shares = {code: lead_tests.elevated(label, year) for label, code in _CHILDREN.items()}
        shares["all"] = sum(share * lead_tests.elevated(label, year) for label, share in lead_tests.RACES.items())
        rows += [
            PlantedValue(
                "children_elevated_lead_share", "year", f"{year}-01-01", code, percent(share),
                round(share / shares["white"], 9) if code not in ("all", "white") else None, measure_version=version,
            )
            for code, share in shares.items()
        ]  # fmt: skip
    return rows


def planted_values(seed: int) -> list[dict[str, object]]:
    """Every planted value of the sample of a seed, as rows for `truth.json`."""
    guilty = percent(sum(court_cases.FINDINGS[finding] for finding in court_cases.GUILTY))
    rows = [
        *_requests(),
        *_stops(),
        *_schools(),
        *_staff(),
        *_houses(),
        *_evictions(),
        *_deaths(),
        *_health(),
        *_lead(),
        *resident_values(seed),
        *engagement_values(seed),
        *published_values(),
        *(PlantedValue("court_guilty_share", "year", f"{year}-01-01", "all", guilty) for year in (2024, 2025)),
        *(
            PlantedValue(
                "survey_satisfied_share", "snapshot", "2025-09-01", _RESIDENTS[label], percent(share),
                stratum_type="survey_item", stratum_code=item, measure_version=2,
            )
            for item in (survey.FIRST_ITEM, *survey.REVERSED)
            for label, share in survey.SATISFIED.items()
        ),
    ]  # fmt: skip
    return [asdict(row) for row in rows]
