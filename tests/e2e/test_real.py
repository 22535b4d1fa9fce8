"""The real deliveries, by the counts that are known of them. Deselected without LEVELGROUND_REAL_DELIVERIES."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, CommandLine
from tests.e2e.conftest import status_of
from warehouse.connection import load_extension, scratch
from warehouse.sql import literal

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]

# delivered, staged, rejected, blank, duplicate, superseded; counted independently (csv and pyarrow over the files as found)
ACCOUNTS = {
    "assessor__property_sales": (60_743, 60_490, 12, 2, 102, 137),
    "census__acs_race_tract": (298, 298, 0, 0, 0, 0),
    "census__blocks_2020": (7_458, 7_458, 0, 0, 0, 0),
    "census__tracts_2010": (297, 297, 0, 0, 0, 0),
    "census__tracts_2020": (301, 301, 0, 0, 0, 0),
    "census__zcta_2010": (36, 36, 0, 0, 0, 0),
    "city__addresses": (331_949, 331_949, 0, 0, 0, 0),
    "city__aldermanic_districts_2012": (15, 15, 0, 0, 0, 0),
    "city__aldermanic_districts_2022": (15, 15, 0, 0, 0, 0),
    "city__limits": (1, 1, 0, 0, 0, 0),
    "city__neighborhoods": (190, 190, 0, 0, 0, 0),
    "city__police_districts": (7, 7, 0, 0, 0, 0),
    "comptroller__checkbook": (369_312, 369_312, 0, 0, 0, 0),
    "dcd__foreclosures": (5_205, 5_205, 0, 0, 0, 0),
    "der__employees": (6_304, 6_304, 0, 0, 0, 0),
    "dpi__absenteeism": (25_528, 25_528, 0, 0, 0, 0),
    "dpi__completion": (7_437, 7_437, 0, 0, 0, 0),
    "dpi__enrollment": (26_105, 26_105, 0, 0, 0, 0),
    "dpw__lead_service_lines": (77_191, 77_189, 0, 2, 0, 0),
    "fpc__police_stops": (51_920, 51_920, 0, 0, 0, 0),
    "mhd__chronic_disease": (4_326, 4_326, 0, 0, 0, 0),
    "mhd__lead_orders_abated": (632, 631, 0, 0, 1, 0),
    "mhd__lead_orders_open": (229, 229, 0, 0, 0, 0),
    "mmc__court_cases": (65_528, 65_524, 4, 0, 0, 0),
    "mpd__dispatched_calls": (615_342, 101_101, 0, 11_773, 470_085, 32_383),
    "mpd__incidents": (20_246, 20_246, 0, 0, 0, 0),
    "oei__resident_survey": (1_033, 1_033, 0, 0, 0, 0),
    "ucc__service_requests": (9_725, 9_725, 0, 0, 0, 0),
}
# Rows and cells that are refused, by column; docs/data_issues.md tells of each (ASR-03, ASR-04, MMC-01).
REFUSED_ROWS = {
    ("assessor__property_sales", "price"): 10,
    ("assessor__property_sales", "sold_on"): 2,
    ("mmc__court_cases", "violated_at"): 4,
}
REFUSED_CELLS = {("assessor__property_sales", "built_year"): 7}
# Records by how their place was found, and the least share in percent that the city's own records must be found by their address
# (other municipalities' lead lines are none of the city's).
FOUND = {
    "assessor__property_sales": ({"address": 55_356, "address_relaxed": 4_542, "delivered_code": 591, "none": 1}, 90),
    "dpw__lead_service_lines": (
        {"address": 60_152, "address_relaxed": 15_972, "delivered_code": 896, "zip_only": 169},
        98.5,
    ),
    "mhd__lead_orders_abated": ({"address": 2, "address_relaxed": 628, "delivered_code": 1}, 90),
    "mhd__lead_orders_open": ({"address_relaxed": 229}, 90),
    "mmc__court_cases": ({"address": 9, "address_relaxed": 59_961, "delivered_point": 5_357, "none": 197}, 60),
    "mpd__incidents": ({"address": 18_278, "address_relaxed": 991, "delivered_code": 885, "zip_only": 6, "none": 86}, 92),
    "ucc__service_requests": ({"address": 9_556, "address_relaxed": 137, "none": 32}, 98.5),
}
FACT_OF = {
    "assessor__property_sales": "fct_property_sales",
    "dpw__lead_service_lines": "fct_lead_service_lines",
    "mhd__lead_orders_abated": "fct_lead_orders",
    "mhd__lead_orders_open": "fct_lead_orders",
    "mmc__court_cases": "fct_court_cases",
    "mpd__incidents": "fct_incidents",
    "ucc__service_requests": "fct_service_requests",
}
# The stage in which an address was found (ADR 13), of the sources that write it in the most ways.
STAGES = {
    "fct_court_cases": {
        "exact": 9,
        "without_unit": 31_321,
        "long_forms": 19_023,
        "directional_order": 3,
        "without_suffix": 11,
        "without_type": 3_686,
        "without_directional": 95,
        "same_block": 5_822,
        None: 5_554,
    },
    "fct_incidents": {
        "exact": 18_278,
        "without_unit": 9,
        "long_forms": 10,
        "without_type": 5,
        "same_block": 967,
        None: 977,
    },
}
COUNTS = ("delivered", "staged", "rejected", "blank", "duplicate", "superseded")
AS_OF = "2025-12-01T00:00:00"


@pytest.fixture(scope="module")
def milwaukee(real_deliveries: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, dict[str, Any]]:
    levelground = CommandLine(tmp_path_factory.mktemp("milwaukee") / "home")
    return levelground, levelground.json("run", "--deliveries", real_deliveries, "--as-of", AS_OF, "--json")


def test_every_row_is_accounted_for(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    _, report = milwaukee
    assert report["outcome"] == "released"
    for source, account in ACCOUNTS.items():
        row = status_of(report, source)
        assert tuple(row[f"rows_{count}"] for count in COUNTS) == account, source
        assert row["verdict"] in ("fresh", "landed_only")


def test_what_is_refused_is_known(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    for table, known in (("rejected_rows", REFUSED_ROWS), ("rejected_values", REFUSED_CELLS)):
        rows = levelground.ask(f'select source, "column", count(*) as n from quality.{table} group by all')
        assert {(row["source"], row["column"]): row["n"] for row in rows} == known, table


def test_a_second_run_changes_nothing(milwaukee: tuple[CommandLine, dict[str, Any]], real_deliveries: Path) -> None:
    levelground, _ = milwaukee
    again = levelground.json("run", "--deliveries", real_deliveries, "--as-of", AS_OF, "--json")
    assert again["outcome"] == "unchanged"
    assert len(levelground.json("releases", "list", "--json")) == 1


def test_searches_of_stopped_persons(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    rows = levelground.ask(
        "select race_ethnicity_code as race, numerator, denominator, known_race_pct, reliability, rate_ratio, bound_low, "
        "bound_high "
        "from marts.fct_equity_measures where measure_id = 'stops_searched_share' and period_type = 'year'"
    )
    by_race = {row["race"]: row for row in rows}
    assert (by_race["all"]["numerator"], by_race["all"]["denominator"]) == (5_237, 43_699)
    assert (by_race["white"]["numerator"], by_race["white"]["denominator"]) == (954, 11_703)
    # Black and East African, who are Black by SPD-15's own examples
    assert (by_race["black"]["numerator"], by_race["black"]["denominator"]) == (3_099 + 168, 15_220 + 2_188)
    assert round(by_race["black"]["known_race_pct"], 1) == 78.9
    assert by_race["black"]["reliability"] == "use_with_caution"
    assert by_race["black"]["bound_low"] < 100 * 3_267 / 17_408 < by_race["black"]["bound_high"]
    assert by_race["black"]["rate_ratio"] == pytest.approx((3_267 / 17_408) / (954 / 11_703))


def test_stops_by_race_have_no_ratio(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    rows = levelground.ask(
        "select count(rate_ratio) as ratios, min(round(known_race_pct, 1)) as known, "
        "count(*) filter (status_reason = 'known_race_below_70') as said "
        "from marts.fct_equity_measures where measure_id = 'stops_by_race' and period_type = 'year'"
    )
    assert rows[0]["ratios"] == 0
    assert rows[0]["known"] == 66.4
    assert rows[0]["said"] > 0


def test_starred_students_are_not_zero(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    (fact,) = levelground.ask(
        "select count(*) as n, count(*) filter (value_status = 'suppressed_at_source') as starred "
        "from marts.fct_student_outcomes where metric = 'enrollment'"
    )
    assert (fact["n"], fact["starred"]) == (26_105, 145)
    (measure,) = levelground.ask(
        "select count(*) filter (value_status = 'suppressed_at_source') as starred, "
        "count(*) filter (value_status = 'suppressed_at_source' and (value is not null or numerator is not null)) as shown "
        "from marts.fct_equity_measures where measure_id = 'student_composition'"
    )
    assert measure["starred"] > 0
    assert measure["shown"] == 0


def test_requests_closed_by_the_second_day(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    (row,) = levelground.ask(
        "select numerator, denominator, value, geoid from marts.fct_equity_measures "
        "where measure_id = 'requests_closed_by_second_day' and period_type = 'year' and geography_type = 'city' "
        "and method = 'individual'"
    )
    assert row["geoid"] == "5553000"
    assert (row["numerator"], row["denominator"]) == (3_375, 9_666)


def test_population_and_workforce(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    people = levelground.ask(
        "select age_universe, population from marts.fct_population "
        "where population_scheme = 'pl_2020' and geography_type = 'city' and race_ethnicity_code = 'all' order by 1"
    )
    assert [(row["age_universe"], row["population"]) for row in people] == [("18_and_over", 432_760), ("total", 577_222)]
    (outside,) = levelground.ask(
        "select population from marts.fct_population where geography_type = 'aldermanic_district' and geoid = 'outside' "
        "and geography_vintage = '2012' and population_scheme = 'pl_2020' and race_ethnicity_code = 'all' "
        "and age_universe = 'total'"
    )
    assert outside["population"] == 2_213
    staff = levelground.ask(
        "select geoid, count(rate_ratio) as ratios, count(*) filter (status_reason = 'jurisdiction') as said "
        "from marts.fct_equity_measures "
        "where measure_id = 'workforce_composition' group by geoid"
    )
    assert [(row["geoid"], row["ratios"]) for row in staff] == [("3915000", 0)]
    assert staff[0]["said"] > 0


def test_everybody_is_on_every_map(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    rows = levelground.ask(
        "select population_scheme as scheme, geography_type || ' ' || geography_vintage as map, sum(population) as people, "
        "count(distinct geoid) as places from marts.fct_population "
        "where race_ethnicity_code = 'all' and age_universe = 'total' group by all"
    )
    maps = {scheme: {row["map"]: row for row in rows if row["scheme"] == scheme} for scheme in ("pl_2020", "acs_2013_2017")}
    assert set(maps["pl_2020"]) | {"county current"} == set(maps["acs_2013_2017"]) == {
        "city current", "county current", "tract 2010", "tract 2020", "aldermanic_district 2012", "aldermanic_district 2022",
        "police_district 2009", "neighborhood current", "zcta 2010",
    }  # fmt: skip
    for scheme, people in (("pl_2020", 577_222), ("acs_2013_2017", 956_586)):
        assert all(row["people"] == pytest.approx(people, abs=1e-6) for row in maps[scheme].values()), scheme
    assert maps["acs_2013_2017"]["tract 2010"]["places"] == 298
    (tract,) = levelground.ask(
        "select moe, (select sqrt(sum(moe ** 2)) from marts.fct_population where geography_type = 'tract' "
        "and geography_vintage = '2010' and race_ethnicity_code = 'all' and population > 0 and not is_moved) as root, "
        "(select max(moe) from marts.fct_population where geography_type = 'tract' and geography_vintage = '2010' "
        "and race_ethnicity_code = 'all' and population = 0 and not is_moved) as zero "
        "from marts.fct_population where geography_type = 'county' and race_ethnicity_code = 'all'"
    )
    assert tract["moe"] == pytest.approx((tract["root"] ** 2 + tract["zero"] ** 2) ** 0.5)


def test_foreclosures_and_their_zeros(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    (row,) = levelground.ask(
        "select count(*) as n, count(*) filter (is_delivered) as delivered, sum(foreclosures_count) as foreclosures, "
        "count(distinct tract_geoid) as tracts, count(distinct period_start) as years, "
        "count(foreclosures_per_1000) filter (not is_delivered) as made_up, "
        "max(abs(foreclosures_per_1000 - foreclosures_per_1000_reported)) as off from marts.fct_foreclosures_by_tract"
    )
    assert (row["n"], row["delivered"], row["tracts"], row["years"], row["made_up"]) == (6_480, 5_205, 216, 30, 0)
    assert row["foreclosures"] == 36_901
    assert row["off"] < 1e-9


def test_the_worked_example_of_moved_counts(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    """The SQL and the table of docs/methods.md, run on what they were measured on."""
    levelground, _ = milwaukee
    methods = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    (sql,) = re.findall(r"```sql\n(-- moved foreclosures\n.*?)```", methods, re.DOTALL)
    moved = {(row["to_type"], row["fit_quality"]): row["foreclosures"] for row in levelground.ask(sql)}
    for called, to_type in (("districts of 2022", "aldermanic_district"), ("tracts of 2010", "tract")):
        (cells,) = re.findall(rf"\| {called} \| (.*) \|", methods)
        told = dict(
            zip(("exact", "good", "fair", "poor"), (float(cell.replace(",", "")) for cell in cells.split(" | ")), strict=True)
        )
        assert {fit: moved.get((to_type, fit), 0) for fit in told} == told
        assert sum(told.values()) == pytest.approx(36_901, abs=0.2)


def test_what_is_missing_of_schools_says_why(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    rows = levelground.ask(
        "select metric, coalesce(gap_reason, 'told') as gap, count(*) as n, count(outcome_pct) as rates, count(*) filter "
        "(outcome_pct = 0) as zeros from marts.fct_student_outcomes where metric <> 'enrollment' group by all"
    )
    assert {(row["metric"], row["gap"]): (row["n"], row["rates"]) for row in rows} == {
        ("chronic_absenteeism", "told"): (17_924, 17_924),
        ("chronic_absenteeism", "suppressed_by_state"): (5_142, 0),
        ("chronic_absenteeism", "group_under_20"): (2_462, 0),
        ("hs_completion", "told"): (5_510, 5_510),
        ("hs_completion", "diplomas_hidden"): (1_426, 0),
        ("hs_completion", "cohort_hidden"): (501, 0),
    }
    assert next(row["zeros"] for row in rows if (row["metric"], row["gap"]) == ("chronic_absenteeism", "told")) == 231
    extended = levelground.ask(
        "select coalesce(extended_gap_reason, 'told') as gap, count(*) as n from marts.fct_student_outcomes "
        "where metric = 'hs_completion' group by all"
    )
    assert {row["gap"]: row["n"] for row in extended} == {
        "told": 4_687, "not_yet_come": 934, "diplomas_hidden": 1_357, "cohort_hidden": 253, "not_told": 206,
    }  # fmt: skip
    (unmapped,) = levelground.ask("select count(*) as n from marts.fct_student_outcomes where stratum_code = 'not_mapped'")
    assert unmapped["n"] == 0


def test_health_estimates_are_of_2010_tracts(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    (row,) = levelground.ask(
        "select count(*) as n, count(estimate_pct) as estimates, min(estimate_pct) as lowest, count(distinct geoid) as tracts, "
        "count(*) filter (estimate_pct_missing_reason = 'not_applicable' and estimate_pct_low is null) as none, "
        "count(distinct condition_code) as conditions from marts.fct_health_outcomes_by_tract"
    )
    assert (row["n"], row["estimates"], row["none"], row["tracts"], row["conditions"]) == (4_326, 4_320, 6, 296, 3)
    assert row["lowest"] == 1.8


def test_addresses_are_found(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    for source, (known, least) in FOUND.items():
        rows = levelground.ask(
            f"select geocode_quality, count(*) as n, count(*) filter (where aldermanic_district_geoid = 'outside' "
            f"and geocode_quality = 'delivered_code') as beyond "
            f"from marts.{FACT_OF[source]} where source = '{source}' group by all"
        )
        assert {row["geocode_quality"]: row["n"] for row in rows} == known, source
        ours = sum(row["n"] - row["beyond"] for row in rows)
        found = sum(row["n"] for row in rows if row["geocode_quality"] in ("address", "address_relaxed"))
        assert 100 * found / ours >= least, source
    (newest,) = levelground.ask(
        "select 100 * avg((match_stage is not null)::integer) as pct from marts.fct_property_sales where year(sold_on) = 2022"
    )
    assert newest["pct"] >= 99.9
    for fact, stages in STAGES.items():
        rows = levelground.ask(f"select match_stage, count(*) as n from marts.{fact} group by all")
        assert {row["match_stage"]: row["n"] for row in rows} == stages, fact


def test_an_address_is_the_right_house(milwaukee: tuple[CommandLine, dict[str, Any]], tmp_path: Path) -> None:
    """By the court's own points where these lie in the city, and by how far the delivered tract of incidents is (ADR 13)."""
    levelground, _ = milwaukee
    with scratch(tmp_path) as connection:
        load_extension(connection, "spatial")
        connection.execute(f"attach {literal(str(levelground.home / 'published' / 'levelground.duckdb'))} as r (read_only)")
        connection.execute(
            "create temp macro in_meters(g) as st_transform(g, 'EPSG:4326', 'EPSG:32616', always_xy := true);"
            "create temp table maps as select geography_type, geoid, in_meters(st_geomfromwkb(geometry_wkb)) as outline "
            "from r.marts.dim_geography where geometry_wkb is not null and (geography_type, geography_vintage) in "
            "(('city', 'current'), ('tract', '2020'))"
        )
        court = connection.execute(
            "with cases as (select in_meters(st_point(f.longitude_reported, f.latitude_reported)) as theirs, "
            "in_meters(st_point(a.longitude, a.latitude)) as ours from r.marts.fct_court_cases as f "
            "inner join r.marts.dim_address as a on f.address_standard = a.address_standard "
            "where f.longitude_reported between -89 and -87 and f.latitude_reported between 42 and 44) "
            "select count(*), 100 * avg((st_distance(theirs, ours) <= 250)::integer) from cases "
            "inner join maps on maps.geography_type = 'city' and st_contains(maps.outline, theirs)"
        ).fetchone()
        incidents = connection.execute(
            "with found as (select f.tract_geoid = f.tract_reported as agrees, "
            "st_distance(maps.outline, in_meters(st_point(a.longitude, a.latitude))) as meters from r.marts.fct_incidents as f "
            "inner join r.marts.dim_address as a on f.address_standard = a.address_standard "
            "inner join maps on maps.geography_type = 'tract' and maps.geoid = f.tract_reported) "
            "select count(*), 100 * avg(agrees::integer), 100 * avg((meters <= 75)::integer) from found"
        ).fetchone()
    assert court is not None and incidents is not None
    assert court[0] > 59_000
    assert court[1] >= 99
    # a street segment's tract: nine in ten agree, and nearly all others lie across the street
    assert incidents[0] == 19_053
    assert 90.5 < incidents[1] < 91.5
    assert incidents[2] >= 99


def test_incidents_have_a_period_and_no_day(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    rows = levelground.ask(
        "select period_start::varchar as first, period_end::varchar as last, count(*) as n, count(occurred_on) as dated, "
        "count(*) filter (where offences_count = 0) as without, count(*) filter (where offences_count > 1) as several, "
        "max(offences_count) as most, count(distinct aldermanic_district_vintage) as maps "
        "from marts.fct_incidents group by all"
    )
    assert [(row["first"], row["last"], row["n"], row["dated"]) for row in rows] == [("2023-01-01", "2023-12-31", 20_246, 0)]
    assert (rows[0]["without"], rows[0]["several"], rows[0]["most"], rows[0]["maps"]) == (1_547, 1_163, 4, 1)


def test_findings_of_the_court(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    rows = levelground.ask("select finding_code, count(*) as n from marts.fct_court_cases group by all")
    assert {row["finding_code"]: row["n"] for row in rows} == {"guilty": 60_686 + 546, "not_guilty": 50, "dismissed": 4_221 + 21}


def test_sales_lines_and_orders_say_what_they_know(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    sales = levelground.ask(
        "select sold_on_precision, max(year(sold_on)) as newest, count(*) as n, min(length(parcel_number)) as digits "
        "from marts.fct_property_sales group by all order by n"
    )
    assert [(row["sold_on_precision"], row["newest"], row["n"], row["digits"]) for row in sales] == [
        ("day", 2022, 26_011, 10),
        ("month", 2018, 34_479, 10),
    ]
    orders = levelground.ask(
        "select order_status, count(*) as n, count(occurred_on) as dated, max(data_as_of_on)::varchar as as_of "
        "from marts.fct_lead_orders group by all order by n"
    )
    assert [tuple(row.values()) for row in orders] == [("open", 229, 224, "2022-08-31"), ("abated", 631, 631, "2022-08-30")]
    lines = levelground.ask(
        "select count(*) as n, count(*) filter (where police_district_geoid = 'outside') as beyond, "
        "min(occurred_on)::varchar as day from marts.fct_lead_service_lines where municipality_reported <> 'MILWAUKEE'"
    )
    assert [tuple(row.values()) for row in lines] == [(896, 896, "2018-07-01")]


def test_lost_addresses_are_counted_by_area(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    rows = levelground.ask(
        "select source, sum(missed)::integer as missed from quality.geocode_misses where geography_type = 'city' group by all"
    )
    missed = {row["source"]: row["missed"] for row in rows}
    assert missed["mpd__incidents"] == 977
    assert missed["dpw__lead_service_lines"] == 169
    assert missed["mmc__court_cases"] == 197
    assert (
        levelground.ask("select subject from quality.gate_results where expectation like 'geocode_rate%' and not success") == []
    )


def test_respondents_of_the_survey(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    """Counted independently with csv: 9 and 99 are no opinion, but 9 is an answer where one of many is chosen."""
    levelground, report = milwaukee
    assert round(status_of(report, "oei__resident_survey")["known_race_pct"], 1) == round(100 * 965 / 1_033, 1)
    races = levelground.ask("select race_ethnicity_code as race, count(*) as n from marts.fct_survey_responses group by 1")
    assert {row["race"]: row["n"] for row in races} == {
        "white": 590, "black": 259, "hispanic": 77, "not_collected": 48, "multiracial": 34, "asian_or_nhpi": 20, "aian": 5,
    }  # fmt: skip
    (written,) = levelground.ask(
        "select count(race_ethnicity_written_in) as n, "
        "count(*) filter (race_ethnicity_written_in_code = 'not_mapped') as unknown, "
        "count(*) filter (geocode_quality <> 'none' or jurisdiction <> '2938000') as placed from marts.fct_survey_responses"
    )
    assert (written["n"], written["unknown"], written["placed"]) == (29, 2, 0)
    answers = levelground.ask(
        "select coalesce(answer_missing_reason, 'answered') as reason, count(*) as n from marts.fct_survey_answers group by 1"
    )
    assert {row["reason"]: row["n"] for row in answers} == {
        "answered": 125_138, "respondent_unknown": 19_586, "not_collected": 8_180, "not_applicable": 2_046,
    }  # fmt: skip
    (first,) = levelground.ask(
        "select count(*) filter (answer >= 4) as good, count(answer) as n from marts.fct_survey_answers where item = 'q1_01'"
    )
    assert (first["good"], first["n"]) == (753, 1_026)


def test_maps_are_not_graded_by_race(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    _, report = milwaukee
    for source in ("city__limits", "city__addresses", "census__tracts_2010"):
        row = status_of(report, source)
        assert (row["readiness_grade"], row["readiness_reasons"]) == ("A", "reference_data")


def test_free_text_and_payees_stay_private(milwaukee: tuple[CommandLine, dict[str, Any]], real_deliveries: Path) -> None:
    """A phrase of a caller's text is nowhere in the home; a payee's name is nowhere in what the public reads or logs hold."""
    levelground, _ = milwaukee
    phrase = b"fear for my safety"
    assert phrase in next((real_deliveries / "ucc__service_requests").glob("*")).read_bytes()
    for path in levelground.home.rglob("*"):
        if path.is_file():
            assert phrase not in path.read_bytes(), path
    columns = levelground.ask("select table_name from information_schema.columns where column_name = 'caller_text'")
    assert columns == []


def test_a_truncated_delivery_is_held_back(
    milwaukee: tuple[CommandLine, dict[str, Any]], real_deliveries: Path, tmp_path: Path
) -> None:
    levelground, _ = milwaukee
    home, deliveries = tmp_path / "home", tmp_path / "deliveries"
    shutil.copytree(levelground.home, home)
    (deliveries / "mpd__dispatched_calls").mkdir(parents=True)
    original = next((real_deliveries / "mpd__dispatched_calls").glob("*"))
    (deliveries / "mpd__dispatched_calls" / original.name).write_bytes(original.read_bytes()[:1_000_000])
    report = CommandLine(home).json("run", "--deliveries", deliveries, "--as-of", AS_OF, "--json", expect=4)
    assert status_of(report, "mpd__dispatched_calls")["verdict"] == "held_back"
    assert status_of(report, "ucc__service_requests")["verdict"] == "not_delivered"
    assert CommandLine(home).ask("select count(*) as n from marts.fct_police_calls") == [{"n": 101_101}]


def test_measures_are_what_plain_sql_makes_of_the_facts(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    """By hand: offences for 1,000 residents, lead lines by where groups live, foreclosures with the quiet tracts."""
    levelground, _ = milwaukee
    (city,) = levelground.ask(
        "select numerator, denominator, value from marts.fct_equity_measures where measure_id = 'incidents_per_1000' "
        "and geography_type = 'city' and method = 'individual' and stratum_type = 'all'"
    )
    assert (city["numerator"], city["denominator"]) == (20_246, 577_222)
    assert city["value"] == pytest.approx(1000 * 20_246 / 577_222)
    by_hand = {
        row["race"]: row["value"]
        for row in levelground.ask(
            "with lines as (select tract_geoid as tract, count(distinct coalesce(address_standard, address)) as lines "
            "from marts.fct_lead_service_lines where aldermanic_district_geoid is distinct from 'outside' group by 1), "
            "addresses as (select tract_geoid as tract, count(*) as n from marts.dim_address group by 1), "
            "people as (select geoid as tract, race_ethnicity_code as race, population from marts.fct_population "
            "where population_scheme = 'pl_2020' and geography_type = 'tract' and geography_vintage = '2020' "
            "and age_universe = 'total') "
            "select race, 1000 * sum(population * coalesce(lines, 0) / n) / sum(population) as value "
            "from people join addresses using (tract) left join lines using (tract) where population > 0 group by 1"
        )
    }
    weighted = levelground.ask(
        "select race_ethnicity_code as race, value from marts.fct_equity_measures where geography_type = 'city' "
        "and measure_id = 'lead_service_lines_per_1000_addresses' and method = 'place_weighted'"
    )
    assert {row["race"] for row in weighted} >= {"all", "asian", "black", "hispanic", "white"}
    assert all(row["value"] == pytest.approx(by_hand[row["race"]]) for row in weighted)
    (year,) = levelground.ask(
        "select numerator, denominator from marts.fct_equity_measures where measure_id = 'foreclosures_per_1000_parcels' "
        "and geography_type = 'city' and period_start = '2024-01-01'"
    )
    # only 94,507 parcels lie in tracts that had one
    assert year["numerator"] == pytest.approx(383, abs=0.5)
    assert year["denominator"] > 130_000


def test_the_measures_reach_every_area(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    areas = levelground.ask(
        "select policy_area, count(distinct measure_id) as measures from marts.fct_equity_measures "
        "inner join marts.dim_measure using (measure_id, measure_version) group by all"
    )
    assert sum(row["measures"] for row in areas) == 27
    (partial,) = levelground.ask(
        "select count(value) as made_up, count(*) filter (status_reason = 'period_incomplete') as said "
        "from marts.fct_equity_measures where measure_id = 'police_calls_per_1000' and period_type <> 'month'"
    )
    assert partial["made_up"] == 0
    assert partial["said"] > 0
