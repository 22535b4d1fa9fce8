"""The views of facts with the names of their places: under any name of the file, and never with more rows than the fact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from tests.unit.warehouse.releases.test_sealing import seal_it
from warehouse.connection import attach, detach, open_reader
from warehouse.paths import Home
from warehouse.releases import Candidate, ReleaseCorrupt, create_analyst_views, drop_views, swap, verify
from warehouse.releases.views import columns_left_out
from warehouse.rewrite import rewrite_database

MARTS = """
create schema release.marts;
create table release.marts.dim_geography (geography_type text, geography_vintage text, geoid text, name text);
insert into release.marts.dim_geography values
    ('neighborhood', 'current', 'RIVERWEST', 'Riverwest'), ('aldermanic_district', '2012', '3', 'Third district'),
    ('aldermanic_district', '2022', '3', 'Third district'), ('city', 'current', '5553000', 'Milwaukee');
create table release.marts.fct_calls (
    call_key text, jurisdiction text, neighborhood_geoid text, aldermanic_district_geoid text, aldermanic_district_vintage text
);
comment on column release.marts.fct_calls.neighborhood_geoid is 'The neighborhood';
insert into release.marts.fct_calls values
    ('a', '5553000', 'RIVERWEST', '3', '2022'), ('b', '5553000', 'ELSEWHERE', '3', '2012'), ('c', '5553000', null, null, null);
create table release.marts.fct_population (geography_type text, geography_vintage text, geoid text, population double);
insert into release.marts.fct_population values ('neighborhood', 'current', 'RIVERWEST', 10);
create table release.marts.fct_rates (geography_type text, geography_vintage text, geoid text, place text);
insert into release.marts.fct_rates values ('neighborhood', 'current', 'RIVERWEST', 'as it was named');
"""
CALLS = [
    ("a", "5553000", "Milwaukee", "RIVERWEST", "Riverwest", "3", "Third district (map of 2022)", "2022"),
    ("b", "5553000", "Milwaukee", "ELSEWHERE", None, "3", "Third district (map of 2012)", "2012"),
    ("c", "5553000", "Milwaukee", None, None, None, None, None),
]


@pytest.fixture
def candidate(home: Home) -> Candidate:
    begun = Candidate.begin(home, "run")
    with duckdb.connect() as con:
        attach(con, begun.analyst_path, "release")
        attach(con, begun.public_path, "public")
        con.execute(f"{MARTS} create schema public.published; create table public.published.release as select 1 as release_id")
        create_analyst_views(con, "release")
        drop_views(con, "release")  # the next run starts from a copy of the file
        create_analyst_views(con, "release")
        for alias in ("release", "public"):
            detach(con, alias)
    return begun


def calls(con: DuckDBPyConnection, schema: str) -> object:
    return con.execute(f"select * from {schema}.calls order by call_key").fetchall()


def test_a_name_follows_its_code(home: Home, candidate: Candidate) -> None:
    manifest = seal_it(home, candidate)
    assert "analysis.calls" not in manifest.files["levelground.duckdb"].tables, "a view has no rows of its own"
    assert verify(home, manifest.release_id) == manifest
    file = home.release(manifest.release_id) / "levelground.duckdb"
    with open_reader(file) as con:
        assert calls(con, "analysis") == CALLS
        assert con.execute("select place from population").fetchall() == [("Riverwest",)], "the schema is searched"
        assert con.execute("select * from analysis.rates").fetchall()[0][-1] == "as it was named"
        found = con.execute("select column_name, comment from duckdb_columns() where table_name = 'calls'").fetchall()
    comments = dict(found)
    assert comments["neighborhood_geoid"] == "The neighborhood"
    assert comments["neighborhood_name"] == "The name of neighborhood_geoid"
    swap(home, manifest.release_id, sealed=manifest)
    with open_reader(home.published_analyst) as con:
        assert calls(con, "analysis") == CALLS
    with duckdb.connect() as con:
        con.execute(f"attach '{file}' as another_name (read_only)")
        assert calls(con, "another_name.analysis") == CALLS


def test_a_few_rows_of_a_large_fact_are_read_without_the_others(candidate: Candidate) -> None:
    rows = 2_000_000
    with duckdb.connect(candidate.analyst_path) as con:
        con.execute(f"insert into marts.fct_calls select n, '5553000', 'RIVERWEST', '3', '2022' from range({rows}) as r (n)")
        con.execute("set threads = 1")
        plan = con.execute("explain (analyze, format json) select * from analysis.calls limit 10").fetchall()[0][1]
    assert max(int(found) for found in re.findall(r'"operator_rows_scanned": (\d+)', plan)) < rows / 10


@pytest.mark.parametrize(("file", "schema"), [("levelground_public.duckdb", "analysis"), ("levelground.duckdb", "marts")])
def test_other_views_are_refused(home: Home, candidate: Candidate, file: str, schema: str) -> None:
    with duckdb.connect(candidate.folder / file) as con:
        con.execute(f"create schema if not exists {schema}; create view {schema}.one as select 1 as n")
    with pytest.raises(ReleaseCorrupt, match=f"{schema}.one is a view"):
        seal_it(home, candidate)


def test_a_file_without_records_keeps_its_views(candidate: Candidate, tmp_path: Path) -> None:
    copy = tmp_path / "levelground.duckdb"
    assert rewrite_database(candidate.analyst_path, copy, "v1.0.0", lambda *_: {("marts", "fct_calls"): "call_key = 'a'"}) == 1
    with open_reader(copy) as con:
        assert calls(con, "analysis") == CALLS[1:]


DIMENSIONS = """
create schema file.marts;
create table file.marts.dim_geography (geography_type text, geography_vintage text, geoid text, name text);
create table file.marts.dim_source (source text, is_stand_in boolean);
insert into file.marts.dim_source values ('ours', false), ('theirs', true);
create table file.marts.fct_stops (source text, occurred_on date, tract_geoid text);
insert into file.marts.fct_stops values ('ours', null, null), ('theirs', null, null), ('removed', null, null);
create table file.marts.fct_removals (
    source text, dimension_reported text, race_ethnicity_code text, stratum_type text, category text, removals_count integer
);
insert into file.marts.fct_removals values
    ('ours', 'Race', 'black', 'all', 'suspension', 7), ('ours', 'Race', 'black', 'all', 'expulsion', 1),
    ('ours', 'Race', 'black', 'all', 'all', 8), ('ours', 'Race', null, 'all', 'suspension', 2),
    ('ours', 'All', 'all', 'all', 'suspension', 9), ('ours', 'Sex', 'all', 'sex', 'suspension', 9);
create table file.marts.fct_positions (source text, is_latest_snapshot boolean);
insert into file.marts.fct_positions values ('ours', false), ('ours', true), ('ours', true);
create table file.marts.fct_projects (source text, period_end date, spent_usd integer, spent_in_period_usd integer);
insert into file.marts.fct_projects values ('ours', '2025-03-31', 5, 5), ('ours', '2025-06-30', 7, 2);
"""


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as file")
        con.execute(DIMENSIONS)
        create_analyst_views(con, "file", {"fct_stops": {"tract_geoid"}})
        con.execute("use file")
        yield con


def test_records_of_another_city_are_marked(con: DuckDBPyConnection) -> None:
    found = con.execute("select source, is_stand_in from analysis.stops order by 1").fetchall()
    assert found == [("ours", False), ("removed", False), ("theirs", True)]


def test_a_place_that_no_source_has_is_no_column(con: DuckDBPyConnection) -> None:
    assert [name for name, *_ in con.execute("describe analysis.stops").fetchall()] == ["source", "is_stand_in", "occurred_on"]
    assert columns_left_out(con, "file") == {"fct_stops": ["tract_geoid"]}, "a file that is written again leaves out the same"


def test_each_student_is_once_in_a_view_of_what_is_delivered_in_dimensions(con: DuckDBPyConnection) -> None:
    """7 suspensions and 1 expulsion of one group, 2 suspensions of unknown race; the fact sums to 36."""
    sums = {
        view: con.execute(f"select sum(removals_count) from analysis.{view}").fetchone()
        for view in ("removals", "removals_total", "removals_by_stratum")
    }
    assert sums == {"removals": (10,), "removals_total": (9,), "removals_by_stratum": (9,)}


def test_a_stock_and_a_sum_to_date_are_those_of_the_newest_delivery(con: DuckDBPyConnection) -> None:
    assert con.execute("select count(*) from analysis.positions").fetchall() == [(2,)]
    assert con.execute("select count(*) from analysis.positions_by_snapshot").fetchall() == [(3,)]
    assert con.execute("select sum(spent_usd) from analysis.projects").fetchall() == [(7,)]
    assert con.execute("select sum(spent_in_period_usd) from analysis.projects_by_period").fetchall() == [(7,)]
