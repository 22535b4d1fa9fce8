"""Remove records from the analyst file of a release that is kept, and report it in its manifest.

The public file and the exports contain no records and stay as published. Call it under the run lock, before `recover`: a kill
between the file and its manifest leaves a release that differs from its manifest, until the same removal is completed.
"""

from __future__ import annotations

from collections.abc import Callable

from duckdb import DuckDBPyConnection

from warehouse.files import sync, write_atomically
from warehouse.paths import ANALYST_FILE, MANIFEST_FILE, Home
from warehouse.releases.candidate import STORAGE_VERSION
from warehouse.releases.manifest import ErasedRecords, ReleaseCorrupt, read_manifest
from warehouse.releases.sealing import READ_ONLY, file_record
from warehouse.rewrite import LeftOut, rewrite_database


def rewrite_release(
    home: Home, release_id: str, removal: ErasedRecords, left_out: Callable[[DuckDBPyConnection, str], LeftOut]
) -> None:
    """Rewrite the analyst file without these rows, then the manifest, which reports the removal if it has rows.

    Repeating it changes nothing more. ReleaseCorrupt, WarehouseError or DuckDB's error if the release cannot be read.
    """
    manifest = read_manifest(home, release_id)
    path = home.release(release_id) / ANALYST_FILE
    if not path.is_file():
        raise ReleaseCorrupt(release_id, path.name, "missing")
    incoming = path.with_name(f".{path.name}.next")
    rewrite_database(path, incoming, STORAGE_VERSION, left_out, temp_directory=home.temporary)
    incoming.chmod(READ_ONLY)
    files = {**manifest.files, ANALYST_FILE: file_record(release_id, incoming)}
    others = tuple(known for known in manifest.erasures if known.removal_id != removal.removal_id)
    changed = manifest.model_copy(update={"files": files, "erasures": (*others, removal) if removal.rows else others})
    incoming.replace(path)
    sync(path.parent)
    write_atomically(home.release(release_id) / MANIFEST_FILE, changed.model_dump_json(indent=1) + "\n")
