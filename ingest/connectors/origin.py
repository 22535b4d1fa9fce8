"""Where a source's records come from this time: a folder of files, or its live connector.

Here: `Origin` and `Part`, what a folder holds, and which reader takes which file. Not here: how a kind of file is read
(`tables`), how a database is asked (`database`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.connectors import database, tables
from ingest.connectors.errors import DeliveryError
from ingest.connectors.opened import Reader
from ingest.contract import Contract, DatabaseConnector, FileConnector

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

    A database has no bytes: `file_hashes` is empty then, and the delivery is known by its rows.
    """

    parts: tuple[Part, ...]
    file_hashes: Mapping[str, str] = field(default_factory=dict)


def delivered_files(folder: Path) -> tuple[Path, ...]:
    """The files of a source's folder by name, without what desktop programs leave behind."""
    files = [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith((".", "~$")) or part in ("__MACOSX", "Thumbs.db") for part in path.relative_to(folder).parts)
    ]
    return tuple(sorted(files, key=lambda path: path.relative_to(folder).as_posix()))


def open_folder(contract: Contract, files: tuple[Path, ...], folder: Path) -> Origin:
    """The delivery that lies in a folder; a SQLite file is asked as the department's database that it is."""
    parts: list[Part] = []
    hashes: dict[str, str] = {}
    for path in files:
        name = path.relative_to(folder).as_posix()
        try:
            with path.open("rb") as file:
                hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(0)
                is_sqlite = file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
        except OSError as error:
            raise DeliveryError(
                contract.source, name, f"cannot be read ({error.strerror})", "check its permissions, or deliver it again"
            ) from None
        if is_sqlite:
            parts.append(Part(name, database.sqlite_reader(contract, path, name)))
        else:
            parts += [Part(member, read) for member, read in tables.readers(contract, path, name)]
    return Origin(tuple(parts), hashes)


def open_live(contract: Contract, environment: Mapping[str, str]) -> Origin | None:
    """What the contract's live connector has now; None where it has nothing to read from."""
    connector = contract.connector
    if isinstance(connector, DatabaseConnector):
        return Origin((Part(connector.table or "query", database.live_reader(contract, connector, environment)),))
    if isinstance(connector, FileConnector):
        if connector.path is None:
            return None
        folder, files = _local_files(contract, connector.path)
        return open_folder(contract, files, folder)
    remedy = f"download it and deliver it as a file: a folder {contract.source} under --deliveries"
    raise DeliveryError(contract.source, connector.kind, f"live portals of kind {connector.kind} are not connected", remedy)


def _local_files(contract: Contract, path: str) -> tuple[Path, tuple[Path, ...]]:
    base = Path(path).expanduser()
    if base.is_dir():
        return base, delivered_files(base)
    files = tuple(sorted(base.parent.glob(base.name))) if base.parent.is_dir() else ()
    if not files:
        raise DeliveryError(
            contract.source, path, "no such file or folder", "mend connector.path in the contract, or put the file there"
        )
    return base.parent, files
