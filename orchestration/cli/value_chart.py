"""Display values of a measure as a table with a bar per row: the bar ends at the value, and a lighter part shows its interval."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from orchestration.cli.display import out, table

NARROWEST, WIDEST, WITHOUT_TERMINAL = 12, 50, 40
SHOWN = ("shown", "zero")
# value, interval below the value, interval above it
BLOCKS, ASCII = ("█", "▓", "░"), ("#", "=", "-")


@dataclass(frozen=True)
class Scale:
    """The ends of the bars' axis, which contains 0, in the unit of the values."""

    low: float
    high: float

    @classmethod
    def of(cls, rows: Iterable[dict[str, Any]]) -> Scale:
        """Return the scale that holds every value and interval of the rows."""
        ends = [row[name] for row in rows for name in ("value", "ci_low", "ci_high") if row[name] is not None]
        return cls(min([0.0, *ends]), max([0.0, *ends]))

    def bar(self, row: dict[str, Any], width: int, characters: tuple[str, str, str]) -> str:
        """Draw the value and interval of a row; nothing for a row without a value."""
        value = row["value"]
        if value is None or self.high == self.low:
            return ""
        low, high = (value if row[name] is None else row[name] for name in ("ci_low", "ci_high"))
        solid, below, above = characters
        cells = []
        for cell in range(width):
            at = self.low + (cell + 0.5) * (self.high - self.low) / width
            is_in_bar = min(0.0, value) <= at <= max(0.0, value)
            is_in_interval = low <= at <= high
            cells.append(below if is_in_bar and is_in_interval else solid if is_in_bar else above if is_in_interval else " ")
        return "".join(cells).rstrip()


def print_chart(rows: list[dict[str, Any]], label: str, first_column: str, hidden_in_public: Set[str] = frozenset()) -> None:
    """Print one line per row: its label, value, interval, numerator and denominator, a note, and a bar.

    label: the column that names a row. hidden_in_public: labels of rows whose value the public file does not have
    """
    characters = BLOCKS if "utf" in (getattr(sys.stdout, "encoding", None) or "").lower() else ASCII
    lines = []
    for row in rows:
        note = _note(row) + (" [not in the public file]" if row[label] in hidden_in_public else "")
        lines.append([row[label], _number(row["value"]), _interval(row), _counts(row), note.strip()])
    columns = (first_column, "value", "95 % interval", "records", "note")
    used = sum(max(map(len, (columns[n], *(str(line[n]) for line in lines)))) + 1 for n in range(len(columns)))
    width = max(NARROWEST, min(WIDEST, out.width - used)) if out.is_terminal else WITHOUT_TERMINAL
    scale = Scale.of(rows)
    drawn = [(*line[:4], scale.bar(row, width, characters), line[4]) for row, line in zip(rows, lines, strict=True)]
    chart = f"{_number(scale.low)} to {_number(scale.high)}"
    out.print(table(None, (*columns[:4], chart, "note"), drawn, right=columns[1:4]))
    if any(row["value"] is not None and row["ci_low"] is not None for row in rows):
        out.print(f"\n{characters[0]} value   {characters[1]}{characters[2]} its 95 % interval", markup=False)


def _note(row: dict[str, Any]) -> str:
    """Why there is no value, or else how the value compares with the reference group."""
    if row["status_code"] not in SHOWN:
        return str(row["status_text"] or row["status_code"])
    return str(row["compared_with_reference_text"] or "")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    size = abs(value)
    return f"{value:,.0f}" if size >= 1000 or value == 0 else f"{value:,.1f}" if size >= 1 else f"{value:,.2g}"


def _interval(row: dict[str, Any]) -> str:
    if row["value"] is None and row["bound_low"] is not None:
        return f"between {_number(row['bound_low'])} and {_number(row['bound_high'])}"
    return "" if row["ci_low"] is None or row["value"] is None else f"{_number(row['ci_low'])} – {_number(row['ci_high'])}"


def _counts(row: dict[str, Any]) -> str:
    if row["numerator"] is None:
        return "" if row["denominator"] is None else f"of {row['denominator']:,.0f}"
    return f"{row['numerator']:,.0f}" + ("" if row["denominator"] is None else f" of {row['denominator']:,.0f}")
