"""Recognise a header row in a file that should have none, and a record where the header should be.

The contract alone decides how a file is read (`format.header`); these rules only explain to a steward what was delivered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from ingest.contract import Column, Contract
from ingest.contract.words import NUMERIC, TIMES
from ingest.errors import DeliveryError
from ingest.readers import A_VALUE, letters, position_names

# Of the names of a header at most so many are values: years and codes are names, too.
VALUES_SHARE = 1 / 3
NAMES_SHARE = 0.5
COMPARED_ROWS = 200

Positions = Mapping[str, int | str | None]


def looks_like_a_record(cells: Sequence[str]) -> bool:
    """Whether a row that was read as a header is rather a record: many of its cells are numbers or dates, or most are empty."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    values = sum(1 for cell in filled if A_VALUE.fullmatch(cell))
    return not filled or values >= VALUES_SHARE * len(cells)


def without_names(
    contract: Contract,
    file: str,
    header: Sequence[str],
    positions: Positions,
    batches: Iterator[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    """The batches of a file without a header; `DeliveryError` if its first record is one."""
    if tuple(header) != position_names(len(header)):
        yield from batches
        return
    is_first = True
    for batch in batches:
        if is_first and batch.num_rows:
            is_first = False
            if _is_header(contract, positions, batch.slice(0, COMPARED_ROWS)):
                raise DeliveryError(
                    contract.source,
                    file,
                    "its first row has the names of its columns, but the contract reads files without a header",
                    "deliver it without that row, or remove format.header and write the names under from: in the contract",
                )
        yield batch


def _is_header(contract: Contract, positions: Positions, batch: pa.RecordBatch) -> bool:
    cells: list[tuple[Column, list[str]]] = []
    for column in contract.kept_columns:
        position = positions[column.name]
        if isinstance(position, int):
            cells.append((column, [str(cell or "").strip() for cell in batch.column(position).to_pylist()]))
    if not cells:
        return False
    named = sum(1 for column, (first, *_) in cells if first and letters(first) == letters(column.name))
    if named > NAMES_SHARE * len(cells):
        return True
    # words above numbers and dates
    typed = [(column, values) for column, values in cells if column.type in (*NUMERIC, *TIMES) and values[0]]
    words = [values for column, values in typed if not _has_digit(values[0]) and values[0] not in column.null_tokens]
    below = [cell for values in words for cell in values[1:] if cell]
    return bool(below) and len(words) == len(typed) and sum(map(_has_digit, below)) > NAMES_SHARE * len(below)


def _has_digit(text: str) -> bool:
    return any(sign.isdigit() for sign in text)
