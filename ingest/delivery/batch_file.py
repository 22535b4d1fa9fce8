"""Write record batches to a Parquet file in row groups of one size, and label them with their load id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# The size of DuckDB's own row groups. Smaller groups are joined again when a batch is promoted, which takes up to half as long
# again.
GROUP_ROWS = 122_880
# Small files give small batches, each with buffers and objects of some kilobytes: so many are joined to one.
MOST_WAITING = 256


@contextmanager
def open_batch_file(path: Path, schema: pa.Schema, compression: str = "zstd") -> Iterator[Callable[[pa.RecordBatch], None]]:
    """Yield a function that appends a batch of any size to the file.

    A thread compresses one row group while the next one is read: compressing takes as long as reading.
    """
    waiting: list[pa.RecordBatch] = []
    waiting_rows = 0
    packing: Future[None] | None = None

    with pq.ParquetWriter(path, schema, compression=compression) as parquet, ThreadPoolExecutor(1) as packer:

        def pack(rows: pa.Table) -> None:
            nonlocal packing
            if packing is not None:
                packing.result()
            packing = packer.submit(parquet.write_table, rows, GROUP_ROWS)

        def write(batch: pa.RecordBatch) -> None:
            nonlocal waiting_rows
            waiting.append(batch)
            waiting_rows += batch.num_rows
            if waiting_rows < GROUP_ROWS:
                if len(waiting) >= MOST_WAITING:
                    waiting[:] = pa.Table.from_batches(waiting, schema).combine_chunks().to_batches()
                return
            rows = pa.Table.from_batches(waiting, schema)
            whole = waiting_rows - waiting_rows % GROUP_ROWS
            pack(rows.slice(0, whole))
            waiting[:] = rows.slice(whole).to_batches()
            waiting_rows -= whole

        yield write
        if waiting:
            pack(pa.Table.from_batches(waiting, schema))
        if packing is not None:
            packing.result()


def with_load_id(schema: pa.Schema) -> pa.Schema:
    """The schema with `_load_id` as its first column."""
    return pa.schema([("_load_id", pa.string()), *schema])


def label(batch: pa.RecordBatch, load_id: str, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with its load id in every row."""
    load_ids = pa.array([load_id], pa.string()).take(pa.repeat(0, batch.num_rows))
    return pa.RecordBatch.from_arrays([load_ids, *batch.columns], schema=schema)


def add_load_id(path: Path, load_id: str) -> None:
    """Add `_load_id` to a written batch, for a table whose load id is known only after its last row."""
    labelled = path.with_suffix(".labelled")
    source = pq.ParquetFile(path)
    schema = with_load_id(source.schema_arrow)
    with open_batch_file(labelled, schema) as write:
        for batch in source.iter_batches():
            write(label(batch, load_id, schema))
    labelled.replace(path)
