"""A fact has the rows of one source per day: of the one that is in charge on it, by `source_successions`."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import jinja2
import pytest

from orchestration.settings import DBT_PROJECT

OLD, NEW, NEWER = dt.date(2025, 12, 31), dt.date(2026, 3, 31), dt.date(2027, 3, 31)


@pytest.fixture
def staged() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for source in ("old", "new", "newer", "further"):
        con.execute(
            f"create table stg_{source} as select '{source}' as source, unnest([?, ?, ?, null]::date[]) as occurred_on",
            [OLD, NEW, NEWER],
        )
    con.execute("alter table stg_new add column only_here varchar")
    con.execute("create table source_successions (source varchar, successor varchar, valid_from date)")
    return con


def rows(con: duckdb.DuckDBPyConnection, *models: str) -> list[tuple[Any, ...]]:
    text = (DBT_PROJECT / "macros" / "conform" / "rows_over_time.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    listed = [*({"fact": "fct_staff", "model": model} for model in models), {"fact": "fct_other", "model": "stg_further"}]
    environment.globals.update({"ref": lambda name: name, "models_of_facts": lambda: listed})
    sql = environment.from_string(f"{text}\n{{{{ rows_over_time('stg_old', 'fct_staff') }}}}").render()
    query = f"select occurred_on, source, series_source from ({sql}) where occurred_on is not null order by all"
    return con.execute(query).fetchall()


def test_without_a_succession_every_row_is_its_own(staged: duckdb.DuckDBPyConnection) -> None:
    assert rows(staged) == [(day, "old", "old") for day in (OLD, NEW, NEWER)]
    assert len(rows(staged, "stg_further")) == 6, "a further source that succeeds none is another series"


def test_a_snapshot_is_of_one_source(staged: duckdb.DuckDBPyConnection) -> None:
    staged.execute("insert into source_successions values ('old', 'new', '2026-01-01')")
    assert rows(staged, "stg_new") == [(OLD, "old", "old"), (NEW, "new", "old"), (NEWER, "new", "old")]


def test_a_successor_may_have_one_too(staged: duckdb.DuckDBPyConnection) -> None:
    staged.execute("insert into source_successions values ('old', 'new', '2026-03-31'), ('old', 'newer', '2027-01-01')")
    assert rows(staged, "stg_new", "stg_newer") == [(OLD, "old", "old"), (NEW, "new", "old"), (NEWER, "newer", "old")]


def test_a_row_without_a_day_is_kept(staged: duckdb.DuckDBPyConnection) -> None:
    staged.execute("insert into source_successions values ('old', 'new', '2026-01-01')")
    text = (DBT_PROJECT / "macros" / "conform" / "rows_over_time.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.globals.update({"ref": lambda name: name, "models_of_facts": list})
    sql = environment.from_string(f"{text}\n{{{{ rows_over_time('stg_old', 'fct_staff') }}}}").render()
    assert staged.execute(f"select occurred_on from ({sql}) order by 1").fetchall() == [(OLD,), (None,)]
