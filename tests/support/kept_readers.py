"""One reader per file of a release that no test changes: to open one takes 0.1 s of CPU, as its catalog has thousands of columns.

A reader opens a link to the file in a folder of its own, as DuckDB refuses a second connection of another configuration by the
same path. A file that is replaced is opened again.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.connection import open_reader

# homes whose releases no test changes
UNCHANGED: set[Path] = set()
_readers: dict[tuple[int, int], DuckDBPyConnection] = {}


def kept_reader(home: Path, file: Path) -> DuckDBPyConnection | None:
    """A cursor on the reader of a file of a home that is unchanged; None of another home."""
    if home not in UNCHANGED:
        return None
    found = file.stat()
    key = found.st_ino, found.st_mtime_ns
    if key not in _readers:
        folder = tempfile.mkdtemp(prefix="levelground-reader-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        link = Path(folder) / file.name
        try:
            os.link(file, link)
        except OSError:  # on another file system
            shutil.copyfile(file, link)
        _readers[key] = open_reader(link, temp_directory=Path(folder))
    return _readers[key].cursor()
