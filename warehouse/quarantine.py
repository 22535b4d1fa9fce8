"""A working warehouse that does not read: telling that it does not, and moving it aside.

Belongs here: that one file. Does not: making it again from the kept deliveries (`ingest.landing.landing_journal`), damaged
releases (`warehouse.releases`).

Nothing of the working warehouse is lost with it: what departments sent lies in `deliveries/`, what was published in `releases/`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from warehouse.connection import WarehouseCorrupt, WarehouseError, as_ours, open_working, opened_afresh
from warehouse.paths import Home
from warehouse.sql import quoted

# Somebody may want to look at what broke. Of a disk that breaks a file every night, only the last few.
KEPT_ASIDE = 2
ASIDE = "warehouse.damaged-"


def open_or_begin_anew(
    home: Home, *, suspect: bool, memory_limit: str | None = None, threads: int | None = None
) -> tuple[DuckDBPyConnection, str | None]:
    """The run's connection to the working warehouse, and, if a damaged one was moved aside for it, a sentence that says so.

    What does not open is damaged. `suspect`: read every block first, since the last run broke off.
    """
    why = unreadable(home.warehouse) if suspect and home.warehouse.exists() else None
    try:
        if why is None:
            return open_working(home, memory_limit=memory_limit, threads=threads), None
    except WarehouseCorrupt as error:
        why = error.detail
    aside = set_aside(home)
    note = f"The working warehouse did not read ({why.rstrip('.')}): moved aside as {aside.name}, made again from the deliveries."
    return open_working(home, memory_limit=memory_limit, threads=threads), note


def unreadable(path: Path) -> str | None:
    """Why the file does not read to its end, None if it does. A block's checksum is seen only when the block is read."""
    try:
        with opened_afresh(path, "looked_at") as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'looked_at'"
            ).fetchall()
            for schema, table in tables:
                connection.execute(f"select max(hash(r)) from looked_at.{quoted(schema)}.{quoted(table)} as r").fetchone()
    except (WarehouseError, duckdb.Error) as error:
        said = error if isinstance(error, WarehouseError) else as_ours(path, error)
        # whatever else is wrong (somebody holds it, there is no memory) is no damage, and opening it says so
        return said.detail if isinstance(said, WarehouseCorrupt) else None
    return None


def set_aside(home: Home) -> Path:
    """Rename the working warehouse and its log; where it is now. Of earlier ones only the newest stay."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    aside = home.root / f"{ASIDE}{stamp}.duckdb"
    log = home.warehouse.with_name(f"{home.warehouse.name}.wal")
    if log.exists():  # first: a log without its file is nothing, beside a new file it would be replayed into it
        log.replace(aside.with_name(f"{aside.name}.wal"))
    home.warehouse.replace(aside)
    for old in sorted(home.root.glob(f"{ASIDE}*.duckdb"))[:-KEPT_ASIDE]:
        old.with_name(f"{old.name}.wal").unlink(missing_ok=True)
        old.unlink()
    return aside
