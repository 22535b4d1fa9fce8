"""Turn the JSON records of a portal's page into Arrow batches of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ingest.readers.formats.json_text import as_text
from ingest.readers.reader_types import BATCH_ROWS


def as_batches(names: Sequence[str], records: Sequence[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
    """The records of a page as batches of text, with columns in the order of `names`."""
    for start in range(0, len(records), BATCH_ROWS):
        some = records[start : start + BATCH_ROWS]
        columns = [pa.array([as_text(record.get(name)) for record in some], pa.string()) for name in names]
        yield pa.RecordBatch.from_arrays(columns, names=[f"f{position}" for position in range(len(names))])
