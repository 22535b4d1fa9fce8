"""Define the manifest of a release, its id, the intent of a swap, and the errors about releases.

This module reads manifests from disk. See `sealing` for comparing a manifest with the files.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import AliasChoices, AwareDatetime, BaseModel, Field, ValidationError

from warehouse.audiences.plan import FilePlan
from warehouse.files import write_atomically
from warehouse.paths import MANIFEST_FILE, RELEASE_FILES, Home

RELEASE_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_STAMP = "%Y%m%dT%H%M%SZ"


class ReleaseCorrupt(Exception):
    """A release differs from its manifest; it is neither sealed nor published."""

    def __init__(self, release_id: str, file: str, why: str) -> None:
        super().__init__(f"release {release_id} is not usable: {file}: {why}. `levelground releases list` names the others")
        self.release_id = release_id
        self.file = file
        self.why = why


class UnknownRelease(Exception):
    """The home has no release with that id."""

    def __init__(self, release_id: str, known: list[str]) -> None:
        super().__init__(f"no release {release_id!r}; known: {', '.join(known) or 'none'}")
        self.release_id = release_id
        self.known = known


class ExportRecord(BaseModel, frozen=True):
    """An exported file of a release: its hash and size."""

    sha256: str
    size: int


class FileRecord(ExportRecord, frozen=True):
    """A database file of a release: its hash and size, its schemas, and the row count of each table by `schema.table`."""

    schemas: tuple[str, ...]
    tables: dict[str, int]


class PartRecord(BaseModel, frozen=True):
    """A part of a fact in the lake: its absolute path or address, hash, size and rows."""

    file: str
    sha256: str
    size: int
    rows: int


class NodeFingerprint(BaseModel, frozen=True):
    """The hashes from which a table or view was built: `state` of everything, `base` without loads, `shape` without any data.

    `loads`: the (load id, sequence) pairs that an incremental fact contains.
    """

    state: str
    base: str
    shape: str
    loads: tuple[tuple[str, int], ...] = ()


class BuildInputs(BaseModel, frozen=True):
    """The hashes of the inputs of a release, by name; empty in the manifest of an earlier version.

    `code`: per package; `seeds`: per seed file; `contracts`: per source; `contents`: of the files of a source and their rows in
    landing; `models`: per dbt model, with the macros that it calls.
    `lineage`: the inputs of each measure, as `source x`, `seed y`, `model z`. `node_fingerprints`: of each dbt node.
    `record_keys`: the id of the secret of the home's keys, which is no part of it.
    """

    code: dict[str, str] = {}
    seeds: dict[str, str] = {}
    contracts: dict[str, str] = {}
    contents: dict[str, str] = {}
    models: dict[str, str] = {}
    lineage: dict[str, tuple[str, ...]] = {}
    record_keys: str = ""
    node_fingerprints: dict[str, NodeFingerprint] = Field(
        default={},
        validation_alias=AliasChoices("node_fingerprints", "standing"),  # its name in manifests of earlier versions
    )


class ErasedRecords(BaseModel, frozen=True):
    """A removal of records from the analyst file after the release was sealed: from which source, how many rows, why and when."""

    removal_id: str
    source: str
    rows: int
    reason: str
    erased_at: datetime


class Manifest(BaseModel, frozen=True):
    """The manifest of a release. `loads`: load ids per source; `versions`: version per package; `exports`: by file name.

    A caller of `write_manifest` leaves `files` and `exports` empty.

    `data_as_of` and `as_of` (the run's clock) are in city local time. `content_hash` is the hash when the release was sealed;
    `public_hash` is that of the public tables, which `current.json` and `published.release` contain.
    `erasures` lists what was removed from the analyst file since. `parts`: `schema.view` of the analyst file → the files in the
    lake that it reads. `audiences`: the plans of the files for readers other than the data team, by file name; `team_only`: the
    tables that only the analyst file has, with the reason. Manifests of earlier versions lack the last eight fields.
    """

    release_id: str
    run_id: str
    created_at: AwareDatetime
    data_as_of: datetime | None
    code_version: str
    content_hash: str
    loads: dict[str, tuple[str, ...]]
    versions: dict[str, str]
    seeds_hash: str
    files: dict[str, FileRecord] = {}
    as_of: datetime | None = None
    made_of: BuildInputs = BuildInputs()
    exports: dict[str, ExportRecord] = {}
    erasures: tuple[ErasedRecords, ...] = ()
    parts: dict[str, tuple[PartRecord, ...]] = {}
    audiences: dict[str, FilePlan] = {}
    team_only: dict[str, str] = {}
    public_hash: str = ""

    @property
    def databases(self) -> tuple[str, ...]:
        """The names of its database files, in the order of the swap."""
        return (*RELEASE_FILES, *self.audiences)

    @property
    def all_parts(self) -> tuple[PartRecord, ...]:
        """The parts of all facts."""
        return tuple(part for parts in self.parts.values() for part in parts)


def known_releases(home: Home) -> list[str]:
    """The ids of the releases in the home, oldest first, including damaged ones."""
    if not home.releases.is_dir():
        return []
    return sorted(folder.name for folder in home.releases.iterdir() if RELEASE_ID.fullmatch(folder.name) and folder.is_dir())


def read_manifest(home: Home, release_id: str) -> Manifest:
    """The manifest of a release. UnknownRelease; ReleaseCorrupt if it cannot be read or belongs to another release."""
    known = known_releases(home)
    if release_id not in known:
        raise UnknownRelease(release_id, known)
    return parse_manifest(home.release(release_id) / MANIFEST_FILE, release_id)


def parse_manifest(path: Path, release_id: str) -> Manifest:
    """The manifest at `path`; ReleaseCorrupt if it is not that of `release_id`."""
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ReleaseCorrupt(release_id, path.name, error.strerror or str(error)) from None
    except ValidationError as error:
        raise ReleaseCorrupt(release_id, path.name, f"not a manifest ({error.error_count()} faults)") from None
    if manifest.release_id != release_id:
        raise ReleaseCorrupt(release_id, path.name, f"the manifest of {manifest.release_id}")
    return manifest


def release_moment(release_id: str) -> datetime:
    """The time in a release id."""
    return datetime.strptime(release_id.partition("-")[0], _STAMP).replace(tzinfo=UTC)


def new_release_id(home: Home, created_at: datetime, public_hash: str) -> str:
    """A release id such as `20251201T000000Z-1a2b3c4d` that sorts after every release of the home.

    Readers of the public file see it, so it names the content of public tables alone.

    Two releases in a second, or after a clock was set back, get the next free second: the newest release always has the last id.
    """
    moment = created_at.astimezone(UTC).replace(microsecond=0)
    known = known_releases(home)
    if known:
        moment = max(moment, release_moment(known[-1]) + timedelta(seconds=1))
    return f"{moment.strftime(_STAMP)}-{public_hash[:8]}"


class SwapIntent(BaseModel, frozen=True):
    """The release that a swap is publishing, recorded from before its first file moves until after the last one.

    `is_new`: it was never published, so the swap also publishes its disclosure ledger.
    """

    release_id: str
    is_new: bool = False


def write_intent(home: Home, release_id: str, *, is_new: bool) -> None:
    """Record the release; after a kill, the next start completes the swap."""
    write_atomically(home.swap_intent, SwapIntent(release_id=release_id, is_new=is_new).model_dump_json())


def read_intent(home: Home) -> SwapIntent:
    """The recorded release; ValueError if the file cannot be read."""
    return SwapIntent.model_validate_json(home.swap_intent.read_bytes())
