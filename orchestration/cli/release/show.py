"""Provide `levelground show`: the values of a measure as a table with a bar per row.

A bar ends at the value, and a lighter part shows its interval.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from orchestration.cli.display import out, print_json, table
from orchestration.cli.options import AsJson, Measure, Public, examples
from orchestration.cli.release.reader import Row, find_measure, measures_of, open_release
from orchestration.cli.release.values import Selection, hidden_in_public, select_by_place, select_by_race
from orchestration.figures import figure_text
from orchestration.settings import Settings

EXAMPLES = examples(
    "levelground show stops_searched_share --period 2025-Q2 --public",
    "levelground show requests_closed_by_second_day --place aldermanic_district:5",
    "levelground show requests_closed_by_second_day --by place --place aldermanic_district",
)
OTHER_CITY = "These are records of another city. The city's own are not delivered yet."
_VALUES = (
    "period", "period_type", "period_start", "period_end", "geography_type", "geography_vintage", "geoid", "place",
    "race_ethnicity_code", "group_name", "basis", "status_code", "status_text", "value", "unit", "ci_low", "ci_high", "bound_low",
    "bound_high", "numerator", "denominator", "known_race_pct", "rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high",
    "compared_with", "compared_with_reference_text", "is_stand_in",
)  # fmt: skip
NARROWEST, WIDEST, WITHOUT_TERMINAL = 12, 50, 40
MARK = "*"  # of a row that only staff see
NO_BREAK = "\u00a0"  # a bar stays on its line
SHOWN = ("shown", "zero")
# value, interval below the value, interval above it
BLOCKS, ASCII = ("█", "▓", "░"), ("#", "=", "-")


def show(
    measure: Measure,
    by: Annotated[
        Literal["race", "place"], typer.Option(help="A row per group of one place, or per place of one type.")
    ] = "race",
    place: Annotated[
        str | None, typer.Option(help="A place by name, code or type:code; with --by place a type of place.")
    ] = None,
    group: Annotated[str, typer.Option(help="With --by place: the group, by code or name.")] = "all",
    period: Annotated[
        str | None, typer.Option(help="2025, 2025-Q3, 2025-07, a first day, or a label; default: the newest.")
    ] = None,
    public: Public = False,
    json: AsJson = False,
) -> None:
    """Show the values of a measure by group as a table and a bar chart.

    A row without a value has the reason. Without --place and --period: the place and period that open the scorecard's page.
    Exit codes: 0 shown, 1 nothing is published, 2 no such measure, place, period or group.
    """
    home = Settings.from_environment().home
    con = open_release(home, public=public)
    found = find_measure(measures_of(con, public=public), measure)
    if by == "place":
        selection, column, label = select_by_place(con, measure, place, group, period, public=public), "place", "place"
    else:
        selection, column, label = select_by_race(con, measure, place, period, public=public), "group_name", "race"
    if json:
        print_json([{name: row[name] for name in _VALUES} for row in selection.rows])
        return
    hidden = set() if public else hidden_in_public(home, measure, selection.rows, column)
    print_selection(found, selection, column, label, hidden)


def print_selection(measure: Row, selection: Selection, column: str, label: str, hidden: Set[str]) -> None:
    """Print the heading, the chart and what a reader must know of the rows.

    column: the one that names a row, under the heading `label`. hidden: names of rows whose value the public file does not have
    """
    rows = selection.rows
    out.print(f"{measure['name']} ({measure['measure_id']})", style="bold")
    out.print(f"{selection.places}, {selection.period}; {str(rows[0]['unit_text']).lower()}\n")
    _print_chart(rows, column, label, hidden)
    notes = list(dict.fromkeys(str(row["basis_text"]) for row in rows if row["basis"] != "no_race"))
    known = {round(row["known_race_pct"], 1) for row in rows if row["known_race_pct"] is not None}
    if len(known) == 1:
        notes.append(f"Race is known for {known.pop():g} % of the records")
    if any(row["is_stand_in"] for row in rows):
        notes.append(OTHER_CITY)
    if measure["caveat"]:
        notes.append(str(measure["caveat"]))
    out.print("\n" + "\n".join(notes) if notes else "")


@dataclass(frozen=True)
class Scale:
    """The ends of the bars' axis, which contains 0, in the unit of the values."""

    low: float
    high: float

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Scale:
        """Return the scale that holds every value and interval of the rows."""
        ends = [row[name] for row in rows for name in ("value", "ci_low", "ci_high") if row[name] is not None]
        return cls(min([0.0, *ends]), max([0.0, *ends]))

    def bar(self, row: Row, width: int, characters: tuple[str, str, str]) -> str:
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


def _print_chart(rows: list[Row], label: str, first_column: str, hidden: Set[str]) -> None:
    characters = BLOCKS if "utf" in (getattr(sys.stdout, "encoding", None) or "").lower() else ASCII
    unit = str(rows[0]["unit"])
    lines = []
    for row in rows:
        name = f"{row[label]} {MARK}" if row[label] in hidden else row[label]
        lines.append([name, _number(row["value"], unit), _interval(row, unit), _counts(row), _note(row)])
    columns = (first_column, "value", "95 % interval", "records", "note")
    used = sum(max(map(len, (columns[n], *(str(line[n]) for line in lines)))) + 1 for n in range(len(columns)))
    width = max(NARROWEST, min(WIDEST, out.width - used)) if out.is_terminal else WITHOUT_TERMINAL
    scale = Scale.of(rows)
    bars = [scale.bar(row, width, characters) for row in rows]
    if out.is_terminal:
        bars = [bar.replace(" ", NO_BREAK) for bar in bars]
    drawn = [(*line[:4], bar, line[4]) for bar, line in zip(bars, lines, strict=True)]
    chart = f"{_number(scale.low, unit)} to {_number(scale.high, unit)}"
    out.print(table(None, (*columns[:4], chart, "note"), drawn, right=columns[1:4], spare=["records"]))
    if any(row["value"] is not None and row["ci_low"] is not None for row in rows):
        out.print(f"\n{characters[0]} value   {characters[1]}{characters[2]} its 95 % interval")
    if any(row[label] in hidden for row in rows):
        out.print(f"{MARK} not in the public file")


def _note(row: Row) -> str:
    """Why there is no value, or else how the value compares with the reference group."""
    if row["status_code"] not in SHOWN:
        return str(row["status_text"] or row["status_code"])
    return str(row["compared_with_reference_text"] or "")


def _number(value: float | None, unit: str) -> str:
    """A figure without the sign of percent, which the heading has."""
    return "-" if value is None else figure_text(value, unit).removesuffix(" %")


def _interval(row: Row, unit: str) -> str:
    if row["value"] is None and row["bound_low"] is not None:
        return f"between {_number(row['bound_low'], unit)} and {_number(row['bound_high'], unit)}"
    low, high = row["ci_low"], row["ci_high"]
    return "" if low is None or row["value"] is None else f"{_number(low, unit)} – {_number(high, unit)}"


def _counts(row: Row) -> str:
    counted, of = (None if row[name] is None else f"{row[name]:,.0f}" for name in ("numerator", "denominator"))
    return " ".join(part for part in (counted, of and f"of {of}") if part)
