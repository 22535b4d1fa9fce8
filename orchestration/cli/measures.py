"""Provide `levelground measures`: list the measures of the current release, and show what one means."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated

import typer

from orchestration.cli import completion, new_measure
from orchestration.cli.display import out, print_error, table
from orchestration.cli.measure_values import select_by_race
from orchestration.cli.release_reader import CannotShow, Row, find_measure, measures_of, open_release
from orchestration.cli.show import hidden_in_public, print_selection
from orchestration.settings import Settings

app = typer.Typer(no_args_is_help=True, help="List the measures of the current release, show one, or write a new one.")
app.command()(new_measure.new)
app.command()(new_measure.todo)
Public = Annotated[bool, typer.Option("--public", help="As the public file has it.")]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]

_FACTS = {
    "question": "question", "definition": "definition", "numerator": "counted", "denominator": "out of", "kind": "kind",
    "unit": "unit", "favourable_direction": "better is", "policy_area": "policy area", "source": "source", "owner": "owner",
    "reference_rule": "compared with", "age_universe": "ages", "places": "places", "measure_version": "version",
    "series_break_on": "series break", "series_break_note": "what changed", "legal_basis": "legal basis",
}  # fmt: skip


@app.command("list")
def list_(
    area: Annotated[str | None, typer.Option(help="Only those of a policy area.", show_default=False)] = None,
    public: Public = False,
    json: Json = False,
) -> None:
    """List the measures of the current release by policy area."""
    try:
        found = measures_of(open_release(Settings.from_environment().home, public=public), public=public)
        areas = sorted({measure["policy_area"] for measure in found})
        if area is not None and area not in areas:
            raise CannotShow(f"no measure is of the policy area {area!r}; there are {', '.join(areas)}")
    except CannotShow as error:
        raise typer.Exit(print_error(error, error.exit_code)) from None
    names = ("measure_id", "name", "policy_area", "unit", "kind", "source", "favourable_direction")
    rows = [{name: measure[name] for name in names} for measure in found if area in (None, measure["policy_area"])]
    if json:
        print(jsonlib.dumps(rows, indent=1))
        return
    lines = [(row["policy_area"], row["measure_id"], row["name"], row["unit"]) for row in rows]
    out.print(table(None, ("policy area", "measure", "name", "unit"), lines))


@app.command("show")
def show_measure(
    measure: Annotated[
        str, typer.Argument(help="A measure of `measures list`.", show_default=False, autocompletion=completion.measures)
    ],
    public: Public = False,
    json: Json = False,
) -> None:
    """Show a measure: its definition and caveats, its latest values, and a query to start from.

    Exit codes: 0 shown, 1 nothing is published, 2 no such measure.
    """
    home = Settings.from_environment().home
    try:
        con = open_release(home, public=public)
        found = find_measure(measures_of(con, public=public), measure)
    except CannotShow as error:
        raise typer.Exit(print_error(error, error.exit_code)) from None
    sql = _example(found, public=public)
    if json:
        print(jsonlib.dumps(found | {"example_query": sql}, indent=1, default=str))
        return
    facts = [(label, str(found[name])) for name, label in _FACTS.items() if found.get(name) is not None]
    out.print(table(None, (found["measure_id"], found["name"]), facts))
    out.print("\nLatest values\n")
    try:
        selection = select_by_race(con, measure, None, None, public=public)
    except CannotShow as none:
        out.print(f"none: {none}", markup=False)
        if found["caveat"]:
            out.print(f"\n{found['caveat']}", markup=False)
    else:
        hidden = set() if public else hidden_in_public(home, measure, selection.rows, "group_name")
        print_selection(found, selection, "group_name", "race", hidden)
    option = " --public" if public else ""
    out.print(f'\nAn example query\n\nlevelground query{option} "{sql}"', markup=False)


def _example(measure: Row, *, public: bool) -> str:
    return (
        "select period, place, group_name, round(value, 1) as value, round(ci_low, 1) as ci_low, round(ci_high, 1) as ci_high, "
        f"status_text from {'published' if public else 'marts'}.scorecard where measure_id = '{measure['measure_id']}' "
        "and is_latest order by geography_type, place, group_order"
    )
