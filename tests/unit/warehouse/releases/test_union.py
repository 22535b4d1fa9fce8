"""The united file has every city's public tables with the city of each row, and is written whole or not at all."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import duckdb
import pytest

from tests.conftest import ROOT
from warehouse.releases import CannotUnite, write_union

RELEASE = "create table published.release as select '20251201T000000Z-{n}' as release_id, 'v{n}' as code_version"
FIGURES = """
    create table published.equity_measures (geoid varchar, numerator integer, value decimal(9, 2));
    comment on table published.equity_measures is 'Figures.';
    comment on column published.equity_measures.geoid is 'The place.';
    insert into published.equity_measures values ('01', {n}, null), ('02', null, 0.5)
"""


def public_file(path: Path, number: int, *more: str, figures: str = FIGURES) -> Path:
    with duckdb.connect(path) as connection:
        for statement in ("create schema published", RELEASE, figures, *more):
            connection.execute(statement.format(n=number))
    return path


def test_every_row_has_its_city_and_every_table_the_reason_not_to_add_up(tmp_path: Path) -> None:
    files = {"o'brien": public_file(tmp_path / "a.duckdb", 1), "springfield": public_file(tmp_path / "b.duckdb", 2)}
    united = write_union(files, tmp_path / "all.duckdb")
    assert [(each.city, each.release_id, each.rows) for each in united] == [
        ("o'brien", "20251201T000000Z-1", 3),
        ("springfield", "20251201T000000Z-2", 3),
    ]
    with duckdb.connect(tmp_path / "all.duckdb", read_only=True) as connection:
        assert connection.execute("from published.equity_measures order by all").fetchall() == [
            ("o'brien", "01", 1, None), ("o'brien", "02", None, pytest.approx(0.5)),
            ("springfield", "01", 2, None), ("springfield", "02", None, pytest.approx(0.5)),
        ]  # fmt: skip
        comments = dict(connection.execute("select table_name, comment from duckdb_tables()").fetchall())
        assert comments.keys() == {"equity_measures", "release"}
        assert all("Never add figures of cities up" in text for text in comments.values())
        assert comments["equity_measures"].endswith("Figures.")
        columns = connection.execute(
            "select column_name, data_type, comment is not null from duckdb_columns() where table_name = 'equity_measures'"
        ).fetchall()
        assert columns == [
            ("city", "VARCHAR", True), ("geoid", "VARCHAR", True),
            ("numerator", "INTEGER", False), ("value", "DECIMAL(9,2)", False),
        ]  # fmt: skip
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("drop table published.release")
    assert stat.S_IMODE((tmp_path / "all.duckdb").stat().st_mode) == 0o440


def test_an_analyst_file_and_a_united_file_are_refused(tmp_path: Path) -> None:
    public = public_file(tmp_path / "a.duckdb", 1)
    analyst = public_file(tmp_path / "analyst.duckdb", 1, "create schema marts; create table marts.fct_calls (x int)")
    view = public_file(tmp_path / "view.duckdb", 1, "create schema analysis; create view analysis.v as select 1 as x")
    for other, schema in ((analyst, "marts"), (view, "analysis")):
        with pytest.raises(CannotUnite, match=f"of b is no public file: it has the schema {schema}. Only published"):
            write_union({"a": public, "b": other}, tmp_path / "all.duckdb")
    with duckdb.connect(tmp_path / "empty.duckdb"):
        pass
    with pytest.raises(CannotUnite, match=r"no published\.release"):
        write_union({"a": tmp_path / "empty.duckdb"}, tmp_path / "all.duckdb")
    write_union({"a": public}, tmp_path / "all.duckdb")
    with pytest.raises(CannotUnite, match="united already"):
        write_union({"c": tmp_path / "all.duckdb"}, tmp_path / "other.duckdb")
    assert not list(tmp_path.glob(".*")), "no temporary file is left"


@pytest.mark.parametrize(
    ("figures", "column"),
    [
        (FIGURES.replace("numerator integer", "numerator bigint"), "equity_measures.numerator"),
        ("create table published.equity_measures (geoid varchar, numerator integer)", "equity_measures.value"),
        (f"{FIGURES}; alter table published.equity_measures add column place varchar", "equity_measures.place"),
        ("select {n}", "equity_measures.geoid, equity_measures.numerator, equity_measures.value"),
    ],
)
def test_files_with_other_columns_are_refused_with_both_versions(tmp_path: Path, figures: str, column: str) -> None:
    first, second = public_file(tmp_path / "a.duckdb", 1), public_file(tmp_path / "b.duckdb", 2, figures=figures)
    out = tmp_path / "all.duckdb"
    write_union({"a": first}, out)
    before = out.read_bytes()
    message = rf"b \(release .*-2, version v2\) has other columns or types than a \(v1\): {re.escape(column)}\. Run the same"
    with pytest.raises(CannotUnite, match=message):
        write_union({"a": first, "b": second}, out)
    assert out.read_bytes() == before


def test_no_other_file_is_replaced(tmp_path: Path) -> None:
    public = public_file(tmp_path / "a.duckdb", 1)
    other = public_file(tmp_path / "b.duckdb", 2)
    with pytest.raises(CannotUnite, match="was not written by this command"):
        write_union({"a": public}, other)
    with pytest.raises(CannotUnite, match="there is no folder"):
        write_union({"a": public}, tmp_path / "none" / "all.duckdb")
    write_union({"a": public}, tmp_path / "all.duckdb")
    assert [each.city for each in write_union({"b": other}, tmp_path / "all.duckdb")] == ["b"]


def test_no_published_column_is_called_city() -> None:
    classified = (ROOT / "expectations" / "disclosure" / "columns.yml").read_text(encoding="utf-8")
    assert re.search(r"[\[ ]geoid,", classified), "the pattern finds a column"
    assert not re.search(r"[\[ ]city[,\]]", classified)
