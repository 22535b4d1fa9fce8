"""Read fixed-width files: one record per line, cut into columns at the contract's widths.

Widths are in characters, not bytes. The blanks that fill a field belong to the format, and are removed. A line that ends early
has lost its last blanks, as editors remove them; a line that is too long is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import IO, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ingest.contract import Format
from ingest.readers.header_rows import split_header
from ingest.readers.reader_types import Fail, OpenTable
from ingest.readers.text_stream import Utf8Stream

BLOCK_BYTES = 4 << 20
# Arrow's CSV reader splits lines fast; this character, which occurs in no text, keeps it from splitting columns.
NO_TEXT = "\x1f"


def open_fixed_width(how: Format, stream: IO[bytes], fail: Fail) -> OpenTable:
    """Read a stream of lines; raises `EOFError` for an empty one."""
    edges = [0]
    for width in how.widths or ():
        edges.append(edges[-1] + width)

    def records() -> Iterator[pa.RecordBatch]:
        reader = pyarrow.csv.open_csv(
            cast("IO[bytes]", Utf8Stream(stream, how)),
            read_options=pyarrow.csv.ReadOptions(
                column_names=["line"], skip_rows=how.header.skip, block_size=BLOCK_BYTES, use_threads=False
            ),
            parse_options=pyarrow.csv.ParseOptions(delimiter=NO_TEXT, quote_char=False, ignore_empty_lines=False),
            convert_options=pyarrow.csv.ConvertOptions(strings_can_be_null=False, column_types={"line": pa.string()}),
        )
        row = how.header.skip
        for batch in reader:
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
