"""Read Excel workbooks (xlsx, xlsm, xls): one sheet, or a range of it, as text; a glob selects several sheets.

Dates read as 2025-03-01 00:00:00 whatever the cell's format, numbers with their stored digits, empty cells as NULL, error cells
as #N/A. A cell with only a time of day is a time on 1899-12-31, as Excel counts. A formula has the value that was saved with it.
A formula without a saved value is refused, because the cell would read as empty.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import IO, Any

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from ingest.contract import Format
from ingest.readers.reader_types import BATCH_ROWS, Fail, OpenTable, check_column_count, read_whole, split_header
from warehouse.printable import first_names

OLE_MAGIC = b"\xd0\xcf\x11\xe0"
PASSWORD = "EncryptedPackage".encode("utf-16-le")
CELLS = re.compile(r"([A-Z]+)(\d*):([A-Z]+)(\d*)")
ERRORS = {"Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Ref": "#REF!", "Value": "#VALUE!"}
AN_ERROR = re.compile(r"Error\((\w+)\)")
# fastexcel 0.21 writes numbers as text with nine decimals: these may have more.
ROUNDED = r"^-?(\d*\.\d{9}|0)$"
# The parts of a workbook: the file of a sheet, and a cell whose formula has no value (or an empty one that is no text).
SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^>]*)>")
RELATION = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*)>")
ATTRIBUTE = re.compile(rb'([\w:]+)\s*=\s*"([^"]*)"')
FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
# The exception that Rust code raises in Python when it panics; it can be caught by no other name.
PANIC = "PanicException"
MOST_NAMED = 20  # sheets in a message
LONGEST_CELL, CHUNK_BYTES = 1 << 16, 1 << 20
# A cell with content, and its position. The library allocates every cell between the first and the last one, 32 bytes each: a
# sheet of two cells in opposite corners ends the process because 500 GB are missing, and no error can be caught.
PLACED = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br\s*=\s*"([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>')
MOST_SPARSE, SPARSE_TIMES = 16 << 20, 100
# The start of a row or of a cell, with or without its position, and the bytes of the longest one.
ROW_OR_CELL, LONGEST_START = re.compile(rb"<(?:\w{1,16}:)?(row|c)[\s/>]"), 24


def open_excel(how: Format, stream: IO[bytes], fail: Fail) -> OpenTable:
    """Read a stream of Excel; raises `EOFError` for an empty one."""
    data = read_whole(stream, fail)
    if not data:
        raise EOFError("Empty CSV")
    try:
        book = fastexcel.read_excel(data)
        sheet = _sheet(book, how, fail)
        _check_cells(data, book.sheet_names.index(sheet), fail)
        loaded = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
        cells, errors = loaded.to_arrow_with_errors()
        starts = [column.absolute_index for column in loaded.available_columns()]
        columns = _with_all_digits(book, sheet, list(_with_errors(cells, errors)))
    except BaseException as error:
        if not isinstance(error, fastexcel.FastExcelError) and type(error).__name__ != PANIC:
            raise
        if data.startswith(OLE_MAGIC) and PASSWORD in data:
            raise fail("the workbook has a password", "deliver it without, through a secure channel") from None
        raise fail(
            "this is not an Excel workbook, or it is damaged", "deliver it again, or change format.kind in the contract"
        ) from None
    rows, columns = _selected(how, starts, columns, cells.num_rows)
    if not columns or rows.start + how.header.skip >= rows.stop:
        problem = f"sheet {sheet} has nothing where the contract expects the table"
        raise fail(problem, "ask the steward; correct format.sheet, format.range or format.header in the contract")
    table = pa.RecordBatch.from_arrays(columns, names=[f"f{at}" for at in range(len(columns))])
    selected = pa.Table.from_batches([table.slice(rows.start, rows.stop - rows.start).slice(how.header.skip)])
    return split_header(iter(selected.to_batches(max_chunksize=BATCH_ROWS)), how)


def sheet_names(data: bytes) -> list[str]:
    """The sheets of a workbook; none of a file that is no workbook."""
    try:
        return fastexcel.read_excel(data).sheet_names
    except BaseException as error:
        if not isinstance(error, fastexcel.FastExcelError) and type(error).__name__ != PANIC:
            raise
        return []


def selected_sheets(glob: str, names: Sequence[str], fail: Fail) -> tuple[str, ...]:
    """The sheets that a glob selects."""
    found = tuple(name for name in names if fnmatchcase(name, glob))
    if any("/" in name or not name.isprintable() for name in found):
        raise fail("the name of a sheet contains a slash or control characters", "rename the sheet, and deliver it again")
    return found


def _sheet(book: fastexcel.ExcelReader, how: Format, fail: Fail) -> str:
    names = book.sheet_names
    if how.sheet is None and len(names) == 1:
        return names[0]
    if isinstance(how.sheet, str) and how.sheet in names:
        return how.sheet
    if isinstance(how.sheet, int) and how.sheet <= len(names):
        return names[how.sheet - 1]
    problem = "it has several sheets" if how.sheet is None else f"it has no sheet {how.sheet}"
    named = first_names(names, MOST_NAMED)
    raise fail(f"{problem}; there are {named}", "name the one that is meant in format.sheet of the contract")


def _with_errors(cells: pa.RecordBatch, errors: Any) -> Iterator[pa.Array]:
    """The columns, with error cells as Excel displays them, which the library leaves empty."""
    at: dict[int, dict[int, str]] = {}
    for error in errors.errors if errors else ():
        kind = AN_ERROR.search(error.detail)
        row, column = error.position
        at.setdefault(column, {})[row] = ERRORS.get(kind[1], f"#{kind[1].upper()}!") if kind else "#UNKNOWN!"
    for number, column in enumerate(cells.columns):
        if number in at:
            values = column.to_pylist()
            for row, text in at[number].items():
                values[row] = text
            column = pa.array(values, pa.string())  # noqa: PLW2901 - the same column, corrected
        yield column


def _with_all_digits(book: fastexcel.ExcelReader, sheet: str, columns: list[pa.Array]) -> list[pa.Array]:
    """The columns with all digits of their numbers."""
    doubtful = {at: pc.fill_null(pc.match_substring_regex(column, ROUNDED), False) for at, column in enumerate(columns)}
    positions = [at for at, doubt in doubtful.items() if pc.any(doubt).as_py()]
    if not positions:
        return columns
    loaded = book.load_sheet(sheet, header_row=None, skip_rows=0, use_columns=positions, dtypes="float")
    exact = list(columns)
    for at, numbers in zip(positions, loaded.to_arrow_with_errors()[0].columns, strict=True):
        rows = pc.indices_nonzero(doubtful[at])
        texts, floats = columns[at].take(rows).to_pylist(), numbers.take(rows).to_pylist()
        corrected = [
            repr(number) if number and number != float(text) else text for text, number in zip(texts, floats, strict=True)
        ]
        exact[at] = pc.replace_with_mask(columns[at], doubtful[at], pa.array(corrected, pa.string()))
    return exact


def _selected(how: Format, starts: list[int], columns: list[pa.Array], height: int) -> tuple[slice, list[pa.Array]]:
    """The rows and columns that the contract selects. Without a header, columns are numbered from A or the first of the range."""
    first, last, rows = 0, max(starts, default=-1), slice(0, height)
    found = CELLS.fullmatch(how.range) if how.range else None
    if found:
        first, last = _column_number(found[1]), min(_column_number(found[3]), last)
        rows = slice(int(found[2] or 1) - 1, min(int(found[4] or height), height))
    column_at = dict(zip(starts, columns, strict=True))
    if how.header.rows == "none":
        empty = pa.nulls(height, pa.string())
        return rows, [column_at.get(at, empty) for at in range(first, last + 1)]
    return rows, [column_at[at] for at in range(first, last + 1) if at in column_at]


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _check_cells(data: bytes, sheet: int, fail: Fail) -> None:
    """Check that every formula of a sheet has a saved value, that cells are close together, and rows short; xls guarantees it.

    Reads the whole archive, so that a member that is longer than declared fails here and not in the library's memory.
    """
    if data.startswith(OLE_MAGIC):
        return
    missing, first = 0, ""
    cells, widest, longest, in_row = 0, 0, 0, 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        member_name = _sheet_member(archive, sheet)
        for info in archive.infolist():
            unread = b""
            with archive.open(info) as member:
                while chunk := member.read(CHUNK_BYTES):
                    if info.filename != member_name:
                        continue
                    before = unread[-LONGEST_START:]
                    for start in ROW_OR_CELL.finditer(before + chunk):
                        if start.end() > len(before):
                            in_row = in_row + 1 if start[1] == b"c" else 0
                            check_column_count(in_row, fail)
                    unread += chunk
                    end = 0
                    placed = PLACED.findall(unread)
                    cells += len(placed)
                    widest = max([widest, *(_column_number(column.decode()) + 1 for column in {column for column, _ in placed})])
                    longest = max([longest, *(int(row) for _, row in placed)])
                    for found in FORMULA.finditer(unread):
                        end = found.end()
                        attributes = dict(ATTRIBUTE.findall(found[1]))
                        if attributes.get(b"t") != b"str":  # an empty text is a value
                            missing += 1
                            first = first or attributes.get(b"r", b"").decode("ascii", "replace")
                    unread = unread[max(end, len(unread) - LONGEST_CELL) :]
    if widest * longest > max(MOST_SPARSE, SPARSE_TIMES * cells):
        problem = f"its {cells:,} cells are far apart, over {longest:,} rows and {widest:,} columns"
        raise fail(problem, "delete the cells far outside the table, save it, and deliver it again")
    if missing:
        problem = f"{missing:,} cells have a formula without its value, the first at {first}"
        raise fail(problem, "open it in Excel, save it, and deliver it again; or have it exported with values only")


def _sheet_member(archive: zipfile.ZipFile, sheet: int) -> str | None:
    """The file of a sheet in the archive; None for a workbook with another structure, which the library then refuses."""
    try:
        sheets = [dict(ATTRIBUTE.findall(found)) for found in SHEET.findall(archive.read("xl/workbook.xml"))]
        relations = [dict(ATTRIBUTE.findall(found)) for found in RELATION.findall(archive.read("xl/_rels/workbook.xml.rels"))]
        wanted = next(value for name, value in sheets[sheet].items() if name.endswith(b":id"))
        target = html.unescape(next(relation[b"Target"] for relation in relations if relation.get(b"Id") == wanted).decode())
    except (KeyError, IndexError, StopIteration, UnicodeDecodeError):
        return None
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
