"""Find and open delivered files, in a local folder or where fsspec reaches (S3, SFTP), and detect later changes.

Nothing is copied to this machine's disk, so that columns which a contract drops never reach it.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import fsspec

from ingest.contract import Contract
from ingest.errors import DeliveryError

# Suffixes of programs that are still writing a file: Nextcloud, WinSCP, browsers, curl, rsync.
UNFINISHED = (".part", ".filepart", ".crdownload", ".tmp", ".partial")
LEFT_BEHIND = ("__MACOSX", "Thumbs.db", "desktop.ini")
BLOCK_BYTES = 4 << 20


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
    files = sorted(base.parent.glob(base.name)) if base.parent.is_dir() else []
    ignored = contract.ignore_files
    files = [file for file in files if is_delivered_file(PurePosixPath(file.name), ignored)]
    delivered = [file for file in files if file.is_symlink() or file.is_file()]
    if not delivered:
        raise _not_found_error(contract, path)
    return local_files(contract, delivered, base.parent)


def _not_found_error(contract: Contract, path: str) -> DeliveryError:
    return DeliveryError(
        contract.source, path, "no such file or folder", "correct connector.path in the contract, or put the file there"
    )


def _remote_files(contract: Contract, url: str) -> tuple[File, ...]:
    protocol = url.split("://", maxsplit=1)[0]
    if "::" in url or protocol in ("http", "https"):
        remedy = "write a plain address like s3://bucket/folder or sftp://user@host/folder; for the web, connector kind http"
        raise DeliveryError(contract.source, url, "a file connector does not read this address", remedy)
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
        raise DeliveryError(
            contract.source, url, f"reading {protocol}:// needs a package that is not installed", remedy
        ) from None
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own, and they may quote credentials
        remedy = "check its address, that it is up, and its credentials (docs/formats.md lists their variables)"
        raise DeliveryError(contract.source, url, f"it cannot be listed ({type(error).__name__})", remedy) from None
    ignored = contract.ignore_files
    delivered = sorted((name, path) for path, name in found.items() if is_delivered_file(PurePosixPath(name), ignored))
    if not delivered:
        raise _not_found_error(contract, url)
    return tuple(_remote_file(system, path, name) for name, path in delivered)


def _remote_file(system: Any, path: str, name: str) -> File:
    def mark() -> str:
        try:
            system.invalidate_cache()
            found = system.info(path)
        except Exception as error:  # noqa: BLE001 - see _Remote
            raise OSError(errno.EIO, f"the connection was lost ({type(error).__name__})") from None
        facts = (found.get(key) for key in ("size", "ETag", "LastModified", "mtime", "created"))
        return " ".join(str(fact) for fact in facts if fact is not None)

    return File(name, lambda: cast("IO[bytes]", io.BufferedReader(_Remote(system, path), BLOCK_BYTES)), mark)


class _Remote(io.RawIOBase):
    """A file of an fsspec file system; each of its errors becomes an OSError that quotes nothing."""

    def __init__(self, system: Any, path: str) -> None:
        self._file = self._translate_errors(lambda: system.open(path, "rb"))

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true: archives and Parquet are read from their end."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes."""
        data: bytes = self._translate_errors(lambda: self._file.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position."""
        return int(self._translate_errors(lambda: self._file.seek(offset, whence)))

    def tell(self) -> int:
        """The current position."""
        return int(self._file.tell())

    def close(self) -> None:
        """Close the file."""
        if not self.closed and hasattr(self, "_file"):
            self._file.close()
        super().close()

    @staticmethod
    def _translate_errors(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except PermissionError as error:
            raise OSError(errno.EACCES, "permission denied") from error.__cause__
        except Exception as error:  # noqa: BLE001 - each file system has errors of its own
            raise OSError(errno.EIO, f"the connection was lost ({type(error).__name__})") from None
