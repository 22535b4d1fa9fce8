"""Find delivered files, in a folder or where fsspec reaches (S3, SFTP), and open them, gz and members of a zip as streams.

Nothing is copied or unpacked to this machine's disk, so that columns which a contract drops never reach it. See
`ingest.readers.tables` for reading a stream.
"""

from __future__ import annotations

import errno
import gzip
import io
import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch, fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import fsspec

from ingest.contract import Contract
from ingest.errors import DeliveryError
from ingest.readers.reader_types import Fail, Opener, Stream, random_access

# Suffixes of programs that are still writing a file: Nextcloud, WinSCP, browsers, curl, rsync.
UNFINISHED = (".part", ".filepart", ".crdownload", ".tmp", ".partial")
LEFT_BEHIND = ("__MACOSX", "Thumbs.db", "desktop.ini")
BLOCK_BYTES = 4 << 20
# An archive is a bomb if it unpacks to this many times its size, and is large by then. Tables shrink 5 to 40 times (the dispatch
# file of 2023: 21), a column of zeros about 1000 times.
MOST_TIMES, NEVER_A_BOMB = 300, 256 << 20
GZIP_MAGIC = b"\x1f\x8b"
# Every current Office file is a zip with this member; a workbook is read as one file.
OFFICE_MEMBER = "[Content_Types].xml"
Sibling = Callable[[str, str], Opener | None]
PACK_AGAIN = "create it again with an ordinary zip program"
A_BOMB = (f"the archive unpacks to more than {MOST_TIMES} times its size", "deliver the files themselves, unless it is a mistake")


@dataclass(frozen=True)
class File:
    """One delivered file: its name below the folder, its bytes, and a mark that changes with them."""

    name: str
    open: Callable[[], AbstractContextManager[IO[bytes]]]
    mark: Callable[[], str]
    path: Path | None = None


def is_delivered_file(name: PurePosixPath, ignored: Iterable[str] = ()) -> bool:
    """Whether a file of that name (below the folder) was delivered.

    Not one that a program left behind or is still writing, nor one that fits a glob of the contract (`ignore_files`).
    """
    is_whole = not is_left_behind(name) and name.suffix.lower() not in UNFINISHED
    return is_whole and not any(fnmatchcase(name.name.lower(), glob.lower()) for glob in ignored)


def is_left_behind(name: PurePosixPath) -> bool:
    """Whether a program left the file behind, in a folder or an archive."""
    return any(part.startswith((".", "~$")) or part in LEFT_BEHIND for part in name.parts)


def delivered_files(folder: Path, ignored: Iterable[str] = ()) -> tuple[Path, ...]:
    """The delivered files in a source's folder, by name, without those that fit the globs `ignored` of its contract.

    Symbolic links are among them; `local_files` refuses them.
    """
    found = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in found}
    return tuple(names[name] for name in sorted(names) if is_delivered_file(PurePosixPath(name), ignored))


def readable_name(name: str) -> str:
    """A name of the file system as text; bytes that are not UTF-8 are escaped, like caf\\xe9.csv."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def check_name(source: str, name: str) -> None:
    """Raise `DeliveryError` for a file whose name is not UTF-8: records of the delivery could not contain it."""
    readable = readable_name(name)
    if readable != name:
        remedy = "rename it in ASCII or UTF-8, for example with convmv, and deliver it again"
        raise DeliveryError(source, readable, "the bytes of its name are not UTF-8", remedy)


def local_files(contract: Contract, paths: Iterable[Path], folder: Path) -> tuple[File, ...]:
    """Files of this machine below a folder. `DeliveryError` for a symbolic link: its sender could make it lead to any file."""
    paths = tuple(paths)
    for path in paths:
        if path.is_symlink():
            remedy = "replace it by a copy of the file that it leads to, and run again"
            name = readable_name(path.relative_to(folder).as_posix())
            raise DeliveryError(contract.source, name, "it is a symbolic link", remedy)
    return tuple(local_file(path, path.relative_to(folder).as_posix()) for path in paths)


def local_file(path: Path, name: str) -> File:
    """A file of this machine; opening it fails if `path` is a symbolic link."""

    def mark() -> str:
        found = path.lstat()
        return f"{found.st_size} {found.st_mtime_ns} {found.st_ino}"

    def open_() -> IO[bytes]:
        # a link that replaced the file after it was listed is not followed
        return open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW))

    return File(name, open_, mark, path)


def is_remote(path: str) -> bool:
    """Whether a connector's path is a URL for fsspec."""
    return "://" in path


def find_files(contract: Contract, path: str) -> tuple[File, ...]:
    """The files of a connector's path, by name: a folder with everything below it, one file, or a glob.

    Raises `DeliveryError` if there are none, and if a file system cannot be reached.
    """
    if is_remote(path):
        return _remote_files(contract, path)
    base = Path(path).expanduser()
    if base.is_dir():
        return local_files(contract, delivered_files(base, contract.ignore_files), base)
    if base.is_symlink() and base.is_file():  # the contract names it, not its sender
        return (local_file(base.resolve(), base.name),)
    files = (file for file in sorted(base.parent.glob(base.name)) if file.is_symlink() or file.is_file())
    delivered = [file for file in files if is_delivered_file(PurePosixPath(file.name), contract.ignore_files)]
    if not delivered:
        raise _not_found_error(contract, path)
    return local_files(contract, delivered, base.parent)


def _not_found_error(contract: Contract, path: str) -> DeliveryError:
    return DeliveryError(
        contract.source, path, "no such file or folder", "correct connector.path in the contract, or put the file there"
    )


def _remote_files(contract: Contract, url: str) -> tuple[File, ...]:
    protocol, fail = url.split("://", maxsplit=1)[0], partial(DeliveryError, contract.source, url)
    if "::" in url or protocol in ("http", "https"):
        remedy = "write a plain address like s3://bucket/folder or sftp://user@host/folder; for the web, connector kind http"
        raise fail("a file connector does not read this address", remedy)
    try:
        system, base = fsspec.core.url_to_fs(url)
        if system.isdir(base):
            found = {path: path.removeprefix(base).lstrip("/") for path in system.find(base)}
        elif any(sign in base for sign in "*?["):
            found = {path: PurePosixPath(path).name for path in system.glob(base) if not system.isdir(path)}
        else:
            found = {base: PurePosixPath(base).name} if system.exists(base) else {}
    except ImportError:
        remedy = f"install it in the project with .venv/bin/uv pip install -e '.[{protocol}]'"
        raise fail(f"reading {protocol}:// needs a package that is not installed", remedy) from None
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own, and they may quote credentials
        remedy = "check its address, that it is up, and its credentials (docs/formats.md lists their variables)"
        raise fail(f"it cannot be listed ({type(error).__name__})", remedy) from None
    ignored = contract.ignore_files
    delivered = sorted((name, path) for path, name in found.items() if is_delivered_file(PurePosixPath(name), ignored))
    if not delivered:
        raise _not_found_error(contract, url)
    return tuple(_remote_file(system, path, name) for name, path in delivered)


def _remote_file(system: Any, path: str, name: str) -> File:
    def mark() -> str:
        with _translated_errors():
            system.invalidate_cache()
            found = system.info(path)
        facts = (found.get(key) for key in ("size", "ETag", "LastModified", "mtime", "created"))
        return " ".join(str(fact) for fact in facts if fact is not None)

    return File(name, partial(_open_remote, system, path), mark)


@contextmanager
def _open_remote(system: Any, path: str) -> Iterator[IO[bytes]]:
    """A file of an fsspec file system; archives and Parquet are read from their end."""
    with _translated_errors():
        file = system.open(path, "rb")

    def read_at(at: int, size: int) -> bytes:
        with _translated_errors():
            file.seek(at)
            return bytes(file.read(size))

    with closing(file):
        with _translated_errors():
            file.seek(0, os.SEEK_END)
            size = file.tell()
        with random_access(read_at, size, BLOCK_BYTES) as stream:
            yield stream


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Each file system has errors of its own; here they become an OSError that quotes nothing."""
    try:
        yield
    except PermissionError as error:
        raise OSError(errno.EACCES, "permission denied") from error.__cause__
    except Exception as error:  # noqa: BLE001 - of any class
        raise OSError(errno.EIO, f"the connection was lost ({type(error).__name__})") from None


def siblings(openers: Mapping[str, Opener]) -> Sibling:
    """Finds the file of the same name with another suffix, in any case: a shapefile consists of several."""
    every = {name.lower(): opener for name, opener in openers.items()}
    return lambda name, suffix: every.get(str(PurePosixPath(name).with_suffix(suffix)).lower())


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
    fail = partial(DeliveryError, source, file.name)
    try:
        with file.open() as opened, zipfile.ZipFile(opened) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            opened.seek(0, io.SEEK_END)
            size = opened.tell()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise fail("this is not a zip archive, or it is damaged", "deliver it again") from None
    if any(info.filename == OFFICE_MEMBER for info in members):
        _check_size(members, size, fail)
        return (Stream(file.name, file.open),)
    _check_names(members, fail)
    found = [info for info in members if not is_left_behind(PurePosixPath(info.filename))]
    names = sorted(info.filename for info in found if not wanted or fnmatch(info.filename, wanted))
    if not names:
        what = f"no member {wanted}" if wanted else "no file"
        raise fail(f"the archive has {what}", "deliver it again, or correct format.member in the contract")
    _check_size(found, size, fail)
    openers = {info.filename: partial(_open_member, file, info.filename) for info in found}
    sibling = siblings(openers)
    return tuple(Stream(f"{file.name}/{name}", openers[name], partial(sibling, name), packed=True) for name in names)


def _check_names(found: list[zipfile.ZipInfo], fail: Fail) -> None:
    """Check that every member has a unique name, which stays inside the archive and is printable."""
    names = Counter(info.filename for info in found)
    twice = sorted(name for name, times in names.items() if times > 1)
    if twice:
        raise fail(f"{len(twice)} names in it are repeated, and only the last member of each could be read", PACK_AGAIN)
    for name in names:
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or not parts[0] or parts[0].endswith(":") or not name.isprintable():
            raise fail("the name of a member points outside the archive, or contains control characters", PACK_AGAIN)


def _check_size(found: list[zipfile.ZipInfo], size: int, fail: Fail) -> None:
    """Check the sizes that an archive declares. More is never read, and less fails the archive's check sums."""
    if sum(info.file_size for info in found) > max(NEVER_A_BOMB, MOST_TIMES * size):
        raise fail(*A_BOMB)


@contextmanager
def _open_gzip(source: str, file: File) -> Iterator[IO[bytes]]:
    with file.open() as opened:
        opened.seek(0, io.SEEK_END)
        size = opened.tell()
        opened.seek(0)
        with gzip.GzipFile(fileobj=opened) as stream:
            limited = _LimitedStream(stream, size, DeliveryError(source, file.name, *A_BOMB))
            yield cast("IO[bytes]", io.BufferedReader(limited, io.DEFAULT_BUFFER_SIZE << 4))


@contextmanager
def _open_member(file: File, member: str) -> Iterator[IO[bytes]]:
    with file.open() as opened, zipfile.ZipFile(opened) as archive, archive.open(member) as stream:
        yield stream


class _LimitedStream(io.RawIOBase):
    """The content of a gz; raises an error if it is a bomb."""

    def __init__(self, stream: gzip.GzipFile, size: int, bomb: DeliveryError) -> None:
        self._stream, self._most, self._bomb, self._come = stream, max(NEVER_A_BOMB, MOST_TIMES * size), bomb, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._come += len(data)
        if self._come > self._most:
            raise self._bomb
        buffer[: len(data)] = data
        return len(data)


ARCHIVE_ERRORS = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError)
