"""The real deliveries: addresses, districts and people on the maps. Deselected without LEVELGROUND_REAL_DELIVERIES."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, CommandLine
from warehouse.connection import load_extension, scratch
from warehouse.sql import literal

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]

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
# The stage in which an address was found (ADR 12), of the sources that write it in the most ways.
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
MOVED_FORECLOSURES = """
select bridge.to_type, bridge.fit_quality, round(sum(bridge.weight * foreclosures.foreclosures_count), 1) as foreclosures
from marts.fct_foreclosures_by_tract as foreclosures
inner join marts.bridge_geography as bridge
    on bridge.from_type = 'tract' and bridge.from_vintage = foreclosures.tract_vintage
    and bridge.from_geoid = foreclosures.tract_geoid
where (bridge.to_type, bridge.to_vintage) in (('aldermanic_district', '2022'), ('tract', '2010'))
group by all
"""


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
        "select geoid, count(rate_ratio) as ratios, count(*) filter (status_reason = 'jurisdiction') as withheld "
        "from marts.fct_equity_measures "
        "where measure_id = 'workforce_composition' group by geoid"
    )
    assert [(row["geoid"], row["ratios"]) for row in staff] == [("3915000", 0)]
    assert staff[0]["withheld"] > 0


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
        "from marts.fct_population where geography_type = 'county' and race_ethnicity_code = 'all' "
        "and population_scheme = 'acs_2013_2017'"
    )
    assert tract["moe"] == pytest.approx((tract["root"] ** 2 + tract["zero"] ** 2) ** 0.5)


def test_the_worked_example_of_moved_counts(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    """The figures of docs/methods.md, on what they were measured on."""
    levelground, _ = milwaukee
    moved = {(row["to_type"], row["fit_quality"]): row["foreclosures"] for row in levelground.ask(MOVED_FORECLOSURES)}
    assert moved == {
        ("aldermanic_district", "exact"): 26_784.0,
        ("aldermanic_district", "fair"): 9_752.1,
        ("aldermanic_district", "poor"): 364.9,
        ("tract", "exact"): 30_298.0,
        ("tract", "good"): 6_434.0,
        ("tract", "fair"): 161.6,
        ("tract", "poor"): 7.4,
    }
    methods = " ".join((ROOT / "docs" / "methods.md").read_text(encoding="utf-8").split())
    assert (
        "Of the 36,901 foreclosures of 1995 to 2024, delivered by 2020 tract, 26,784 reach the districts of 2022 exactly"
        in methods
    )
    assert "9,752 with a good or fair fit and 365 with a poor one; the tracts of 2010 30,298, 6,596 and 7." in methods


def test_addresses_are_found(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    for source, (expected, least) in FOUND.items():
        rows = levelground.ask(
            f"select geocode_quality, count(*) as n, count(*) filter (where aldermanic_district_geoid = 'outside' "
            f"and geocode_quality = 'delivered_code') as beyond "
            f"from marts.{FACT_OF[source]} where source = '{source}' group by all"
        )
        assert {row["geocode_quality"]: row["n"] for row in rows} == expected, source
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
    """By the court's own points where these are in the city, and by how far the delivered tract of incidents is (ADR 12)."""
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
    # a street segment's tract: nine in ten agree, and nearly all others are across the street
    assert incidents[0] == 19_053
    assert 90.5 < incidents[1] < 91.5
    assert incidents[2] >= 99


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
