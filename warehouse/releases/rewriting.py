"""Remove records from the analyst file of a release that is kept, and from its parts, and report it in its manifest.

Files of audiences do not say which delivered row a record is: those with rows of the source, or with a table of counts that has
lost some, are written again from the analyst file. The public file and the exports contain no records and stay as published. Call
it under the run lock, before `recover`: a kill between the file and its manifest leaves a release that differs from its manifest,
until the same removal is completed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.audiences.keys import is_key_set, key_of
from warehouse.audiences.plan import FilePlan
from warehouse.audiences.write import set_release_row, write_file
from warehouse.connection import WarehouseError, attach, in_memory
from warehouse.files import sync, write_atomically
from warehouse.lake_files import part_files
from warehouse.lake_files.object_store import is_object
from warehouse.paths import ANALYST_FILE, MANIFEST_FILE, Home
from warehouse.releases.lake import part_record
from warehouse.releases.manifest import ErasedRecords, Manifest, PartRecord, ReleaseCorrupt, known_releases, read_manifest
from warehouse.releases.sealing import READ_ONLY, STORAGE_VERSION, file_record
from warehouse.releases.views import columns_left_out
from warehouse.rewrite import LeftOut, rewrite_database
from warehouse.sql import literal


def rewrite_release(
    home: Home, release_id: str, removal: ErasedRecords, left_out: Callable[[DuckDBPyConnection, str], LeftOut]
) -> list[str]:
    """Rewrite the parts and the files without these rows, then the manifest, which reports the removal if it has rows.

    An encrypted file whose key is not set is deleted: its records could stay otherwise; a sentence per such file.

    Several releases may have the same part: the manifest of each records it as it is when that release is rewritten.

    Repeating it changes nothing more. ReleaseCorrupt, WarehouseError or DuckDB's error if the release cannot be read.
    """
    manifest = read_manifest(home, release_id)
    path = home.release(release_id) / ANALYST_FILE
    if not path.is_file():
        raise ReleaseCorrupt(release_id, path.name, "missing")
    incoming = path.with_name(f".{path.name}.next")
    parts = _rewrite_parts(home, manifest, path, left_out)
    changed_tables: set[str] = set()

    def noted(con: DuckDBPyConnection, alias: str) -> LeftOut:
        conditions = left_out(con, alias)
        changed_tables.update(f"{schema}.{table}" for schema, table in conditions)
        return conditions

    rewrite_database(path, incoming, STORAGE_VERSION, noted, temp_directory=home.temporary)
    incoming.chmod(READ_ONLY)
    files = {**manifest.files, ANALYST_FILE: file_record(release_id, incoming, parts)}
    others = tuple(known for known in manifest.erasures if known.removal_id != removal.removal_id)
    erasures = (*others, removal) if removal.rows else others
    changed = manifest.model_copy(update={"files": files, "parts": parts, "erasures": erasures})
    sources = set(removal.source.split(", "))
    affected = [
        name
        for name, plan in manifest.audiences.items()
        # a table without rows of one source has counts of all of them
        if plan.sources & sources or any(name in changed_tables and table.sources is None for name, table in plan.tables.items())
    ]
    locked = [name for name in affected if not is_key_set(manifest.audiences[name].key_env)]
    for name in affected:
        changed = _without(changed, name) if name in locked else _rewrite_file(home, changed, incoming, name, removal)
    incoming.replace(path)
    for name in affected:
        written = path.with_name(f".{name}.next")
        if name in locked:
            (path.parent / name).unlink(missing_ok=True)
        else:
            written.replace(path.parent / name)
    sync(path.parent)
    write_atomically(home.release(release_id) / MANIFEST_FILE, changed.model_dump_json(indent=1) + "\n")
    return [f"Deleted {name} of release {release_id}: its key {manifest.audiences[name].key_env} is not set." for name in locked]


def _without(manifest: Manifest, name: str) -> Manifest:
    """The manifest without a file."""
    files, audiences = (
        {key: each for key, each in known.items() if key != name} for known in (manifest.files, manifest.audiences)
    )
    return manifest.model_copy(update={"files": files, "audiences": audiences})


def _rewrite_file(home: Home, manifest: Manifest, analyst_file: Path, name: str, removal: ErasedRecords) -> Manifest:
    """Write the file of an audience again, or copy that of a release that was written from the same inputs."""
    plan = manifest.audiences[name].after_removal(removal.removal_id)
    path = home.release(manifest.release_id) / f".{name}.next"
    for leftover in (path, path.with_name(f"{path.name}.wal")):
        leftover.unlink(missing_ok=True)
    with in_memory(home.temporary) as con:
        attach(con, analyst_file, "kept", read_only=True)
        if not copy_equal_file(con, "kept", home, known_releases(home), name, plan, path):
            write_file(con, "kept", plan, path, STORAGE_VERSION, columns_left_out(con, "kept"))
    record = file_record(manifest.release_id, path, manifest.parts, key_of(plan.key_env, name))
    files, audiences = {**manifest.files, name: record}, {**manifest.audiences, name: plan}
    return manifest.model_copy(update={"files": files, "audiences": audiences})


def copy_equal_file(
    con: DuckDBPyConnection, analyst: str, home: Home, release_ids: Iterable[str], name: str, plan: FilePlan, path: Path
) -> bool:
    """Copy the file of a release that has this very plan, and opens with the key of today; whether one was found.

    The copy has the release row of the analyst file that is attached as `analyst`.
    """
    for release_id in release_ids if plan.inputs else ():
        try:
            if read_manifest(home, release_id).audiences.get(name) != plan:
                continue
            shutil.copyfile(home.release(release_id) / name, path)
            set_release_row(con, analyst, plan, path, STORAGE_VERSION)
        except (OSError, ReleaseCorrupt, WarehouseError):
            path.unlink(missing_ok=True)
            continue
        return True
    return False


def _rewrite_parts(
    home: Home, manifest: Manifest, analyst_file: Path, left_out: Callable[[DuckDBPyConnection, str], LeftOut]
) -> dict[str, tuple[PartRecord, ...]]:
    """Rewrite the parts that contain rows to remove, under their names; the parts of the release as they are now."""
    parts = dict(manifest.parts)
    if not parts:
        return parts
    with in_memory(home.temporary) as con:
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
