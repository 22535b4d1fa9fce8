"""The gate of the word columns: a true row passes, and a change of its figures, reference, period or word is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.published.words import MESSAGES, gate_words
from warehouse.connection import attach, database_path, scratch

TABLES = Path(__file__).with_name("true_words.sql")
IS = "where geoid = '99' and period_start = date '2024-01-01' and race_ethnicity_code ="
NO_RATIO = (
    f"compared_with_reference_text = null, rate_ratio = null, rate_ratio_ci_low = null, rate_ratio_ci_high = null {IS} 'black'"
)
SAME_CHANGE = f"change_word = 'about_the_same' {IS} 'all'"
SAME_AS_CITY = "compared_with_city = 'about_the_same', compared_with_city_text = null where geoid = '3'"
ENDS_IN_MAY = "set covered_until = date '2024-05-01', is_period_complete = false where period_start = date '2024-01-01'"
# what is done to a true file, and the rule that finds it
MUTATIONS = [
    ("direction_or_range_contradicts", f"set value = 30.5 - value {IS} any(['black', 'white'])"),
    ("direction_or_range_contradicts", f"set compared_with_reference = 'lower' {IS} 'black'"),
    ("direction_or_range_contradicts", f"set compared_with_reference = 'higher' {IS} 'asian'"),
    ("direction_or_range_contradicts", f"set gap_kind = 'difference', gap_low = -1.5, gap_high = 19.0 {IS} 'black'"),
    ("direction_or_range_contradicts", f"set change_word = 'higher' {IS} 'all'"),
    ("direction_or_range_contradicts", "set city_value = 15.5 where geoid = '3'"),
    ("direction_or_range_contradicts", "set compared_with_city = 'lower' where geoid = '3'"),
    # the reference is hidden, and with it the ratio
    ("word_without_ratio", f"set {NO_RATIO}"),
    ("no_range_is_known", f"set rate_ratio_ci_low = null, rate_ratio_ci_high = null {IS} 'asian'"),
    ("direction_or_range_contradicts", f"set rate_ratio_ci_low = null, rate_ratio_ci_high = null {IS} 'black'"),
    ("no_range_is_known", f"set rate_ratio_ci_low = null, rate_ratio_ci_high = null {IS} 'black'"),
    ("reference_is_hidden", f"set value = null, ci_low = null, ci_high = null, publication_status = 'suppressed' {IS} 'white'"),
    ("no_range_is_known", f"set change_ci_low = null, change_ci_high = null {IS} 'all'"),
    ("no_range_is_known", "set ci_low = null, ci_high = null where geoid = '3'"),
    # a range from a figure to itself: of the group, of the other one, of the city, of the earlier period
    ("no_range_is_known", f"set ci_low = value, ci_high = value {IS} 'black'"),
    ("no_range_is_known", f"set ci_low = value, ci_high = value {IS} 'white'"),
    ("no_range_is_known", f"set ci_low = value, ci_high = value {IS} 'all'"),
    ("no_range_is_known", "set ci_low = value, ci_high = value where period_start = date '2023-01-01'"),
    ("ranges_are_apart", f"set compared_with_reference = 'cannot_tell' {IS} 'black'"),
    ("ranges_are_apart", f"set compared_with_reference = 'about_the_same' {IS} 'black'"),
    ("ranges_are_apart", "set compared_with_city = 'cannot_tell' where geoid = '3'"),
    ("ranges_are_apart", f"set change_word = 'cannot_tell' {IS} 'all'"),
    ("outside_the_margin", f"set compared_with_reference = 'about_the_same' {IS} 'asian'"),
    ("outside_the_margin", "update public.published.rules set value = 1.3 where rule = 'about_the_same_own'"),
    ("outside_the_margin", "update public.published.rules set unit = 'percent of the other figure'"),
    # -0.7 to 0.6 over time; 12.3 (11.9 to 12.7) next to 12.0 (11.0 to 13.0) in the city: -0.8 to 1.4, of 1.5 points
    ("outside_the_margin", f"set change = -0.1, change_ci_low = -1.7, change_ci_high = 0.6, {SAME_CHANGE}"),
    ("outside_the_margin", f"set change = -0.1, change_ci_low = -0.7, change_ci_high = 1.6, {SAME_CHANGE}"),
    (
        "outside_the_margin",
        f"set trend = -0.1, trend_ci_low = -1.7, trend_ci_high = 0.6, trend_word = 'about_the_same' {IS} 'all'",
    ),
    ("outside_the_margin", f"set value = 12.3, ci_low = 11.9, ci_high = 13.6, {SAME_AS_CITY}"),
    ("outside_the_margin", f"set value = 11.7, ci_low = 10.4, ci_high = 12.1, {SAME_AS_CITY}"),
    ("reason_and_word_disagree", f"set compared_with_reference = 'not_compared', rate_ratio = null {IS} 'black'"),
    ("reason_and_word_disagree", f"set compared_reason = 'few_events' {IS} 'black'"),
    ("ratio_of_what_is_not_compared", f"set compared_with_reference = 'no_range' {IS} 'black'"),
    ("label_of_another_word", f"set compared_with_reference_text = 'Lower than White' {IS} 'black'"),
    ("word_without_figure", f"set publication_status = 'suppressed' {IS} 'black'"),
    ("hidden_row_says_something", f"set reliability = 'reliable' {IS} 'nhpi'"),
    ("hidden_row_says_something", f"set is_period_complete = true {IS} 'nhpi'"),
    # the source ends in May: the row, its change, a later row that starts from it, and the goal
    ("word_of_unfinished_period", ENDS_IN_MAY),
    ("figure_of_unfinished_period", ENDS_IN_MAY),
    ("unfinished_period_is_featured", ENDS_IN_MAY),
    ("goal_of_unfinished_period", ENDS_IN_MAY),
    ("word_of_unfinished_period", "set is_period_complete = false where period_start = date '2023-01-01'"),
    ("caution_is_missing", f"set reliability = 'use_with_caution' {IS} 'black'"),
    ("coverage_ends_before_it_starts", f"set covered_until = date '2023-05-01' {IS} 'black'"),
    ("range_on_a_full_count", f"set range_kind = 'full_count' {IS} 'black'"),
    ("range_of_no_kind", f"set range_kind = 'none' {IS} 'black'"),
    (
        "chance_range_of_repeated_events",
        f"set compared_with_reference = 'not_compared', compared_reason = 'repeated_events', {NO_RATIO}",
    ),
    ("goal_and_figures_disagree", "update public.published.goal_progress set expected_value = 19.0"),
    ("rank_without_range", "update public.published.peer_comparison set gap_ci_low = null"),
    ("rank_outside_the_cities", "update public.published.peer_comparison set rank_high = 22"),
]
MAY_BE_SAID = [
    f"set compared_with_reference = 'cannot_tell', compared_reason = 'many_comparisons' {IS} 'black'",
    f"set compared_with_reference = 'not_compared', compared_reason = 'reference_hidden', {NO_RATIO}",
    f"set range_kind = 'full_count', ci_low = null, ci_high = null, {NO_RATIO.replace(' rate_ratio = null,', '')}",
    f"set change_word = null, change = null {IS} 'all'",
    f"set change = -0.1, change_ci_low = -0.7, change_ci_high = 0.6, {SAME_CHANGE}",
    f"set value = 12.3, ci_low = 11.9, ci_high = 12.7, {SAME_AS_CITY}",
]


@pytest.fixture
def public(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    with scratch(tmp_path) as connection:
        attach(connection, tmp_path / "public.duckdb", "public")
        connection.execute(TABLES.read_text(encoding="utf-8"))
        yield connection


def found(public: DuckDBPyConnection, change: str = "") -> dict[str, str]:
    if change:
        public.execute(f"update public.published.scorecard {change}" if change.startswith("set ") else change)
    result = gate_words(database_path(public), rules="public.published.rules")
    return {finding.expectation: finding.message for finding in result.findings if not finding.success}


def test_true_words_pass(public: DuckDBPyConnection) -> None:
    assert found(public) == {}


@pytest.mark.parametrize(("rule", "change"), MUTATIONS)
def test_a_false_word_is_found(public: DuckDBPyConnection, rule: str, change: str) -> None:
    assert rule in found(public, change)


def test_every_rule_is_seen_failing() -> None:
    assert {rule for rule, _ in MUTATIONS} == set(MESSAGES)


@pytest.mark.parametrize("change", MAY_BE_SAID)
def test_what_the_numbers_allow_passes(public: DuckDBPyConnection, change: str) -> None:
    assert found(public, change) == {}


def test_a_message_names_the_row_its_text_and_its_figures(public: DuckDBPyConnection) -> None:
    message = found(public, f"set compared_with_reference = 'lower' {IS} 'black'")["direction_or_range_contradicts"]
    for part in (
        "own",
        "Town",
        "year 2024-01-01",
        "black",
        "reference_comparison.lower",
        "figure 20.5",
        "reference white 10.0",
        "ratio 2.05",
    ):
        assert part in message
