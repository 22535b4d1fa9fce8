"""What Great Expectations needs of the dialect, without Great Expectations."""

from __future__ import annotations

import gc
from pathlib import Path

import duckdb
import duckdb_sqlalchemy
import pytest
import sqlalchemy
from sqlalchemy import NullPool, text
from sqlalchemy.dialects import registry

from warehouse import dialect


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "some warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema landing; create table landing.calls as select range as call from range(5000)")
    return path


def test_results_can_be_fetched_after_the_connection_went_back_to_the_pool(database: Path) -> None:
    with dialect.engine(database).connect() as connection:
        result = connection.execute(text("select call from landing.calls order by call"))
    assert [row[0] for row in result.fetchall()] == list(range(5000))


def test_the_rest_of_a_half_read_result_comes_late_too(database: Path) -> None:
    with dialect.engine(database).connect() as connection:
        result = connection.execute(text("select call from landing.calls order by call"))
        assert result.fetchone() == (0,)
    gc.collect()
    assert len(result.fetchall()) == 4999


def test_the_plain_dialect_still_loses_late_results_so_the_override_is_still_needed(database: Path) -> None:
    registry.register("duckdb", "duckdb_sqlalchemy", "Dialect")
    with sqlalchemy.create_engine(f"duckdb:///{database}").connect() as connection:
        result = connection.execute(text("select call from landing.calls"))
    assert result.fetchall() == []


def test_the_private_method_that_it_leans_on_moves_pending_rows_aside() -> None:
    wrapper = duckdb_sqlalchemy.ConnectionWrapper(duckdb.connect())
    cursor = wrapper.cursor()
    cursor.execute("select range from range(3)")
    wrapper._buffer_pending_result()
    wrapper.close()
    assert cursor.fetchall() == [(0,), (1,), (2,)]


def test_it_joins_the_instance_that_the_process_holds(database: Path) -> None:
    with duckdb.connect(str(database)) as holding:
        holding.execute("attach ':memory:' as release; create table release.marts as select 7 as seven")
        with dialect.engine(database).connect() as connection:
            assert connection.execute(text("select seven from release.marts")).scalar() == 7


def test_it_keeps_no_connection_so_the_file_is_free_afterwards(database: Path) -> None:
    engine = dialect.engine(database)
    with engine.connect() as connection:
        connection.execute(text("select 1"))
    with duckdb.connect(str(database), read_only=True) as other_configuration:
        assert other_configuration.execute("select count(*) from landing.calls").fetchone() == (5000,)


def test_register_gives_it_to_engines_that_libraries_build(database: Path) -> None:
    registry.register("duckdb", "duckdb_sqlalchemy", "Dialect")
    dialect.register()
    engine = sqlalchemy.create_engine(f"duckdb:///{database}")
    assert type(engine.dialect) is dialect.Dialect
    assert isinstance(engine.pool, NullPool)
