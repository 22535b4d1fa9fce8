"""CSV: records of any encoding and separator as text columns.

Here: the map from a contract's `format` to pyarrow's streaming CSV reader, open quotes, and the header rows. Not here: opening
files (`archives`), what an error of Arrow means to a steward (`tables`).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import IO, cast

import pyarrow as pa
import pyarrow.csv

from ingest.connectors.archives import Opener
from ingest.connectors.errors import DeliveryError
from ingest.connectors.opened import Fail, Opened
from ingest.contract import Format

# Arrow wants a whole record in one block; the longest one seen is 2 kB, so 4 MB leaves room for pasted letters.
BLOCK_BYTES = 4 << 20
MOST_COLUMNS = 4096
_ALL_TEXT = {f"f{position}": pa.string() for position in range(MOST_COLUMNS)}


def open_csv(how: Format, stream: IO[bytes], opener: Opener, fail: Fail) -> Opened:
    """Read a stream of CSV; columns without a header go by their position. `opener` opens the same stream once more."""
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

    def reader() -> pyarrow.csv.CSVStreamingReader:
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
            yield from reader()
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


def _quoted_well(how: Format, opener: Opener) -> bool:
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

    return Opened(header, lines[1] if len(lines) > 1 else (), rest())
