"""Opening a delivered file: as it lies there, out of gz, or member by member out of a zip.

Here: which byte streams a file holds. Not here: what they mean (`tables`). Nothing is unpacked to disk: an archive's member
is read as a stream.
"""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from fnmatch import fnmatch
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, cast

from ingest.connectors.errors import DeliveryError

Opener = Callable[[], AbstractContextManager[IO[bytes]]]


def streams(source: str, path: Path, name: str, member: str | None) -> Iterator[tuple[str, Opener]]:
    """(name, opener) of each stream in a file; `member` says which members of a zip are meant, all without it.

    Raises `DeliveryError` for an archive that cannot be opened or holds nothing that is meant.
    """
    if zipfile.is_zipfile(path):
        for found in _members(source, path, name, member):
            yield f"{name}/{found}", partial(_open_member, path, found)
    elif path.suffix.lower() == ".zip":
        raise DeliveryError(source, name, "this is no zip archive, or it is damaged", "deliver it again")
    elif path.suffix.lower() == ".gz":
        yield name, partial(_open_gzip, path)
    else:
        yield name, lambda: path.open("rb")


def _members(source: str, path: Path, name: str, wanted: str | None) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted({info.filename for info in archive.infolist() if not info.is_dir()})
    except (zipfile.BadZipFile, OSError):
        raise DeliveryError(source, name, "this is no zip archive, or it is damaged", "deliver it again") from None
    members = [
        member for member in members if not member.startswith("__MACOSX/") and not PurePosixPath(member).name.startswith(".")
    ]
    meant = [member for member in members if fnmatch(member, wanted)] if wanted else members
    if not meant:
        what = f"no member {wanted}" if wanted else "no file"
        raise DeliveryError(source, name, f"the archive holds {what}", "deliver it again, or mend format.member in the contract")
    return meant


@contextmanager
def _open_gzip(path: Path) -> Iterator[IO[bytes]]:
    with gzip.open(path, "rb") as stream:
        yield cast("IO[bytes]", stream)


@contextmanager
def _open_member(path: Path, member: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
        yield stream
