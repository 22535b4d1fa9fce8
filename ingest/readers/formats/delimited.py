"""Read CSV and fixed-width text of any encoding as text columns, with pyarrow's streaming reader.

Widths are in characters, not bytes. The blanks that fill a field belong to the format, and are removed. A line that ends early
has lost its last blanks, as editors remove them; a line that is too long is an error.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ingest.contract import Format
from ingest.readers.reader_types import MOST_COLUMNS, Fail, Opener, OpenTable, Stream, check_column_count, split_header

CHUNK_BYTES = 1 << 20
# Encodings whose byte order only the mark shows.
OF_EITHER_ORDER = {"utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)}
UTF8 = ("utf-8", "utf-8-sig")
# Arrow needs a whole record in one block; the longest one seen is 2 kB, so that 4 MB leave room for pasted letters.
BLOCK_BYTES = 4 << 20
# A quoted text, which may contain line ends and delimiters, and a record with such texts.
QUOTED, RECORD = re.compile(r'"[^"]*+"?+'), re.compile(r'(?:"[^"]*+"?+|[^"\r\n]++)*+')
RAGGED = re.compile(r"CSV parse error: (?:Row #(\d+): )?Expected (\d+) columns, got (\d+)")
# Made once: naming the type of every column takes 5 ms, which a delivery of many small files would wait for.
_ALL_TEXT = pyarrow.csv.ConvertOptions(
    strings_can_be_null=False, column_types={f"f{position}": pa.string() for position in range(MOST_COLUMNS)}
)
# Arrow's CSV reader splits lines fast; this character, which occurs in no text, keeps it from splitting columns.
NO_TEXT = "\x1f"


class MissingByteOrderMark(UnicodeError):
    """A file whose encoding needs a byte order mark has none."""


class _QuoteCounter:
    """A stream for Arrow that counts the quotes so far."""

    closed = False

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.quotes = stream, 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self.quotes += chunk.count(b'"')
        return chunk


def _check_mark(begins: bytes, how: Format) -> None:
    """Raise UnicodeError if a text lacks the byte order mark that its encoding needs, or has another's."""
    name = codecs.lookup(how.encoding).name
    if begins and not begins.startswith(OF_EITHER_ORDER.get(name, b"")):
        raise MissingByteOrderMark("no byte order mark")
    if name in UTF8 and begins.startswith(OF_EITHER_ORDER["utf-16"]):
        raise UnicodeError("a byte order mark of UTF-16")


def _as_utf8(stream: IO[bytes], how: Format) -> IO[bytes]:
    if codecs.lookup(how.encoding).name in UTF8:
        return stream
    return cast("IO[bytes]", pa.transcoding_input_stream(pa.PythonFile(stream, mode="r"), how.encoding, "utf-8"))


def decode_text(stream: IO[bytes], how: Format) -> Iterator[str]:
    """The text of a stream in pieces, without its byte order mark; raises UnicodeError if the mark is not of its encoding."""
    decoder = codecs.getincrementaldecoder(how.encoding)("strict")
    begins = stream.read(CHUNK_BYTES)
    _check_mark(begins, how)
    yield decoder.decode(begins).removeprefix("\ufeff")
    while chunk := stream.read(CHUNK_BYTES):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def open_csv(how: Format, given: Stream, stack: ExitStack, fail: Fail) -> OpenTable:
    """Read a stream of CSV; columns without a header have their positions as names."""
    _check_first_record(how, given.open, fail)
    counted = _QuoteCounter(_as_utf8(stack.enter_context(given.open()), how))

    def records() -> Iterator[pa.RecordBatch]:
        parsing = pyarrow.csv.ParseOptions(delimiter=how.delimiter, newlines_in_values=True, ignore_empty_lines=False)
        try:
            yield from _arrow_reader(cast("IO[bytes]", counted), how, parsing, _ALL_TEXT, autogenerate_column_names=True)
        except pa.ArrowInvalid as error:
            # an invalid_row_handler would print a traceback if the row is not UTF-8
            found = RAGGED.match(str(error))
            if found is None:
                raise
            where = f"record {found[1]} of the file" if found[1] else "a record"
            problem = f"{where} has {found[3]} values where the first has {found[2]}"
            raise fail(problem, "export it again: a separator or a quote inside a text was not quoted") from None
        if counted.quotes % 2 and not _quotes_are_closed(how, given.open):
            raise fail(
                "a quote is left open, so that the records after it cannot be separated",
                "export it again, with every quote closed, and doubled inside a text",
            )

    return split_header(records(), how)


def _arrow_reader(
    stream: IO[bytes], how: Format, parsing: pyarrow.csv.ParseOptions, types: pyarrow.csv.ConvertOptions, **names: Any
) -> pyarrow.csv.CSVStreamingReader:
    reading = pyarrow.csv.ReadOptions(skip_rows=how.header.skip, block_size=BLOCK_BYTES, use_threads=False, **names)
    return pyarrow.csv.open_csv(stream, reading, parsing, types)


def _check_first_record(how: Format, opener: Opener, fail: Fail) -> None:
    """Raise an error for another byte order mark, and if the first record has too many columns, for which Arrow takes minutes."""
    with opener() as stream:
        begins = stream.read(BLOCK_BYTES)
    _check_mark(begins, how)
    lines = io.StringIO(begins.decode(how.encoding, "replace"), newline="")
    for _ in range(how.header.skip):
        lines.readline()
    record = RECORD.match(lines.read())
    check_column_count(QUOTED.sub("", record[0]).count(how.delimiter) + 1 if record else 0, fail)


# Arrow reads everything after an open quote as one value, without an error.
def _quotes_are_closed(how: Format, opener: Opener) -> bool:
    """Whether every quoted value ends before a delimiter or the end of its record; slow, so called only if the quotes are odd.

    A single quote inside an unquoted text (5" pipe) makes them odd, too, and is correct.
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


def open_fixed_width(how: Format, given: Stream, stack: ExitStack, fail: Fail) -> OpenTable:
    """Read a stream of lines; raises `EOFError` for an empty one."""
    with given.open() as begins:
        _check_mark(begins.read(4), how)
    stream = _as_utf8(stack.enter_context(given.open()), how)
    edges = [0]
    for width in how.widths or ():
        edges.append(edges[-1] + width)

    def records() -> Iterator[pa.RecordBatch]:
        parsing = pyarrow.csv.ParseOptions(delimiter=NO_TEXT, quote_char=False, ignore_empty_lines=False)
        types = pyarrow.csv.ConvertOptions(strings_can_be_null=False, column_types={"line": pa.string()})
        row = how.header.skip
        for batch in _arrow_reader(stream, how, parsing, types, column_names=["line"]):
            lines = batch.column(0)
            _fit(lines, edges[-1], row, fail)
            columns = [pc.utf8_trim(pc.utf8_slice_codeunits(lines, start, stop), " ") for start, stop in pairwise(edges)]
            yield pa.RecordBatch.from_arrays(columns, names=[f"f{at}" for at in range(len(columns))])
            row += batch.num_rows

    return split_header(records(), how)


def _fit(lines: pa.Array, width: int, row: int, fail: Fail) -> None:
    over = pc.utf8_length(pc.utf8_rtrim(lines, " "))
    long = pc.greater(over, width)
    if pc.any(long).as_py():
        at = pc.index(long, True).as_py()
        problem = f"line {row + at + 1} is {over[at].as_py()} characters long, and the widths in the contract add up to {width}"
        raise fail(problem, "ask the steward for the record layout, and correct format.widths in the contract")
