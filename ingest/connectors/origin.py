"""Where a source's records come from this time: a folder of files, or its live connector.

Here: `Origin` and `Part`, and which reader takes which file. Not here: finding files (`files`), how a kind of file is read
(`tables`), which live connector is asked (`live`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ingest.connectors.databases import reader
from ingest.connectors.fetch import Fetched
from ingest.contract import Contract
from ingest.errors import DeliveryError
from ingest.readers import tables
from ingest.readers.files import File, found_files, local_file
from ingest.readers.reader_types import Opened, Reader
from warehouse.fingerprint import stream_sha256

SQLITE_MAGIC = b"SQLite format 3\x00"


@dataclass(frozen=True)
class Part:
    """One table of a delivery: a file, a member of an archive, or the rows of a query.

    `read` opens it; its batches are good while it is open.
    """

    name: str
    read: Reader


@dataclass(frozen=True)
class Origin:
    """What there is to deliver: the parts in their order, and the SHA-256 of the bytes of each file.

    A database has no bytes: `file_hashes` is empty then, and the delivery is known by its rows. `fetched` are the marks of
    files that were downloaded; one that has not changed since the newest delivery has hashes and no parts.
    """

    parts: tuple[Part, ...]
    file_hashes: Mapping[str, str] = field(default_factory=dict)
    fetched: tuple[Fetched, ...] = ()


def open_folder(contract: Contract, files: tuple[Path, ...], folder: Path) -> Origin:
    """The delivery that lies in a folder; a SQLite file is asked as the department's database that it is."""
    return open_files(contract, tuple(local_file(path, folder) for path in files))


def open_files(contract: Contract, files: tuple[File, ...]) -> Origin:
    """The delivery that these files are, wherever they lie."""
    parts: list[Part] = []
    hashes: dict[str, str] = {}
    for file in files:
        try:
            mark = file.mark()
            with file.open() as opened:
                hashes[file.name] = stream_sha256(opened)
                opened.seek(0)
                is_sqlite = opened.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
        except OSError as error:
            raise DeliveryError(
                contract.source, file.name, f"cannot be read ({error.strerror})", "check its permissions, or deliver it again"
            ) from None
        if is_sqlite:
            if file.path is None:
                remedy = "put it into a folder of this machine, or connect to the database itself"
                raise DeliveryError(contract.source, file.name, "a SQLite file cannot be read from afar", remedy)
            parts.append(Part(file.name, reader.sqlite_reader(contract, file.path, file.name)))
        else:
            found = tables.readers(contract, file, files)
            parts += [Part(name, _unchanged(contract, file, mark, read)) for name, read in found]
    return Origin(tuple(parts), hashes)


def _unchanged(contract: Contract, file: File, mark: str, read: Reader) -> Reader:
    """A reader that fails if the file is no longer the one that was hashed: somebody is still writing it."""

    @contextmanager
    def checked() -> Iterator[Opened]:
        with read() as opened:
            yield opened
        try:
            now = file.mark()
        except OSError:
            now = "gone"
        if now != mark:
            remedy = "wait until it has been written, and run again; have it written under another name and renamed when done"
            raise DeliveryError(contract.source, file.name, "it changed while it was read", remedy)

    return checked


def open_path(contract: Contract, path: str) -> Origin:
    """What lies under the path of a file connector: a folder, a file, a glob, or an address of fsspec."""
    return open_files(contract, found_files(contract, path))


def delivered_names(contract: Contract, header: Sequence[str]) -> tuple[str, ...]:
    """The columns of a header that the contract keeps: a direct identifier that is dropped is not even asked for."""
    known = {str(name) for column in contract.kept_columns for name in column.delivered_names}
    return tuple(name for name in header if name.strip() in known)


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Names of parts, each once: a second one of a name gets a number."""
    return tuple(name if name not in names[:at] else f"{at + 1}_{name}" for at, name in enumerate(names))
