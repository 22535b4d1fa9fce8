"""Read Parquet as a stream of batches, each small enough for memory, and refuse files that are bombs.

The size on disk does not limit the size in memory: every row may refer to a text that is stored once.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.contract import Format
from ingest.readers.reader_types import BATCH_ROWS, Fail, OpenTable, Stream, read_whole

MOST_AT_ONCE = 256 << 20
# Like an archive, a file is a bomb if its pages unpack to this many times its size. Its rows may grow ten times as much, because
# columns of one value shrink to nothing.
MOST_TIMES, NEVER_A_BOMB = 300, 256 << 20
MOST_TIMES_UNFOLDED, NEVER_A_BOMB_UNFOLDED = 3_000, 1 << 30
TEXT = "BYTE_ARRAY"
PREFIXED = "DELTA_BYTE_ARRAY"  # texts that repeat the beginning of the one before


def open_parquet(_how: Format, given: Stream, stack: ExitStack, fail: Fail) -> OpenTable:
    """Read a stream of Parquet; a file in an archive is held in memory."""
    stream = stack.enter_context(given.open())
    source = io.BytesIO(read_whole(stream, fail)) if given.packed else stream
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    file = pq.ParquetFile(source)
    pages = sum(file.metadata.row_group(at).total_byte_size for at in range(file.num_row_groups))
    if pages > max(NEVER_A_BOMB, MOST_TIMES * size):
        raise _bomb_error(fail, MOST_TIMES)
    rows = max(1, min(BATCH_ROWS, MOST_AT_ONCE // max(1, _longest_row(file, source))))
    return OpenTable(tuple(file.schema_arrow.names), (), _join_small(_checked(file.iter_batches(batch_size=rows), size, fail)))


def _checked(batches: Iterator[pa.RecordBatch], size: int, fail: Fail) -> Iterator[pa.RecordBatch]:
    """Check that texts are valid UTF-8, which would break DuckDB later, and that the file is no bomb."""
    unfolded = 0
    for batch in batches:
        batch.validate(full=True)
        unfolded += batch.nbytes
        if unfolded > max(NEVER_A_BOMB_UNFOLDED, MOST_TIMES_UNFOLDED * size):
            raise _bomb_error(fail, MOST_TIMES_UNFOLDED)
        yield _without_nesting(batch, fail)


def _without_nesting(batch: pa.RecordBatch, fail: Fail) -> pa.RecordBatch:
    """The batch with its lists and objects as JSON, as the reader of JSON gives them."""
    for at, field in enumerate(batch.schema):
        if pa.types.is_nested(field.type):
            try:
                as_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"), default=_plain)
                texts = [None if one is None else as_json(one) for one in batch.column(at).to_pylist()]
            except TypeError:
                raise fail(f"{field.name} has bytes inside lists or objects", "deliver one plain value a cell") from None
            batch = batch.set_column(at, field.name, pa.array(texts, pa.string()))
    return batch


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        raise TypeError
    return str(value)


def _join_small(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Join small batches to as many rows as fit: later steps take time per batch, however small."""
    waiting: list[pa.RecordBatch] = []
    rows, bytes_held = 0, 0
    for batch in batches:
        waiting.append(batch)
        rows, bytes_held = rows + batch.num_rows, bytes_held + batch.nbytes
        if rows >= BATCH_ROWS or bytes_held >= MOST_AT_ONCE:
            yield from pa.Table.from_batches(waiting).combine_chunks().to_batches()
            waiting, rows, bytes_held = [], 0, 0
    if waiting:
        yield from pa.Table.from_batches(waiting).combine_chunks().to_batches()


def _bomb_error(fail: Fail, times: int) -> Exception:
    return fail(f"it unpacks to more than {times:,} times its size", "deliver it as csv, unless it is a mistake")


def _has_rows(file: pq.ParquetFile, group: int) -> bool:
    """Whether the group has rows; raises Arrow's error if the metadata of one of its columns is broken.

    Asking pyarrow for a column with broken metadata ends the process, because a C++ exception escapes. Reading a row raises an
    error.
    """
    return next(file.iter_batches(batch_size=1, row_groups=[group]), None) is not None


def _longest_row(file: pq.ParquetFile, source: Any) -> int:
    """The summed bytes of the longest texts of each column: an upper limit of a row, except for texts that are stored in full."""
    groups = [at for at in range(file.num_row_groups) if _has_rows(file, at)]
    # by the names of the schema, because a chunk's name of its column may be broken
    chunks = [
        (file.schema.column(at).path, chunk)
        for group in map(file.metadata.row_group, groups)
        for at in range(group.num_columns)
        if (chunk := group.column(at)).physical_type == TEXT
    ]
    longest: dict[str, int] = {}
    for path, chunk in chunks:
        if PREFIXED in chunk.encodings:
            longest[path] = max(longest.get(path, 0), chunk.total_uncompressed_size)
    folded = {path for path, chunk in chunks if chunk.has_dictionary_page} - longest.keys()
    with_words = pq.ParquetFile(source, metadata=file.metadata, read_dictionary=sorted(folded))
    for at in groups:
        # the first row of a group loads each column's dictionary
        first = next(with_words.iter_batches(batch_size=1, row_groups=[at]), None)
        for field, column in zip(first.schema, first.columns, strict=True) if first is not None else ():
            if pa.types.is_dictionary(field.type):
                most = pc.max(pc.binary_length(column.dictionary)).as_py() or 0
                longest[field.name] = max(longest.get(field.name, 0), most)
    return sum(longest.values())
