"""Publish a release: link its files into `published/`, and record it in `current.json`.

A swap changes files and must hold the run lock; readers need no lock. See `recovery` for interrupted swaps, and `history` for
choosing and keeping releases.
"""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ValidationError

from warehouse.audiences.access import give, set_tables
from warehouse.audiences.names import files_of_audiences
from warehouse.disclosure.states.publication_ledger import publish_ledger
from warehouse.files import sync, write_atomically
from warehouse.fingerprint import file_sha256
from warehouse.paths import EXPORTS, SHARED, Home
from warehouse.releases.exports import CHECKSUMS
from warehouse.releases.manifest import Manifest, ReleaseCorrupt, write_intent
from warehouse.releases.sealing import READ_ONLY, verify

READABLE = 0o644  # readers of the current release need not be in the group; it contains no figures
REMOVING_PREFIX = ".removing-"


class Current(BaseModel, frozen=True):
    """The published release, as recorded in `current.json`, which is public: `content_hash` is that of the public tables.

    `path`: the published analyst file.
    """

    release_id: str
    created_at: AwareDatetime
    data_as_of: datetime | None
    content_hash: str
    path: Path


def current(home: Home) -> Current | None:
    """The published release, None before the first one; ReleaseCorrupt if `current.json` is damaged."""
    try:
        fields = json.loads(home.current_json.read_bytes())
        return Current.model_validate(fields | {"path": home.published_analyst})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, ValidationError):
        why = "damaged; `levelground releases rollback ID` restores it"
        raise ReleaseCorrupt("that is published", home.current_json.name, why) from None


def swap(home: Home, release_id: str, *, is_new: bool = False, sealed: Manifest | None = None) -> Current:
    """Publish a release of this home, verified before any published file changes. Open readers keep their old file.

    Every file is first linked next to its published name and verified there; then all are renamed in one go, and `current.json`
    last, so that readers meet files of two releases for milliseconds only.

    `recover` completes an interrupted swap from the intent file, which is written before the first rename. `is_new`: the release
    was never published; the home's ledger contains it before a reader can open it. `sealed`: the manifest that `seal` has just
    returned, whose files need no second verification.
    """
    manifest = sealed or verify(home, release_id)
    write_intent(home, release_id, is_new=is_new)
    if is_new:
        publish_ledger(home, release_id)
    _remove_foreign_logs(home)
    home.published_exports.mkdir(mode=SHARED, exist_ok=True)
    prepared = [(_link_or_copy(home, source, target), target) for source, target in paired_files(home, manifest)]
    _verify_copies(home, manifest)
    for temporary, target in prepared:
        _rename(temporary, target)
    _remove_foreign_logs(home)
    fields = manifest.model_dump(include=set(Current.model_fields))
    fields["content_hash"] = manifest.public_hash or manifest.content_hash
    new = Current(**fields, path=home.published_analyst)
    write_atomically(home.current_json, new.model_dump_json(exclude={"path"}, indent=1) + "\n", mode=READABLE)
    set_tables(home, ((plan.audience, plan.tables, plan.key_env) for plan in manifest.audiences.values()))
    for path in (*home.published_exports.iterdir(), *files_of_audiences(home.published)):
        if path.name not in {*manifest.exports, *manifest.audiences}:
            path.unlink()
    sync(home.published_exports)
    sync(home.published)
    home.swap_intent.unlink()
    return new


def paired_files(home: Home, manifest: Manifest) -> list[tuple[Path, Path]]:
    """Each file of the release with its published name; the checksums of the exports last."""
    folder = home.release(manifest.release_id)
    exports = sorted(manifest.exports, key=lambda name: (name == CHECKSUMS, name))
    return [
        *((folder / name, home.published / name) for name in manifest.databases),
        *((folder / EXPORTS / name, home.published_exports / name) for name in exports),
    ]


def _prepared(published_file: Path) -> Path:
    return published_file.with_name(f".{published_file.name}.next")


def _link_or_copy(home: Home, release_file: Path, published_file: Path) -> Path:
    """Link or copy the file next to its published name, and give it to its readers."""
    temporary = _prepared(published_file)
    temporary.unlink(missing_ok=True)
    try:
        os.link(release_file, temporary)
    except OSError:  # a file system without hard links, or the maximum number of links
        shutil.copyfile(release_file, temporary)
        sync(temporary)
    if published_file.parent == home.published:
        give(home, temporary, published_file.name)
    else:
        temporary.chmod(READ_ONLY)
    return temporary


def _rename(temporary: Path, published_file: Path) -> None:
    """The published name is always the old file or the new one."""
    temporary.replace(published_file)
    temporary.unlink(missing_ok=True)  # rename does nothing if both names link to the same file


def _remove_foreign_logs(home: Home) -> None:
    # A client that opened a published file for writing and died leaves a log, which DuckDB would replay into the new file.
    for log in home.published.glob("*.wal*"):
        log.unlink()


def _verify_copies(home: Home, manifest: Manifest) -> None:
    """ReleaseCorrupt if a copy differs from the release; `verify` or `seal` has just checked what a link links to."""
    for source, target in paired_files(home, manifest):
        path, record = _prepared(target), (manifest.files | manifest.exports)[target.name]
        if not path.samefile(source) and file_sha256(path) != record.sha256:
            name = str(target.relative_to(home.root))
            raise ReleaseCorrupt(manifest.release_id, name, "the copy differs from the release")
