"""The real deliveries: the figures that are known of single facts. Deselected without LEVELGROUND_REAL_DELIVERIES."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.e2e.conftest import status_of

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]


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


def test_what_is_missing_of_schools_has_a_reason(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    rows = levelground.ask(
        "select metric, coalesce(gap_reason, 'given') as gap, count(*) as n, count(outcome_pct) as rates, count(*) filter "
        "(outcome_pct = 0) as zeros from marts.fct_student_outcomes where metric <> 'enrollment' group by all"
    )
    assert {(row["metric"], row["gap"]): (row["n"], row["rates"]) for row in rows} == {
        ("chronic_absenteeism", "given"): (17_924, 17_924),
        ("chronic_absenteeism", "suppressed_by_state"): (5_142, 0),
        ("chronic_absenteeism", "group_under_20"): (2_462, 0),
        ("hs_completion", "given"): (5_510, 5_510),
        ("hs_completion", "diplomas_hidden"): (1_426, 0),
        ("hs_completion", "cohort_hidden"): (501, 0),
    }
    assert next(row["zeros"] for row in rows if (row["metric"], row["gap"]) == ("chronic_absenteeism", "given")) == 231
    extended = levelground.ask(
        "select coalesce(extended_gap_reason, 'given') as gap, count(*) as n from marts.fct_student_outcomes "
        "where metric = 'hs_completion' group by all"
    )
    assert {row["gap"]: row["n"] for row in extended} == {
        "given": 4_687, "not_yet_come": 934, "diplomas_hidden": 1_357, "cohort_hidden": 253, "not_told": 206,
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


def test_sales_lines_and_orders_contain_what_is_recorded(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
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
