"""The gate of the public file: every rule of its suites is seen to pass on a good file and to fail on the one that it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.marts.marts_gate import gate_build
from expectations.marts.suites import read_suites
from expectations.published.public_file_gate import PUBLIC_SUITES, gate_published
from ingest.contract.registry import load_registry
from orchestration.settings import SHARED_SEEDS
from tests.integration.test_gates import with_rule
from warehouse.connection import attach, database_path, scratch
from warehouse.sql import literal

GOOD_PUBLIC = Path(__file__).with_name("good_public.sql")
SEARCHED = "where measure_id = 'searched' and race_ethnicity_code = "
# What each rule is for: (table, check, what is done to a good file).
SPOILT = [
    ("measures", "rows", "delete from {t}"),
    ("gap_trends", "last_gap_is_shown", "set race_ethnicity_code = 'asian'"),
    ("gap_trends", "last_gap_is_shown", "set last_gap = last_gap + 1"),
    (
        "gap_trends",
        "changed_sides_follows_from_the_ranges",
        "set word = 'not_compared', word_reason = 'changed_sides'",
    ),
    (
        "gap_trends",
        "sides_hold_for_both_scales",
        "insert into {t} select * replace ('relative' as scale, 'not_compared' as word, 'unclear_sides' as word_reason) from {t}",
    ),
    # p = 0.046: of a gap alone it would narrow, of three it must be at most 0.033
    (
        "gap_trends",
        "changes_are_tested_together",
        "insert into {t} select t.* replace (concat(race_ethnicity_code, said) as race_ethnicity_code, 10 as change, "
        "low as change_ci_low, high as change_ci_high, said as word) "
        "from {t} as t, (values (0.2, 19.8, 'narrowed'), (-10, 30, 'cannot_tell')) as more (low, high, said)",
    ),
    ("gap_trends", "changes_are_tested_together", "set word = 'cannot_tell', word_reason = 'many_comparisons'"),
    ("peer_comparison", "figure_is_shown", "set race_ethnicity_code = 'asian'"),
    ("peer_comparison", "figure_is_shown", "set race_ethnicity_code = 'nhpi'"),
    ("as_reported_history", "withheld_shows_nothing", "set first_value = 3 where history_status = 'withheld'"),
    ("as_reported_history", "withheld_shows_nothing", "set first_release_id = 'r1' where history_status = 'withheld'"),
    ("as_reported_history", "revised_shows_its_first_release", "set first_release_id = null"),
    ("as_reported_history", "figures_are_those_of_equity_measures", f"set value = 41 {SEARCHED}'black'"),
    ("as_reported_history", "figures_are_those_of_equity_measures", f"set race_ethnicity_code = 'asian' {SEARCHED}'black'"),
    ("as_reported_editions", "rows_are_those_of_as_reported_history", "set race_ethnicity_code = 'white'"),
    ("as_reported_editions", "rows_are_those_of_as_reported_history", "set value = value + 1"),
    ("goal_targets", "goal_is_known", "set goal_id = 'another'"),
    ("sources", "not_null", "set suppress_below = null"),
    ("geographies", "grain", "insert into {t} from {t}"),
    ("equity_measures", "grain", f"set race_ethnicity_code = 'white' {SEARCHED}'black'"),
    ("equity_measures", "words", f"set publication_status = 'hidden' {SEARCHED}'black'"),
    ("equity_measures", "measure_is_known", f"set measure_version = 2 {SEARCHED}'black'"),
    ("equity_measures", "place_is_known", f"set geoid = '5553001' {SEARCHED}'black'"),
    ("equity_measures", "status_is_of_its_row", f"set publication_status = 'published' {SEARCHED}'other_race'"),
    ("equity_measures", "status_is_of_its_row", f"set publication_status = 'not_observable' {SEARCHED}'other_race'"),
    (
        "equity_measures",
        "status_is_of_its_row",
        "set publication_status = 'unreliable' where value_status = 'suppressed_at_source'",
    ),
    ("equity_measures", "suppressed_shows_nothing", f"set numerator = 0 {SEARCHED}'asian'"),
    ("equity_measures", "suppressed_shows_nothing", f"set confidence = 0.95 {SEARCHED}'asian'"),
    ("equity_measures", "suppressed_shows_nothing", f"set value_smoothed = 19.5 {SEARCHED}'asian'"),
    ("equity_measures", "suppressed_shows_nothing", f"set expected_value = 20 {SEARCHED}'asian'"),
    ("equity_measures", "suppressed_shows_nothing", f"set reliability = 'unreliable' {SEARCHED}'asian'"),
    ("equity_measures", "suppressed_shows_nothing", f"set bridged = false {SEARCHED}'asian'"),
    ("equity_measures", "suppressed_shows_nothing", f"set status_reason = 'reference_row' {SEARCHED}'asian'"),
    ("equity_measures", "suppressed_denominator_is_public", f"set denominator = 30 {SEARCHED}'asian'"),
    ("equity_measures", "published_has_value", f"set value = null {SEARCHED}'black'"),
    ("equity_measures", "only_published_has_value", f"set ci_high = 3 {SEARCHED}'nhpi'"),
    ("equity_measures", "counts_are_shown", f"set numerator = null {SEARCHED}'nhpi'"),
    ("equity_measures", "persons_are_not_weighed_by_place", f"set method = 'place_weighted' {SEARCHED}'black'"),
    (
        "equity_measures",
        "persons_are_not_weighed_by_place",
        "update public.published.sources set classification = 'confidential'",
    ),
    ("equity_measures", "counts_not_negative", f"set denominator = -1 {SEARCHED}'black'"),
    ("equity_measures", "percent_within_0_100", f"set bound_high = 101 {SEARCHED}'black'"),
    ("equity_measures", "interval_contains_value", f"set ci_low = 41 {SEARCHED}'black'"),
    ("equity_measures", "ratio_bounds_contain_ratio", f"set rate_ratio_bound_low = 9 {SEARCHED}'black'"),
    ("equity_measures", "bounds_contain_value", f"set bound_low = null {SEARCHED}'black'"),
    ("equity_measures", "ratio_has_reference", f"set reference_code = null {SEARCHED}'black'"),
    ("equity_measures", "ratio_within_interval", f"set rate_ratio = 3 {SEARCHED}'black'"),
    ("equity_measures", "reference_is_shown", f"set reference_code = 'asian' {SEARCHED}'black'"),
    ("equity_measures", "reference_is_shown", f"set reference_code = 'hispanic' {SEARCHED}'black'"),
    (
        "equity_measures",
        "one_row_is_shown_first",
        f"insert into {{t}} select * replace ('aggregate' as method) from {{t}} {SEARCHED}'black'",
    ),
    ("scorecard", "grain", f"set race_ethnicity_code = 'white' {SEARCHED}'black'"),
    ("scorecard", "one_filter_gives_one_number", f"set group_name = 'white' {SEARCHED}'black'"),
    ("scorecard", "words", f"set compared_with_city = 'more' {SEARCHED}'black'"),
    ("scorecard", "only_published_has_figures", f"set change = 1 {SEARCHED}'asian'"),
    ("scorecard", "only_published_has_figures", f"set compared_with_city = 'higher' {SEARCHED}'asian'"),
    ("scorecard", "only_published_has_figures", f"set trend_from = date '2020-01-01' {SEARCHED}'nhpi'"),
    ("scorecard", "only_published_has_figures", f"set compared_reason = 'reference_hidden' {SEARCHED}'asian'"),
    ("scorecard", "counts_are_hidden_with_their_figure", f"set numerator = 3 {SEARCHED}'asian'"),
    ("scorecard", "counts_are_hidden_with_their_figure", f"set status_reason = 'few_events' {SEARCHED}'asian'"),
    ("scorecard", "counts_are_hidden_with_their_figure", f"set covered_until = date '2024-05-01' {SEARCHED}'asian'"),
    ("scorecard", "unfinished_periods_have_no_figure", f"set is_period_complete = false {SEARCHED}'black'"),
    ("scorecard", "words_have_their_numbers", f"set compared_with_reference = 'higher', rate_ratio = null {SEARCHED}'black'"),
    ("scorecard", "words_have_their_numbers", f"set rate_ratio_ci_low = 0.9 {SEARCHED}'black'"),
    ("scorecard", "words_have_their_numbers", f"set compared_with_city = 'not_compared' {SEARCHED}'black'"),
    ("scorecard", "excess_is_of_a_clear_gap", f"set compared_with_reference = 'cannot_tell' {SEARCHED}'black'"),
    ("scorecard", "excess_is_of_a_clear_gap", f"set excess_low = null {SEARCHED}'black'"),
    ("scorecard", "excess_is_of_its_row", f"set excess = excess + 1 {SEARCHED}'black'"),
    ("scorecard", "attributable_only_where_worse_off", f"set favourable_direction = 'higher' {SEARCHED}'black'"),
    ("scorecard", "only_published_has_figures", f"set excess = 1 {SEARCHED}'asian'"),
    ("scorecard", "no_change_across_a_break", f"set change_from = date '2019-01-01' {SEARCHED}'black'"),
    ("languages", "texts_are_in_a_named_language", "set language_code = 'fr'"),
    ("languages", "words", "set direction = 'up'"),
    ("series_breaks", "no_gap_trend_across_a_break", "set series_break_on = date '2020-01-02'"),
    ("series_breaks", "words", "set cause = 'moved'"),
    ("scorecard", "one_place_and_period_is_featured", f"set geoid = '1' {SEARCHED}'black'"),
    ("scorecard", "stand_ins_are_not_featured", f"set is_stand_in = true {SEARCHED}'black'"),
    ("scorecard", "places_are_not_people", "set compared_with_reference = 'higher' where method = 'place_weighted'"),
    ("scorecard", "figures_are_those_of_equity_measures", f"set value = 41 {SEARCHED}'black'"),
    ("scorecard", "figures_are_those_of_equity_measures", f"delete from {{t}} {SEARCHED}'black'"),
    ("measures", "current_measure_has_a_reason", "set availability_text = null"),
    ("measures", "public_caveat_has_no_codes", "set public_caveat = 'See UCC-01'"),
    ("goals", "baseline_is_that_of_its_progress", "set baseline_value = 12 where goal_id = 'hidden'"),
    ("strata", "stratum_is_of_a_figure", "set stratum_code = 'arson'"),
    ("theme_measures", "measure_is_known", "set measure_id = 'other'"),
    ("headlines", "measure_is_known", "set measure_id = 'other'"),
    ("actions", "action_is_about_a_known_measure", "set measure_id = 'other'"),
    ("headlines", "words", "set pattern = 'some'"),
    ("actions", "words", "set status = 'soon'"),
    ("corrections", "severity_is_known", "set severity = 'grave'"),
    ("corrections", "office_says_when_and_where", 'set "at" = null'),
    ("corrections", "office_says_when_and_where", "set \"at\" = timestamp '2025-02-01' where edition is null"),
    ("data_issues", "source_is_known", "set source = 'other'"),
    ("street_districts", "words", "set parity = 'left'"),
    ("street_districts", "range_holds_several_numbers", "set to_number = from_number"),
    (
        "street_districts",
        "ranges_of_a_side_do_not_overlap",
        "insert into {t} select * replace ('odd' as parity, 1901 as from_number) from {t}",
    ),
    ("street_districts", "district_is_on_the_map", "set vintage = '2012'"),
    ("texts", "rows", "delete from {t}"),
    ("texts", "words", "set review_status = 'original'"),
    ("labels", "words", "set review_status = 'checked'"),
    ("engagement_responses", "suppressed_shows_nothing", "set inputs_count = 20 where theme_code = 'jobs'"),
    ("engagement_responses", "suppressed_shows_nothing", "set decision_references = ['240101'] where theme_code = 'jobs'"),
    ("engagement_responses", "few_people_are_hidden", "set adopted_count = 10, pending_count = 38 where theme_code = 'parks'"),
    ("engagement_responses", "few_people_are_hidden", "set adopted_count = null where theme_code = 'parks'"),
    ("engagement_responses", "answers_sum_to_what_was_said", "set pending_count = 19 where theme_code = 'parks'"),
    ("engagement_responses", "not_one_theme_alone_is_hidden", "delete from {t} where theme_code = 'jobs'"),
    ("engagement_responses", "theme_is_a_word_of_a_list", "set theme_code = 'Fence of Pat Example' where theme_code = 'jobs'"),
    ("disparity_indices", "suppressed_shows_nothing", "set groups_left_out = 'nhpi' where index_id = 'mean_log_deviation'"),
    ("disparity_indices", "published_has_value", "set value = null"),
    ("disparity_indices", "groups_are_shown", "set groups_used = 'asian, black' where index_id = 'theil_index'"),
    ("goal_progress", "column_exists", "alter table {t} drop column gap"),
    ("goal_progress", "hidden_shows_nothing", "set status = 'met' where goal_id = 'hidden'"),
    ("goal_progress", "hidden_shows_nothing", "set target_value = 30 where goal_id = 'hidden'"),
    ("goal_progress", "published_has_value", "set value = null where goal_id = 'fewer'"),
]


@pytest.fixture
def public(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    with good_public(tmp_path) as connection:
        yield connection


@pytest.fixture(scope="module")
def shared_public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBPyConnection]:
    """A good public file and a copy of it: tests that change tables take them back from the copy."""
    folder = tmp_path_factory.mktemp("public")
    with good_public(folder) as connection:
        attach(connection, folder / "good.duckdb", "good")
        connection.execute("copy from database public to good")
        yield connection


@contextmanager
def good_public(folder: Path) -> Iterator[DuckDBPyConnection]:
    with scratch(folder) as connection:
        attach(connection, folder / "public.duckdb", "public")
        connection.execute(GOOD_PUBLIC.read_text(encoding="utf-8"))
        attach(connection, folder / "release.duckdb", "release")
        connection.execute("create schema release.reference")
        rules = literal(str(SHARED_SEEDS / "publication_rules.csv"))
        connection.execute(f"create table release.reference.publication_rules as from read_csv({rules})")
        yield connection


def test_a_good_public_file_passes(public: DuckDBPyConnection) -> None:
    results = gate_published(database_path(public), load_registry())
    assert [result.reason for result in results if not result.passed or result.warnings] == []
    assert len(results) == 1 + len(read_suites(PUBLIC_SUITES))


@pytest.mark.parametrize(
    ("table", "check", "spoil"), SPOILT, ids=[f"{table}-{check}-{n}" for n, (table, check, _) in enumerate(SPOILT)]
)
def test_a_rule_fails_on_what_it_is_for(shared_public: DuckDBPyConnection, table: str, check: str, spoil: str) -> None:
    sql = (f"update {{t}} {spoil}" if spoil.startswith("set ") else spoil).format(t=f"public.published.{table}")
    suites = [with_rule(suite, check) for suite in read_suites(PUBLIC_SUITES) if suite.table == table]
    try:
        shared_public.execute(sql)
        results = gate_build(database_path(shared_public), suites, schema="public.published")
    finally:
        for changed in {table, *re.findall(r"public\.published\.(\w+)", sql)}:
            shared_public.execute(f"create or replace table public.published.{changed} as from good.published.{changed}")
    (result,) = [one for one in results if one.subject == f"published.{table}"]
    (finding,) = [one for one in result.failed_critical if one.expectation == check]
    assert "could not be evaluated" not in finding.message
    assert finding.message.startswith(f"published.{table}")


def test_every_rule_has_been_seen_failing() -> None:
    rules = {(suite.table, rule.name) for suite in read_suites(PUBLIC_SUITES) for rule in suite.rules}
    assert rules <= {(table, check) for table, check, _ in SPOILT}


def test_what_the_others_changed_is_taken_back(shared_public: DuckDBPyConnection) -> None:
    different = "from public.published.{0} except all from good.published.{0}"
    tables = shared_public.execute("select table_name from duckdb_tables() where database_name = 'good'").fetchall()
    assert len(tables) > 10
    assert [name for (name,) in tables if shared_public.execute(different.format(name)).fetchall()] == []
