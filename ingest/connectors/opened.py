"""What every reader gives: an opened table, and how it says that it cannot.

Here: `Opened`, the types around it, and the size of a batch. Not here: any reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pyarrow as pa

from ingest.connectors.errors import DeliveryError

BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Opened:
    """A table that is open: its header, the second header row where there are two, its records, and for maps the CRS.

    `batches` are columns in the order of `header`, good while the table is open. `crs` is the coordinate reference system
    that the coordinates are in, like EPSG:32054, as the file declares it or else the contract; None where nobody says.
    """

    header: tuple[str, ...]
    second_header: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    crs: str | None = None


Reader = Callable[[], AbstractContextManager[Opened]]
Fail = Callable[[str, str], DeliveryError]
"""Makes the error of a file from a problem and its remedy, neither of which quotes a cell."""
