"""One delivery while it is written: its files, its random numbers, and the counts of what was planted in it.

A source of the sample is a function that writes a `Delivery`, declared with `@source`. Add here a file format that several
sources have; what only one source has is in its function. The folder of all deliveries is written under a temporary name next to
its target, and renamed when complete; a kill leaves no incomplete city. One writer per folder at a time.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal, TypeVar

import numpy as np
import xlsxwriter

from ingest.errors import SampleError
from ingest.sample.city import SAMPLETON, Profile

GENERATOR = "levelground sample"
RECEIPT = "sample.json"
CHUNK = 250_000  # rows made at a time: a few hundred bytes each, so that any number of rows fits in memory
Rows = TypeVar("Rows")
Chunk = Callable[[int, int], tuple[Rows, Mapping[str, int]]]


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Indented JSON in UTF-8, keys in the order given."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def version_in(folder: Path) -> int | None:
    """The version of the generator that wrote the sample city in a folder; None if the folder holds none, or not all of it."""
    try:
        receipt = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
        return int(receipt["generator_version"]) if receipt["generator"] == GENERATOR else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def write_folder_atomically(out: Path) -> Iterator[Path]:
    """A temporary folder next to `out` that replaces it at the end, unless there was an error.

    Raises SampleError before anything is written when `out` holds something else.
    """
    out = out.resolve()
    if out.exists() and not out.is_dir():
        raise SampleError(f"{out} is a file; give a folder for the sample city with --out")
    if out.exists() and any(out.iterdir()) and version_in(out) is None:
        what = f"{out} is not empty and not a sample city ({RECEIPT} is missing or not ours)"
        raise SampleError(f"{what}; give an empty or new folder with --out")
    partial, former = (out.with_name(f".{out.name}.{ending}") for ending in ("partial", "former"))
    for leftover in (partial, former):
        shutil.rmtree(leftover, ignore_errors=True)
    partial.mkdir(parents=True)
    if out.exists():
        partial.chmod(stat.S_IMODE(out.stat().st_mode))
    try:
        yield partial
        if out.exists():
            out.rename(former)
        partial.rename(out)
    finally:
        for leftover in (partial, former):
            shutil.rmtree(leftover, ignore_errors=True)


@dataclass(frozen=True)
class PlantedCounts:
    """What was planted in one source, in the terms of the ledger: delivered = staged + rejected + blank + duplicate + superseded.

    `duplicate` counts rows that equal an earlier one of the source: a contract may keep them. `facts` are further counts by name.
    """

    delivered: int
    blank: int = 0
    duplicate: int = 0
    superseded: int = 0
    rejected: int = 0
    facts: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Delivery:
    """The folder of a source, its random numbers, its event rows, whose they are, and how many rows it has so far."""

    folder: Path
    rng: np.random.Generator
    rows: int = 0
    city: Profile = SAMPLETON
    delivered: int = 0

    def planted(
        self, *, blank: int = 0, duplicate: int = 0, superseded: int = 0, rejected: int = 0, **facts: int
    ) -> PlantedCounts:
        """What was planted in the rows that were written."""
        return PlantedCounts(self.delivered, blank, duplicate, superseded, rejected, facts)

    def text(self, name: str, text: str, rows: int) -> None:
        """A text file that has so many rows."""
        (self.folder / name).write_text(text, encoding="utf-8", newline="")
        self.delivered += rows

    def stream(
        self,
        write: Callable[[Rows], object],
        chunk: Callable[[int, int], tuple[Rows, Mapping[str, int]]],
        rows: int,
        unit: int = 1,
    ) -> Counter[str]:
        """Write so many rows in chunks of whole units: `chunk` returns the rows, and counts, which are added up."""
        counts: Counter[str] = Counter()
        step = CHUNK // unit * unit
        for start in range(0, rows, step):
            content, found = chunk(start, min(start + step, rows))
            write(content)
            counts.update(found)
        self.delivered += rows
        return counts

    def table(
        self, name: str, header: str | Sequence[str], rows: Iterable[Sequence[object]], *, encoding: str = "utf-8", **form: Any
    ) -> None:
        """A text file with a header and one line per row; `form` as in `csv_text`."""
        content, columns = list(rows), header.split(form.get("delimiter", ",")) if isinstance(header, str) else header
        (self.folder / name).write_text(csv_text([columns, *content], **form), encoding=encoding, newline="")
        self.delivered += len(content)

    @contextmanager
    def zipped(self, archive: str, name: str, *, is_large: bool = False) -> Iterator[IO[bytes]]:
        """A file alone in an archive, to be written to. Opened by name, it is dated 1980 and not now.

        Level 1 makes a fourteenth of 36 MB at 463 MB/s, level 6 a twenty-third at 181 (Python 3.11): the writer would wait for
        it.
        """
        with (
            zipfile.ZipFile(self.folder / archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as outer,
            outer.open(name, "w", force_zip64=is_large) as file,
        ):
            yield file

    def workbook(
        self, name: str, sheet: str, title: Sequence[str], header: Mapping[str, Sequence[str]], rows: Iterable[Sequence[object]]
    ) -> None:
        """An Excel workbook: a title block, an empty row, names of groups of columns (none: ""), names of columns, and rows."""
        content, top, column = list(rows), len(title) + 1, 0
        with xlsxwriter.Workbook(self.folder / name, {"default_date_format": "mm/dd/yyyy"}) as book:
            book.set_properties({"created": datetime(2026, 1, 1)})  # else the file contains the machine's clock
            page = book.add_worksheet(sheet)
            page.write_column(0, 0, title)
            for above, below in header.items():
                if above and len(below) > 1:
                    page.merge_range(top, column, top, column + len(below) - 1, above)
                elif above:
                    page.write(top, column, above)
                page.write_row(top + any(header), column, below)
                column += len(below)
            page.add_write_handler(str, lambda sheet, *cell: sheet.write_string(*cell))  # an empty text, too
            for at, values in enumerate(content, start=top + any(header) + 1):
                page.write_row(at, 0, values)
        self.delivered += len(content)


def csv_text(
    rows: Iterable[Sequence[object]], *, end: str = "\n", delimiter: str = ",", quoting: Literal[0, 1] = csv.QUOTE_MINIMAL
) -> str:
    """The text of rows, quoted where a cell needs it."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, delimiter=delimiter, quoting=quoting).writerows(rows)
    return text.getvalue()


@dataclass(frozen=True)
class Source:
    """How a source is made, the percentage of the event rows that is its own (0: it does not grow), its keys in city.yml."""

    name: str
    make: Callable[[Delivery], PlantedCounts]
    event_rows_pct: int = 0
    keys: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path, rng: np.random.Generator, rows: int = 0, city: Profile = SAMPLETON) -> PlantedCounts:
        """Write the files into `folder`; returns what was planted."""
        return self.make(Delivery(folder, rng, rows, city))


def source(name: str, event_rows_pct: int = 0, **keys: Any) -> Callable[[Callable[[Delivery], PlantedCounts]], Source]:
    """Declare the function below as the source of this name. `sources` lists all of them."""
    return lambda make: Source(name, make, event_rows_pct, keys)


def random_stream(seed: int, name: str) -> np.random.Generator:
    """The random numbers of a source: a stream for each, so that a change in one leaves the others' bytes alone."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])
