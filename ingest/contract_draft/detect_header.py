"""Guess where a table has its names and where it ends: title blocks, one row of names or two, totals and notes below."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ingest.readers.header_rows import A_VALUE, merged_names

Rows = Sequence[Sequence[str]]
MOST_FOOTER_ROWS = 30
A_YEAR = re.compile(r"(19|20)\d\d")
A_TOTAL = re.compile(r"(grand |sub-?)?totals?\b|sum\b|all (branches|sites|locations|schools|districts)\b", re.IGNORECASE)


def detect_header(rows: Rows, lines: Sequence[int]) -> tuple[dict[str, Any], list[str]]:
    """Where the names are: below a title block, in one row or two, or nowhere. `lines`: the lines above each row."""
    usual = _usual_width(rows)
    length = Counter(map(len, rows)).most_common(1)[0][0]
    at = next(
        (n for n, row in enumerate(rows) if len(row) == length and sum(1 for cell in row if cell.strip()) >= 0.6 * usual),
        0,
    )
    top = _merged_at(rows, at)
    first = at if top is None else top
    header: dict[str, Any] = {"skip": lines[first]} if first else {}
    questions = [f"the names seem to follow {lines[first]} lines of title: does every delivery have them?"] if first else []
    if top is not None:
        questions.append("the names seem to be in two rows, the upper one over several columns: does every delivery have both?")
        return {"header": {"rows": 2, "merged": True} | header}, questions
    names = [cell.strip() for cell in rows[at]]
    values = sum(1 for name in names if A_VALUE.fullmatch(name))
    below = rows[at + 1 :]
    if not any(names) or 3 * values >= len(names):
        header = {"rows": "none"}  # a title block without names looks like records
        questions = ["it seems to have no header row, so columns have positions instead of names: ask the steward what each is"]
    elif len(below) > 3 and _is_second_header(below):
        header["rows"] = 2
        questions.append("the second row seems to explain the first: does every delivery have both?")
    return ({"header": header} if header else {}), questions


def detect_footer(first: Rows, last: Rows) -> tuple[int, list[str]]:
    """The number of rows below the records: totals, notes and what is blank between. `first`: the first rows of the table."""
    usual = _usual_width(first)
    count = 0
    for row in reversed(last):
        cells = [cell.strip() for cell in row if cell.strip()]
        if len(cells) > max(1, usual // 5) and not A_TOTAL.match(cells[0]):
            break
        count += 1
    below = [cell for row in last[len(last) - count :] for cell in row if cell.strip()]
    if usual < 3 or not below or count > MOST_FOOTER_ROWS or count >= len(last):
        return 0, []
    return count, [f"the last {count} rows seem to be totals and notes, and footer leaves them out: does every delivery end so?"]


def _usual_width(rows: Rows) -> int:
    width = Counter(sum(1 for cell in row if cell.strip()) for row in rows if any(cell.strip() for cell in row)).most_common(1)
    return width[0][0] if width else 1


def _merged_at(rows: Rows, at: int) -> int | None:
    """The upper row of two rows of names, of which it has one per group of columns; None where one row has them all."""
    for top in (at - 1, at):
        if top < 0 or top + 1 >= len(rows) or len(rows[top]) != len(rows[top + 1]):
            continue
        above, below = ([cell.strip() for cell in row] for row in rows[top : top + 2])
        # alone, the row of names that has most of the cells repeats itself or has gaps
        alone = below if top < at else above
        names = merged_names(above, below)
        values = sum(1 for cell in below if A_VALUE.fullmatch(cell) and not A_YEAR.fullmatch(cell))
        if len(set(alone)) == len(alone) and all(alone):
            continue
        if sum(map(bool, above)) < 2 or not all(names) or len(set(names)) < len(names) or 3 * values >= len(names):
            continue
        if top == at and not _is_second_header(rows[at + 1 :]):
            continue
        return top
    return None


def _is_second_header(below: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is words over columns of numbers."""
    columns = [[row[at].strip() for row in below if at < len(row)] for at in range(len(below[0]))]
    numbers = [column for column in columns if len(column) > 3 and all(A_VALUE.fullmatch(cell) for cell in column[1:] if cell)]
    words = [column for column in numbers if column[0] and not A_VALUE.fullmatch(column[0]) and any(column[1:])]
    return len(words) >= 2 and 2 * len(words) >= len(numbers)
