"""Publishing a release: `published/` points to it, and `current.json` says so.

Belongs here: the swap, and what is current. Does not: putting right a swap that was cut off (`recovery`), choosing or keeping
releases (`history`). A swap changes files and wants the run lock held; readers need nothing.
"""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from warehouse.disclosure.publication_ledger import remember
from warehouse.files import sync, write_atomically
from warehouse.fingerprint import file_sha256
from warehouse.paths import EXPORTS, RELEASE_FILES, SHARED, Home
from warehouse.releases.exports import CHECKSUMS
from warehouse.releases.manifest import Manifest, ReleaseCorrupt
from warehouse.releases.sealing import READ_ONLY, inspect, verify
from warehouse.releases.swap_intent import intend

REMOVING_PREFIX = ".removing-"


class Current(BaseModel):
    """The published release, as `current.json` tells it. `path`: the published analyst file."""

    model_config = ConfigDict(frozen=True)

    release_id: str
    created_at: AwareDatetime
    data_as_of: datetime | None
    content_hash: str
    path: Path


def current(home: Home) -> Current | None:
    """What is published, None before the first release; ReleaseCorrupt if `current.json` is damaged."""
    try:
        told = json.loads(home.current_json.read_bytes())
        return Current.model_validate(told | {"path": home.published_analyst})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, ValidationError):
        why = "damaged; `levelground releases rollback ID` writes it anew"
        raise ReleaseCorrupt("that is published", home.current_json.name, why) from None


def swap(home: Home, release_id: str, *, is_new: bool = False, sealed: Manifest | None = None) -> Current:
    """Publish a release of this home, verified before and after. Open readers keep the file they have.

    The intent file makes every cut recoverable: before it nothing is touched, after it `recover` knows where to go. `is_new`: it
    was never out; the ledger of disclosure control has it before anybody can open it. `sealed`: what `seal` has just returned,
    which read all of its files to their end for it.
    """
    manifest = sealed or verify(home, release_id)
    intend(home, release_id, is_new=is_new)
    if is_new:
        remember(home, release_id)
    _remove_foreign_logs(home)
    for name in RELEASE_FILES:
        _place(home.release(release_id) / name, home.published / name)
    _place_exports(home, manifest)
    _remove_foreign_logs(home)
    sync(home.published)
    _verify_published(home, manifest)
    told = manifest.model_dump(include=set(Current.model_fields))
    new = Current(**told, path=home.published_analyst)
    write_atomically(home.current_json, new.model_dump_json(exclude={"path"}, indent=1) + "\n")
    home.swap_intent.unlink()
    return new


def _place(release_file: Path, published_file: Path) -> None:
    """One link, one rename: the published name is at every moment the old file or the new one."""
    temporary = published_file.with_name(f".{published_file.name}.next")
    temporary.unlink(missing_ok=True)
    try:
        os.link(release_file, temporary)
    except OSError:  # a file system without hard links, or the most that one file may have
        shutil.copyfile(release_file, temporary)
        sync(temporary)
    temporary.chmod(READ_ONLY)
    temporary.replace(published_file)
    temporary.unlink(missing_ok=True)  # two links to one file: rename does nothing and leaves both names


def _place_exports(home: Home, manifest: Manifest) -> None:
    """File by file, the checksums last; what the release does not have goes."""
    folder = home.published_exports
    folder.mkdir(mode=SHARED, exist_ok=True)
    for name in sorted(manifest.exports, key=lambda name: (name == CHECKSUMS, name)):
        _place(home.release(manifest.release_id) / EXPORTS / name, folder / name)
    for path in folder.iterdir():
        if path.name not in manifest.exports:
            path.unlink()
    sync(folder)


def _remove_foreign_logs(home: Home) -> None:
    # A client that opened a published file for writing and died leaves a log that DuckDB replays into whatever has that name.
    for log in home.published.glob("*.wal*"):
        log.unlink()


def _verify_published(home: Home, manifest: Manifest) -> None:
    for name in RELEASE_FILES:
        path, wanted = home.published / name, manifest.files[name]
        linked = path.samefile(home.release(manifest.release_id) / name)  # verified a moment ago
        if not linked and file_sha256(path) != wanted.sha256:
            raise ReleaseCorrupt(manifest.release_id, f"published/{name}", "the copy differs from the release")
        if inspect(manifest.release_id, path) != (wanted.schemas, wanted.tables):
            raise ReleaseCorrupt(manifest.release_id, f"published/{name}", "its tables are not those of the release")
    for name, record in manifest.exports.items():
        path = home.published_exports / name
        if not path.samefile(home.release(manifest.release_id) / EXPORTS / name) and file_sha256(path) != record.sha256:
            raise ReleaseCorrupt(manifest.release_id, f"published/{EXPORTS}/{name}", "the copy differs from the release")
