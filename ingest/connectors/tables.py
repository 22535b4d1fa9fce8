"""Files that hold a table: CSV, Parquet and GeoJSON, plain, in gz or in zip.

Here: which reader takes a file by its contract's `format`, the footer, and the readers' errors without the text that they
quote. Not here: the readers (`csv_text`, `geojson`), opening files (`archives`), which columns are taken (`conform`).
"""

from __future__ import annotations

import dataclasses
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import IO

import pyarrow as pa
import pyarrow.parquet

from ingest.connectors.archives import Opener, streams
from ingest.connectors.csv_text import open_csv
from ingest.connectors.errors import DeliveryError
from ingest.connectors.geojson import open_geojson
from ingest.connectors.opened import BATCH_ROWS, Fail, Opened, Reader
from ingest.contract import Contract, Format

READABLE = ("csv", "parquet", "geojson")


def readers(contract: Contract, path: Path, name: str) -> Iterator[tuple[str, Reader]]:
    """(name, reader) of each table in a file: the file itself, or the members of a zip that the contract means."""
    if contract.format.kind not in READABLE:
        remedy = f"deliver it as {', '.join(READABLE[:-1])} or {READABLE[-1]} and change format.kind in the contract"
        raise DeliveryError(contract.source, name, f"files of kind {contract.format.kind} cannot be read yet", remedy)
    how = _layout(contract.format, name)
    for stream_name, opener in streams(contract.source, path, name, how.member):
        yield stream_name, _reader(contract, how, stream_name, opener)


def _layout(form: Format, name: str) -> Format:
    """The format of one file: the contract's, with what the first matching layout says differently."""
    for layout in form.layouts:
        if fnmatch(PurePosixPath(name).name, layout.files):
            return form.model_copy(
                update=layout.model_dump(exclude={"files"}, exclude_none=True)
                | ({"header": layout.header} if layout.header else {})
            )
    return form


def _reader(contract: Contract, how: Format, name: str, opener: Opener) -> Reader:
    @contextmanager
    def read() -> Iterator[Opened]:
        def fail(problem: str, remedy: str) -> DeliveryError:
            return DeliveryError(contract.source, name, problem, remedy)

        with ExitStack() as stack:
            try:
                opened = _open(how, stack.enter_context(opener()), opener, fail)
            except _BROKEN as error:
                raise fail(*_explained(error, how)) from None
            batches = _guarded(_without_footer(contract, opened.batches), how, fail)
            yield dataclasses.replace(opened, batches=batches, crs=opened.crs or how.crs)

    return read


def _open(how: Format, stream: IO[bytes], opener: Opener, fail: Fail) -> Opened:
    if how.kind == "geojson":
        return open_geojson(how, stream, fail)
    return open_csv(how, stream, opener, fail) if how.kind == "csv" else _open_parquet(stream)


def _open_parquet(stream: IO[bytes]) -> Opened:
    seekable = (
        stream if stream.seekable() and not isinstance(stream, (gzip.GzipFile, zipfile.ZipExtFile)) else io.BytesIO(stream.read())
    )
    file = pyarrow.parquet.ParquetFile(seekable)
    return Opened(tuple(file.schema_arrow.names), (), file.iter_batches(batch_size=BATCH_ROWS))


_DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError)
_BROKEN = (*_DAMAGED, pa.ArrowException, OSError, UnicodeError, NotImplementedError, RuntimeError)


def _guarded(batches: Iterator[pa.RecordBatch], how: Format, fail: Fail) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except _BROKEN as error:
        raise fail(*_explained(error, how)) from None


def _explained(error: BaseException, how: Format) -> tuple[str, str]:
    """(problem, remedy) for a library's error, without its words: they quote the row."""
    text = str(error)
    if isinstance(error, UnicodeError) or "UTF8" in text or "utf-8" in text or "Invalid encoding" in text:
        return (
            f"its bytes are not {how.encoding}",
            "save it in that encoding, or say in the contract which one it is in (format.encoding)",
        )
    if "Empty CSV" in text:
        return "the file is empty", "deliver it again, with its header row"
    if "Could not skip initial" in text:
        return (
            f"it ends before its header, which the contract expects after {how.header.skip} lines",
            "deliver it again, or mend format.header.skip in the contract",
        )
    if isinstance(error, _DAMAGED):
        return "the compressed data is damaged or cut off", "deliver it again"
    if isinstance(error, NotImplementedError) and not isinstance(error, pa.ArrowException):
        return "the archive is compressed in a way that cannot be read here", "compress it with ordinary zip (Deflate)"
    if "encrypted" in text:
        return "the archive is encrypted", "deliver it without a password, over a channel that is safe itself"
    if how.kind == "parquet":
        return "this is no Parquet file, or it is cut off", "deliver it again"
    if isinstance(error, OSError) and error.errno is None:  # how bz2 says it
        return "the compressed data is damaged or cut off", "deliver it again"
    if isinstance(error, OSError):
        return f"reading stopped ({error.strerror})", "check the disk or the share it lies on, and deliver it again"
    return (
        "a record cannot be parsed: a quote is left open, or a record is longer than 4 MB",
        "export it again, with every quote closed",
    )


def _without_footer(contract: Contract, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Blank the last rows that the contract calls a footer: they are counted, as blank, and say nothing."""
    if contract.footer is None:
        yield from batches
        return
    held: pa.Table | None = None
    for batch in batches:
        table = pa.Table.from_batches([batch])
        held = table if held is None else pa.concat_tables([held, table])
        ready = held.num_rows - contract.footer.rows
        if ready > 0:
            yield from held.slice(0, ready).combine_chunks().to_batches()
            held = held.slice(ready)
    if held is not None:
        blank = [pa.nulls(held.num_rows, field.type) for field in held.schema]
        yield pa.RecordBatch.from_arrays(blank, schema=held.schema)
