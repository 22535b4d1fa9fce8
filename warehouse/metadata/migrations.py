"""Apply the migrations that a working warehouse has not had yet, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from duckdb import DuckDBPyConnection

from warehouse.metadata import intake, receipts

# `delivery`: views on the newest batches. `landing`: promoted rows. `typed`: views on accepted rows.
SCHEMAS = ("delivery", "landing", "typed", "intake", receipts.SCHEMA)
VERSIONS = "create table if not exists intake.migrations (number integer, name varchar)"


def migrate(con: DuckDBPyConnection) -> tuple[str, ...]:
    """Create or migrate the metadata tables of the working warehouse, and return the names of the migrations applied.

    A kill between two migrations leaves the tables at the version that `intake.migrations` records.
    """
    for schema in SCHEMAS:
        con.execute(f"create schema if not exists {schema}")
    con.execute(VERSIONS)
    applied = {number for (number,) in con.execute("select number from intake.migrations").fetchall()}
    pending = [(number, *one) for number, one in enumerate(intake.MIGRATIONS, start=1) if number not in applied]
    for number, name, sql in pending:
        with _transaction(con):
            con.execute(sql)
            con.execute("insert into intake.migrations values (?, ?)", [number, name])
    if _an_earlier_version_ran(con):
        with _transaction(con):
            con.execute(intake.AFTER_AN_EARLIER_VERSION)
    return tuple(name for _, name, _ in pending)


def _an_earlier_version_ran(con: DuckDBPyConnection) -> bool:
    """Whether a version without migrations has run on the home since: its incremental facts then have to be built in full."""
    found = con.execute(
        "select 1 from duckdb_tables() where database_name = current_database() and schema_name = 'intake' "
        "and list_contains(?, table_name)",
        [intake.OLD_NAMES],
    )
    return found.fetchone() is not None


@contextmanager
def _transaction(con: DuckDBPyConnection) -> Iterator[None]:
    con.begin()
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    con.commit()
