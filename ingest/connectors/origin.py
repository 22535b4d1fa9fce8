"""Where a source's records come from this time: a folder of files, or its live connector.

Here: `Origin` and `Part`, what a folder holds, and which reader takes which file. Not here: how a kind of file is read
(`tables`), which live connector is asked (`live`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.connectors import database, tables
from ingest.connectors.errors import DeliveryError
from ingest.connectors.fetching import Fetched
from ingest.connectors.opened import Reader
from ingest.contract import Contract

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


def open_path(contract: Contract, path: str) -> Origin:
    """What lies under the path of a file connector: a file, a folder or a glob."""
    folder, files = _local_files(contract, path)
    return open_folder(contract, files, folder)


def delivered_names(contract: Contract, header: Sequence[str]) -> tuple[str, ...]:
    """The columns of a header that the contract keeps: a direct identifier that is dropped is not even asked for."""
    known = {str(name) for column in contract.kept_columns for name in column.delivered_names}
    return tuple(name for name in header if name.strip() in known)


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Names of parts, each once: a second one of a name gets a number."""
    return tuple(name if name not in names[:at] else f"{at + 1}_{name}" for at, name in enumerate(names))


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
