"""Create a candidate, two database files in a temporary folder into which a run builds, and seal it as a release.

To seal is to check its files on disk, write the manifest, and rename the folder; releases are verified later. See `swapping` for
publishing a release.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.audiences.keys import key_of
from warehouse.connection import BLOCK_SIZE, WarehouseError, WrongKey, create_empty, open_from_disk
from warehouse.files import sync, write_atomically
from warehouse.fingerprint import file_sha256
from warehouse.paths import ANALYST_FILE, EXPORTS, MANIFEST_FILE, PUBLIC_FILE, RELEASE_FILES, Home
from warehouse.releases.lake import damaged_parts, missing_part
from warehouse.releases.manifest import (
    ExportRecord,
    FileRecord,
    Manifest,
    ReleaseCorrupt,
    UnknownRelease,
    known_releases,
    parse_manifest,
    read_manifest,
    write_intent,
)
from warehouse.releases.views import PUBLIC_VIEWS, VIEW_SCHEMAS
from warehouse.sql import one_value, quoted

PREFIX = ".candidate-"
# The format of the oldest DuckDB that docs/connect names. v1.0.0 stores 1.4 kB of statistics for each column of an empty table.
# Tested in 2026-12: DuckDB 1.1.3 reads every cell.
STORAGE_VERSION = "v1.1.0"
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
READ_ONLY = 0o440


@dataclass(frozen=True)
class Candidate:
    """The candidate release of a run."""

    folder: Path
    run_id: str

    @classmethod
    def begin(cls, home: Home, run_id: str, base: Path | None = None, block_size: int = BLOCK_SIZE) -> Candidate:
        """Create a candidate with two databases: the analyst file as a copy of `base`, if given; else empty.

        Call it under the run lock: it deletes the candidates of killed runs.
        """
        if _RUN_ID.fullmatch(run_id) is None:
            raise ValueError(f"{run_id!r} is not a run id: letters, digits, - and _ only")
        remove_leftovers(home)
        candidate = cls(home.releases / f"{PREFIX}{run_id}", run_id)
        candidate.folder.mkdir(mode=0o700)
        for name in RELEASE_FILES:
            if name == ANALYST_FILE and base is not None:
                # a copy, because a link would let dbt write into the release
                shutil.copyfile(base, candidate.folder / name)
                candidate.analyst_path.chmod(0o600)
            else:
                create_empty(candidate.folder / name, STORAGE_VERSION, block_size)
        return candidate

    @property
    def analyst_path(self) -> Path:
        """The database for `marts`, `reference`, `quality` and `stats`."""
        return self.folder / ANALYST_FILE

    @property
    def public_path(self) -> Path:
        """The database for `published` and `stats`."""
        return self.folder / PUBLIC_FILE

    def discard(self) -> None:
        """Delete the candidate, if it still exists."""
        if self.folder.exists():
            shutil.rmtree(self.folder)


def remove_leftovers(home: Home) -> list[str]:
    """Delete every candidate in the home, under the run lock; return their names."""
    leftovers = sorted(home.releases.glob(f"{PREFIX}*"))
    for folder in leftovers:
        shutil.rmtree(folder)
    return [folder.name for folder in leftovers]


def write_manifest(home: Home, candidate: Candidate, draft: Manifest) -> Manifest:
    """Make the candidate's files read-only, and record and verify them. Detach them everywhere first.

    `draft`: the manifest without its files and exports.
    ReleaseCorrupt if a file is in use, does not open, contains another view, or changes; the candidate stays then.
    """
    release_id = draft.release_id
    if release_id in known_releases(home):
        raise ValueError(f"release {release_id} exists; ids come from new_release_id")
    for name in draft.databases:
        if name in RELEASE_FILES:
            (candidate.folder / name).chmod(READ_ONLY)  # the swap gives the others to their groups
        sync(candidate.folder / name)
    folder, exports = candidate.folder / EXPORTS, {}
    for path in sorted(folder.glob("*")):
        path.chmod(READ_ONLY)
        sync(path)
        exports[path.name] = ExportRecord(sha256=file_sha256(path), size=path.stat().st_size)
    if exports:
        sync(folder)
    keys = {name: key_of(plan.key_env, name) for name, plan in draft.audiences.items()}
    files = {name: file_record(release_id, candidate.folder / name, draft.parts, keys.get(name)) for name in draft.databases}
    manifest = draft.model_copy(update={"files": files, "exports": exports})
    write_atomically(candidate.folder / MANIFEST_FILE, manifest.model_dump_json(indent=1) + "\n")
    check_files(parse_manifest(candidate.folder / MANIFEST_FILE, release_id), candidate.folder)
    return manifest


def keep_release(home: Home, candidate: Candidate, manifest: Manifest) -> None:
    """Rename the candidate's folder to that of the release. From here on, the next command completes a swap that is not done."""
    # First: otherwise a rollback could publish a release that a kill left sealed, without its ledger.
    write_intent(home, manifest.release_id, is_new=True)
    candidate.folder.rename(home.release(manifest.release_id))
    sync(home.releases)


def verify(home: Home, release_id: str) -> Manifest:
    """The manifest of a release, if its files match it; else ReleaseCorrupt or UnknownRelease."""
    manifest = read_manifest(home, release_id)
    check_files(manifest, home.release(release_id))
    return manifest


def find_damage(home: Home, release_id: str) -> str | None:
    """The first file of a release that changed since it was sealed, None if none did; opens no database, unlike `verify`."""
    try:
        manifest = read_manifest(home, release_id)
    except (ReleaseCorrupt, UnknownRelease) as error:
        return str(error)
    folder = home.release(release_id)
    differing = ((name, _difference(folder / name, record)) for name, record in _sealed_files(manifest).items())
    return next((f"{name}: {why}" for name, why in differing if why), None) or missing_part(manifest)


def check_files(manifest: Manifest, folder: Path) -> None:
    """Compare the database files and exports in `folder`, and the parts, with the manifest; ReleaseCorrupt names a difference.

    Bytes are compared: equal ones have the tables that sealing has read.
    """
    for _, damage in damaged_parts(manifest.all_parts):
        raise ReleaseCorrupt(manifest.release_id, "lake", damage)
    sealed = _sealed_files(manifest)
    exported = {f"{EXPORTS}/{path.name}" for path in (folder / EXPORTS).glob("*")}
    for name in sorted({*manifest.databases, *exported} - sealed.keys()):
        raise ReleaseCorrupt(manifest.release_id, name, "the manifest does not list it")
    for name, record in sealed.items():
        _check_closed(manifest.release_id, folder / name, name)
        if why := _difference(folder / name, record):
            raise ReleaseCorrupt(manifest.release_id, name, why)


def _sealed_files(manifest: Manifest) -> dict[str, ExportRecord]:
    return {**manifest.files} | {f"{EXPORTS}/{name}": record for name, record in manifest.exports.items()}


def _difference(path: Path, sealed: ExportRecord) -> str | None:
    """How a file differs from the sealed one; None if it does not."""
    if not path.is_file():
        return "missing"
    if (size := path.stat().st_size) != sealed.size:
        return f"it differs from the sealed file: {size} bytes, {sealed.size} when sealed"
    return None if file_sha256(path) == sealed.sha256 else "its content differs from the sealed file"


def read_tables(
    release_id: str, path: Path, views: Collection[str] = (), key: str | None = None
) -> tuple[tuple[str, ...], dict[str, int]]:
    """The schemas and the row counts by `schema.table` of a file on disk; ReleaseCorrupt if a table cannot be read.

    `views`: the views over parts, by `schema.view`. `key`: of an encrypted file; WrongKey if it is not its key.
    """
    try:
        with open_from_disk(path, "sealed", key=key) as connection:
            relations = connection.execute(
                "select table_schema, table_name, table_type from information_schema.tables "
                "where table_catalog = 'sealed' order by all"
            ).fetchall()
            tables = {}
            for schema, table, kind in relations:
                # any other view contains the alias of its database, and breaks under another; swaps add a dot to a file's name
                is_view = kind != "BASE TABLE" and schema in (PUBLIC_VIEWS if PUBLIC_FILE in path.name else VIEW_SCHEMAS)
                if kind != "BASE TABLE" and not is_view and f"{schema}.{table}" not in views:
                    raise ReleaseCorrupt(release_id, path.name, f"{schema}.{table} is a view; only tables are released")
                relation = f"sealed.{quoted(schema)}.{quoted(table)}"
                # a view is bound, so that its columns exist; its tables are read anyway
                connection.execute(f"select * from {relation} limit {0 if is_view else 1}").fetchall()
                if is_view:
                    continue
                tables[f"{schema}.{table}"] = one_value(connection, f"select count(*) from {relation}")
            return tuple(sorted({schema for schema, _, _ in relations})), tables
    except WrongKey:
        raise
    except WarehouseError as error:
        raise ReleaseCorrupt(release_id, path.name, error.detail.rstrip(".")) from None
    except duckdb.Error as error:
        raise ReleaseCorrupt(release_id, path.name, f"DuckDB cannot read it ({type(error).__name__})") from None


def file_record(release_id: str, path: Path, views: Collection[str] = (), key: str | None = None) -> FileRecord:
    """The hash, size, schemas and row counts of a database file; ReleaseCorrupt if it is in use or cannot be read.

    `views`: the views over parts that it may have. `key`: of an encrypted file.
    """
    _check_closed(release_id, path, path.name)
    schemas, tables = read_tables(release_id, path, views, key)
    return FileRecord(sha256=file_sha256(path), size=path.stat().st_size, schemas=schemas, tables=tables)


def _check_closed(release_id: str, path: Path, name: str) -> None:
    # The log first: opening the file would replay it into this file only, not into copies of it.
    if path.with_name(f"{path.name}.wal").exists():
        raise ReleaseCorrupt(release_id, name, "a write-ahead log exists: the file is still in use, or its writer was killed")
    if not path.is_file():
        raise ReleaseCorrupt(release_id, name, "missing")
