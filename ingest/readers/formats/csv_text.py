"""Read CSV of any encoding and separator as text columns, with pyarrow's streaming reader."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import IO, cast

import pyarrow as pa
import pyarrow.csv

from ingest.contract import Format
from ingest.errors import DeliveryError
from ingest.readers.header_rows import split_header
from ingest.readers.reader_types import MOST_COLUMNS, Fail, Opener, OpenTable, check_column_count
from ingest.readers.text_stream import Utf8Stream

# Arrow needs a whole record in one block; the longest one seen is 2 kB, so that 4 MB leave room for pasted letters.
BLOCK_BYTES = 4 << 20
RAGGED = re.compile(r"CSV parse error: (?:Row #(\d+): )?Expected (\d+) columns, got (\d+)")
# Made once: naming the type of every column takes 5 ms, which a delivery of many small files would wait for.
_ALL_TEXT = pyarrow.csv.ConvertOptions(
    strings_can_be_null=False, column_types={f"f{position}": pa.string() for position in range(MOST_COLUMNS)}
)


def open_csv(how: Format, stream: IO[bytes], opener: Opener, fail: Fail) -> OpenTable:
    """Read a stream of CSV; columns without a header have their positions as names. `opener` opens the same stream again."""
    counted = Utf8Stream(stream, how, _ColumnCounter(how, fail))

    def ragged_error(found: re.Match[str]) -> DeliveryError:
        number, expected, actual = found.groups()
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
            parse_options=pyarrow.csv.ParseOptions(delimiter=how.delimiter, newlines_in_values=True, ignore_empty_lines=False),
            convert_options=_ALL_TEXT,
        )

    def records() -> Iterator[pa.RecordBatch]:
        try:
            yield from reader()
        except pa.ArrowInvalid as error:
            # an invalid_row_handler would print a traceback if the row is not UTF-8
            found = RAGGED.match(str(error))
            if found:
                raise ragged_error(found) from None
            raise
        if counted.quotes % 2 and not _quotes_are_closed(how, opener):
            raise fail(
                "a quote is left open, so that the records after it cannot be separated",
                "export it again, with every quote closed, and doubled inside a text",
            )

    return split_header(records(), how)


class _ColumnCounter:
    """Counts the columns of the first record while its bytes pass, because Arrow takes minutes for hundreds of thousands."""

    def __init__(self, how: Format, fail: Fail) -> None:
        self._sign = re.compile(b'"|\r\n?|\n|' + re.escape(how.delimiter.encode()))
        self._lines, self._fail = how.header.skip, fail
        self._columns, self._quoted, self._ended = 1, False, False

    def __call__(self, chunk: bytes) -> None:
        """Count the columns in the next bytes of the file."""
        if self._ended:
            return
        for found in self._sign.finditer(chunk):
            sign = found[0]
            if sign == b'"':
                self._quoted = not self._quoted and not self._lines
            elif sign in (b"\n", b"\r", b"\r\n"):
                if not self._lines and not self._quoted:
                    self._ended = True
                    return
                self._lines -= bool(self._lines)
            elif not self._lines and not self._quoted:
                self._columns += 1
                check_column_count(self._columns, self._fail)


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
