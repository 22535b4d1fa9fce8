"""Read a template workbook that a department filled in, whatever kind of file its contract has.

The workbook describes itself in a hidden sheet: the source, and the fields at the time when it was written. A workbook whose
fields are no longer those of the contract is refused: an answer that it did not offer would otherwise count as zero. Cells become
the text that the contract reads: a date in its first format, ticked boxes as one list of labels.
"""

from __future__ import annotations

import datetime as dt
import html
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import IO, Any

import pyarrow as pa

from ingest.contract import Column, Contract
from ingest.contract.sections.format import Format, Header
from ingest.contract.template_fields import TICK, TemplateField, changes, template_fields, version
from ingest.readers.child_reader import open_table
from ingest.readers.formats.excel import ATTRIBUTE, SHEET
from ingest.readers.reader_types import Fail, OpenTable, read_whole
from warehouse.printable import first_names

DATA_SHEET, HIDDEN_SHEET = "Data", "_levelground"
HEADER_ROW = 2  # from 0: the question above, the guide, and then the names
ZIP_MAGIC = b"PK\x03\x04"
SEPARATOR = ";"
_TICKS = frozenset((TICK, "✓", "✔", "✗", "1", "yes", "true"))
_NAMED = 5  # changes that a message lists
_LARGEST_PART = 1 << 22

# Excel stores a time as a fraction of a day, which may end just before the second.
A_CELL_TIME, HALF_A_SECOND = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), dt.timedelta(milliseconds=500)

Cells = Sequence[str | None]


def is_template(stream: IO[bytes]) -> bool:
    """Whether a file is a workbook with the hidden sheet of a template."""
    try:
        stream.seek(0)
        with zipfile.ZipFile(stream) as archive, archive.open("xl/workbook.xml") as part:
            sheets = [dict(ATTRIBUTE.findall(found)) for found in SHEET.findall(part.read(_LARGEST_PART))]
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError, RuntimeError, EOFError):
        return False
    return any(html.unescape(sheet.get(b"name", b"").decode("utf-8", "replace")) == HIDDEN_SHEET for sheet in sheets)


def open_template(contract: Contract, stream: IO[bytes], fail: Fail) -> OpenTable:
    """Read the data sheet of a template, with the delivered names of the contract as its header."""
    data = read_whole(stream, fail)
    fields = template_fields(contract)
    _check_version(contract, fields, data, fail)
    how = Format(kind="excel", sheet=DATA_SHEET, header=Header(rows=1, skip=HEADER_ROW))
    opened = open_table(how, data, fail)
    names = [name.strip() for name in opened.header]
    wanted = [field.heading for field in fields]
    if [name for name in names if name] != wanted or names[: len(wanted)] != wanted:
        raise fail(
            f"row {HEADER_ROW + 1} of its sheet {DATA_SHEET} no longer has the names of the template",
            f"copy the rows into a new template; {_command(contract)} writes it",
        )
    header, columns = _delivered(contract)
    return OpenTable(tuple(header), (), _batches(fields, columns, opened.batches, fail))


def _command(contract: Contract) -> str:
    return f"`levelground sources template {contract.source}`"


def _check_version(contract: Contract, fields: Sequence[TemplateField], data: bytes, fail: Fail) -> None:
    hidden = open_table(Format(kind="excel", sheet=HIDDEN_SHEET, header=Header(rows="none")), data, fail)
    rows = [row for batch in hidden.batches for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)]
    found = {row[0]: row[1] for row in rows if len(row) > 1}
    if found.get("source") != contract.source:
        raise fail(
            "it is the template of another source", f"deliver it there; {_command(contract)} writes the one of this source"
        )
    if found.get("version") == version(fields):
        return
    try:
        listed = list(changes((row[1] for row in rows if row[0] == "field"), fields))
    except (ValueError, KeyError, TypeError):
        listed = []
    what = f": {first_names(listed, _NAMED, '; ')}" if listed else ""
    raise fail(
        f"it was written for an earlier contract{what}",
        f"{_command(contract)} writes the current template; copy the rows into it, check what changed, and deliver it",
    )


def _delivered(contract: Contract) -> tuple[list[str], list[Column | None]]:
    """The header that the contract expects, and the column of each name; positions without a column are empty."""
    names = {column.delivered_names[0]: column for column in contract.columns if not column.is_of_file}
    last = max((name for name in names if isinstance(name, int)), default=0)
    order = (*range(1, last + 1), *(name for name in names if isinstance(name, str)))
    return [str(name) for name in order], [names.get(name) for name in order]


def _batches(
    fields: Sequence[TemplateField], columns: Sequence[Column | None], batches: Iterator[pa.RecordBatch], fail: Fail
) -> Iterator[pa.RecordBatch]:
    names = [f"f{number}" for number in range(len(columns))]
    for batch in batches:
        cells: list[list[Any]] = [column.to_pylist() for column in batch.columns]
        if any(value and value.strip() for values in cells[len(fields) :] for value in values):
            raise fail(
                f"its sheet {DATA_SHEET} has cells to the right of the last column of the template",
                "delete them, or ask for a column in the contract; then deliver it again",
            )
        answered = list(zip(fields, cells, strict=False))
        yield pa.RecordBatch.from_arrays([_array(column, answered, batch.num_rows) for column in columns], names=names)


def _array(column: Column | None, answered: Sequence[tuple[TemplateField, Cells]], rows: int) -> pa.Array:
    parts = [(field, cells) for field, cells in answered if column and field.column == column.name]
    if column is None or not parts:  # an identifier that the template does not ask for
        return pa.nulls(rows, pa.string())
    if parts[0][0].question:
        answers = zip(*(cells for _, cells in parts), strict=True)
        return pa.array([_joined(column, [field for field, _ in parts], row) for row in answers], pa.string())
    field, cells = parts[0]
    return pa.array([_as_delivered(cell, column, field.kind) if cell else cell for cell in cells], pa.string())


def _joined(column: Column, fields: Sequence[TemplateField], row: Cells) -> str | None:
    """The labels of the ticked boxes, and other answers as written: the gate refuses a box with something else in it."""
    labels = [
        field.label if field.label is not None and cell.strip().lower() in _TICKS else cell.strip()
        for field, cell in zip(fields, row, strict=True)
        if cell and cell.strip()
    ]
    return (column.delimiter or SEPARATOR).join(labels) or None


def _as_delivered(cell: str, column: Column, kind: str) -> str:
    """A cell of Excel as the text of the contract; one that a person typed as text stays as typed."""
    if kind in ("date", "timestamp") and column.formats and A_CELL_TIME.match(cell):
        with suppress(ValueError):
            return (dt.datetime.fromisoformat(cell) + HALF_A_SECOND).strftime(column.formats[0])
    if kind == "decimal" and column.decimal not in cell:
        return cell.replace(".", column.decimal)
    return cell
