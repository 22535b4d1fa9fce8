"""Files that are either the old one or the new one after a power cut: the few primitives that releases and receipts rest on.

Belongs here: writing and syncing single files. Does not: hashing them (`fingerprint`), knowing what is in them.
"""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Force a file or a folder (its names) to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, text: str, mode: int | None = None) -> None:
    """Replace `path` by `text` in one step; a reader sees the old content or the new, never a part. `mode`: who may read it."""
    temporary = path.with_name(f".{path.name}.next")
    if mode is not None:
        temporary.touch(mode)
        temporary.chmod(mode)  # one that a killed run left keeps the mode that it had
    temporary.write_text(text, encoding="utf-8")
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)
