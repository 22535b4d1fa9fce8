"""The real deliveries: evictions, people killed by police, and what each policy area has by people's own race.

Deselected without LEVELGROUND_REAL_DELIVERIES.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import CommandLine

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]

Milwaukee = tuple[CommandLine, dict[str, Any]]
EVICTIONS = "eviction_filings_per_100_renter_households"
# Outcomes by people's own race that an area has at least; the readiness table names what the others lack.
OUTCOMES = {"education": 2, "workforce": 2, "health": 2, "public_safety": 2, "violence_prevention": 2, "housing": 1}


def test_evictions_are_of_the_county_and_its_kinds_of_tracts(milwaukee: Milwaukee) -> None:
    rows = milwaukee[0].ask(
        "select geography_type, geoid, stratum_code, numerator, denominator, round(value, 1) as value, "
        "period_start::varchar as first, period_end::varchar as last, race_ethnicity_code as race, "
        "starts_with(ci_method, 'super_population_') as is_super "
        f"from published.equity_measures where measure_id = '{EVICTIONS}' and method = 'aggregate' and geography_type <> 'tract' "
        "order by stratum_code",
        public=True,
    )
    assert {(row["geography_type"], row["geoid"], row["race"], row["is_super"]) for row in rows} == {
        ("county", "55079", "all", True)
    }
    assert {(row["first"], row["last"]) for row in rows} == {("2022-12-01", "2023-11-30")}
    assert {row["stratum_code"]: (row["numerator"], row["denominator"], row["value"]) for row in rows} == {
        "all": (13_638, 192_760, 7.1),
        "black": (9_279, 68_068, 13.6),
        "hispanic": (898, 14_846, 6.0),
        "no_majority": (855, 13_843, 6.2),
        "white": (2_575, 96_003, 2.7),
    }


def test_evictions_by_race_are_where_groups_live(milwaukee: Milwaukee) -> None:
    rows = milwaukee[0].ask(
        "select race_ethnicity_code as code, geoid, value, numerator, known_race_pct, place_coverage_pct "
        f"from published.equity_measures where measure_id = '{EVICTIONS}' and method = 'place_weighted'",
        public=True,
    )
    assert {(row["geoid"], row["numerator"], row["known_race_pct"]) for row in rows} == {("5553000", None, None)}
    values = {row["code"]: row["value"] for row in rows}
    assert values["black"] > values["all"] > values["white"] > 0
    assert min(row["place_coverage_pct"] for row in rows if row["value"] is not None) >= 90


def test_tracts_without_a_rate_have_none(milwaukee: Milwaukee) -> None:
    (facts,) = milwaukee[0].ask(
        "select count(*) as tracts, sum(filings_count) as filings, "
        "count(*) filter (where value_status <> 'computed') as without, "
        "max(filings_per_100_renter_households) filter (where geoid = '55079005400') as most from marts.fct_evictions_by_tract"
    )
    assert (facts["tracts"], facts["filings"], facts["without"], round(facts["most"])) == (298, 13_638, 6, 84)


def test_people_killed_are_counted_in_the_city_of_the_newest_register(milwaukee: Milwaukee) -> None:
    rows = milwaukee[0].ask(
        "select race_ethnicity_code as code, value, round(ci_low, 1) as low, round(ci_high, 1) as high, ci_method, rate_ratio, "
        "geography_type, geoid, period_start::varchar as first, period_end::varchar as last "
        "from published.equity_measures where measure_id = 'people_killed_by_police' and value > 0",
        public=True,
    )
    assert {(row["geography_type"], row["geoid"], row["first"], row["last"]) for row in rows} == {
        ("city", "5553000", "2015-01-01", "2024-03-05")
    }
    assert {row["code"]: (row["value"], row["low"], row["high"]) for row in rows} == {
        "all": (24, 15.4, 35.7),
        "black": (18, 10.7, 28.4),
        "white": (4, 1.1, 10.2),
        "hispanic": (2, 0.2, 7.2),
    }
    assert all(row["ci_method"].startswith("super_population_") and row["rate_ratio"] is None for row in rows)
    # the day of a death is neither the date of the data nor the end of the period
    (source,) = milwaukee[0].ask(
        "select data_as_of::date::varchar as day from published.sources where source = 'fpc__fatal_shootings'", public=True
    )
    assert source["day"] == "2024-03-05"


def test_policy_areas_have_outcomes_by_peoples_own_race(milwaukee: Milwaukee) -> None:
    """Of the city, its districts or its county, with a value for a group; a composition of residents is no outcome."""
    rows = milwaukee[0].ask(
        "select policy_area, list(distinct measure_id order by measure_id) as measures from published.equity_measures "
        "inner join published.measures using (measure_id, measure_version) "
        "where method <> 'place_weighted' and value is not null and geoid in ('5553000', '55079') "
        "and race_ethnicity_code in ('black', 'hispanic', 'white', 'asian', 'aian') group by all",
        public=True,
    )
    found = {row["policy_area"]: row["measures"] for row in rows}
    short = {area: found.get(area, []) for area, least in OUTCOMES.items() if len(found.get(area, [])) < least}
    assert not short, f"too few outcomes by people's own race: {short}"


def test_the_readiness_table_lists_what_other_areas_lack(milwaukee: Milwaukee) -> None:
    listed = milwaukee[0].ask(
        "select policy_area, source, verdict, readiness_grade as grade, readiness_reasons as reasons "
        "from quality.source_status inner join marts.dim_source using (source)"
    )
    grades = {row["source"]: (row["grade"], row["reasons"]) for row in listed}
    assert grades["dns__evictions"] == ("B", "race_by_place_only")
    assert grades["fpc__fatal_shootings"] == ("A", None)
    others = {"city_services", "arpa", "engagement"}
    lacking = [row for row in listed if row["policy_area"] in others and row["grade"] != "A"]
    assert {row["policy_area"] for row in lacking} == others
    assert all(row["reasons"] for row in lacking)
