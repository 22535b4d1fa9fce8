"""The planted truth: complete, in the measures' own words, and what the deliveries were really drawn from."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import sqlite3
import statistics
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingest.sample import write_sample

GRAIN = {
    "measure_id", "measure_version", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "race_standard", "race_ethnicity_code", "tabulation", "method", "stratum_type", "stratum_code", "value", "rate_ratio",
}  # fmt: skip
MOST_STANDARD_ERRORS = 4.0


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample") / "city", 120_000, 2026).out


@pytest.fixture(scope="module")
def truths(city: Path) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads((city / "truth.json").read_text(encoding="utf-8"))["truths"]
    return content


def planted(truths: list[dict[str, Any]], measure_id: str, start: str = "") -> dict[str, float]:
    return {
        truth["race_ethnicity_code"]: truth["value"]
        for truth in truths
        if truth["measure_id"] == measure_id and truth["period_start"].startswith(start)
    }


def assert_drawn_from(percent: float, successes: int, trials: int) -> None:
    share = percent / 100
    error = math.sqrt(share * (1 - share) / trials)
    assert abs(successes / trials - share) < MOST_STANDARD_ERRORS * error


# Figures of other publishers, which have a group of all others; of the county those without.
OTHERS = {"all", "black", "hispanic", "other_groups_combined", "white"}
OF_THE_CITY = (
    "median_household_income", "employment_25_54_share", "hs_diploma_19_20_share", "preschool_enrollment_share",
    "digital_access_share", "poverty_exposure_share", "student_homelessness_composition", "juvenile_arrests_per_100000",
)  # fmt: skip
FOUR = {"white", "black", "asian", "hispanic"}
OF_THE_COUNTY = {
    "low_birth_weight_share": OTHERS,
    "life_expectancy": {"white", "black", "aian", "asian", "hispanic"},
    "injury_deaths_per_100000": {"white", "black", "aian", "asian", "hispanic"},
    "children_in_poverty_share": {"white", "black", "hispanic", "aian", "asian"},
    **{f"{cause}_deaths_per_100000": {"white", "black", "hispanic"} for cause in ("homicide", "firearm", "overdose")},
    **{f"{kind}_deaths_per_100000": FOUR for kind in ("premature", "child", "suicide", "crash")},
    "teen_births_per_1000": FOUR, **{f"{cause}_deaths_yearly": {"white", "black", "hispanic"} for cause in ("homicide", "drug")},
}  # fmt: skip
# Groups that include Hispanics next to a group Hispanic.
OVERLAPPING = ("poverty_exposure_share", "juvenile_arrests_per_100000", "children_in_poverty_share")
OF_SCHOOLS = [
    *(f"{exam}_{subject}_proficient_share" for exam in ("act", "forward") for subject in ("ela", "math")),
    "suspensions_per_100_students", "discipline_removals_per_1000", "chronic_absence_rate", "completion_rate",
]  # fmt: skip
# The geographies of each measure's truths.
PLACES = {
    "stops_vehicle_searched_share": {"city"}, "stops_cited_share": {"city"}, "stops_search_recorded_share": {"city"},
    "requests_closed_by_second_day": {"city"}, "requests_closed_by_second_working_day": {"city"},
    "people_killed_by_police": {"city"},
    "stops_searched_share": {"city"}, "student_composition": {"county"},
    "workforce_composition": {"city"}, "pay_median": {"city"}, "chronic_absence_rate": {"school_district"},
    "completion_rate": {"school_district"}, "foreclosures_per_1000_parcels": {"city", "tract"},
    "eviction_filings_per_100_renter_households": {"city", "county", "tract"}, "sale_price_median": {"city"},
    "lead_service_lines_per_1000_addresses": {"city"}, "lead_orders_abated": {"city"}, "lead_orders_open": {"city"},
    "diabetes_prevalence": {"city", "tract"}, "copd_prevalence": {"city", "tract"},
    "poor_mental_health_prevalence": {"city", "tract"},
    "court_guilty_share": {"city"}, "survey_satisfied_share": {"city"}, "arpa_obligated_per_resident": {"city"},
    "arpa_spent_per_resident": {"city"}, "arpa_spent_in_qct_share": {"city"}, "arpa_projects_on_time": {"city"},
    "positions_per_1000_labor_force": {"city"}, "discipline_removals_per_1000": {"school_district"},
    **{measure: {"school_district"} for measure in OF_SCHOOLS},
    "children_elevated_lead_share": {"city", "aldermanic_district"}, "violent_offences_per_1000": {"city"},
    "children_share": {"city"}, "residents_in_qct_share": {"city"}, "engagement_participation_per_1000": {"city"},
    "engagement_inputs_answered_share": {"city"},
    "engagement_days_to_answer_median": {"city", "neighborhood"}, "engagement_answered_in_language_share": {"city"},
    "engagement_declined_with_reason_share": {"city"}, "engagement_interpreter_need_met_share": {"city"},
    **{measure: {"city"} for measure in OF_THE_CITY}, **{measure: {"county"} for measure in OF_THE_COUNTY},
}  # fmt: skip
# Race of inputs is in the standard of 2024, as people tick it; a rate is in that of the census.
IN_STANDARD_OF_2024 = {
    "engagement_inputs_answered_share", "engagement_days_to_answer_median", "engagement_answered_in_language_share",
    "engagement_declined_with_reason_share",
}  # fmt: skip
BY_RACE = {
    **{key: {"all", "white", "black"} for key in ("stops_vehicle_searched_share", "stops_cited_share", "pay_median")},
    "stops_searched_share": {"all", "white", "black", "hispanic", "aian", "asian", "other_race"},
    "people_killed_by_police": {"all", "white", "black", "hispanic"},
    "student_composition": {"aian", "asian", "black", "hispanic", "nhpi", "multiracial", "white"},
    "workforce_composition": {"white", "black", "hispanic", "asian_or_nhpi", "aian"},
    "survey_satisfied_share": {"white", "black", "hispanic"},
    "foreclosures_per_1000_parcels": {"all", "white", "black", "hispanic"},
    "eviction_filings_per_100_renter_households": {"all", "white", "black", "hispanic"},
    **{f"{name}_prevalence": {"all", "white", "black", "hispanic"} for name in ("diabetes", "copd", "poor_mental_health")},
    **{f"arpa_{state}_per_resident": {"all", "white", "black", "hispanic"} for state in ("obligated", "spent")},
    "residents_in_qct_share": {"all", "white", "black", "hispanic"},
    "children_share": {"white", "black", "hispanic"},
    "children_elevated_lead_share": {"all", "white", "black", "hispanic"},
    **{measure: {"white", "black", "hispanic"} for measure in OF_SCHOOLS},
    "positions_per_1000_labor_force": {"white", "black", "hispanic", "asian_or_nhpi"},
    "engagement_participation_per_1000": {"all", "white", "black", "hispanic", "asian"},
    **{measure: {"all", "white", "black", "hispanic", "asian"} for measure in IN_STANDARD_OF_2024},
    **dict.fromkeys(OF_THE_CITY, OTHERS),
    **OF_THE_COUNTY,
}
STRATA = {
    "requests_closed_by_second_day": {"all", "weekday"},
    "eviction_filings_per_100_renter_households": {"all", "place_majority"},
    "pay_median": {"eeo4_level"}, "survey_satisfied_share": {"survey_item"},
    **{f"{cause}_deaths_yearly": {"all", "adjustment"} for cause in ("homicide", "drug")},
    **{measure: {"all", "language"} for measure in (*IN_STANDARD_OF_2024, "engagement_interpreter_need_met_share")},
}  # fmt: skip


def test_every_measure_has_its_groups_and_places(truths: list[dict[str, Any]]) -> None:
    measures = {truth["measure_id"] for truth in truths}
    assert measures == set(PLACES)
    for measure in measures:
        of_measure = [truth for truth in truths if truth["measure_id"] == measure]
        assert {truth["geography_type"] for truth in of_measure} == PLACES[measure]
        assert {truth["race_ethnicity_code"] for truth in of_measure} == BY_RACE.get(measure, {"all"})
        assert {truth["stratum_type"] for truth in of_measure} == STRATA.get(measure, {"all"})


def test_every_truth_has_the_full_grain_and_no_grain_two(truths: list[dict[str, Any]]) -> None:
    vintages = {"tract": {"2010", "2020"}, "aldermanic_district": {"2022"}}
    geoids = {"city": "9900001", "county": "99001", "school_district": "PLACEHOLDER J2"}
    removed = ("suspensions_per_100_students", "discipline_removals_per_1000")
    for truth in truths:
        assert set(truth) == GRAIN
        assert date.fromisoformat(truth["period_start"]).year >= 2015
        assert truth["geography_vintage"] in vintages.get(truth["geography_type"], {"current"})
        geoid = "SAMPLETON" if truth["measure_id"] in removed else geoids.get(truth["geography_type"], truth["geoid"])
        assert truth["geoid"] == geoid
        standard = "spd15_2024" if truth["measure_id"] in IN_STANDARD_OF_2024 else "spd15_1997"
        overlaps = truth["measure_id"] in OVERLAPPING and truth["tabulation"] == "race_alone_any_ethnicity"
        assert (truth["race_standard"], overlaps or truth["tabulation"]) == (standard, overlaps or "exclusive")
        later = truth["measure_id"] == "children_elevated_lead_share" and truth["period_start"] >= "2022"
        later = later or truth["measure_id"] in (
            "survey_satisfied_share", "lead_service_lines_per_1000_addresses", "chronic_absence_rate", "completion_rate",
            *removed,
        )  # fmt: skip
        assert truth["measure_version"] == (2 if later else 1)
        assert truth["method"] in ("individual", "aggregate", "place_weighted")
        assert truth["value"] > 0
    grains = [tuple(truth[name] for name in sorted(GRAIN - {"value", "rate_ratio"})) for truth in truths]
    assert len(set(grains)) == len(grains)


def test_ratios_of_searches_are_against_white(truths: list[dict[str, Any]]) -> None:
    searched = planted(truths, "stops_searched_share")
    of_searches = [truth for truth in truths if truth["measure_id"] == "stops_searched_share"]
    ratios = {truth["race_ethnicity_code"]: truth["rate_ratio"] for truth in of_searches if truth["rate_ratio"] is not None}
    assert ratios == pytest.approx(
        {code: value / searched["white"] for code, value in searched.items() if code not in ("all", "white")}
    )
    assert ratios["black"] == 2.5


def test_compositions_sum_to_all(truths: list[dict[str, Any]]) -> None:
    for measure in ("student_composition", "workforce_composition"):
        assert sum(planted(truths, measure).values()) == pytest.approx(100)


def test_requests_close_as_planted(city: Path, truths: list[dict[str, Any]]) -> None:
    raw = (city / "ucc__service_requests" / "callcenterdatacurrent_2025-12.csv").read_bytes().decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(raw, newline="")))
    waits = [
        (date.fromisoformat(row["CLOSEDDATETIME"][:10]) - date.fromisoformat(row["CREATIONDATE"][:10])).days
        for row in rows
        if row["CLOSEDDATETIME"]
    ]
    assert_drawn_from(planted(truths, "requests_closed_by_second_day")["all"], sum(wait <= 2 for wait in waits), len(rows))


def test_stops_are_searched_as_planted(city: Path, truths: list[dict[str, Any]]) -> None:
    codes = {
        "White": "white", "Black": "black", "East African": "black", "Latino": "hispanic", "Native American": "aian",
        "Asian": "asian", "Other": "other_race", "Unknown": "unknown",
    }  # fmt: skip
    stopped: Counter[str] = Counter()
    searched: Counter[str] = Counter()
    with (city / "fpc__police_stops" / "stops_2025.csv").open(encoding="ascii", newline="") as file:
        for stop in csv.DictReader(file):
            if stop["personSearch"]:
                for code in (codes[stop["race"]], "all"):
                    stopped[code] += 1
                    searched[code] += stop["personSearch"] == "YES"
    for code, percent in planted(truths, "stops_searched_share").items():
        assert_drawn_from(percent, searched[code], stopped[code])
        assert searched[code] >= 20, f"{code} would be unreliable"


def test_students_are_composed_as_planted_in_every_district(city: Path, truths: list[dict[str, Any]]) -> None:
    codes = {
        "Amer Indian": "aian", "Asian": "asian", "Black": "black", "Hispanic": "hispanic", "Pacific Isle": "nhpi",
        "Two or More": "multiracial", "White": "white",
    }  # fmt: skip
    for year in ("2023-24", "2024-25"):
        students: dict[str, Counter[str]] = {}
        for cell in read_csv(newest(city / "dpi__enrollment")):
            if cell["year"] == year and cell["dimension"] == "Race/Ethnicity":
                for district in (cell["district"], "city"):
                    students.setdefault(district, Counter())[codes[cell["group"]]] += int(float(cell["value"]))
        for district in ("city", "Sampleton", "Example Lake-Specimen"):
            counts = students[district]
            for code, percent in planted(truths, "student_composition", year[:4]).items():
                assert_drawn_from(percent, counts[code], counts.total())


def test_staff_is_composed_as_planted(city: Path, truths: list[dict[str, Any]]) -> None:
    codes = {
        "WHITE": "white", "BLACK": "black", "HISPANIC": "hispanic", "ASIAN/PACIFIC ISLANDER": "asian_or_nhpi",
        "AMERICAN INDIAN/ALASKAN NATIVE": "aian",
    }  # fmt: skip
    for day, name in (("2025-09-30", "hr_2025-09-30.sqlite"), ("2025-12-31", "hr.sqlite")):
        with sqlite3.connect(city / "der__employees" / name) as database:
            counts = {
                codes[race]: rows
                for race, rows in database.execute("select RACE, count(*) from employees group by 1")
                if race in codes
            }
        composition = planted(truths, "workforce_composition", day)
        assert set(composition) == set(codes.values())
        for code, percent in composition.items():
            assert_drawn_from(percent, counts[code], sum(counts.values()))
    before, now = (planted(truths, "workforce_composition", day)["white"] for day in ("2025-09-30", "2025-12-31"))
    assert before > now


def newest(folder: Path) -> Path:
    """The file of the newer release: its name ends in a later day."""
    return max(folder.iterdir())


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_absences_and_diplomas_are_as_planted_where_nothing_is_hidden(city: Path, truths: list[dict[str, Any]]) -> None:
    codes = {"Black": "black", "Hispanic": "hispanic", "White": "white"}
    for measure, folder, of in (
        ("chronic_absence_rate", "dpi__absenteeism", "count"), ("completion_rate", "dpi__completion", "cohort_count"),
    ):  # fmt: skip
        for year in ("2023-24", "2024-25"):
            cells = [
                cell
                for cell in read_csv(newest(city / folder))
                if (cell["district"], cell["year"], cell["dimension"]) == ("Placeholder J2", year, "Race/Ethnicity")
            ]
            assert {cell["group"] for cell in cells} == set(codes)
            assert not any(cell["status_flag"] for cell in cells)
            for label, code in codes.items():
                groups = [(float(cell["value"]), float(cell[of])) for cell in cells if cell["group"] == label]
                had, all_of_them = sum(rate / 100 * size for rate, size in groups), sum(size for _, size in groups)
                assert_drawn_from(planted(truths, measure, year[:4])[code], round(had), int(all_of_them))


def test_pay_at_a_level_has_the_planted_median_and_gap(city: Path, truths: list[dict[str, Any]]) -> None:
    for day, name in (("2025-09-30", "hr_2025-09-30.sqlite"), ("2025-12-31", "hr.sqlite")):
        of_the_day = [truth for truth in truths if (truth["measure_id"], truth["period_start"]) == ("pay_median", day)]
        medians = {(truth["stratum_code"], truth["race_ethnicity_code"]): truth["value"] for truth in of_the_day}
        with sqlite3.connect(city / "der__employees" / name) as database:
            for (level, code), value in medians.items():
                found = database.execute(
                    "select ANNUAL_RT from employees where EEO_JOB_GROUP = ? and (? = 'all' or lower(RACE) = ?)",
                    [level, code, code],
                )
                pay = [float(text.replace(",", "")) for (text,) in found]
                assert statistics.median(pay) == pytest.approx(value, rel=0.02)
        assert {level for level, code in medians if code == "all"} == {"1", "3", "6", "7", "8"}
        gaps = {truth["stratum_code"]: truth["rate_ratio"] for truth in of_the_day if truth["rate_ratio"]}
        assert gaps == {level: pytest.approx(medians[level, "black"] / medians[level, "white"]) for level in ("6", "8")}
        assert all(0.95 < gap < 0.97 for gap in gaps.values())


def test_foreclosures_are_exactly_as_planted(city: Path, truths: list[dict[str, Any]]) -> None:
    rows = [row for row in read_csv(next((city / "dcd__foreclosures").iterdir())) if row["start_year"] == "2024"]
    rates = {row["tract_2020"]: float(row["foreclosures_per_1k"]) for row in rows}
    parcels, started = (sum(int(row[name]) for row in rows) for name in ("privately_owned_parcels", "foreclosures"))
    counted = [
        truth for truth in truths if truth["measure_id"] == "foreclosures_per_1000_parcels" and truth["method"] == "aggregate"
    ]
    for truth in counted:
        assert truth["value"] == pytest.approx(rates.get(truth["geoid"], 1000 * started / parcels))


def test_evictions_are_exactly_as_planted(city: Path, truths: list[dict[str, Any]]) -> None:
    """The county keeps filings in a tract without renters; a kind of tracts is of the renters' shares."""
    rows = read_csv(city / "dns__evictions" / "sampleton_map.csv")
    rates = {row["id"]: 100 * float(row["month_rate"]) for row in rows if row["month_rate"] not in ("", "Inf")}
    households = {row["id"]: int(row["month_filings"]) / float(row["month_rate"]) for row in rows if rates.get(row["id"])}
    shares = {"white": "pct_white", "black": "pct_black", "hispanic": "pct_latinx"}
    in_kind = {
        kind: [row for row in rows if row["id"] in households and float(row[column]) > 0.5] for kind, column in shares.items()
    }
    values = [truth for truth in truths if truth["measure_id"].startswith("eviction_filings") and truth["method"] == "aggregate"]
    for truth in values:
        if truth["geography_type"] == "tract":
            assert truth["value"] == pytest.approx(rates[truth["geoid"]])
        elif truth["stratum_code"] != "no_majority":
            of_kind = in_kind.get(truth["stratum_code"], rows)
            filings = sum(int(row["month_filings"]) for row in of_kind)
            assert truth["value"] == pytest.approx(100 * filings / sum(households.get(row["id"], 0) for row in of_kind))
    assert len(values) == 8
    assert {row["month_rate"] for row in rows} >= {"", "Inf", "0.0"}


def test_deaths_are_those_of_the_later_register(city: Path, truths: list[dict[str, Any]]) -> None:
    """The earlier register has some of the same persons: a person is one."""
    before, after = (read_csv(path) for path in sorted((city / "fpc__fatal_shootings").iterdir()))
    assert {death["id"] for death in before} < {death["id"] for death in after}
    letters = {"W": "white", "B": "black", "H": "hispanic"}
    counted = Counter(letters[death["race"]] for death in after if death["city"] == "Sampleton")
    assert planted(truths, "people_killed_by_police") == counted | {"all": counted.total()}


def test_sales_have_the_planted_medians(city: Path, truths: list[dict[str, Any]]) -> None:
    medians = {truth["period_start"][:4]: truth["value"] for truth in truths if truth["measure_id"] == "sale_price_median"}
    assert set(medians) == {str(year) for year in range(2017, 2023)}
    rows = read_csv(city / "assessor__property_sales" / "armslengthsales_2021_valid.csv")
    prices = [int(row["Sale_price"].strip("$").replace(",", "")) for row in rows if row["Sale_price"] != "NULL"]
    assert statistics.median(prices) == pytest.approx(medians["2021"], rel=0.15)


def test_lead_is_counted_as_planted(city: Path, truths: list[dict[str, Any]]) -> None:
    with gzip.open(next((city / "city__addresses").iterdir()), "rt") as index:
        points = {row["address_string"].split(" #")[0]: row["x"] for row in csv.DictReader(index)}
    houses, with_point = set(points), {house for house, x in points.items() if x != "NA"}
    shares = {t["period_start"]: t["value"] for t in truths if t["measure_id"] == "lead_service_lines_per_1000_addresses"}
    assert set(shares) == {"2025-01-01", "2025-07-01"}
    for day, name in (("2025-01-01", "leadservicelines_2025-01-01.csv"), ("2025-07-01", "leadservicelines.csv")):
        lines = read_csv(city / "dpw__lead_service_lines" / name)
        ours = {(row["House Number Range"], row["Street Name"]) for row in lines if row["City"] == "SAMPLETON"}
        assert {" ".join(row) for row in ours} <= houses
        assert shares[day] == pytest.approx(1000 * len({" ".join(row) for row in ours} & with_point) / len(with_point))
    abated = Counter(tuple(row.values()) for row in read_csv(next((city / "mhd__lead_orders_abated").iterdir())))
    by_year = Counter(f"{order[1][-4:]}-01-01" for order in abated)
    assert by_year == {truth["period_start"]: truth["value"] for truth in truths if truth["measure_id"] == "lead_orders_abated"}
    orders = read_csv(next((city / "mhd__lead_orders_open").iterdir()))
    assert [len(orders)] == [truth["value"] for truth in truths if truth["measure_id"] == "lead_orders_open"]


def test_prevalences_are_the_delivered_estimates(city: Path, truths: list[dict[str, Any]]) -> None:
    names = {"Adults with Diabetes": "diabetes", "Adults with COPD": "copd", "Poor Mental Health: 14+ Days": "poor_mental_health"}
    delivered = {
        (names[row["Indicator Name"]], row["Period of Measure"], row["Location"]): row["Indicator Rate Value"]
        for file in (city / "mhd__chronic_disease").iterdir()
        for row in read_csv(file)
    }
    prevalences = [truth for truth in truths if truth["measure_id"].endswith("_prevalence") and truth["method"] == "aggregate"]
    assert len(prevalences) == 9
    for truth in prevalences:
        assert (
            float(delivered[truth["measure_id"].removesuffix("_prevalence"), truth["period_start"][:4], truth["geoid"]])
            == truth["value"]
        )


def test_cases_and_answers_are_drawn_as_planted(city: Path, truths: list[dict[str, Any]]) -> None:
    with zipfile.ZipFile(city / "mmc__court_cases" / "testdata.zip") as archive:
        cases = list(csv.DictReader(io.StringIO(archive.read("testdata.csv").decode("ascii"))))
    last = {
        case["g_case_no"]: case["j_finding"]
        for case in cases
        if case["c_violation_date"].startswith("2025") and case["j_finding"]
    }
    guilty = sum(finding.startswith("Guilty") for finding in last.values())
    assert_drawn_from(planted(truths, "court_guilty_share")["all"], guilty, len(last))
    people = read_csv(next((city / "oei__resident_survey").iterdir()))
    codes = {"White": "white", "Black/African American": "black", "Hispanic": "hispanic"}
    for label, code in codes.items():
        for item, satisfied in (("q1_01", "45"), ("q28_h", "12"), ("q29_t", "12"), ("q30_t", "12")):
            of_item = [truth for truth in truths if truth["stratum_code"] == item]
            answers = [person[item] for person in people if person["q37_race"] == label and person[item] != "9"]
            assert_drawn_from(
                planted(of_item, "survey_satisfied_share")[code], sum(a in satisfied for a in answers), len(answers)
            )
