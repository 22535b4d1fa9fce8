"""Compare the columns of a delivery with its contract: checks on the header, and one line per column for people.

For a missing column, both propose the unknown column with the most similar name. See
`ingest.delivery.reading` for matching columns, `delivery_gate` for checks of cells, and
`orchestration.stewardship` for the report.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet

from expectations.engine.checks import Check, header
from ingest.contract import Column, Contract
from ingest.delivery import DeliveryRecord
from ingest.readers import letters
from warehouse.printable import first_names

# Two names with at least this similarity (difflib's ratio) count as a renamed column: RACE and RACE_CODE do, RACE and SEX do
# not.
RENAMED = 0.6
SHOWN_NAMES = 5
AS_AGREED, MISSING, TWICE, NEW, NOT_TAKEN = "as agreed", "missing", "delivered twice", "not in the contract", "known, not taken"
PRIVATE, UNREADABLE = "(private)", "(unreadable)"
FIRST_ROWS, SHOWN_CHARACTERS = 5, 60


def header_checks(
    contract: Contract,
    missing: Sequence[str],
    unknown: Sequence[str],
    repeated: Sequence[str],
    files: Sequence[str],
    headers: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Check]:
    """The checks on the header. Names are those of the delivery; of `missing`, the contract's `from`. `headers`: by file."""
    headers = headers or {}
    where = _where(contract, files)
    quotable = _is_header(contract, missing)
    lacking = {name: tuple(file for file, header in headers.items() if name not in header) for name in missing}
    others = _other_tables(contract, headers)
    of_others = {name for name, absent in lacking.items() if absent and set(absent) <= others.keys()}
    if of_others:
        few = ", ".join(f"{file} has {found} of the {columns}" for file, (found, columns) in [*others.items()][:SHOWN_NAMES])
        message = (
            f"{contract.source}: {few} columns of the contract; if the first row has names, it is another table: take it "
            "away, name it in ignore_files of the contract, or describe it in format.layouts"
        )
        yield header("columns_missing", "critical", message, mismatches=len(of_others))
    for name in missing:
        if name not in of_others:
            column = contract.delivered_as(name)
            problem = _of_missing(name, column, unknown if quotable else ())
            message = f"{_where(contract, lacking[name] or files)}: {problem}"
            yield header("columns_missing", "critical", message, mismatches=1, column=column.name if column else None)
    for name in repeated:
        column = contract.delivered_as(name)
        message = f"{where}: column {name} is delivered twice, and one of them would be lost; ask the steward which one is valid"
        yield header("columns_repeated", "critical", message, mismatches=1, column=column.name if column else None)
    if unknown:
        # in a file without its header, the names are the cells of the first record
        called = f" ({first_names(unknown, SHOWN_NAMES)})" if quotable else "; the first row may be a record and no header"
        message = f"{where}: {len(unknown)} columns are not in the contract{called}; add them to columns: or to ignore:"
        yield header("columns_unknown", "warning", message, mismatches=len(unknown))
    if not missing:
        yield header("columns_missing", "critical", "", mismatches=0)
    if not repeated:
        yield header("columns_repeated", "critical", "", mismatches=0)
    if not unknown:
        yield header("columns_unknown", "warning", "", mismatches=0)


def _of_missing(name: str, column: Column | None, unknown: Sequence[str]) -> str:
    """What is wrong where a column is missing, and what to do about it."""
    if column and column.from_period:
        return f"a file has no period, so that {name} is unknown; add the file to format.layouts with its period"
    if column and column.from_file:
        return f"the name of a file gives no {name}; add the file to from_file: in the contract, or {{year}} to a glob"
    if match := likely_match(name, column, unknown):
        return f"column {name} is missing, and {match} is new: was it renamed? Add {match} to from: in the contract"
    return f"column {name} is missing; ask the steward, or change the contract"


def _where(contract: Contract, files: Sequence[str]) -> str:
    return f"{contract.source}{f' ({first_names(files, SHOWN_NAMES)})' if files else ''}"


def _other_tables(contract: Contract, headers: Mapping[str, Sequence[str]]) -> dict[str, tuple[int, int]]:
    """The files that lack most columns of the contract, with the number of those they have and of all."""
    wanted = [set(map(str, contract.names_of(column))) for column in contract.columns if not column.is_of_file]
    cells = {file: {name.strip() for name in header} for file, header in headers.items()}
    found = {file: sum(not names.isdisjoint(of_file) for names in wanted) for file, of_file in cells.items()}
    return {file: (count, len(wanted)) for file, count in found.items() if 2 * count < len(wanted) and len(wanted) - count > 2}


def missing_columns(contract: Contract, missing: Sequence[str]) -> tuple[str, ...]:
    """The contract's names of the columns that a load record lists as missing, by delivered name or the contract's."""
    found = (contract.delivered_as(name) for name in missing)
    return tuple(column.name for column in found if column)


def likely_match(missing: str, column: Column | None, unknown: Sequence[str]) -> str | None:
    """The unknown column that the missing one was probably renamed to."""
    scores = {name: similarity(missing, column, name) for name in unknown}
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] >= RENAMED else None


def similarity(missing: str, column: Column | None, found: str) -> float:
    """The similarity of a delivered name to the expected one or the contract's (difflib's ratio, 0 to 1)."""
    wanted = {letters(missing)} | ({letters(column.name)} if column else set())
    return max(difflib.SequenceMatcher(None, want, letters(found)).ratio() for want in wanted)


def _is_header(contract: Contract, missing: Sequence[str]) -> bool:
    """Whether the names are a header: they include most of the contract's columns."""
    return 2 * len(missing) <= len(contract.columns)


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
    return contract.format.header.rows != "none" and _is_header(contract, receipt.columns_missing)


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
