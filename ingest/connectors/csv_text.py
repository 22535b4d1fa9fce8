"""CSV: records of any encoding and separator as text columns.

Here: the map from a contract's `format` to pyarrow's streaming CSV reader, and the header rows. Not here: opening files
(`archives`), what an error of Arrow means to a steward (`tables`).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.csv

from ingest.connectors.errors import DeliveryError
from ingest.connectors.opened import Fail, Opened
from ingest.contract import Format

# Arrow wants a whole record in one block; the longest one seen is 2 kB, so 4 MB leaves room for pasted letters.
BLOCK_BYTES = 4 << 20
MOST_COLUMNS = 4096
_ALL_TEXT = {f"f{position}": pa.string() for position in range(MOST_COLUMNS)}


def open_csv(how: Format, stream: IO[bytes], fail: Fail) -> Opened:
    """Read a stream of CSV; columns without a header go by their position."""
    try:
        codecs.lookup(how.encoding)
    except LookupError:
        raise fail(
            f"the contract calls for the encoding {how.encoding}, which nobody knows", "mend format.encoding in the contract"
        ) from None
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
            stream,
            read_options=pyarrow.csv.ReadOptions(
                autogenerate_column_names=True,
                encoding=how.encoding,
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

    return _with_header(records(), how)


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
