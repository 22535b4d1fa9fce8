"""Open a delivered file as byte streams: the file itself, the content of a gz, or each member of a zip.

Nothing is unpacked to disk: a member of an archive is read as a stream. See `ingest.readers.tables` for reading a stream.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any, cast

from ingest.errors import DeliveryError
from ingest.readers.files import File, is_left_behind
from ingest.readers.reader_types import Opener, Stream

# An archive is a bomb if it unpacks to this many times its size, and is large by then. Tables shrink 5 to 40 times (the dispatch
# file of 2023: 21), a column of zeros about 1000 times.
MOST_TIMES, NEVER_A_BOMB = 300, 256 << 20
GZIP_MAGIC = b"\x1f\x8b"
# Every current Office file is a zip with this member; a workbook is read as one file.
OFFICE_MEMBER = "[Content_Types].xml"
PACK_AGAIN = "create it again with an ordinary zip program"


def open_streams(source: str, file: File, member: str | None) -> tuple[Stream, ...]:
    """The streams in a file; `member` selects members of a zip, all without it.

    Raises `DeliveryError` if an archive cannot be opened, has none of the selected members, or is not safe to read.
    """
    with file.open() as opened:
        begins = opened.read(len(GZIP_MAGIC))
        opened.seek(0)
        # is_zipfile moves the file position, and an empty file has no end to read
        is_zip = bool(begins) and zipfile.is_zipfile(opened)
    if is_zip:
        return _members(source, file, member)
    suffix = PurePosixPath(file.name).suffix.lower()
    if suffix == ".zip":
        raise DeliveryError(source, file.name, "this is not a zip archive, or it is damaged", "deliver it again")
    if suffix == ".gz" or begins == GZIP_MAGIC:
        return (Stream(file.name, partial(_open_gzip, source, file), packed=True),)
    return (Stream(file.name, file.open),)


def _members(source: str, file: File, wanted: str | None) -> tuple[Stream, ...]:
    try:
        with file.open() as opened, zipfile.ZipFile(opened) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            opened.seek(0, io.SEEK_END)
            size = opened.tell()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise DeliveryError(source, file.name, "this is not a zip archive, or it is damaged", "deliver it again") from None
    if any(info.filename == OFFICE_MEMBER for info in members):
        _check_size(source, file, members, size)
        return (Stream(file.name, file.open),)
    _check_names(source, file, members)
    found = [info for info in members if not is_left_behind(PurePosixPath(info.filename))]
    names = sorted(info.filename for info in found if not wanted or fnmatch(info.filename, wanted))
    if not names:
        what = f"no member {wanted}" if wanted else "no file"
        raise DeliveryError(
            source, file.name, f"the archive has {what}", "deliver it again, or correct format.member in the contract"
        )
    _check_size(source, file, found, size)
    every = {info.filename.lower(): info.filename for info in found}

    def sibling(name: str, suffix: str) -> Opener | None:
        other = every.get(str(PurePosixPath(name).with_suffix(suffix)).lower())
        return partial(_open_member, file, other) if other else None

    return tuple(
        Stream(f"{file.name}/{name}", partial(_open_member, file, name), partial(sibling, name), packed=True) for name in names
    )


def _check_names(source: str, file: File, found: list[zipfile.ZipInfo]) -> None:
    """Check that every member has a unique name, which stays inside the archive and is printable."""
    names = Counter(info.filename for info in found)
    twice = sorted(name for name, times in names.items() if times > 1)
    if twice:
        problem = f"{len(twice)} names in it are repeated, and only the last member of each could be read"
        raise DeliveryError(source, file.name, problem, PACK_AGAIN)
    for name in names:
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or not parts[0] or parts[0].endswith(":") or not name.isprintable():
            problem = "the name of a member points outside the archive, or contains control characters"
            raise DeliveryError(source, file.name, problem, PACK_AGAIN)


def _check_size(source: str, file: File, found: list[zipfile.ZipInfo], size: int) -> None:
    """Check the sizes that an archive declares. More is never read, and less fails the archive's check sums."""
    if sum(info.file_size for info in found) > max(NEVER_A_BOMB, MOST_TIMES * size):
        raise _bomb_error(source, file.name)


def _bomb_error(source: str, name: str) -> DeliveryError:
    problem = f"the archive unpacks to more than {MOST_TIMES} times its size"
    return DeliveryError(source, name, problem, "deliver the files themselves, unless it is a mistake")


@contextmanager
def _open_gzip(source: str, file: File) -> Iterator[IO[bytes]]:
    with file.open() as opened:
        opened.seek(0, io.SEEK_END)
        size = opened.tell()
        opened.seek(0)
        with gzip.GzipFile(fileobj=opened) as stream:
            yield cast(
                "IO[bytes]",
                io.BufferedReader(_LimitedStream(stream, size, _bomb_error(source, file.name)), io.DEFAULT_BUFFER_SIZE << 4),
            )


@contextmanager
def _open_member(file: File, member: str) -> Iterator[IO[bytes]]:
    with file.open() as opened, zipfile.ZipFile(opened) as archive, archive.open(member) as stream:
        yield stream


class _LimitedStream(io.RawIOBase):
    """The content of a gz; raises an error if it is a bomb."""

    def __init__(self, stream: gzip.GzipFile, size: int, bomb: DeliveryError) -> None:
        self._stream, self._most, self._bomb, self._come = stream, max(NEVER_A_BOMB, MOST_TIMES * size), bomb, 0

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes; raises `DeliveryError` if they are too many."""
        data = self._stream.read(len(buffer))
        self._come += len(data)
        if self._come > self._most:
            raise self._bomb
        buffer[: len(data)] = data
        return len(data)


ARCHIVE_ERRORS = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError)
