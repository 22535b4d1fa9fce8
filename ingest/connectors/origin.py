"""The origin of a delivery: its tables, and the hash of each file. `open_live` chooses the connector of each kind of contract.

See `ingest.readers.files` for finding files, and `ingest.readers.tables` for the reader of each format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path

from ingest.connectors.databases import live_reader, sqlite_reader
from ingest.connectors.fetch import DownloadedFile, FetchRequest
from ingest.contract import Contract, DatabaseConnector, FileConnector
from ingest.errors import DeliveryError
from ingest.readers.files import File, check_name, find_files, local_files, siblings
from ingest.readers.reader_types import OpenTable, Reader
from ingest.readers.tables import table_readers
from warehouse.fingerprint import stream_sha256

SQLITE_MAGIC = b"SQLite format 3\x00"
# The modules whose `open_origin` requests from the web: importing dlt takes half a second, and most commands request nothing.
WEB = {"arcgis": "portals.arcgis", "ckan": "portals.ckan", "http": "download", "socrata": "portals.socrata"}


@dataclass(frozen=True)
class DeliveredTable:
    """One table of a delivery: a file, a member of an archive, or the rows of a query.

    `read` opens it; its batches can be read while it is open. `file`: the file that contains it, None for a query. `mark`: of the
    file when its bytes were hashed.
    """

    name: str
    read: Reader
    file: File | None = None
    mark: str = ""


@dataclass(frozen=True)
class Origin:
    """The tables of a delivery in order, and the SHA-256 of the bytes of each file.

    A database has no files: `file_hashes` is empty, and the rows identify the delivery. `fetched` are the downloaded files. A
    download that has not changed since the newest delivery has hashes and no tables.
    """

    tables: tuple[DeliveredTable, ...]
    file_hashes: Mapping[str, str] = field(default_factory=dict)
    fetched: tuple[DownloadedFile, ...] = ()


def open_live(contract: Contract, request: FetchRequest) -> Origin | None:
    """Open the contract's live connector; None if the contract names no place to read from.

    Raises `DeliveryError` if something cannot be fetched, here or when a table is read.
    """
    connector = contract.connector
    if isinstance(connector, FileConnector):
        return open_files(contract, find_files(contract, connector.path)) if connector.path is not None else None
    if isinstance(connector, DatabaseConnector):
        return Origin((DeliveredTable(connector.table or "query", live_reader(contract, connector, request)),))
    origin: Origin = import_module(f"ingest.connectors.{WEB[connector.kind]}").open_origin(contract, connector, request)
    return origin


def open_folder(contract: Contract, files: tuple[Path, ...], folder: Path) -> Origin:
    """Open the delivery in a folder; a SQLite file is read as a database."""
    return open_files(contract, local_files(contract, files, folder))


def open_files(contract: Contract, files: tuple[File, ...]) -> Origin:
    """Open the delivery that consists of these files, local or remote."""
    tables: list[DeliveredTable] = []
    hashes: dict[str, str] = {}
    sibling = siblings({file.name: file.open for file in files})
    for file in files:
        check_name(contract.source, file.name)
        fail = partial(DeliveryError, contract.source, file.name)
        try:
            mark = file.mark()
            with file.open() as opened:
                hashes[file.name] = stream_sha256(opened)
                opened.seek(0)
                is_sqlite = opened.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
        except OSError as error:
            raise fail(f"it cannot be read ({error.strerror})", "check its permissions, or deliver it again") from None
        if is_sqlite:
            if not isinstance(contract.connector, DatabaseConnector):
                problem = f"this is a SQLite database, but the contract has {contract.format.kind}"
                remedy = "deliver what was agreed, or write a connector of kind database into the contract"
                raise fail(problem, remedy)
            if file.path is None:
                remedy = "copy it to a folder of this machine, or connect to the database itself"
                raise fail("a remote SQLite file cannot be read", remedy)
            tables.append(DeliveredTable(file.name, sqlite_reader(contract, file.path, file.name)))
        else:
            tables += [_table(contract, file, name, mark, read) for name, read in table_readers(contract, file, sibling)]
    return Origin(tuple(tables), hashes)


def open_table(contract: Contract, files: tuple[File, ...], file: File, name: str, mark: str) -> DeliveredTable:
    """One table of a delivery again, in another process. `files`: all files of the delivery. `mark`: see `DeliveredTable`."""
    readers = dict(table_readers(contract, file, siblings({other.name: other.open for other in files})))
    if name not in readers:
        raise DeliveryError(contract.source, name, "it was removed while it was read", "run again when the delivery is complete")
    return _table(contract, file, name, mark, readers[name])


def _table(contract: Contract, file: File, name: str, mark: str, read: Reader) -> DeliveredTable:
    return DeliveredTable(name, partial(_read_unchanged, contract, file, mark, read), file, mark)


@contextmanager
def _read_unchanged(contract: Contract, file: File, mark: str, read: Reader) -> Iterator[OpenTable]:
    """Read a table; raises an error if the file has changed since it was hashed, because it is still being written."""
    with read() as opened:
        yield opened
    try:
        now = file.mark()
    except OSError:
        now = "removed"
    if now != mark:
        remedy = "wait until it is complete, and run again; ask its sender to write to another name and rename when done"
        raise DeliveryError(contract.source, file.name, "it changed while it was read", remedy)


def distinct_names(names: Sequence[str]) -> tuple[str, ...]:
    """Unique names of tables: a repeated name gets a number."""
    return tuple(name if name not in names[:at] else f"{at + 1}_{name}" for at, name in enumerate(names))
