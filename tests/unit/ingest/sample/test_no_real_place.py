"""No file of the sample city names a real city: it is shown to people who would take the figures for that city's."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

REAL = re.compile("milwaukee|wisconsin|minneapolis|minnesota|cincinnati|kansas|lake michigan|mke", re.IGNORECASE)


def texts(path: Path) -> Iterator[str]:
    """The text in a file, and in the files that it packs."""
    raw = path.read_bytes()
    if path.suffix == ".parquet":
        yield str(pq.read_table(path).to_pydict())
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for member in archive.namelist():
                yield member + archive.read(member).decode("utf-8", "replace")
    else:
        content = gzip.decompress(raw) if path.suffix == ".gz" else raw
        yield content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")


def test_no_generated_file_names_a_real_city(small_city: Path) -> None:
    files = [path for path in small_city.rglob("*") if path.is_file()]
    found = [
        (path.relative_to(small_city).as_posix(), match.group())
        for path in files
        for text in (path.name, *texts(path))
        for match in REAL.finditer(text)
    ]
    assert not found
    assert len(files) > 40


@pytest.mark.parametrize("name", ["dpi__enrollment", "comptroller__checkbook", "city__addresses", "oei__engagement_inputs",
                                  "doa__arpa_projects", "mmc__court_cases", "der__employees"])  # fmt: skip
def test_the_search_reads_every_format(small_city: Path, name: str) -> None:
    """Text, Parquet, gzip, UTF-16, Excel, an archive, SQLite: a word that each of them holds is found."""
    words = {"dpi__enrollment": "Placeholder", "comptroller__checkbook": "Sampleton", "city__addresses": "68TH",
             "oei__engagement_inputs": "Español", "doa__arpa_projects": "SAMPLE-", "mmc__court_cases": "j_finding",
             "der__employees": "TORRES STRAIT"}  # fmt: skip
    assert all(any(words[name] in text for text in texts(path)) for path in (small_city / name).iterdir())
