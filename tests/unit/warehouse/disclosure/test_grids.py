"""Exact medians of an earlier version leave every file of a home: they are reported again on the grid of their measure."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from warehouse.disclosure import suppress
from warehouse.disclosure.states.planned_figures import GRAIN
from warehouse.disclosure.states.publication_ledger import publish_ledger, write_history, write_ledger
from warehouse.disclosure.states.published_history import read_history
from warehouse.disclosure.states.reported_figures import REPORTED
from warehouse.paths import Home

EXACT, LOW, HIGH = 61_480.37, 60_320.12, 62_640.01
FIRST, SECOND = dt.datetime(2025, 3, 1), dt.datetime(2025, 3, 2)
FIGURES = "value, ci_low, ci_high, reference_value, rate_ratio"
ROW = {
    "measure_id": "'pay'", "measure_version": "1", "period_type": "'snapshot'", "period_start": "date '2024-12-31'",
    "period_end": "date '2024-12-31'", "geography_type": "'city'", "geography_vintage": "'current'", "geoid": "'c'",
    "race_standard": "'spd15_1997'", "race_ethnicity_code": "'black'", "tabulation": "'exclusive'", "method": "'individual'",
    "stratum_type": "'all'", "stratum_code": "'all'",
}  # fmt: skip


def _plan(con: duckdb.DuckDBPyConnection, figures: tuple[float | None, ...], bin_records: int | None) -> None:
    con.execute("delete from intermediate.int_disclosure__planned")
    grain = ", ".join(f"{value} as {name}" for name, value in ROW.items())
    con.execute(
        f"insert into intermediate.int_disclosure__planned by name select {grain}, 'computed' as value_status, "
        f"'reliable' as reliability, unnest([?]) as value, ?::double as ci_low, ?::double as ci_high, "
        "?::double as reference_value, ?::double as rate_ratio, 11 as threshold, false as hides_zeros, 'median' as kind, "
        "20 as minimum_n, 'pay.numerator' as numerator_records, 'pay.records' as rests_on_records, 300 as records, "
        "true as is_confidential, ?::double as bin_records, ? < 11 as has_small_bin",
        [*figures, bin_records, bin_records],
    )


def _release(con: duckdb.DuckDBPyConnection, home: Home, night: dt.datetime) -> None:
    suppress(con, home.reported, night, ledger=home.ledger)
    con.execute(
        f"create or replace table public.published.equity_measures as select {', '.join(GRAIN)}, period_end, numerator, "
        f"denominator, {FIGURES}, null::double as bound_low, null::double as bound_high, 'published' as publication_status "
        f"from {REPORTED} where hidden_because is null"
    )
    con.execute(
        "create or replace table public.published.as_reported_history as select *, 0 as revisions, '' as revision_reason "
        "from public.published.equity_measures where false"
    )
    read_history(con, home, {})
    folder = home.release(f"{night:%Y%m%dT%H%M%SZ}-00000000")
    folder.mkdir(parents=True)
    write_ledger(con, home, folder, release_id=folder.name, published_at=night)
    write_history(con, home, folder, release_id=folder.name, published_at=night)
    publish_ledger(home, folder.name)


@pytest.fixture
def released_exactly(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """A home whose first release an earlier version made: exact figures, without bins, without the seed of grids."""
    for name in ("ci_low", "ci_high", "reference_value", "rate_ratio"):
        con.execute(f"alter table intermediate.int_disclosure__planned add column {name} double")
    con.execute("insert into release.marts.dim_measure values ('pay', 1, 'police')")
    con.execute("create schema intake; create table intake.erased_records (source varchar, columns varchar, record_hash varchar)")
    con.execute("delete from release.reference.order_statistics")
    _plan(con, (EXACT, LOW, HIGH, 70_001.5, EXACT / 70_001.5), 40)
    _release(con, home, FIRST)
    assert _amounts(home.ledger) == [(EXACT, LOW, HIGH, 70_001.5, EXACT / 70_001.5)]
    con.execute(f"create temp table old as select * exclude (bin_records, has_small_bin) from '{home.reported}'")
    con.execute(f"copy old to '{home.reported}' (format parquet)")
    con.execute("insert into release.reference.order_statistics values ('pay', 1000)")


def _amounts(file: Path) -> list[tuple[object, ...]]:
    return duckdb.sql(f"select {FIGURES} from '{file}' order by published_at, release_id").fetchall()


def test_an_exact_median_is_reported_anew_and_kept_nowhere(
    con: duckdb.DuckDBPyConnection, home: Home, released_exactly: None
) -> None:
    _plan(con, (61_000.0, 60_000.0, 63_000.0, 70_000.0, 61 / 70), 40)
    _release(con, home, SECOND)
    assert con.sql(f"select value, hidden_because, is_revision_pending, reported_at from {REPORTED}").fetchall() == [
        (61_000.0, None, False, SECOND)
    ]
    # what readers have been shown stays known, without the amounts and what was computed from them
    assert _amounts(home.ledger) == [
        (61_000.0, 60_000.0, 63_000.0, 70_000.0, None), (61_000.0, 60_000.0, 63_000.0, 70_000.0, 61 / 70),
    ]  # fmt: skip
    assert duckdb.sql(f"select first_value, last_value from '{home.history}'").fetchall() == [(61_000.0, 61_000.0)]
    assert duckdb.sql(f"select value from '{home.reported}'").fetchall() == [(61_000.0,)]


def test_an_exact_median_whose_period_is_planned_no_more_is_kept_nowhere(
    con: duckdb.DuckDBPyConnection, home: Home, released_exactly: None
) -> None:
    con.execute("delete from intermediate.int_disclosure__planned")
    _release(con, home, SECOND)
    assert duckdb.sql(f"select count(*) from '{home.reported}'").fetchall() == [(0,)]
    assert _amounts(home.ledger) == [(61_000.0, 60_000.0, 63_000.0, 70_000.0, None)]
    assert duckdb.sql(f"select count(*) from '{home.history}'").fetchall() == [(0,)]


def test_a_median_on_the_grid_stays_as_reported(con: duckdb.DuckDBPyConnection, home: Home, released_exactly: None) -> None:
    _plan(con, (61_000.0, 60_000.0, 63_000.0, 70_000.0, 61 / 70), 40)
    _release(con, home, SECOND)
    _plan(con, (62_000.0, 60_000.0, 63_000.0, 70_000.0, 62 / 70), 12)
    suppress(con, home.reported, SECOND + dt.timedelta(days=1), ledger=home.ledger)
    assert con.sql(f"select value, bin_records, is_revision_pending from {REPORTED}").fetchall() == [(61_000.0, 40.0, True)]
