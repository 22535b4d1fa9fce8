"""Provide `levelground show`: the values of a measure as a table and a bar chart in the terminal."""

from __future__ import annotations

import json as jsonlib
from enum import StrEnum
from typing import Annotated, Any

import typer

from orchestration.cli import completion
from orchestration.cli.display import out, print_error
from orchestration.cli.measure_values import Selection, select_by_place, select_by_race
from orchestration.cli.release_reader import CannotShow, Row, find_measure, measures_of, open_release
from orchestration.cli.value_chart import print_chart
from orchestration.settings import Settings
from warehouse.paths import Home

OTHER_CITY = "These are records of another city. The city's own are not delivered yet."
_VALUES = (
    "period", "period_type", "period_start", "period_end", "geography_type", "geography_vintage", "geoid", "place",
    "race_ethnicity_code", "group_name", "basis", "status_code", "status_text", "value", "unit", "ci_low", "ci_high", "bound_low",
    "bound_high", "numerator", "denominator", "known_race_pct", "rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high",
    "compared_with", "compared_with_reference_text", "is_stand_in",
)  # fmt: skip


class By(StrEnum):
    """What the rows are."""

    RACE = "race"
    PLACE = "place"


def show(
    measure: Annotated[
        str, typer.Argument(help="A measure of `measures list`.", show_default=False, autocompletion=completion.measures)
    ],
    by: Annotated[By, typer.Option(help="A row per group of one place, or per place of one type.")] = By.RACE,
    place: Annotated[
        str | None,
        typer.Option(help="A place by name, code or type:code; with --by place a type of place.", show_default=False),
    ] = None,
    group: Annotated[str, typer.Option(help="With --by place: the group, by code or name.")] = "all",
    period: Annotated[
        str | None, typer.Option(help="2025, 2025-Q3, 2025-07, a first day, or a label; default: the newest.", show_default=False)
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="Show what the public file contains, and nothing else.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """Show the values of a measure by group as a table and a bar chart.

    A row without a value has the reason. Without --place and --period: the place and period that open the scorecard's page.
    Exit codes: 0 shown, 1 nothing is published, 2 no such measure, place, period or group.
    """
    home = Settings.from_environment().home
    try:
        con = open_release(home, public=public)
        found = find_measure(measures_of(con, public=public), measure)
        if by is By.PLACE:
            selection = select_by_place(con, measure, place, group, period, public=public)
        else:
            selection = select_by_race(con, measure, place, period, public=public)
    except CannotShow as error:
        raise typer.Exit(print_error(error, error.exit_code)) from None
    if json:
        print(jsonlib.dumps([{name: row[name] for name in _VALUES} for row in selection.rows], indent=1, default=str))
        return
    column, label = ("place", "place") if by is By.PLACE else ("group_name", "race")
    hidden = set() if public else hidden_in_public(home, measure, selection.rows, column)
    print_selection(found, selection, column, label, hidden)


def print_selection(measure: Row, selection: Selection, column: str, label: str, hidden: set[str]) -> None:
    """Print the heading, the chart and what a reader must know of the rows."""
    rows = selection.rows
    out.print(f"{measure['name']} ({measure['measure_id']})", markup=False, style="bold" if out.is_terminal else None)
    out.print(f"{selection.places}, {selection.period}; {str(rows[0]['unit_text']).lower()}\n", markup=False)
    print_chart(rows, column, label, hidden)
    notes = list(dict.fromkeys(str(row["basis_text"]) for row in rows if row["basis"] != "no_race"))
    known = {round(row["known_race_pct"], 1) for row in rows if row["known_race_pct"] is not None}
    if len(known) == 1:
        notes.append(f"Race is known for {known.pop():g} % of the records")
    if any(row["is_stand_in"] for row in rows):
        notes.append(OTHER_CITY)
    if measure["caveat"]:
        notes.append(str(measure["caveat"]))
    out.print("\n" + "\n".join(notes) if notes else "", markup=False)


def hidden_in_public(home: Home, measure_id: str, rows: list[Row], column: str) -> set[str]:
    """Return the labels of the rows that have a value here and none in the public file."""
    sql = (
        "select geography_type, geography_vintage, geoid, period_type, period_start, race_ethnicity_code "
        "from published.scorecard where measure_id = ? and value is not null"
    )
    names = ("geography_type", "geography_vintage", "geoid", "period_type", "period_start", "race_ethnicity_code")
    public: set[tuple[Any, ...]] = set(open_release(home, public=True).execute(sql, [measure_id]).fetchall())
    return {row[column] for row in rows if row["value"] is not None and tuple(row[name] for name in names) not in public}
