"""Provide `levelground measures`: list the measures of the current release, and show what one means."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli import new_measure
from orchestration.cli.display import out, print_json, print_rows, table
from orchestration.cli.options import AsJson, Measure, Public, examples
from orchestration.cli.release.chosen_file import CannotShow
from orchestration.cli.release.reader import Row, find_measure, measures_of, open_release
from orchestration.cli.release.show import hidden_in_public, print_selection, select_by_race
from orchestration.settings import Settings

app = typer.Typer(no_args_is_help=True, help="List the measures of the current release, show one, or write a new one.")
app.command(epilog=new_measure.EXAMPLES)(new_measure.new)
app.command(epilog=examples("levelground measures todo stops_searched_share"))(new_measure.todo)

_FACTS = {
    "question": "question", "definition": "definition", "numerator": "counted", "denominator": "out of", "kind": "kind",
    "unit": "unit", "favourable_direction": "better is", "policy_area": "policy area", "source": "source", "owner": "owner",
    "former_owners": "owned before by",
    "reference_rule": "compared with", "age_universe": "ages", "places": "places", "measure_version": "version",
    "series_break_on": "series break", "series_break_note": "what changed", "legal_basis": "legal basis",
}  # fmt: skip


@app.command("list", epilog=examples("levelground measures list --area health --public"))
def list_(
    area: Annotated[str | None, typer.Option(help="Only those of a policy area.")] = None,
    public: Public = False,
    json: AsJson = False,
) -> None:
    """List the measures of the current release by policy area."""
    found = measures_of(open_release(Settings.from_environment().home, public=public), public=public)
    areas = sorted({measure["policy_area"] for measure in found})
    if area is not None and area not in areas:
        raise CannotShow(f"no measure is of the policy area {area!r}; there are {', '.join(areas)}")
    names = ("measure_id", "name", "policy_area", "unit", "kind", "source", "favourable_direction")
    rows = [{name: measure[name] for name in names} for measure in found if area in (None, measure["policy_area"])]
    print_rows(
        rows,
        {"policy_area": "policy area", "measure_id": "measure", "name": "name", "unit": "unit"},
        json=json,
        spare=["policy area", "unit"],
    )


@app.command("show", epilog=examples("levelground measures show stops_searched_share"))
def show_measure(measure: Measure, public: Public = False, json: AsJson = False) -> None:
    """Show a measure: its definition and caveats, its latest values, and a query to start from.

    Exit codes: 0 shown, 1 nothing is published, 2 no such measure.
    """
    home = Settings.from_environment().home
    con = open_release(home, public=public)
    found = find_measure(measures_of(con, public=public), measure)
    sql = _example(found, public=public)
    if json:
        print_json(found | {"example_query": sql})
        return
    facts = [(label, str(found[name])) for name, label in _FACTS.items() if found.get(name) is not None]
    out.print(table(None, (found["measure_id"], found["name"]), facts))
    out.print("\nLatest values\n")
    try:
        selection = select_by_race(con, measure, None, None, public=public)
    except CannotShow as none:
        out.print(f"none: {none}")
        if found["caveat"]:
            out.print(f"\n{found['caveat']}")
    else:
        hidden = set() if public else hidden_in_public(home, measure, selection.rows, "group_name")
        print_selection(found, selection, "group_name", "race", hidden)
    option = " --public" if public else ""
    out.print(f'\nAn example query\n\nlevelground query{option} "{sql}"')


def _example(measure: Row, *, public: bool) -> str:
    return (
        "select period, place, group_name, round(value, 1) as value, round(ci_low, 1) as ci_low, round(ci_high, 1) as ci_high, "
        f"status_text from {'published' if public else 'marts'}.scorecard where measure_id = '{measure['measure_id']}' "
        "and is_latest order by geography_type, place, group_order"
    )
