"""The first release of the sample city: every row is accounted for, and measures find what was planted. Read only."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from expectations.marts.suites import read_suites
from expectations.published.public_file_gate import PUBLIC_SUITES
from ingest.sample.engagement import INPUTS
from ingest.sample.events import requests
from orchestration.transform.release_inputs import code_version
from tests.conftest import ROOT, CommandLine
from tests.e2e.conftest import status_of
from tests.support.cities import false_words, planted_words

COUNTS = ("staged", "rejected", "blank", "duplicate", "superseded")


# The measures that have a truth: all of them are held to it.
TRUE = {
    "chronic_absence_rate", "completion_rate", "copd_prevalence", "court_guilty_share", "diabetes_prevalence",
    "foreclosures_per_1000_parcels", "lead_orders_abated", "lead_service_lines_per_1000_addresses", "pay_median",
    "poor_mental_health_prevalence", "requests_closed_by_second_day", "sale_price_median", "stops_searched_share",
    "student_composition", "survey_satisfied_share", "workforce_composition", "arpa_obligated_per_resident",
    "arpa_spent_per_resident", "arpa_spent_in_qct_share", "arpa_projects_on_time", "positions_per_1000_labor_force",
    "discipline_removals_per_1000",
    "act_ela_proficient_share", "act_math_proficient_share", "forward_ela_proficient_share", "forward_math_proficient_share",
    "suspensions_per_100_students", "children_elevated_lead_share", "violent_offences_per_1000", "children_share",
    "residents_in_qct_share", "engagement_participation_per_1000", "engagement_inputs_answered_share",
    "engagement_days_to_answer_median", "engagement_answered_in_language_share", "engagement_declined_with_reason_share",
    "engagement_interpreter_need_met_share", "lead_orders_open", "requests_closed_by_second_working_day",
    "stops_vehicle_searched_share", "stops_cited_share", "stops_search_recorded_share", "median_household_income",
    "employment_25_54_share", "hs_diploma_19_20_share", "preschool_enrollment_share", "digital_access_share",
    "poverty_exposure_share", "student_homelessness_composition", "juvenile_arrests_per_100000", "low_birth_weight_share",
    "life_expectancy", "premature_deaths_per_100000", "homicide_deaths_per_100000", "firearm_deaths_per_100000",
    "child_deaths_per_100000", "suicide_deaths_per_100000", "injury_deaths_per_100000", "crash_deaths_per_100000",
    "overdose_deaths_per_100000", "teen_births_per_1000", "children_in_poverty_share", "people_killed_by_police",
    "eviction_filings_per_100_renter_households", "homicide_deaths_yearly", "drug_deaths_yearly",
}  # fmt: skip


# A census or an enumeration has no interval, and the sample draws who is in it.
DRAWN_WITHOUT_INTERVAL = {"children_share", "student_composition"}


# What the UI has of a run: its status and tags, and the metadata of a source, of the fact made of it, and of the release.
SHOWN = """
import json, sys
import dagster as dg
def metadata(*key):
    found = instance.get_latest_materialization_event(dg.AssetKey(key)).asset_materialization.metadata
    return {name: value.value for name, value in found.items()}
with dg.DagsterInstance.get() as instance:
    run = instance.get_run_by_id(sys.argv[1])
    print(json.dumps([
        run.status.value,
        dict(run.tags),
        metadata("landing", "ucc__service_requests"),
        metadata("marts", "fct_service_requests"),
        metadata("published", "levelground"),
        [
            entry.timestamp
            for entry in instance.all_logs(sys.argv[1], dg.DagsterEventType.ASSET_MATERIALIZATION)
            if entry.dagster_event.asset_key.path[0] == "marts"
        ],
    ], default=str))
"""


def test_first_run_releases_and_accounts_for_every_row(first_release: tuple[Path, dict[str, Any]], sample_city: Path) -> None:
    home, report = first_release
    planted = json.loads((sample_city / "sample.json").read_text())["planted"]
    assert report["outcome"] == "released"
    assert report["exit_code"] == 0
    assert report["trigger"] == "cli"
    delivered = [row for row in report["sources"] if row["verdict"] != "not_delivered"]
    assert {row["source"] for row in delivered} == set(planted)
    for row in delivered:
        # a source without a staging model goes no further than landing
        assert row["verdict"] in ("fresh", "landed_only"), row
        assert row["rows_delivered"] == sum(row[f"rows_{count}"] for count in COUNTS)
        for count in ("delivered", "blank", "superseded", "rejected"):
            if (row["source"], count) == ("mcme__deaths", "superseded"):
                continue  # the canary is the number of a case in every month
            assert row[f"rows_{count}"] == planted[row["source"]][count], row["source"]
    for source in ("mpd__dispatched_calls", "assessor__property_sales", "mhd__lead_orders_abated"):
        assert status_of(report, source)["rows_duplicate"] == planted[source]["duplicate"] > 0
    loads = CommandLine(home).ask("select * from quality.loads")
    assert {row["source"] for row in loads} == set(planted)
    for row in loads:
        assert row["rows_delivered"] == sum(row[f"rows_{count}"] for count in COUNTS)


def test_measures_find_what_was_planted(first_release: tuple[Path, dict[str, Any]], sample_city: Path) -> None:
    """Every truth is measured in its grain, within four standard errors of what was planted."""
    truths = json.loads((sample_city / "truth.json").read_text())["truths"]
    assert {truth["measure_id"] for truth in truths} == TRUE
    grain = [name for name in truths[0] if name not in ("value", "rate_ratio")]
    measured = {
        tuple(str(row[name]) for name in grain): row
        for row in CommandLine(first_release[0]).ask("select * from marts.fct_equity_measures where value is not null")
    }
    for truth in truths:
        row = measured[tuple(str(truth[name]) for name in grain)]
        if row["ci_low"] is not None:
            far = max(row["value"] - row["ci_low"], row["ci_high"] - row["value"]) / 1.96 * 4
        elif truth["measure_id"] in DRAWN_WITHOUT_INTERVAL:
            far = 4 * math.sqrt(row["value"] * (100 - row["value"]) / row["denominator"])
        else:
            far = 0
        assert abs(row["value"] - truth["value"]) <= far + 1e-6, truth
        if truth["rate_ratio"] and row["rate_ratio_ci_low"]:
            far = math.log(row["rate_ratio_ci_high"] / row["rate_ratio_ci_low"]) / 2 / 1.96 * 4
            assert abs(math.log(row["rate_ratio"] / truth["rate_ratio"])) <= far, truth


def test_gaps_changed_as_they_were_planted(first_release: tuple[Path, dict[str, Any]], sample_city: Path) -> None:
    """One gap narrows, one widens and one stays, as difference and as ratio; those of deaths are drawn around known rates."""
    planted = json.loads((sample_city / "truth.json").read_text())["gaps"]
    names = [name for name in planted[0] if name not in ("first_gap", "last_gap", "change", "word")]
    found = {
        tuple(str(row[name]) for name in names): row
        for row in CommandLine(first_release[0]).ask("select * from published.gap_trends", public=True)
    }
    for gap in planted:
        row = found[tuple(str(gap[name]) for name in names)]
        if gap["word"] is not None:
            assert row["word"] == gap["word"], gap
            assert [row[name] for name in ("first_gap", "last_gap", "change")] == [
                pytest.approx(gap[name], rel=1e-5, abs=1e-4) for name in ("first_gap", "last_gap", "change")
            ], gap
            continue
        # a change that was drawn is within four standard errors
        low, change, high, truth = (row["change_ci_low"], row["change"], row["change_ci_high"], gap["change"])
        if gap["scale"] == "relative":
            low, change, high, truth = map(math.log, (low, change, high, truth))
        assert abs(change - truth) <= 4 / 1.96 * max(change - low, high - change), gap
    words = {(gap["race_ethnicity_code"], gap["scale"]): gap["word"] for gap in planted if gap["word"]}
    assert Counter(words.values()) == {"narrowed": 2, "widened": 2, "cannot_tell": 2}


def test_gaps_in_people_and_the_mix_of_requests_are_as_planted(
    first_release: tuple[Path, dict[str, Any]], sample_city: Path
) -> None:
    """Excess deaths and the share expected of the mix are within four standard errors of the true figures."""
    planted = json.loads((sample_city / "truth.json").read_text())
    levelground = CommandLine(first_release[0])
    scorecard = levelground.ask("select * from published.scorecard where excess is not null", public=True)
    found = 0
    for truth in planted["excess"]:
        for row in scorecard:
            if all(str(row[name]) == truth[name] for name in truth if name != "excess"):
                far = 4 / 1.96 * max(row["excess_high"] - row["excess"], row["excess"] - row["excess_low"])
                assert abs(row["excess"] - truth["excess"]) <= far, truth
                found += 1
    assert found >= 3  # in the first window the gaps of homicides are clear, and so are those of drug deaths in both
    quarters = levelground.ask(
        "select * from published.equity_measures where measure_id = 'requests_closed_by_second_day' and value is not null "
        "and period_type = 'quarter' and geography_type = 'city' and method = 'individual' and stratum_type = 'all'",
        public=True,
    )
    by_start = {str(row["period_start"]): row for row in quarters}
    assert len(planted["case_mix"]) == 3
    for truth in planted["case_mix"]:
        row = by_start[truth["period_start"]]
        # what a quarter asks for is drawn, and the expected share is of two kinds
        apart = 100 * (requests.SOON_CLOSED - requests.closed_of_title(is_soon=False)[0])
        far = 4 * apart * 0.5 / math.sqrt(row["denominator"])
        assert abs(row["expected_value"] - truth["expected_value"]) <= far, truth
        ratio, low, high = (row[f"observed_expected_{name}"] for name in ("ratio", "ci_low", "ci_high"))
        assert abs(ratio - truth["observed_expected_ratio"]) <= 4 / 1.96 * max(high - ratio, ratio - low), truth
    first, _, third = (by_start[truth["period_start"]]["expected_value"] for truth in planted["case_mix"])
    assert first > third, "fewer requests of the kinds that are closed soon"


def test_words_have_the_planted_order(first_release: tuple[Path, dict[str, Any]], sample_city: Path) -> None:
    """Also of figures that other publishers computed: exams, diplomas, estimates with an interval."""
    words = planted_words(first_release[0], sample_city)
    assert not false_words(words)
    said = {measure for measure, word, _ in words if word in ("higher", "lower")}
    assert said >= {
        "act_ela_proficient_share", "forward_ela_proficient_share", "forward_math_proficient_share", "hs_diploma_19_20_share",
        "low_birth_weight_share", "homicide_deaths_per_100000", "overdose_deaths_per_100000",
    }  # fmt: skip


def test_the_newer_release_of_a_school_table_is_kept_and_snapshots_stay_separate(
    first_release: tuple[Path, dict[str, Any]], sample_city: Path
) -> None:
    """Both files of a source are in one folder: the school that the newer one withdraws is gone, both days of a stock stay."""
    levelground = CommandLine(first_release[0])
    (annex,) = levelground.ask("select count(*) as n from marts.fct_student_outcomes where school_reported like '%Annex%'")
    assert annex["n"] == 0
    assert any("Annex" in path.read_text() for path in (sample_city / "dpi__enrollment").iterdir())
    of_days = (
        "select '{}' as stock, occurred_on::varchar as day, count(*) as n, bool_and(is_latest_snapshot) as is_latest "
        "from marts.{} group by all order by day"
    )
    stocks = {"lines": "fct_lead_service_lines", "staff": "fct_employees"}
    snapshots = [row for stock, fact in stocks.items() for row in levelground.ask(of_days.format(stock, fact))]
    assert [(row["stock"], row["day"], row["is_latest"]) for row in snapshots] == [
        ("lines", "2025-01-01", False),
        ("lines", "2025-07-01", True),
        ("staff", "2025-09-30", False),
        ("staff", "2025-12-31", True),
    ]
    before, now = (row["n"] for row in snapshots if row["stock"] == "staff")
    assert now - before == 239 - 150  # hired, left
    (goal,) = levelground.ask(
        "select status from marts.fct_goal_progress where goal_id = 'sample_workforce_hispanic' and period_start = '2025-12-31'"
    )
    assert goal["status"] is not None


def test_every_policy_area_shows_two_gaps_by_race(first_release: tuple[Path, dict[str, Any]]) -> None:
    areas = CommandLine(first_release[0]).ask(
        "select policy_area, count(distinct measure_id) as n from marts.fct_equity_measures "
        "inner join marts.dim_measure using (measure_id, measure_version) "
        "inner join marts.dim_race_ethnicity as races using (race_ethnicity_code) "
        "where races.kind in ('category', 'combination') and rate_ratio is not null and rate_difference is not null group by all"
    )
    assert [row["policy_area"] for row in areas if row["n"] < 2] == []
    assert len(areas) == 10


def test_nearly_every_address_of_the_sample_is_placed(first_release: tuple[Path, dict[str, Any]]) -> None:
    """As in the real files: 98.4 % of the requests' addresses are in the index as written, and few calls are not geocoded."""
    counted = CommandLine(first_release[0]).ask(
        "select 'requests' as fact, geocode_quality, count(*) as n from marts.fct_service_requests group by all "
        "union all select 'calls', geocode_quality, count(*) from marts.fct_police_calls group by all"
    )
    totals = Counter[str]()
    for row in counted:
        totals[row["fact"]] += row["n"]
    shares = Counter({(row["fact"], row["geocode_quality"]): row["n"] / totals[row["fact"]] for row in counted})
    assert 0.96 < shares["requests", "address"] + shares["requests", "address_relaxed"] < 0.999
    assert 0.7 < shares["calls", "address"] + shares["calls", "address_relaxed"] < 0.95
    assert 0 < shares["calls", "none"] < 0.06
    assert shares["calls", "address_relaxed"] > 0.02


def test_the_run_is_in_the_release_and_in_the_instance(first_release: tuple[Path, dict[str, Any]]) -> None:
    home, report = first_release
    levelground = CommandLine(home)
    (run,) = levelground.ask("select * from quality.runs")
    assert (run["run_id"], run["outcome"], run["exit_code"], run["release_id"]) == (
        report["run_id"],
        "released",
        0,
        report["release_id"],
    )
    (released_by,) = levelground.ask("select code_version from published.release", public=True)
    assert run["code_version"] == released_by["code_version"] == code_version()
    result = subprocess.run(
        [sys.executable, "-c", SHOWN, report["run_id"]],
        env={"DAGSTER_HOME": str(home / "dagster"), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    status, tags, landed, built, released, marts_built = json.loads(result.stdout)
    assert status == "SUCCESS"
    assert (tags["levelground/trigger"], tags["levelground/outcome"]) == ("cli", "released")
    assert tags["levelground/release"] == report["release_id"]
    assert (landed["verdict"], landed["held_back"], landed["rows_delivered"]) == ("fresh", 0, landed["rows_staged"])
    assert built["dagster/row_count"] == landed["rows_staged"]
    assert built["release"].startswith("Built in the candidate")
    assert max(marts_built) - min(marts_built) > report["seconds"]["build"] / 4, "the marts appear while dbt builds"
    assert released["sources_held_back"] == 0
    assert released["measures"] >= 37


def test_every_place_of_a_fact_has_its_name(first_release: tuple[Path, dict[str, Any]]) -> None:
    levelground = CommandLine(first_release[0])
    named = levelground.ask(
        "select table_name as view, column_name as code from duckdb_columns() join duckdb_views() on view_name = table_name "
        "where duckdb_columns.schema_name = 'analysis' and column_name in ('tract_geoid', 'aldermanic_district_geoid', "
        "'police_district_geoid', 'neighborhood_geoid', 'school_geoid', 'jurisdiction', 'geoid') order by all"
    )
    codes_of: dict[str, list[str]] = defaultdict(list)
    for row in named:
        codes_of[row["view"]].append(row["code"])
    assert len(codes_of) >= 30
    for view, codes in codes_of.items():
        names = ["place" if code == "geoid" else f"{code.removesuffix('_geoid')}_name" for code in codes]
        different = " or ".join(f"count({code}) <> count({name})" for code, name in zip(codes, names, strict=True))
        if view.endswith(("_total", "_by_stratum", "_by_snapshot", "_by_period")):
            continue
        whole = [each for each in (f"{view}_by_snapshot", f"{view}_by_period") if each in codes_of]
        parts = [each for each in (view, f"{view}_total", f"{view}_by_stratum") if each in codes_of]
        rows = " + ".join(f"(select count(*) from analysis.{each})" for each in whole or parts)
        once = " where category <> 'all'" if view == "school_removals" else ""
        assert levelground.ask(f"select 1 where {rows} <> (select count(*) from marts.fct_{view}{once})") == [], view
        assert levelground.ask(f"select 1 from analysis.{view} having {different}") == [], view


def test_the_public_file_holds_what_is_promised(first_release: tuple[Path, dict[str, Any]]) -> None:
    levelground = CommandLine(first_release[0])
    tables = levelground.ask(
        "select table_name from information_schema.tables where table_schema = 'published' order by 1", public=True
    )
    assert {row["table_name"] for row in tables} == {"release", *(suite.table for suite in read_suites(PUBLIC_SUITES))}
    (release,) = levelground.ask("select * from published.release", public=True)
    assert release["release_id"] == first_release[1]["release_id"]


def test_you_said_we_did_covers_a_closed_year_and_identifies_no_one(first_release: tuple[Path, dict[str, Any]]) -> None:
    """2025 is not closed on the first day of 2026; inputs on libraries, and on one fence, are hidden."""
    responses = {
        (str(row["period_start"]), row["theme_code"]): row
        for row in CommandLine(first_release[0]).ask("select * from published.engagement_responses", public=True)
    }
    assert {start for start, _ in responses} == {"2024-01-01"}
    hidden = {theme for (_, theme), row in responses.items() if row["publication_status"] == "suppressed"}
    assert {"libraries", "other"} <= hidden
    published = [row for row in responses.values() if row["publication_status"] == "published"]
    assert len(published) >= 4
    for row in published:
        assert row["inputs_count"] == sum(row[f"{fate}_count"] for fate in ("adopted", "adapted", "declined", "pending"))
        assert "en" in row["told_in_languages"]
        assert {str(row[name])[7:10] for name in ("first_told_on", "last_told_on")} == {"-01"}


def test_an_input_past_its_retention_is_in_no_fact(first_release: tuple[Path, dict[str, Any]]) -> None:
    (counted,) = CommandLine(first_release[0]).ask(
        "select count(*) as n, count(*) filter (where retained_until_on < date '2026-01-01') as late, "
        "count(*) filter (where theme_code = 'not_mapped') as unlisted from marts.fct_engagement_inputs"
    )
    assert counted["n"] == INPUTS
    assert (counted["late"], counted["unlisted"] > 3) == (0, True)
