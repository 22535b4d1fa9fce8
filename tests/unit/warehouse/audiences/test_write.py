"""A file of an audience has the planned rows and columns, and nothing else of the analyst file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from warehouse.audiences.plan import FilePlan, Shown, TablePlan
from warehouse.audiences.write import write_file
from warehouse.connection import in_memory, open_from_disk
from warehouse.sql import columns_of

FACT = {
    "visit_key": Shown.NUMBER, "source": Shown.WHOLE, "_source_row": Shown.NO_LINEAGE, "seen_on": Shown.MONTH,
    "seen_at": Shown.MONTH, "clinic": Shown.ORGANISATIONS, "address": Shown.NO_ADDRESS,
}  # fmt: skip
NOTE = {"note_key": Shown.NO_KEY, "visit_key": Shown.NUMBER, "source": Shown.WHOLE, "note": Shown.WHOLE}
PLAN = FilePlan(
    audience="health",
    tables={
        "marts.fct_visits": TablePlan(sources=("mhd__visits",), columns=FACT),
        "marts.fct_notes": TablePlan(sources=("mhd__visits",), columns=NOTE),
        "marts.dim_place": TablePlan(columns={"geoid": Shown.WHOLE}),
    },
)


@pytest.fixture
def analyst(tmp_path: Path) -> Path:
    path = tmp_path / "levelground.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("""
            create schema marts; create schema reference; create schema quality; create schema stats;
            create macro stats.half(x) as x / 2;
            create table reference.organisation_words as select 'LLC' as word union all select 'Clinic';
            create table quality.rejected_rows as select 'secret of a row' as message;
            create table marts.dim_place as select '01' as geoid;
            create table marts.fct_visits (visit_key varchar not null, source varchar, _source_row bigint, seen_on date,
                seen_at timestamp, clinic varchar, address varchar);
            comment on column marts.fct_visits.seen_on is 'When';
            insert into marts.fct_visits values
                (md5('3'), 'mhd__visits', 3, '2025-03-17', '2025-03-17 14:55:00', 'Main Clinic, LLC', '1 ELM ST'),
                (md5('1'), 'mhd__visits', 1, '2025-03-02', null, 'DOE, JANE', '2 ELM ST'),
                (md5('2'), 'dns__other', 2, '2025-01-05', null, 'Other Clinic', '3 ELM ST');
            create table marts.fct_notes as
                select md5('9') as note_key, md5('1') as visit_key, 'mhd__visits' as source, 'b' as note
        """)
    return path


def write(analyst: Path, plan: FilePlan, name: str = "levelground_records_health.duckdb") -> Path:
    with in_memory() as con:
        con.execute(f"attach '{analyst}' as kept (read_only)")
        write_file(con, "kept", plan, analyst.with_name(name), "v1.0.0")
    return analyst.with_name(name)


def test_the_file_has_the_rows_of_its_sources_as_far_as_the_agreement_allows(analyst: Path) -> None:
    path = write(analyst, PLAN)
    assert path.stat().st_mode & 0o777 == 0o600
    with open_from_disk(path, "f") as con:
        assert {table: list(columns) for table, columns in columns_of(con, "f").items()} == {
            ("marts", "dim_place"): ["geoid"],
            ("marts", "fct_notes"): ["visit_number", "source", "note"],
            ("marts", "fct_visits"): ["visit_number", "source", "seen_on", "seen_at", "clinic"],
        }
        rows = con.execute("select source, seen_on::varchar, seen_at::varchar, clinic from f.marts.fct_visits order by clinic")
        assert rows.fetchall() == [
            ("mhd__visits", "2025-03-01", "2025-03-01 00:00:00", "Main Clinic, LLC"),
            ("mhd__visits", "2025-03-01", None, None),
        ]
        assert con.execute("select f.stats.half(4)").fetchall() == [(2.0,)]
        described = "select column_name, comment from duckdb_columns() where table_name = 'fct_visits'"
        comments = dict(con.execute(described).fetchall())
        assert comments["seen_on"] == "When; the first day of its month: the agreement does not name days"


def test_a_random_number_joins_the_tables_in_place_of_the_hash_of_the_record_number(analyst: Path) -> None:
    path = write(analyst, PLAN)
    with open_from_disk(path, "f") as con:
        joined = con.execute(
            "select visit.clinic, note.note from f.marts.fct_notes as note join f.marts.fct_visits as visit using (visit_number)"
        ).fetchall()
        assert joined == [(None, "b")]
        numbers = con.execute("select list(visit_number order by visit_number) from f.marts.fct_visits").fetchall()
        assert numbers == [([1, 2],)]
    content = path.read_bytes()
    for number in ("1", "2", "3", "9"):
        assert hashlib.md5(number.encode()).hexdigest().encode() not in content


def test_no_byte_of_another_row_or_table_is_in_the_file(analyst: Path) -> None:
    content = write(analyst, PLAN).read_bytes()
    assert b"Main Clinic, LLC" in content
    for private in (b"ELM ST", b"DOE, JANE", b"Other Clinic", b"secret of a row", b"rejected_rows"):
        assert private not in content


def test_figures_have_the_views_of_analysis(analyst: Path) -> None:
    code = ("geography_type", "geography_vintage", "geoid")
    tables = {
        "marts.dim_geography": TablePlan(columns=dict.fromkeys((*code, "name"), Shown.WHOLE)),
        "marts.fct_figures": TablePlan(columns=dict.fromkeys((*code, "value"), Shown.WHOLE)),
    }
    plan = FilePlan(audience="figures", tables=tables)
    place = "select 'tract' as geography_type, '2020' as geography_vintage, '01' as geoid"
    with duckdb.connect(str(analyst)) as con:
        con.execute(f"create table marts.dim_geography as {place}, 'A' as name")
        con.execute(f"create table marts.fct_figures as {place}, 5 as value")
    path = write(analyst, plan, "levelground_figures.duckdb")
    with duckdb.connect(str(path), read_only=True) as con:
        assert con.execute("select place, value from analysis.figures").fetchall() == [("A", 5)]


def test_the_file_of_figures_has_the_views_of_figures_and_a_file_of_records_has_none(analyst: Path) -> None:
    with duckdb.connect(str(analyst)) as con:
        con.execute("""
            create table marts.scorecard as select 'a' as measure_id, 7 as value; create schema figures;
            create view figures.latest as select measure_id, value from marts.scorecard;
            comment on column figures.latest.value is 'How many'
        """)
    scorecard = TablePlan(columns={"measure_id": Shown.WHOLE, "value": Shown.WHOLE})
    figures = write(analyst, FilePlan(audience="figures", tables={"marts.scorecard": scorecard}), "levelground_figures.duckdb")
    with duckdb.connect(str(figures), read_only=True) as con:
        assert con.execute("from figures.latest").fetchall() == [("a", 7)]
        of_value = "select comment from duckdb_columns() where schema_name = 'figures' and column_name = 'value'"
        assert con.execute(of_value).fetchall() == [("How many",)]
    with duckdb.connect(str(write(analyst, PLAN)), read_only=True) as con:
        assert con.execute("select * from duckdb_schemas() where schema_name = 'figures'").fetchall() == []


def test_a_comment_names_the_keys_that_the_file_has(analyst: Path) -> None:
    keys = {
        "fct_visits": (
            "Visits. Primary key: visit_key. Foreign keys: source → dim_source; geoid → dim_place; visit_key → fct_notes."
        ),
        "fct_notes": "Notes. Primary key: note_key. Foreign keys: source → dim_source.",
    }
    with duckdb.connect(str(analyst)) as con:
        for table, text in keys.items():
            con.execute(f"comment on table marts.{table} is '{text}'")
    with open_from_disk(write(analyst, PLAN), "f") as con:
        comments = dict(con.execute("select table_name, comment from duckdb_tables() where schema_name = 'marts'").fetchall())
    assert comments["fct_visits"] == "Visits. Primary key: visit_number. Foreign keys: visit_number → fct_notes."
    assert comments["fct_notes"] == "Notes."
