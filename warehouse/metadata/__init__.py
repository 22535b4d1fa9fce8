"""Define and migrate the metadata tables of the working warehouse: the schemas `intake` and `receipts`.

Call `migrate` after opening the working warehouse. Add a column or table of `receipts`, which every run writes again, to
`receipts.toml`. `intake` is what the working warehouse records about loads, superseded rows, models and gate results. Change a
table of it by adding a file to the folder `intake`; never edit one that a release contains. Homes from before the table
`intake.migrations` start at the first migration with their tables in place, so that one uses `if not exists`. See
`ingest.landing.tables` for the landing tables, whose columns follow the contracts.

    loads               one row per accepted load that landing was made from: its sequence, times and counts
    rejected_rows       one row per delivered row without a usable period or key
    marks               one row per source: under which terms its landed rows were marked as accepted or refused
    superseded_rows     one row per landed row that a later load replaced, until every incremental fact has deleted it
    superseded_since    one row per source: the first load whose superseded rows are all recorded
    node_fingerprints   one row per built model or seed: what it was built from; with `release_id`, what a table of that release
                        equals, because a later build gave the same content
    gate_results        one row per mart whose gate passed: the result, and the fingerprint of the tables it read
    erasures            one row per removal of records of a source: how many, why, when, by whom (`ingest.delivery.removals`)
    erased_records      one row per erased record and form of its key: the keyed hash by which later deliveries lack it
    migrations          one row per applied migration
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.metadata import receipts

# `delivery`: views on the newest batches. `landing`: promoted rows. `typed`: views on accepted rows.
SCHEMAS = ("delivery", "landing", "typed", "intake", receipts.SCHEMA)
VERSIONS = "create table if not exists intake.migrations (number integer, name varchar)"
_FOLDER = Path(__file__).parent / "intake"
# (name, SQL) in the order in which they are applied; the position, from 1, is the number that `intake.migrations` records.
MIGRATIONS = [
    (file.stem.partition("_")[2].replace("_", " "), file.read_text(encoding="utf-8")) for file in sorted(_FOLDER.glob("*_*.sql"))
]
# An earlier version that runs on a migrated home creates its tables under their old names and records deletions only there: its
# incremental facts then have to be built in full.
OLD_NAMES = ("gone", "gone_since", "standing", "verdicts")
CURRENT_NAMES = ("superseded_rows", "superseded_since", "node_fingerprints", "gate_results")


def migrate(con: DuckDBPyConnection) -> tuple[str, ...]:
    """Create or migrate the metadata tables of the working warehouse, and return the names of the migrations applied.

    A kill between two migrations leaves the tables at the version that `intake.migrations` records.
    """
    for schema in SCHEMAS:
        con.execute(f"create schema if not exists {schema}")
    con.execute(VERSIONS)
    applied = {number for (number,) in con.execute("select number from intake.migrations").fetchall()}
    pending = [(number, *one) for number, one in enumerate(MIGRATIONS, start=1) if number not in applied]
    for number, name, sql in pending:
        with _transaction(con):
            con.execute(sql)
            con.execute("insert into intake.migrations values (?, ?)", [number, name])
    tables = "database_name = current_database() and schema_name = 'intake' and list_contains(?, table_name)"
    if con.execute(f"select 1 from duckdb_tables() where {tables}", [OLD_NAMES]).fetchone():
        with _transaction(con):
            con.execute("".join(f"drop table if exists intake.{name};" for name in OLD_NAMES))
            con.execute("".join(f"delete from intake.{name};" for name in CURRENT_NAMES))
    return tuple(name for _, name, _ in pending)


@contextmanager
def _transaction(con: DuckDBPyConnection) -> Iterator[None]:
    con.begin()
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    con.commit()
