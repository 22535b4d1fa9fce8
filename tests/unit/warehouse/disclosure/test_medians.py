"""The known share of a median is a share of its records: it is shown only where other rows show the same count."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from warehouse.disclosure import suppress
from warehouse.disclosure.states.reported_figures import REPORTED
from warehouse.paths import Home

NIGHT = dt.datetime(2025, 3, 1)
PLACE = "'year', date '2024-01-01', date '2024-12-31', 'city', 'current', '5553000', 'spd15_2024'"
POSITIONS = {"white": 900, "black": 553, "asian": 30, "all": 1500}


def _plan(con: duckdb.DuckDBPyConnection, records: str) -> None:
    """A composition of positions, and medians that rest on `records`. Race is known for 1,483 of 1,500."""
    con.execute(
        "insert into release.marts.dim_measure values ('pay', 1, 'police');"
        "insert into release.reference.publication_records values ('positions_with_pay', 'positions', true)"
    )
    for race, count in POSITIONS.items():
        con.execute(
            f"""
            insert into intermediate.int_disclosure__planned by name
            select measure_id, 1 as measure_version, period_type, period_start, period_end, geography_type, geography_vintage,
                geoid, race_standard, ? as race_ethnicity_code, 'exclusive' as tabulation, 'individual' as method,
                'all' as stratum_type, 'all' as stratum_code, 'computed' as value_status, 'reliable' as reliability,
                if(kind = 'median', null, ?) as numerator, if(kind = 'median', null, 1500) as denominator, 5.0 as value,
                11 as threshold, false as hides_zeros, kind, 20 as minimum_n, numerator_records, numerator_records as
                denominator_records, rests_on_records, if(kind = 'median', null, 1483) as known_numerator,
                if(kind = 'median', null, 1483) as known_denominator, if(kind = 'median', ?, null) as records,
                if(kind = 'median', 1483, null) as known_records, true as is_confidential,
                if(kind = 'median', 40, null) as bin_records, if(kind = 'median', false, null) as has_small_bin
            from (values ({PLACE}))
                as places (period_type, period_start, period_end, geography_type, geography_vintage, geoid, race_standard)
            cross join (values
                ('stops', 'composition', 'positions', null), ('pay', 'median', 'pay.numerator', '{records}')
            ) as planned (measure_id, kind, numerator_records, rests_on_records)
            """,
            [race, count, count],
        )


@pytest.mark.parametrize(("records", "is_shown"), [("positions_with_pay", False), ("positions", True)])
def test_the_known_share_of_a_median_needs_rows_that_show_its_records(
    con: duckdb.DuckDBPyConnection, home: Home, records: str, is_shown: bool
) -> None:
    _plan(con, records)
    suppress(con, home.reported, NIGHT)
    shows_unknown = con.execute(
        f"select measure_id, bool_and(shows_unknown) from {REPORTED} where hidden_because is null group by all order by all"
    ).fetchall()
    assert shows_unknown == [("pay", is_shown), ("stops", True)]


def _released(con: duckdb.DuckDBPyConnection, home: Home, night: dt.datetime) -> list[tuple[object, ...]]:
    suppress(con, home.reported, night)
    home.disclosure.mkdir(exist_ok=True)
    con.execute(f"copy {REPORTED} to '{home.reported}' (format parquet)")
    return con.execute(
        f"select distinct measure_id, records, period_coverage_pct, is_revision_pending from {REPORTED} "
        "where race_ethnicity_code = 'white' order by all"
    ).fetchall()


def test_a_median_and_the_coverage_of_a_period_stay_as_reported(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """One record more leaves the median where it was; the coverage moves with every later night's events."""
    con.execute("alter table intermediate.int_disclosure__planned add column period_coverage_pct double")
    con.execute("alter table release.marts.fct_equity_measures add column period_coverage_pct double")
    _plan(con, "positions_with_pay")
    con.execute("update intermediate.int_disclosure__planned set period_coverage_pct = 97.5")
    first = _released(con, home, NIGHT)
    assert first == [("pay", 900.0, 97.5, False), ("stops", None, 97.5, False)]
    con.execute("update intermediate.int_disclosure__planned set period_coverage_pct = 97.4")
    assert _released(con, home, NIGHT + dt.timedelta(days=1)) == first
    con.execute("update intermediate.int_disclosure__planned set records = 901 where records = 900")
    assert _released(con, home, NIGHT + dt.timedelta(days=2)) == [("pay", 900.0, 97.5, True), first[1]]


def test_a_home_that_kept_no_records_of_medians_has_no_correction(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    _plan(con, "positions_with_pay")
    suppress(con, home.reported, NIGHT)
    home.disclosure.mkdir(exist_ok=True)
    con.execute(f"copy (select * exclude (records, known_records) from {REPORTED}) to '{home.reported}' (format parquet)")
    suppress(con, home.reported, NIGHT + dt.timedelta(days=1))
    assert con.execute(f"select bool_or(is_revision_pending) from {REPORTED}").fetchone() == (False,)


def _hidden_medians(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    where = "where kind = 'median' and hidden_because is not null"
    return con.execute(f"select race_ethnicity_code, stratum_code from {REPORTED} {where} order by all").fetchall()


def test_medians_of_strata_are_hidden_with_the_count_of_all_strata(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Two levels of 20 or more reveal that a hidden count is 40 or more."""
    _plan(con, "positions")
    con.execute(
        "update intermediate.int_disclosure__planned set numerator = if(race_ethnicity_code = 'asian', 43, 7) "
        "where kind <> 'median' and race_ethnicity_code in ('asian', 'black');"
        "update intermediate.int_disclosure__planned set denominator = 950, known_numerator = 950, known_denominator = 950, "
        "numerator = if(race_ethnicity_code = 'all', 950, numerator) where kind <> 'median'"
    )
    con.execute(
        "insert into intermediate.int_disclosure__planned "
        "select * exclude (level) replace ('eeo4_level' as stratum_type, level as stratum_code, 21 as records) "
        "from intermediate.int_disclosure__planned cross join (values ('1'), ('2')) as levels (level) "
        "where kind = 'median' and race_ethnicity_code in ('asian', 'white')"
    )
    suppress(con, home.reported, NIGHT)
    assert {("asian", "1"), ("asian", "2")} <= set(_hidden_medians(con))
    assert ("white", "1") not in _hidden_medians(con)


@pytest.mark.parametrize(("records", "is_hidden"), [(29, True), (30, False), (20, False)])
def test_a_median_of_nearly_all_persons_is_hidden_where_it_reveals_the_few_others(
    con: duckdb.DuckDBPyConnection, home: Home, records: int, is_hidden: bool
) -> None:
    """30 positions are published, and a reliable median is of 25 or more: at most 5 have no pay."""
    _plan(con, "positions_with_pay")
    con.execute("update intermediate.int_disclosure__planned set minimum_n = 25 where kind = 'median'")
    con.execute(f"update intermediate.int_disclosure__planned set records = {records} where records = 30")
    suppress(con, home.reported, NIGHT)
    assert (("asian", "all") in _hidden_medians(con)) is (is_hidden or records < 25)
