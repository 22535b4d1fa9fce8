"""Counts of engagement responses stay as they were reported; corrections wait for a quarter, and for the size of their change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from warehouse.disclosure import Scope, write_reported_responses
from warehouse.disclosure.states.reported_responses import REPORTED_RESPONSES, is_safe_change, states_query
from warehouse.paths import Home

Counts = Mapping[str, tuple[int, int, int, int]]  # adopted, adapted, declined, pending, by theme
FIRST: Counts = {"parks": (40, 30, 38, 40), "jobs": (60, 0, 50, 30), "other": (2, 1, 0, 0)}
FEWER: Counts = {**FIRST, "parks": (39, 30, 38, 40)}


def _night(con: duckdb.DuckDBPyConnection, home: Home, counts: Counts, as_of: str) -> dict[str, tuple[int, bool]]:
    """One released run; by theme the reported inputs, and whether a correction waits."""
    con.execute("delete from intermediate.int_engagement_responses__aggregated")
    for theme, answers in counts.items():
        con.execute(
            "insert into intermediate.int_engagement_responses__aggregated values ('c', '2024-01-01', '2024-12-31', "
            "'2025-01-30', ?, ?, ?, ?, ?, ?, '2024-02-01', '2024-12-01', 11, ['en'], null, null)",
            [theme, sum(answers), *answers],
        )
    moment = dt.datetime.fromisoformat(as_of)
    write_reported_responses(con, home.responses, moment)
    con.execute(
        "create or replace table public.published.engagement_responses as select *, shown_theme_code as theme_code, "
        f"if(inputs_count < 11, 'suppressed', 'published') as publication_status from {REPORTED_RESPONSES}"
    )
    home.disclosure.mkdir(exist_ok=True)
    query = states_query(f"r{moment:%Y%m%d}", moment, home.responses)
    con.execute(f"create or replace table states as {query}")
    con.execute(f"copy states to '{home.responses}' (format parquet)")
    rows = con.execute(f"select shown_theme_code, inputs_count, is_revision_pending from {REPORTED_RESPONSES}").fetchall()
    return {theme: (inputs, is_pending) for theme, inputs, is_pending in rows}


def _states(home: Home) -> int:
    return duckdb.sql(f"select count(distinct reported_at) from read_parquet('{home.responses}')").fetchall()[0][0]


def test_a_withdrawn_input_moves_no_figure(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """148 inputs, one is withdrawn: 147 would reveal that person's answer, that night and at the revision."""
    first = _night(con, home, FIRST, "2025-02-01")
    assert first["parks"] == (148, False)
    assert _night(con, home, FEWER, "2025-02-02") == {**first, "parks": (148, True)}
    assert _night(con, home, FEWER, "2025-04-01") == {**first, "parks": (148, True)}
    assert _night(con, home, FIRST, "2025-04-02") == first
    assert _states(home) == 1


def test_a_large_correction_is_accepted_in_the_next_quarter(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    many = {**FIRST, "parks": (55, 30, 38, 40)}
    _night(con, home, FIRST, "2025-02-01")
    assert _night(con, home, many, "2025-03-31")["parks"] == (148, True)
    assert _night(con, home, many, "2025-04-01")["parks"] == (163, False)
    assert _night(con, home, FEWER, "2025-07-01")["parks"] == (163, True)  # one fewer than in February
    assert _night(con, home, FIRST, "2025-07-02")["parks"] == (148, False)
    assert _states(home) == 3


def test_a_new_theme_waits_and_a_missing_year_stays(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    first = _night(con, home, FIRST, "2025-02-01")
    assert _night(con, home, {**FIRST, "roads": (5, 0, 0, 0)}, "2025-04-01") == first
    assert {is_pending for _, is_pending in _night(con, home, {"roads": (50, 0, 0, 0)}, "2025-04-02").values()} == {True}


def test_days_and_files_of_an_earlier_version_are_not_published_again(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    _night(con, home, FIRST, "2025-02-01")
    con.execute(
        "update states set first_told_on = '2024-02-17', decision_references = ['240101'] where shown_theme_code = 'parks'; "
        "update states set decision_references = ['240102'] where shown_theme_code = 'jobs'"
    )
    con.execute(f"copy states to '{home.responses}' (format parquet)")
    _night(con, home, FIRST, "2025-02-02")
    found = con.execute(f"select shown_theme_code, first_told_on, decision_references from {REPORTED_RESPONSES} order by all")
    february = dt.date(2024, 2, 1)
    assert found.fetchall() == [("jobs", february, ["240102"]), ("other", february, None), ("parks", february, None)]


def test_a_corrected_word_waits_too(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    _night(con, home, FIRST, "2025-02-01")
    con.execute("update intermediate.int_engagement_responses__aggregated set last_told_on = '2024-12-09'")
    write_reported_responses(con, home.responses, dt.datetime(2025, 2, 2))
    days = con.execute(f"select distinct last_told_on, is_revision_pending from {REPORTED_RESPONSES}").fetchall()
    assert days == [(dt.date(2024, 12, 1), True)]


def test_a_year_without_an_answer_of_the_audit_is_hidden_and_no_state_says_so(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    _night(con, home, FIRST, "2025-02-01")
    scopes = [Scope("engagement_inputs_declined_at_close", "city", "c"), Scope("stops.numerator")]
    is_hidden = [scope.has_responses("c", dt.date(2024, 1, 1)) for scope in scopes]
    assert (is_hidden, Scope("engagement_inputs", "city", "d").has_responses("c", dt.date(2024, 1, 1))) == ([True, False], False)
    write_reported_responses(con, home.responses, dt.datetime(2025, 2, 2), lambda city, year: (city, year.year) == ("c", 2024))
    assert con.execute(f"select distinct is_hidden from {REPORTED_RESPONSES}").fetchall() == [(True,)]
    columns = {
        name for name, *_ in con.execute(f"describe {states_query('r', dt.datetime(2025, 2, 2), home.responses)}").fetchall()
    }
    assert "is_hidden" not in columns


answers = st.tuples(*[st.integers(0, 60)] * 4)


@given(st.lists(answers, min_size=1, max_size=4), st.lists(answers, min_size=1, max_size=4))
def test_no_accepted_change_of_a_theme_its_answers_or_the_year_is_small(
    before: list[tuple[int, ...]], now: list[tuple[int, ...]]
) -> None:
    earlier, later = dict(zip("abcd", before, strict=False)), dict(zip("abcd", now, strict=False))
    if is_safe_change(earlier, later, 11):
        nothing = (0, 0, 0, 0)
        changes = [
            [a - b for a, b in zip(later.get(theme, nothing), earlier.get(theme, nothing), strict=True)] for theme in "abcd"
        ]
        sums = [*(change for of_theme in changes for change in (*of_theme, sum(of_theme))), sum(map(sum, changes))]
        assert not any(0 < abs(change) < 11 for change in sums)
