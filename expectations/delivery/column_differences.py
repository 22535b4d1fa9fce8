"""Compare the columns of a delivery with its contract: one line per column, and the first rows without private values.

See `expectations.delivery.gate` for the result of the gate, `header_drift` for the similarity of names, and
`orchestration.stewardship` for the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet

from expectations.delivery.header_drift import likely_match, similarity
from ingest.contract import Column, Contract
from ingest.delivery import DeliveryRecord

AS_AGREED, MISSING, TWICE, NEW, NOT_TAKEN = "as agreed", "missing", "delivered twice", "not in the contract", "known, not taken"
PRIVATE, UNREADABLE = "(private)", "(unreadable)"
FIRST_ROWS, SHOWN_CHARACTERS = 5, 60


@dataclass(frozen=True)
class ColumnDifference:
    """A column as expected and as found; `likely` is the probable new name of a missing column.

    `similarity` is the similarity of the two names in percent (difflib's ratio).
    """

    expected: str | None
    column: str | None
    found: str | None
    verdict: str
    likely: str | None = None
    similarity: int | None = None

    @property
    def differs(self) -> bool:
        """Whether the column differs from the contract."""
        return self.verdict not in (AS_AGREED, NOT_TAKEN)


def column_differences(contract: Contract, receipt: DeliveryRecord) -> tuple[ColumnDifference, ...]:
    """Every column of the contract, then the other delivered columns.

    If most columns are missing, the names may be the cells of the first record and are not shown.
    """
    missing, unknown = set(receipt.columns_missing), list(receipt.columns_unknown)
    delivered = {name.strip() for file in receipt.files for name in file.header}
    may_quote = header_is_one(contract, receipt)
    lines = []
    for column in contract.columns:
        names = [str(name) for name in contract.names_of(column)]
        expected = " or ".join(names)
        absent = next((name for name in names if name in missing), None)
        if absent is not None:
            likely = likely_match(absent, column, unknown) if may_quote else None
            percent = round(100 * similarity(absent, column, likely)) if likely else None
            lines.append(ColumnDifference(expected, column.name, None, MISSING, likely, percent))
            continue
        found = next((name for name in names if name in delivered), expected)
        lines.append(ColumnDifference(expected, column.name, found, TWICE if found in receipt.columns_repeated else AS_AGREED))
    if may_quote:
        lines += [ColumnDifference(None, None, name or "(a column without a name)", NEW) for name in unknown]
        lines += [ColumnDifference(None, None, name, NOT_TAKEN) for name in contract.ignore if name in delivered]
    elif unknown:
        lines.append(ColumnDifference(None, None, f"({len(unknown)} columns; the first row may be a record)", NEW))
    return tuple(lines)


def header_is_one(contract: Contract, receipt: DeliveryRecord) -> bool:
    """Whether the delivered names are a header: they include most of the contract's columns."""
    return contract.format.header.rows != "none" and 2 * len(receipt.columns_missing) <= len(contract.columns)


def first_rows(contract: Contract, receipt: DeliveryRecord, batch: Path) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """(names, rows) of the first records, with cells of public columns only.

    Empty where columns have positions and no names, or where the names do not match: the content of a column is then unknown.
    """
    if not header_is_one(contract, receipt):
        return (), ()
    columns = contract.kept_columns
    names = [column.name for column in columns]
    file = pyarrow.parquet.ParquetFile(batch)
    head = next(file.iter_batches(FIRST_ROWS, columns=names), None)
    rows = [] if head is None else [[row[name] for name in names] for row in head.to_pylist()]
    return tuple(names), tuple(tuple(map(_shown, columns, row)) for row in rows)


def _shown(column: Column, cell: str | None) -> str:
    if column.privacy != "public":
        return PRIVATE if cell else ""
    text = (cell or "").strip()
    # a text in a column of numbers may be anything, even the content of a private column
    if text and column.type in ("integer", "decimal", "date", "timestamp") and not any(sign.isdigit() for sign in text):
        return text if text in column.null_tokens else UNREADABLE
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def differing(lines: Sequence[ColumnDifference]) -> tuple[ColumnDifference, ...]:
    """The lines that differ from the contract."""
    return tuple(line for line in lines if line.differs)
