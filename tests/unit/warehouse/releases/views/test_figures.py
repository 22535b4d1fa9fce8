"""The views of figures: which rows each has, what may be summed, and which map a place is of."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from warehouse.releases import create_public_views

# measure, period type, its start, kind of place, map, place, its name, group, numerator, value, latest, featured, stand-in
ROWS = """
insert into file.published.scorecard
select *, 'published' from (values
    ('requests', 'year', '2024-01-01', 'city', 'current', 'C', 'Milwaukee', 'all', 30, 3, false, false, false),
    ('requests', 'year', '2025-01-01', 'city', 'current', 'C', 'Milwaukee', 'all', 50, 5, true, true, false),
    ('requests', 'year', '2025-01-01', 'city', 'current', 'C', 'Milwaukee', 'black', 20, 6, true, true, false),
    ('requests', 'year', '2025-01-01', 'city', 'current', 'C', 'Milwaukee', 'white', 25, 4, true, true, false),
    ('requests', 'month', '2025-02-01', 'city', 'current', 'C', 'Milwaukee', 'all', 7, 1, true, false, false),
    ('requests', 'year', '2025-01-01', 'city', 'current', 'Z', 'Elsewhere', 'all', 900, 9, true, false, true),
    ('requests', 'year', '2021-01-01', 'ward', '2012', '1', 'Ward 1', 'all', 11, 1, false, false, false),
    ('requests', 'year', '2025-01-01', 'ward', '2022', '1', 'Ward 1', 'all', 10, 1, true, false, false),
    ('requests', 'year', '2025-01-01', 'ward', '2022', '2', 'Ward 2', 'all', 38, 2, true, false, false),
    ('requests', 'year', '2025-01-01', 'ward', '2022', 'outside', 'Outside the wards', 'all', 2, null, true, false, false),
    ('requests', 'month', '2025-02-01', 'ward', '2022', '1', 'Ward 1', 'all', 3, 1, true, false, false),
    ('staff', 'snapshot', '2024-06-30', 'city', 'current', 'C', 'Milwaukee', 'all', 100, 100, false, false, false),
    ('staff', 'snapshot', '2025-06-30', 'city', 'current', 'C', 'Milwaukee', 'all', 110, 100, true, false, false),
    ('staff', 'snapshot', '2025-06-30', 'city', 'current', 'C', 'Milwaukee', 'black', 40, 36, true, true, false),
    ('deaths', '3_year', '2021-01-01', 'county', 'current', 'K', 'Milwaukee County', 'all', 9, 2, false, false, false),
    ('deaths', '3_year', '2022-01-01', 'county', 'current', 'K', 'Milwaukee County', 'all', 8, 2, true, true, false),
    ('stops', 'year', '2025-01-01', 'city', 'current', 'C', 'Milwaukee', 'all', 4, null, true, false, false),
    ('stops', 'year', '2025-01-01', 'county', 'current', 'K', 'Milwaukee County', 'all', 6, null, true, false, false)
)
"""
TABLES = """
create schema file.published;
create table file.published.scorecard (
    measure_id text, period_type text, period_start date, geography_type text, geography_vintage text, geoid text, place text,
    race_ethnicity_code text, numerator double, value double, is_latest boolean, is_featured boolean, is_stand_in boolean,
    publication_status text
);
comment on column file.published.scorecard.numerator is 'The count. Warning: never sum it over rows';
create table file.published.geographies (
    geography_type text, geography_vintage text, geoid text, scorecard_order integer, is_council_district boolean
);
insert into file.published.geographies values
    ('city', 'current', 'C', 1, false), ('city', 'current', 'Z', null, false), ('county', 'current', 'K', 3, false),
    ('ward', '2012', '1', null, true), ('ward', '2022', '1', null, true), ('ward', '2022', '2', null, true);
"""


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as file")
        con.execute(TABLES + ROWS)
        create_public_views(con, "file")
        con.execute("use file")
        yield con


def ask(con: DuckDBPyConnection, sql: str) -> list[tuple[object, ...]]:
    return con.execute(sql).fetchall()


def test_a_sum_over_rows_counts_each_record_once(con: DuckDBPyConnection) -> None:
    """Of the rows of 2025, the city's 50 repeat the groups, the months, the wards and the records of another city."""
    assert ask(con, "select sum(numerator) from figures.by_year where measure_id = 'requests'") == [(80,)]
    assert ask(con, "select sum(numerator) from figures.by_month where measure_id = 'requests'") == [(7,)]
    assert ask(con, "select sum(numerator) from figures.by_district where measure_id = 'requests'") == [(48,)]
    assert ask(con, "select sum(numerator) from figures.latest where measure_id = 'requests'") == [(50,)]


def test_what_must_not_be_summed_has_another_name(con: DuckDBPyConnection) -> None:
    assert ask(con, "select sum(numerator_of_group) from figures.by_group where measure_id = 'requests'") == [(45,)]
    for view, column in (
        ("by_snapshot", "numerator_on_day"),
        ("by_window", "numerator_of_window"),
        ("by_group", "numerator_of_group"),
    ):
        with pytest.raises(duckdb.BinderException, match=f'"?{column}'):
            con.execute(f"select sum(numerator) from figures.{view}")
    with pytest.raises(duckdb.BinderException, match="race_ethnicity_code"):
        con.execute("select * from figures.by_year where race_ethnicity_code = 'black'")  # by_year_and_group has it


def test_the_latest_figure_of_a_measure_is_one(con: DuckDBPyConnection) -> None:
    """Of its page, or where the page has no figure, of the first place that has rows: the city before the county."""
    assert ask(con, "select measure_id, period_type, place from figures.latest order by 1") == [
        ("deaths", "3_year", "Milwaukee County"), ("requests", "year", "Milwaukee"), ("staff", "snapshot", "Milwaukee"),
        ("stops", "year", "Milwaukee"),
    ]  # fmt: skip


def test_a_place_names_its_map_where_there_are_several(con: DuckDBPyConnection) -> None:
    assert ask(con, "select place, numerator from figures.by_district order by 1") == [
        ("Ward 1 (map of 2022)", 10), ("Ward 2 (map of 2022)", 38),
    ]  # fmt: skip
    places = ask(con, "select distinct place from figures.by_district_and_year order by 1")
    assert places == [("Ward 1 (map of 2012)",), ("Ward 1 (map of 2022)",), ("Ward 2 (map of 2022)",)]
    assert ask(con, "select distinct place from figures.by_year where measure_id = 'requests'") == [("Milwaukee",)]


def test_a_comment_names_what_a_row_is_of(con: DuckDBPyConnection) -> None:
    views = dict(ask(con, "select view_name, comment from duckdb_views() where schema_name = 'figures'"))
    assert views["by_district_and_year"] == "One row per measure, ward, year: figures of everyone"
    assert "by race or ethnicity in figures.by_year_and_group" in str(views["by_year"])
    assert {"by_quarter", "by_quarter_and_group"} <= views.keys(), "views of the city exist without rows"
    comments = dict(ask(con, "select table_name, comment from duckdb_columns() where starts_with(column_name, 'numerator')"))
    assert comments["by_year"] == "The count"
    assert "Warning: a stock is counted again on each day" in str(comments["by_snapshot"])
