"""A view per pair of maps: a join of places of one kind cannot meet two maps of another."""

from __future__ import annotations

import duckdb
import pytest

from warehouse.releases.views import create_analysis_views

# tract 1 is of both maps; its people are 100, and the second map of wards divides it
BRIDGE = """
create schema file.marts;
create table file.marts.bridge_geography (
    from_type text, from_vintage text, from_geoid text, to_type text, to_vintage text, to_geoid text,
    weight_basis text, weight double, fit_quality enum ('poor', 'fair', 'good', 'exact')
);
insert into file.marts.bridge_geography values
    ('tract', '2010', '1', 'ward', '2022', 'A', 'area', 1, 'good'),
    ('tract', '2020', '1', 'ward', '2012', 'A', 'population', 1, 'exact'),
    ('tract', '2020', '1', 'ward', '2022', 'A', 'population', 0.25, 'fair'),
    ('tract', '2020', '1', 'ward', '2022', 'B', 'population', 0.75, 'good'),
    ('tract', '2020', '1', 'city', 'current', 'C', 'population', 1, 'exact');
create table file.marts.people (geoid text, people integer);
insert into file.marts.people values ('1', 100);
"""


def test_a_person_is_moved_once_and_the_worst_fit_is_the_least() -> None:
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as file")
        con.execute(BRIDGE)
        create_analysis_views(con, "file")
        con.execute("use file")
        views = con.execute("select view_name from duckdb_views() where schema_name = 'maps' order by 1").fetchall()
        assert views == [("tract_2010_to_ward_2022",), ("tract_2020_to_ward_2012",), ("tract_2020_to_ward_2022",)]
        moved = """
            select sum(people * weight), min(fit_quality), count(*) from marts.people
            inner join maps.tract_2020_to_ward_2022 as bridge on bridge.tract_2020_geoid = people.geoid
        """
        assert con.execute(moved).fetchall() == [(100.0, "fair", 2)]
        with pytest.raises(duckdb.BinderException, match="geoid"):
            con.execute("select * from marts.people inner join maps.tract_2020_to_ward_2022 using (geoid)")


def test_a_file_without_a_bridge_has_no_maps() -> None:
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as file")
        create_analysis_views(con, "file")
        assert con.execute("select 1 from duckdb_schemas() where schema_name = 'maps'").fetchall() == []
