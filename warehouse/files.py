"""Write and sync files so that after a power cut each is either the old or the new one.

See `fingerprint` for hashes of files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync(path: Path) -> None:
    """Force a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def private_files() -> Iterator[None]:
    """Files that this process creates in the block are for the owner only, unless their mode is set.

    DuckDB creates the log of a database again after each checkpoint, with the mode that the umask leaves.
    """
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def write_atomically(path: Path, text: str, mode: int | None = None) -> None:
    """Replace the content of `path` in one step: a reader gets the old or the new text, never a part. `mode`: permissions."""
    temporary = path.with_name(f".{path.name}.next")
    if mode is not None:
        temporary.touch(mode)
        temporary.chmod(mode)  # a file left by a killed run has its old mode
    temporary.write_text(text, encoding="utf-8")
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)
