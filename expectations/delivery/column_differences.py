"""The difference between a delivery and its contract as a table: what was expected, what was found, what it may be called now.

Here: one line a column, and the first rows without private values. Not here: the verdict (`expectations.gate`), how names are
likened (`expectations.delivery.header_drift`), showing any of it (`orchestration`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet

from expectations.delivery.header_drift import likely_match, similarity
from ingest.contract import Column, Contract
from ingest.delivery.write_batch import Receipt

AS_AGREED, MISSING, TWICE, NEW, NOT_TAKEN = "as agreed", "missing", "delivered twice", "not in the contract", "known, not taken"
PRIVATE, UNREADABLE = "(private)", "(does not read)"
FIRST_ROWS, SHOWN_CHARACTERS = 5, 60


@dataclass(frozen=True)
class ColumnDifference:
    """One column as it was expected and as it was found; `likely` is what a missing one is probably called now.

    `similarity` is the share of letters that the two names have in common and in order, in percent (difflib's ratio).
    """

    expected: str | None
    column: str | None
    found: str | None
    verdict: str
    likely: str | None = None
    similarity: int | None = None

    @property
    def differs(self) -> bool:
        """Whether it is not as agreed."""
        return self.verdict not in (AS_AGREED, NOT_TAKEN)


def column_differences(contract: Contract, receipt: Receipt) -> tuple[ColumnDifference, ...]:
    """Every column of the contract, then what the delivery has beside them; one that most columns are missing from has no
    names that may be shown, since its first record is then read for them."""
    missing, unknown = set(receipt.columns_missing), list(receipt.columns_unknown)
    delivered = {name.strip() for file in receipt.files for name in file.header}
    shown = header_is_one(contract, receipt)
    lines = []
    for column in contract.columns:
        expected = " or ".join(map(str, column.delivered_names))
        if str(column.delivered_names[0]) in missing:
            likely = likely_match(str(column.delivered_names[0]), column, unknown) if shown else None
            percent = round(100 * similarity(str(column.delivered_names[0]), column, likely)) if likely else None
            lines.append(ColumnDifference(expected, column.name, None, MISSING, likely, percent))
            continue
        found = next((str(name) for name in column.delivered_names if str(name) in delivered), expected)
        lines.append(ColumnDifference(expected, column.name, found, TWICE if found in receipt.columns_repeated else AS_AGREED))
    if shown:
        lines += [ColumnDifference(None, None, name or "(a column without a name)", NEW) for name in unknown]
        lines += [ColumnDifference(None, None, name, NOT_TAKEN) for name in contract.ignore if name in delivered]
    elif unknown:
        lines.append(ColumnDifference(None, None, f"({len(unknown)} columns; the first row may be a record)", NEW))
    return tuple(lines)


def header_is_one(contract: Contract, receipt: Receipt) -> bool:
    """Whether the delivered names are names: most of the contract's columns are among them."""
    return contract.format.header.rows != "none" and 2 * len(receipt.columns_missing) <= len(contract.columns)


def first_rows(contract: Contract, receipt: Receipt, batch: Path) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """(names, rows) of the first records, with the cells of public columns only; nothing where columns go by position or
    their names do not fit, since then nobody knows what stands in a column."""
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
    # what is no number in a column of numbers may be anything, also what stands in another column by right
    if text and column.type in ("integer", "decimal", "date", "timestamp") and not any(sign.isdigit() for sign in text):
        return text if text in column.null_tokens else UNREADABLE
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def differing(lines: Sequence[ColumnDifference]) -> tuple[ColumnDifference, ...]:
    """The lines that are not as agreed."""
    return tuple(line for line in lines if line.differs)
