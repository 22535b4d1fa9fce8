"""The sample city's workbook of recovery projects, changed as somebody changes a spreadsheet by hand.

Here: the changes, each of which breaks one identity of money or of codes and no other. Not here: what becomes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

_FIRST_ROW = 8  # after five rows of title and two of header
# Where in a row stands what.
_PERIOD, _PROJECT, _CODE, _BUDGET, _OBLIGATED, _SPENT = 0, 1, 5, 7, 9, 11

Rows = list[tuple[Any, ...]]  # of cells, the newest period first


def doctor(path: Path, *changes: Callable[[Rows], None]) -> None:
    """Open the workbook, make these changes and save it; the title, the header and the row of totals stay."""
    book = openpyxl.load_workbook(path)
    sheet = book["Projects"]
    rows = sorted(
        sheet.iter_rows(min_row=_FIRST_ROW, max_row=sheet.max_row - 1), key=lambda row: row[_PERIOD].value, reverse=True
    )
    for change in changes:
        change(rows)
    book.save(path)


def obligated_beyond_budget(rows: Rows) -> None:
    row = next(row for row in rows if row[_OBLIGATED].value == row[_BUDGET].value)
    row[_BUDGET].value -= 1


def spent_beyond_obligated(rows: Rows) -> None:
    row = next(row for row in rows if 0 < row[_OBLIGATED].value < row[_BUDGET].value)
    row[_SPENT].value = row[_OBLIGATED].value + 1


def falling(rows: Rows) -> None:
    """A project's sum of one period is more than that of the next, and within its budget."""
    later, earlier = next(
        (later, earlier)
        for later in rows
        for earlier in rows
        if earlier[_PROJECT].value == later[_PROJECT].value
        and earlier[_PERIOD].value < later[_PERIOD].value
        and 0 < later[_OBLIGATED].value < later[_BUDGET].value
    )
    earlier[_OBLIGATED].value = later[_OBLIGATED].value + 1


def code_as_number(rows: Rows) -> None:
    """What a spreadsheet makes of 1.10 in a cell that is no text: 1.1, the code of vaccination."""
    for row in rows:
        if row[_CODE].value == "1.10":
            row[_CODE].value = 1.1
