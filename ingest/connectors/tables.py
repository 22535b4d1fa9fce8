"""Files that hold a table: CSV and Parquet, plain, in gz or in zip, in any encoding that Python knows.

Here: the map from a contract's `format` to pyarrow's streaming readers, and their errors without the text that they quote.
Not here: which columns are taken (`conform`). Nothing is unpacked to disk: an archive's member is read as a stream.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from fnmatch import fnmatch
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, cast

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ingest.connectors.errors import DeliveryError
from ingest.contract import Contract, Format

Opened = tuple[tuple[str, ...], tuple[str, ...], Iterator[pa.RecordBatch]]
Reader = Callable[[], AbstractContextManager[Opened]]
# Arrow wants a whole record in one block; the longest one seen is 2 kB, so 4 MB leaves room for pasted letters.
BLOCK_BYTES = 4 << 20
MOST_COLUMNS = 4096
BATCH_ROWS = 65_536
_ALL_TEXT = {f"f{position}": pa.string() for position in range(MOST_COLUMNS)}
READABLE = ("csv", "parquet")


def readers(contract: Contract, path: Path, name: str) -> Iterator[tuple[str, Reader]]:
    """(name, reader) of each table in a file: the file itself, or the members of a zip that the contract means."""
    if contract.format.kind not in READABLE:
        remedy = f"deliver it as {' or '.join(READABLE)} and change format.kind in the contract"
        raise DeliveryError(contract.source, name, f"files of kind {contract.format.kind} cannot be read yet", remedy)
    how = _layout(contract.format, name)
    if zipfile.is_zipfile(path):
        for member in _members(contract, path, name, how):
            yield f"{name}/{member}", _reader(contract, how, f"{name}/{member}", partial(_open_member, path, member))
    elif path.suffix.lower() == ".zip":
        raise DeliveryError(contract.source, name, "this is no zip archive, or it is damaged", "deliver it again")
    elif path.suffix.lower() == ".gz":
        yield name, _reader(contract, how, name, partial(_open_gzip, path))
    else:
        yield name, _reader(contract, how, name, lambda: path.open("rb"))


def _layout(form: Format, name: str) -> Format:
    """The format of one file: the contract's, with what the first matching layout says differently."""
    for layout in form.layouts:
        if fnmatch(PurePosixPath(name).name, layout.files):
            return form.model_copy(
                update=layout.model_dump(exclude={"files"}, exclude_none=True)
                | ({"header": layout.header} if layout.header else {})
            )
    return form


def _members(contract: Contract, path: Path, name: str, how: Format) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted({info.filename for info in archive.infolist() if not info.is_dir()})
    except (zipfile.BadZipFile, OSError):
        raise DeliveryError(contract.source, name, "this is no zip archive, or it is damaged", "deliver it again") from None
    members = [
        member for member in members if not member.startswith("__MACOSX/") and not PurePosixPath(member).name.startswith(".")
    ]
    wanted = [member for member in members if fnmatch(member, how.member)] if how.member else members
    if not wanted:
        what = f"no member {how.member}" if how.member else "no file"
        raise DeliveryError(
            contract.source, name, f"the archive holds {what}", "deliver it again, or mend format.member in the contract"
        )
    return wanted


@contextmanager
def _open_gzip(path: Path) -> Iterator[IO[bytes]]:
    with gzip.open(path, "rb") as stream:
        yield cast("IO[bytes]", stream)


@contextmanager
def _open_member(path: Path, member: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
        yield stream


def _reader(contract: Contract, how: Format, name: str, opener: Callable[[], AbstractContextManager[IO[bytes]]]) -> Reader:
    @contextmanager
    def read() -> Iterator[Opened]:
        def fail(problem: str, remedy: str) -> DeliveryError:
            return DeliveryError(contract.source, name, problem, remedy)

        with ExitStack() as stack:
            try:
                stream = stack.enter_context(opener())
                opened = _csv(how, stream, opener, fail) if how.kind == "csv" else _parquet(stream)
                header, second, batches = opened
            except _BROKEN as error:
                raise fail(*_explained(error, how)) from None
            yield header, second, _guarded(_without_footer(contract, batches), how, fail)

    return read


_DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError)
_BROKEN = (*_DAMAGED, pa.ArrowException, OSError, UnicodeError, NotImplementedError, RuntimeError)


def _guarded(
    batches: Iterator[pa.RecordBatch], how: Format, fail: Callable[[str, str], DeliveryError]
) -> Iterator[pa.RecordBatch]:
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


def _csv(
    how: Format,
    stream: IO[bytes],
    opener: Callable[[], AbstractContextManager[IO[bytes]]],
    fail: Callable[[str, str], DeliveryError],
) -> Opened:
    counted = _CountedQuotes(stream, how)
    ragged: list[tuple[int | None, int, int]] = []

    def refuse(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append((row.number, row.actual_columns, row.expected_columns))
        return "error"

    def said() -> DeliveryError:
        number, actual, expected = ragged[0]
        where = f"record {number} of the file" if number else "a record"
        problem = f"{where} has {actual} values where the first has {expected}"
        return fail(problem, "export it again: a separator or a quote inside a text was not quoted")

    def open_csv() -> pyarrow.csv.CSVStreamingReader:
        return pyarrow.csv.open_csv(
            cast("IO[bytes]", counted),
            read_options=pyarrow.csv.ReadOptions(
                autogenerate_column_names=True,
                skip_rows=how.header.skip,
                block_size=BLOCK_BYTES,
                use_threads=False,
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=how.delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=refuse
            ),
            convert_options=pyarrow.csv.ConvertOptions(strings_can_be_null=False, column_types=_ALL_TEXT),
        )

    def records() -> Iterator[pa.RecordBatch]:
        try:
            yield from open_csv()
        except pa.ArrowInvalid:
            if ragged:
                raise said() from None
            raise
        if counted.quotes % 2 and not _quoted_well(how, opener):
            raise fail(
                "a quote is left open, and records run into one another behind it",
                "export it again, with every quote closed, and doubled where it stands inside a text",
            )

    return _with_header(records(), how)


class _CountedQuotes:
    """A stream as UTF-8 on its way to Arrow, which takes all that follows an open quote for one value, without a word."""

    def __init__(self, stream: IO[bytes], how: Format) -> None:
        self._is_utf8 = codecs.lookup(how.encoding).name == "utf-8"
        self._stream = stream if self._is_utf8 else pa.transcoding_input_stream(pa.PythonFile(stream), how.encoding, "utf-8")
        self._begun = False
        self.quotes = 0
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes; UnicodeError for the byte order mark of another encoding."""
        chunk: bytes = self._stream.read(size)
        if not self._begun and self._is_utf8 and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UnicodeError("a byte order mark of UTF-16")
        self._begun = True
        self.quotes += chunk.count(b'"')
        return chunk


def _quoted_well(how: Format, opener: Callable[[], AbstractContextManager[IO[bytes]]]) -> bool:
    """Whether every quoted value ends, before a delimiter or the end of its record: slow, and asked only where quotes are odd.

    A single quote inside a text that is not quoted (5" pipe) makes them odd, too, and is none the worse for it.
    """
    encoding = "utf-8-sig" if codecs.lookup(how.encoding).name == "utf-8" else how.encoding
    with opener() as stream, io.TextIOWrapper(stream, encoding, newline="") as text:
        for _ in range(how.header.skip):
            text.readline()
        try:
            for _ in csv.reader(text, delimiter=how.delimiter, strict=True):
                pass
        except csv.Error:
            return False
    return True


def _with_header(records: Iterator[pa.RecordBatch], how: Format) -> Opened:
    """Split the header records off a stream of plain records; without a header, columns go by their position."""
    first = next(records, None)
    while first is not None and first.num_rows == 0:
        first = next(records, None)
    if first is None:
        raise EOFError("Empty CSV")
    rows = how.header.count
    lines = [tuple(column[row].as_py() or "" for column in first.columns) for row in range(min(rows, first.num_rows))]
    header = lines[0] if lines else tuple(str(position) for position in range(1, first.num_columns + 1))

    def rest() -> Iterator[pa.RecordBatch]:
        yield first.slice(rows)
        yield from records

    return header, lines[1] if len(lines) > 1 else (), rest()


def _parquet(stream: IO[bytes]) -> Opened:
    seekable = (
        stream if stream.seekable() and not isinstance(stream, (gzip.GzipFile, zipfile.ZipExtFile)) else io.BytesIO(stream.read())
    )
    file = pyarrow.parquet.ParquetFile(seekable)
    return tuple(file.schema_arrow.names), (), file.iter_batches(batch_size=BATCH_ROWS)


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
