"""The history keeps the first and the last published state of each row, also of rows that are no longer published."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from warehouse.disclosure.states.published_history import HISTORY, history_query, read_history
from warehouse.paths import PUBLIC_FILE, Home

ROW = {
    "measure_id": "'stops'", "measure_version": "1", "period_type": "'year'", "period_start": "date '2025-01-01'",
    "period_end": "date '2025-12-31'", "geography_type": "'city'", "geography_vintage": "'current'", "geoid": "'c'",
    "race_standard": "'spd15_1997'", "race_ethnicity_code": "'black'", "tabulation": "'exclusive'", "method": "'individual'",
    "stratum_type": "'all'", "stratum_code": "'all'", "numerator": "40::double", "denominator": "100::double",
    "value": "40::double", "bound_low": "null::double", "bound_high": "null::double",
}  # fmt: skip
LISTED = "select *, 0 as revisions, ''::varchar as revision_reason from public.published.equity_measures where false"


def publish(con: duckdb.DuckDBPyConnection, *rows: dict[str, str], revised: str = "") -> None:
    union = " union all ".join(f"select {', '.join(f'{value} as {name}' for name, value in (ROW | row).items())}" for row in rows)
    con.execute(f"create or replace table public.published.equity_measures as {union}")
    more = f" union all by name select *, 1 as revisions, '{revised}' as revision_reason from public.published.equity_measures"
    con.execute(f"create or replace table public.published.as_reported_history as {LISTED}{more if revised else ''}")


def release(con: duckdb.DuckDBPyConnection, home: Home, day: int, load: str) -> None:
    read_history(con, home, {"police": load})
    home.disclosure.mkdir(exist_ok=True)
    con.execute(f"create or replace temp table states as {history_query(f'r{day}', dt.datetime(2026, 1, day))}")
    con.execute(f"copy states to '{home.history}' (format parquet)")


@pytest.fixture(autouse=True)
def reported(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create table disclosure.reported as select *, false as is_revision_pending from intermediate.int_disclosure__planned"
    )
    con.execute("create schema intake; create table intake.erased_records (source varchar, columns varchar, record_hash varchar)")


def test_the_first_state_stays_and_the_last_one_moves(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    publish(con, {})
    release(con, home, 1, "load-1")
    publish(con, {"value": "60::double", "numerator": "60::double"}, revised="new_records")
    release(con, home, 2, "load-2")
    publish(con, {"value": "60::double"})
    release(con, home, 3, "load-3")
    names = "first_release_id, first_value, first_numerator, last_value, revisions, revision_reason, source, load_id"
    [row] = con.sql(f"select {names} from '{home.history}'").fetchall()
    assert row == ("r1", 40.0, 40.0, 60.0, 1, "new_records", "police", "load-3")


def test_a_source_of_which_a_record_was_removed_has_history_of_persons_alone(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    publish(con, {})
    release(con, home, 1, "load-1")
    con.execute("insert into intake.erased_records values ('police', '{}', 'hash')")
    publish(con, {"value": "60::double", "numerator": "60::double"})
    for day in (2, 3):
        release(con, home, day, "load-1")
        assert con.sql(f"select * from {HISTORY}").fetchall() == []
    assert con.sql(f"select first_value from '{home.history}'").fetchall() == [(60.0,)]
    con.execute(
        "insert into intermediate.int_disclosure__thresholds by name "
        "select 'stops' as measure_id, 1 as measure_version, true as is_confidential"
    )
    release(con, home, 4, "load-1")
    assert con.sql(f"select first_value from {HISTORY}").fetchall() == [(60.0,)]


def test_a_row_that_is_not_published_any_more_is_remembered(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    publish(con, {}, {"race_ethnicity_code": "'white'"})
    release(con, home, 1, "load-1")
    publish(con, {"numerator": "null::double", "value": "null::double"}, {"race_ethnicity_code": "'white'"})
    release(con, home, 2, "load-2")
    rows = con.sql(f"select race_ethnicity_code, first_value, last_value, load_id from '{home.history}' order by all").fetchall()
    assert rows == [("black", 40.0, 40.0, "load-1"), ("white", 40.0, 40.0, "load-2")]


def test_a_row_is_first_reported_with_its_first_value(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    publish(con, {"value": "null::double"})  # unreliable: counts alone
    release(con, home, 1, "load-1")
    publish(con, {})
    release(con, home, 2, "load-1")
    assert con.sql(f"select first_release_id, first_value from '{home.history}'").fetchall() == [("r2", 40.0)]


def test_new_records_are_those_of_a_later_load_than_the_figure(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    publish(con, {}, {"race_ethnicity_code": "'white'"})
    con.execute(
        "insert into disclosure.reported by name select * exclude (bound_low, bound_high), true as is_revision_pending "
        "from public.published.equity_measures where race_ethnicity_code = 'white'"
    )
    release(con, home, 1, "load-1")
    release(con, home, 2, "load-2")
    read_history(con, home, {"police": "load-2"})
    rows = con.sql(f"select race_ethnicity_code, has_new_records from {HISTORY} order by all").fetchall()
    # the correction of white waits, and its figure is that of the first load
    assert rows == [("black", False), ("white", True)]


def test_persons_and_aggregates_are_protected(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    calls = {"measure_id": "'calls'"}
    publish(con, calls, calls | {"race_ethnicity_code": "'white'", "method": "'aggregate'"}, {"race_ethnicity_code": "'asian'"})
    con.execute(
        "insert into disclosure.reported by name select * exclude (bound_low, bound_high) "
        "from public.published.equity_measures where race_ethnicity_code = 'asian'"
    )
    release(con, home, 1, "load-1")
    rows = con.sql(f"select race_ethnicity_code, is_protected from '{home.history}' order by all").fetchall()
    assert rows == [("asian", True), ("black", False), ("white", True)]


def test_a_home_of_an_earlier_version_begins_with_its_ledger_and_kept_releases(
    home: Home, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    home.disclosure.mkdir(exist_ok=True)
    publish(con, {"value": "30::double"})
    con.execute(
        "copy (select *, 'r1' as release_id, timestamp '2026-01-01' as published_at from public.published.equity_measures) "
        f"to '{home.ledger}' (format parquet)"
    )
    publish(con, {}, {"race_ethnicity_code": "'white'"})
    home.release("r2").mkdir()
    with duckdb.connect(str(home.release("r2") / PUBLIC_FILE)) as kept:
        kept.execute("create schema published")
        kept.register("rows_of_release", con.sql("from public.published.equity_measures").to_arrow_table())
        kept.execute("create table published.equity_measures as from rows_of_release")
        kept.execute("create table published.release as select 'r2' as release_id, timestamp '2026-01-02' as created_at")
    home.release("r3").mkdir()
    (home.release("r3") / PUBLIC_FILE).write_bytes(b"damaged")
    read_history(con, home, {})
    assert con.sql(f"select distinct has_new_records from {HISTORY}").fetchall() == [(None,)]
    names = "race_ethnicity_code, first_release_id, first_value, last_value, revisions, is_protected"
    rows = con.sql(f"select {names} from {HISTORY} order by all").fetchall()
    assert rows == [("black", "r1", 30.0, 40.0, 1, True), ("white", "r2", 40.0, 40.0, 0, False)]


def test_the_states_are_every_figure_that_differs_from_the_one_before(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    """5.16, 6.15, hidden, 5.2: the middle figure is neither the first nor the last, and an edition may have printed it."""
    shown = [("5.16", "5.16"), ("5.16", "5.16"), ("6.15", "6.15"), ("null::double", "null::double"), ("5.2", "5.2")]
    for day, (value, numerator) in enumerate(shown, 1):
        publish(con, {"value": value, "numerator": numerator})
        release(con, home, day, f"load-{day}")
    [(states,)] = con.sql(f"select [(state.release_id, state.value) for state in states] from '{home.history}'").fetchall()
    assert states == [("r1", 5.16), ("r3", 6.15), ("r4", None), ("r5", 5.2)]


def test_a_home_that_kept_no_states_takes_them_from_its_ledger(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    publish(con, {"value": "30::double"})
    release(con, home, 3, "load-3")
    con.execute(f"copy (select * exclude (states) from '{home.history}') to '{home.history}' (format parquet)")
    of_ledger = "select * replace ({}::double as value), '{}' as release_id, timestamp '2026-01-0{}' as published_at from now"
    con.execute("create table now as from public.published.equity_measures")
    states = " union all ".join(of_ledger.format(value, f"r{day}", day) for day, value in ((1, 20), (2, 25), (3, 30)))
    con.execute(f"copy ({states}) to '{home.ledger}' (format parquet)")

    read_history(con, home, {})
    [(found,)] = con.sql(f"select [(state.release_id, state.value) for state in states] from {HISTORY}").fetchall()
    assert found == [("r1", 20.0), ("r2", 25.0), ("r3", 30.0)]
