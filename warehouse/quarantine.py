"""Detect a damaged working warehouse and move it aside.

No data is lost: the deliveries are in `deliveries/`, and published data in `releases/`. See `ingest.landing.landing_table` for
restoring landing from the deliveries, and `warehouse.releases.recovery` for damaged releases.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from warehouse.connection import WarehouseCorrupt, WarehouseError, as_warehouse_error, open_from_disk, open_working
from warehouse.paths import Home
from warehouse.rewrite import enlarge_blocks
from warehouse.sql import quoted, tables_of

# Damaged files that are kept for inspection: only the newest, in case a disk damages a file every night.
KEPT_ASIDE = 2
ASIDE = "warehouse.damaged-"


def open_or_recreate(
    home: Home, *, suspect: bool, memory_limit: str | None = None, threads: int | None = None
) -> tuple[DuckDBPyConnection, str | None]:
    """The run's connection to the working warehouse, and a sentence if a damaged one was moved aside.

    A file that does not open is damaged. `suspect`: read every block first, because the last run failed.
    """
    why = find_damage(home.warehouse) if suspect and home.warehouse.exists() else None
    try:
        if why is None:
            enlarge_blocks(home.warehouse)
            return open_working(home, memory_limit=memory_limit, threads=threads), None
    except WarehouseCorrupt as error:
        why = error.detail
    aside = quarantine_warehouse(home)
    note = f"The working warehouse was damaged ({why.rstrip('.')}): moved aside as {aside.name}, restored from the deliveries."
    return open_working(home, memory_limit=memory_limit, threads=threads), note


def find_damage(path: Path) -> str | None:
    """The damage of a file, None if every block can be read. DuckDB checks the checksum of a block only when it reads it."""
    try:
        with open_from_disk(path, "looked_at") as connection:
            for schema, table in tables_of(connection, "looked_at"):
                connection.execute(f"select max(hash(r)) from looked_at.{quoted(schema)}.{quoted(table)} as r").fetchone()
    except (WarehouseError, duckdb.Error) as error:
        failure = error if isinstance(error, WarehouseError) else as_warehouse_error(path, error)
        # other errors (another process holds the file, too little memory) are no damage, and opening the file reports them
        return failure.detail if isinstance(failure, WarehouseCorrupt) else None
    return None


def quarantine_warehouse(home: Home) -> Path:
    """Rename the working warehouse and its log, and delete all but the newest earlier ones; return the new path."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    aside = home.root / f"{ASIDE}{stamp}.duckdb"
    log = home.warehouse.with_name(f"{home.warehouse.name}.wal")
    if log.exists():  # first: DuckDB would replay a log that stays into the new file
        log.replace(aside.with_name(f"{aside.name}.wal"))
    home.warehouse.replace(aside)
    for old in sorted(home.root.glob(f"{ASIDE}*.duckdb"))[:-KEPT_ASIDE]:
        old.with_name(f"{old.name}.wal").unlink(missing_ok=True)
        old.unlink()
    return aside
