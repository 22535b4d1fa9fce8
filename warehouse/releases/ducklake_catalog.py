"""Write a DuckLake catalog of the facts of one release, for clients that read DuckLake. It never changes and copies no row.

The catalog contains a table per fact over the parts that the release lists, in schema `parts`, and the release's own view of each
in `marts`. DuckLake notes the least and the greatest value of each column: keep the file as private as the parts.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.connection import attach, in_memory, load_extension, read_objects
from warehouse.paths import ANALYST_FILE, Home
from warehouse.releases.manifest import read_manifest
from warehouse.releases.sealing import READ_ONLY
from warehouse.sql import literal, quoted

READ = "read_parquet("


class NoParts(Exception):
    """The release has no parts in a lake: its analyst file contains all rows."""

    def __init__(self, release_id: str) -> None:
        super().__init__(f"release {release_id} has no parts in a lake: its analyst file contains every row; open that")


def write_catalog(home: Home, release_id: str, to: Path) -> int:
    """Write the catalog of a release to a new file, and return the number of its facts.

    NoParts; FileExistsError; UnknownRelease or ReleaseCorrupt; ModuleNotFoundError without the extension; DuckDB's errors.
    """
    manifest = read_manifest(home, release_id)
    if not manifest.parts:
        raise NoParts(release_id)
    if to.exists():
        raise FileExistsError(f"{to} exists; a catalog never changes, so write another file or delete this one")
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".catalog-") as folder, in_memory() as con:
        unfinished = Path(folder) / to.name
        load_extension(con, "ducklake")
        attach(con, home.release(release_id) / ANALYST_FILE, "released", read_only=True)
        read_objects(con, [part.file for part in manifest.all_parts])
        con.execute(f"attach {literal(f'ducklake:{unfinished}')} as lake (data_path {literal(folder)})")
        con.execute("create schema lake.parts")
        for name, parts in manifest.parts.items():
            schema, _, fact = name.partition(".")
            files = [part.file for part in parts]
            rows = f"read_parquet({literal(files[0])}, hive_partitioning = false)"
            con.execute(f"create table lake.parts.{quoted(fact)} as from {rows} limit 0")
            for file in files:
                con.execute(f"call ducklake_add_data_files('lake', {literal(fact)}, {literal(file)}, schema => 'parts')")
            con.execute(f"create schema if not exists lake.{quoted(schema)}")
            con.execute(f"create view lake.{quoted(schema)}.{quoted(fact)} as {_over_table(con, schema, fact)}")
        con.execute("detach lake")
        unfinished.chmod(READ_ONLY)
        unfinished.rename(to)
    return len(manifest.parts)


def _over_table(con: DuckDBPyConnection, schema: str, fact: str) -> str:
    """The SELECT of a released view, which reads the table of its parts in the catalog instead of the files."""
    found = con.execute(
        "select sql from duckdb_views() where database_name = 'released' and schema_name = ? and view_name = ?", [schema, fact]
    ).fetchone()
    assert found is not None
    select = str(found[0]).partition(" AS ")[2].rstrip("; \n")
    begins = select.index(READ)
    ends, depth = begins + len(READ), 1
    while depth:
        depth += {"(": 1, ")": -1}.get(select[ends], 0)
        ends += 1
    return f"{select[:begins]}lake.parts.{quoted(fact)}{select[ends:]}"
