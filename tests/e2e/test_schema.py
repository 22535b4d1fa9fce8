"""What the files of a release say about themselves: the release, keys that hold, and figures in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.marts.keys import REFERENCED
from warehouse.paths import ANALYST_FILE, FIGURES_FILE, PUBLIC_FILE, Home
from warehouse.releases import current

PRIMARY, FOREIGN = (re.compile(rf" {kind}: ([^.]+)\.") for kind in ("Primary key", "Foreign keys"))


@pytest.fixture(scope="module")
def home(first_release: tuple[Path, dict[str, Any]]) -> Home:
    return Home(first_release[0])


def keys(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, list[str], list[tuple[str, str]]]]:
    """Schema, table, primary key, and the foreign keys with the tables to which they refer."""
    tables = (
        "select schema_name, table_name, comment from duckdb_tables() "
        "where schema_name in ('marts', 'published') and table_name <> 'release'"
    )
    for schema, table, comment in con.execute(tables).fetchall():
        primary, foreign = PRIMARY.search(comment), FOREIGN.search(comment)
        others = [tuple(each.split(" → ")) for each in foreign[1].split("; ")] if foreign else []
        yield schema, table, primary[1].split(", ") if primary else [], others


def test_every_file_names_its_release(home: Home) -> None:
    published = current(home)
    files = sorted(home.published.glob("*.duckdb"))
    assert published and len(files) == 10
    for file in files:
        with duckdb.connect(str(file), read_only=True) as con:
            schema = "published" if file.name == PUBLIC_FILE else "marts"
            rows = con.execute(f"select release_id, content_hash, as_of, city_geoid, city_title from {schema}.release").fetchall()
        assert [row[:2] for row in rows] == [(published.release_id, published.content_hash)]
        assert [(str(as_of), city) for _, _, as_of, _, city in rows] == [("2026-01-01 00:00:00", "Sampleton (a synthetic city)")]


@pytest.mark.parametrize("file", [ANALYST_FILE, FIGURES_FILE, PUBLIC_FILE])
def test_the_keys_in_the_comments_hold(home: Home, file: str) -> None:
    checked = 0
    with duckdb.connect(str(home.published / file), read_only=True) as con:
        for schema, table, primary, foreign in keys(con):
            if primary:
                names = ", ".join(primary)
                twice = f"select count(*) from (select {names} from {schema}.{table} group by all having count(*) > 1)"
                assert con.execute(twice).fetchall() == [(0,)], table
            else:
                assert file == FIGURES_FILE, f"{table}: the hash key of a publisher's figure is in the analyst file alone"
            for columns, other in foreign:
                known = " and ".join(f"{name} is not null" for name in columns.split(", "))
                lost = f"select count(*) from {schema}.{table} anti join {schema}.{other} using ({columns}) where {known}"
                assert con.execute(lost).fetchall() == [(0,)], f"{table}: {columns} → {other}"
                checked += 1
    assert checked > 15


@pytest.mark.parametrize("file", [ANALYST_FILE, FIGURES_FILE])
def test_tables_to_which_others_refer_have_their_key_as_constraint(home: Home, file: str) -> None:
    with duckdb.connect(str(home.published / file), read_only=True) as con:
        listed = "select table_name from duckdb_constraints() where constraint_type = 'PRIMARY KEY'"
        there = {name for (name,) in con.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()}
        assert {name for (name,) in con.execute(listed).fetchall()} == {*REFERENCED["marts"]} & there


@pytest.mark.parametrize("file", [ANALYST_FILE, FIGURES_FILE])
@pytest.mark.parametrize("table", ["fct_equity_measures", "scorecard"])
def test_the_rows_of_a_measure_are_next_to_each_other(home: Home, file: str, table: str) -> None:
    with duckdb.connect(str(home.published / file), read_only=True) as con:
        row = (
            f"select count(*) filter (measure_id is distinct from before), count(distinct measure_id) "
            f"from (select measure_id, lag(measure_id) over (order by rowid) as before from marts.{table})"
        )
        [(runs, measures)] = con.execute(row).fetchall()
    assert runs == measures > 20


def test_each_measure_has_one_current_row(home: Home) -> None:
    with duckdb.connect(str(home.published_analyst), read_only=True) as con:
        counted = "select measure_id from marts.dim_measure group by all having count(*) filter (is_current) <> 1"
        assert con.execute(counted).fetchall() == []
        lost = "select measure_id from marts.fct_equity_measures anti join marts.dim_measure using (measure_id, measure_version)"
        assert con.execute(lost).fetchall() == []


def test_every_group_compared_with_has_a_label(home: Home) -> None:
    with duckdb.connect(str(home.published_analyst), read_only=True) as con:
        labels = (
            "select distinct reference_code, label from marts.fct_equity_measures left join marts.dim_race_ethnicity as races "
        )
        labels += "on reference_code = races.race_ethnicity_code where reference_code is not null"
        found = dict(con.execute(labels).fetchall())
    assert found["rest"] == "Everyone else"
    assert None not in found.values()
