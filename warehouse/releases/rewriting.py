"""Remove records from the analyst file of a release that is kept, and from its parts, and report it in its manifest.

The public file and the exports contain no records and stay as published. Call it under the run lock, before `recover`: a kill
between the file and its manifest leaves a release that differs from its manifest, until the same removal is completed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.connection import attach, in_memory
from warehouse.files import sync, write_atomically
from warehouse.lake_files import part_files
from warehouse.lake_files.object_store import is_object
from warehouse.paths import ANALYST_FILE, MANIFEST_FILE, Home
from warehouse.releases.candidate import STORAGE_VERSION
from warehouse.releases.lake import part_record
from warehouse.releases.manifest import ErasedRecords, Manifest, PartRecord, ReleaseCorrupt, read_manifest
from warehouse.releases.sealing import READ_ONLY, file_record
from warehouse.rewrite import LeftOut, rewrite_database
from warehouse.sql import literal


def rewrite_release(
    home: Home, release_id: str, removal: ErasedRecords, left_out: Callable[[DuckDBPyConnection, str], LeftOut]
) -> None:
    """Rewrite the parts and the analyst file without these rows, then the manifest, which reports the removal if it has rows.

    Several releases may have the same part: the manifest of each records it as it is when that release is rewritten.

    Repeating it changes nothing more. ReleaseCorrupt, WarehouseError or DuckDB's error if the release cannot be read.
    """
    manifest = read_manifest(home, release_id)
    path = home.release(release_id) / ANALYST_FILE
    if not path.is_file():
        raise ReleaseCorrupt(release_id, path.name, "missing")
    incoming = path.with_name(f".{path.name}.next")
    parts = _rewrite_parts(home, manifest, path, left_out)
    rewrite_database(path, incoming, STORAGE_VERSION, left_out, temp_directory=home.temporary)
    incoming.chmod(READ_ONLY)
    files = {**manifest.files, ANALYST_FILE: file_record(release_id, incoming, parts)}
    others = tuple(known for known in manifest.erasures if known.removal_id != removal.removal_id)
    erasures = (*others, removal) if removal.rows else others
    changed = manifest.model_copy(update={"files": files, "parts": parts, "erasures": erasures})
    incoming.replace(path)
    sync(path.parent)
    write_atomically(home.release(release_id) / MANIFEST_FILE, changed.model_dump_json(indent=1) + "\n")


def _rewrite_parts(
    home: Home, manifest: Manifest, analyst_file: Path, left_out: Callable[[DuckDBPyConnection, str], LeftOut]
) -> dict[str, tuple[PartRecord, ...]]:
    """Rewrite the parts that contain rows to remove, under their names; the parts of the release as they are now."""
    parts = dict(manifest.parts)
    if not parts:
        return parts
    with in_memory() as con:
        con.execute(f"set temp_directory = {literal(str(home.temporary))}")
        attach(con, analyst_file, "kept", read_only=True)
        for (schema, view), condition in left_out(con, "kept").items():
            name = f"{schema}.{view}"
            parts[name] = tuple(
                _rewrite_part(con, manifest.release_id, part, condition, home.temporary) for part in parts.get(name, ())
            )
        return {name: records for name, records in parts.items() if name in manifest.parts}


def _rewrite_part(con: DuckDBPyConnection, release_id: str, part: PartRecord, condition: str, temporary: Path) -> PartRecord:
    if part_files.size(part.file) is None:
        raise ReleaseCorrupt(release_id, "lake", f"the part {part.file} is missing")
    rows = f"(from read_parquet({literal(part.file)}, hive_partitioning = false))"
    counted = con.execute(f"select count(*), count(*) filter (where {condition}) from {rows}").fetchone()
    all_rows, removed = counted or (0, 0)
    if removed:
        stay = f"select * from {rows} where not coalesce({condition}, false)"
        with part_files.written(part.file, temporary) as incoming:
            con.execute(f"copy ({stay}) to {literal(str(incoming))} (format parquet, compression zstd)")
        if not is_object(part.file):
            sync(Path(part.file).parent)
    return part_record(part.file, all_rows - removed)
