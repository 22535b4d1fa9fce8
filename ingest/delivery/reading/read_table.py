"""Read one table of a delivery: match its header, drop or hash direct identifiers, and drop rows that may not be kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pyarrow as pa
from pydantic import BaseModel

from ingest.connectors import DeliveredTable
from ingest.delivery.reading.header_match import Conformer, HeaderMatch
from ingest.delivery.reading.header_presence import looks_like_a_record, without_names
from ingest.delivery.row_filter import RowFilter
from ingest.delivery.snapshot_date import snapshot_date_of_file
from ingest.errors import DeliveryError
from ingest.readers import OpenTable


class TableFacts(BaseModel, frozen=True):
    """What a table contained: its rows that may be kept, its header as sent, and how the header differs from the contract.

    `second_header`, `crs`, `snapshot_on`: see `ingest.delivery.records.FileRecord`. `erased`, `past_keeping`: dropped rows.
    """

    rows: int
    header: tuple[str, ...]
    second_header: tuple[str, ...]
    crs: str | None
    snapshot_on: dt.date | None
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]
    erased: int = 0
    past_keeping: int = 0


def read_table(
    conformer: Conformer,
    table: DeliveredTable,
    write: Callable[[pa.RecordBatch], None],
    *,
    row_filter: RowFilter | None,
    fetched_on: dt.date | None,
    progress: Callable[[int], None],
) -> TableFacts:
    """Write the rows of a table that may be kept, under the contract's names. `DeliveryError` if it cannot be read.

    `fetched_on`: the day of a live request. `progress`: is called with the delivered rows of each batch.
    """
    contract = conformer.contract
    erased, past = (row_filter.erased, row_filter.past_keeping) if row_filter else (0, 0)
    with table.read() as opened:
        match = _match(conformer, table.name, opened)
        rows = 0
        records = without_names(contract, table.name, opened.header, match.positions, opened.batches)
        for delivered in conformer.batches(records, match, table.name):
            kept = row_filter.keep(delivered) if row_filter else delivered
            write(kept)
            rows += kept.num_rows
            progress(delivered.num_rows)
    return TableFacts(
        rows=rows,
        header=opened.delivered_header or opened.header,
        # the second header row may be data, so that cells of direct identifiers are left out
        second_header=tuple("" if at in match.private else cell for at, cell in enumerate(opened.second_header)),
        crs=opened.crs,
        snapshot_on=snapshot_date_of_file(contract, table.name, opened.footer, fetched_on),
        missing=match.missing,
        unknown=match.unknown,
        repeated=match.repeated,
        erased=row_filter.erased - erased if row_filter else 0,
        past_keeping=row_filter.past_keeping - past if row_filter else 0,
    )


def _match(conformer: Conformer, name: str, opened: OpenTable) -> HeaderMatch:
    header = opened.header
    match = conformer.match(header, name, opened.layout)
    if not match.fits:
        # the row that was read as a header is data, which the delivery record must not contain
        problem = "its header has none of the contract's columns"
        if looks_like_a_record(header):
            problem += ": it has no header row, and its first row is a record"
        remedy = "deliver it with its header row, or correct format.header and format.delimiter in the contract"
        raise DeliveryError(conformer.contract.source, name, problem, remedy)
    return match
