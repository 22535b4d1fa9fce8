"""Search every byte under a home for a text, raw, in archives and in tables; and kill a removal before a change of a file."""

from __future__ import annotations

import gzip
import io
import os
import signal
import sqlite3
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from ingest.erasure import complete
from warehouse.paths import Home

UTF_16 = ("utf-16-le", "utf-16-be")


def places_with(home: Path, text: str) -> list[str]:
    """Where a text is found: files, members of archives, tables. Texts of fewer than five characters match by chance."""
    assert len(text) >= 5
    needles = [text.encode(), *(text.encode(encoding) for encoding in UTF_16)]
    found = []
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        name = str(path.relative_to(home))
        for part, content in _contents(name, path.read_bytes()):
            if any(needle in content for needle in needles):
                found.append(part)
        found += [f"{name}: {table}" for table in _tables_with(path, text)]
    return found


def _contents(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes of a file, and of each member if it is an archive."""
    yield name, content
    if content[:2] == b"\x1f\x8b":
        yield from _contents(f"{name} (gzip)", gzip.decompress(content))
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from _contents(f"{name}/{member}", archive.read(member))


def _tables_with(path: Path, text: str) -> Iterator[str]:
    start = path.read_bytes()[:16]
    if start[:4] == b"PAR1":
        if _has(pq.read_table(path).to_pandas().to_csv(), text):
            yield "Parquet"
    elif start[8:12] == b"DUCK":
        with duckdb.connect(":memory:") as con:
            con.execute(f"attach '{path}' as searched (read_only)")
            tables = con.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'searched' order by all"
            ).fetchall()
            for schema, table in tables:
                relation = f'searched."{schema}"."{table}"'
                if con.execute(f"select 1 from {relation} as r where contains(r::varchar, ?) limit 1", [text]).fetchone():
                    yield f"{schema}.{table}"
    elif start == b"SQLite format 3\x00":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as con:
            if _has("\n".join(con.iterdump()), text):
                yield "SQLite"


def _has(content: str, text: str) -> bool:
    return text in content


def completed_until_killed(home: Home, at: int) -> bool:
    """Complete the plan in a child that dies before its `at`-th change of a file; whether it died."""
    child = os.fork()
    if child == 0:
        left = at

        def die(event: str, _args: object) -> None:
            nonlocal left
            if event in ("os.rename", "os.remove", "os.link", "os.rmdir", "os.chmod", "shutil.rmtree", "os.truncate"):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(die)
        try:
            complete(home)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])
