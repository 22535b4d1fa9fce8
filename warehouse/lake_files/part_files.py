"""Write, check, list and delete the files of a lake, in a folder or in an S3-compatible store (`object_store`).

A file is named by its absolute path or by its address `s3://bucket/key`, as in the views and manifests of releases.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.files import write_atomically
from warehouse.fingerprint import file_sha256
from warehouse.lake_files import object_store
from warehouse.lake_files.object_store import is_object
from warehouse.paths import SHARED

READ_ONLY = 0o440


def size(file: str) -> int | None:
    """The bytes of a file; None without it."""
    if is_object(file):
        return object_store.size(file)
    path = Path(file)
    return path.stat().st_size if path.is_file() else None


def sizes(files: Iterable[str]) -> dict[str, int]:
    """The bytes of each file that exists. The objects of a folder are listed together."""
    found: dict[str, int] = {}
    folders: dict[str, set[str]] = {}
    for file in files:
        if is_object(file):
            folders.setdefault(file.rpartition("/")[0], set()).add(file)
        elif (bytes_ := size(file)) is not None:
            found[file] = bytes_
    for folder, wanted in folders.items():
        found |= {file: bytes_ for file, bytes_ in object_store.objects(folder).items() if file in wanted}
    return found


def sha256(file: str, *, reread: bool = False) -> str:
    """The SHA-256 of a file. Of an object, the one that its store recorded at the upload, unless `reread`."""
    if is_object(file):
        return (None if reread else object_store.recorded_sha256(file)) or object_store.read_sha256(file)
    return file_sha256(Path(file))


@contextmanager
def written(file: str, temporary: Path | None = None) -> Iterator[Path]:
    """The path to write a file to; it has its name when the block ends without an error, and is replaced in one step.

    `temporary`: where the file of a store is written first; the folder of the system without it.
    """
    if is_object(file):
        if temporary is not None:
            temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="upload-", dir=temporary) as folder:
            unfinished = Path(folder) / "part.parquet"
            yield unfinished
            object_store.upload(unfinished, file, file_sha256(unfinished))
        return
    path = Path(file)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # workers of other machines may have the same number
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        yield unfinished
        unfinished.chmod(READ_ONLY)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Create a folder of a lake, which the group may read: the umask of a run is for private files."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
        folder.chmod(SHARED)


def delete(file: str) -> None:
    """Delete a file."""
    if is_object(file):
        object_store.delete(file)
    else:
        Path(file).unlink()


def files_below(location: str) -> list[str]:
    """The files in the folders of a lake."""
    if is_object(location):
        return [url for url in sorted(object_store.objects(location)) if "/" in url.removeprefix(f"{location}/")]
    return sorted(str(path) for path in Path(location).glob("*/*") if path.is_file())


def read_text(file: str) -> str | None:
    """The text of a small file; None without it."""
    if is_object(file):
        return object_store.read_text(file)
    path = Path(file)
    return path.read_text(encoding="utf-8") if path.exists() else None


def write_text(file: str, text: str) -> None:
    """Write a small file in one step."""
    if is_object(file):
        object_store.write_text(file, text)
    else:
        write_atomically(Path(file), text)
