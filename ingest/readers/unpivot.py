"""Turn columns of a wide table into rows (`format.unpivot`), so that a contract names a few columns and not hundreds.

Each record becomes as many records as it has such columns, in their order. `expectations.delivery.concepts` compares the
delivered names with the seed that defines them.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.contract import Unpivot
from ingest.readers.reader_types import OpenTable


def unpivoted_columns(header: Sequence[str], how: Unpivot, ignore: Collection[str]) -> tuple[int, ...]:
    """The positions of the columns that become rows: those that the pattern fits, without the ignored ones."""
    names = [name.strip() for name in header]
    return tuple(at for at, name in enumerate(names) if name not in ignore and re.fullmatch(how.columns, name))


def unpivoted(opened: OpenTable, how: Unpivot, ignore: Collection[str]) -> OpenTable:
    """The table with the other columns, and the name and the value of each of these."""
    turned = unpivoted_columns(opened.header, how, ignore)
    repeated = tuple(at for at in range(len(opened.header)) if at not in turned)
    return dataclasses.replace(
        opened,
        header=(*(opened.header[at] for at in repeated), how.names, how.values),
        batches=_rows(opened.batches, opened.header, repeated, turned),
        delivered_header=opened.header,
    )


def _rows(
    batches: Iterator[pa.RecordBatch], header: Sequence[str], repeated: Sequence[int], turned: Sequence[int]
) -> Iterator[pa.RecordBatch]:
    names = pa.array([header[at].strip() for at in turned], pa.string())
    for batch in batches:
        rows, times = batch.num_rows, len(turned)
        record = pa.array(np.repeat(np.arange(rows), times))
        columns = [batch.column(at).take(record) for at in repeated]
        # column after column, and then record by record
        cells = pa.concat_arrays([pc.cast(batch.column(at), pa.string()) for at in turned] or [pa.array([], pa.string())])
        order = pa.array(np.arange(rows * times).reshape(times, rows).T.ravel())
        named = names.take(pa.array(np.tile(np.arange(times), rows)))
        fields = [str(at) for at in range(len(repeated) + 2)]
        yield pa.RecordBatch.from_arrays([*columns, named, cells.take(order)], names=fields)
