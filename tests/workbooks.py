"""The sample city's workbook of recovery projects, changed as somebody changes a spreadsheet by hand.

Here: the changes, each of which breaks one identity of money or of codes. Not here: what becomes of them (the tests).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

FIRST_ROW = 8  # after five rows of title and two of header
# The columns of the workbook, by what they hold.
PERIOD, PROJECT, CODE, BUDGET, OBLIGATED, SPENT = 1, 2, 6, 8, 10, 12

Cells = tuple[Any, ...]  # of a row, from the first column on
Rows = list[Cells]


def doctored(workbook: Path, to: Path, change: Callable[[Rows], None]) -> Path:
    """A copy of the workbook whose rows of projects `change` has had in its hands; the title, the header and the totals stay."""
    book = openpyxl.load_workbook(workbook)
    sheet = book["Projects"]
    change(list(sheet.iter_rows(min_row=FIRST_ROW, max_row=sheet.max_row - 1)))
    book.save(to)
    return to


def obligated_beyond_budget(rows: Rows) -> None:
    row = next(row for row in rows if row[OBLIGATED - 1].value > 0)
    row[BUDGET - 1].value = row[OBLIGATED - 1].value - 1


def spent_beyond_obligated(rows: Rows) -> None:
    row = next(row for row in rows if 0 < row[OBLIGATED - 1].value < row[BUDGET - 1].value)
    row[SPENT - 1].value = row[OBLIGATED - 1].value + 1


def falling(rows: Rows) -> None:
    """A project's sum of one period is more than that of the next, and within its budget."""
    for earlier in rows:
        for later in rows:
            if (
                later[PROJECT - 1].value == earlier[PROJECT - 1].value
                and later[PERIOD - 1].value > earlier[PERIOD - 1].value
                and later[OBLIGATED - 1].value < later[BUDGET - 1].value
            ):
                earlier[OBLIGATED - 1].value = later[OBLIGATED - 1].value + 1
                return


def code_as_number(rows: Rows) -> None:
    """What a spreadsheet makes of 1.10 when the cells are no text: the code of vaccination."""
    for row in rows:
        if row[CODE - 1].value == "1.10":
            row[CODE - 1].value = 1.1
