"""Assemble the commands. Only the requested one is imported: a query of the release needs neither Dagster nor the connectors.

Add a command as a module of its name, with a function of that name or an `app` of several commands, and a line in `GROUPS`.
"""

from __future__ import annotations

import copy
import importlib.metadata
import inspect
import keyword
from importlib import import_module
from typing import Annotated, Any

import typer

from orchestration.cli.examples import with_examples

# each command with its line of `levelground --help`, which imports none of them; a test compares them with their modules
GROUPS = {
    "run": "Ingest deliveries, check them, build and check all models, publish a release.",
    "try": "Build one source and its measures into a throw-away release, gates and disclosure control included.",
    "status": "Show the last runs, the current release, the state of each source and failed gate checks.",
    "sources": "List, check, add and remove sources.",
    "cities": "List, show and add cities; run many cities, show their state, unite their public tables.",
    "tables": "List the tables of the current release, or show the columns of one.",
    "measures": "List the measures of the current release, show one, or write a new one.",
    "show": "Show the values of a measure by group as a table and a bar chart.",
    "query": "Query the current release with SQL, read-only.",
    "releases": "List releases, publish an earlier one, keep one for ever, compare two.",
    "lake": "Verify and prune the parts of facts in the lake (LEVELGROUND_LAKE).",
    "scorecard": "Write the scorecard of a release as one static folder, in every language of its texts.",
    "docs": "Write guides, a catalogue of measures, tables and sources, gate results and dbt docs into the home's docs folder.",
    "erase": "Remove records from deliveries, landing, facts and every kept release, and drop them from later deliveries.",
    "alerts": "Test the channels that receive alerts.",
    "translations": "Export and import the texts of the scorecard, one spreadsheet per language.",
    "sample": "Write the sample city's deliveries.",
    "ui": "Start the Dagster UI; stop it with Ctrl-C.",
    "doctor": "Check the installation, the home and the schedule, and print how to fix each problem.",
}
# a query may start with an SQL comment, which looks like an option
_SETTINGS: dict[str, dict[str, Any]] = {"query": {"ignore_unknown_options": True}}
HELP = """The data warehouse of a city equity office.

\b
Examples:
  levelground run                          the sample city, or the deliveries of this home
  levelground measures list                what is measured
  levelground show stops_searched_share    its values by race
  levelground query "show tables"          SQL on the current release

\b
Exit codes: 0 done, 1 failed, 2 wrong arguments or settings, 3 blocked by a gate,
4 incomplete, 5 busy, 130 interrupted.
"""


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"levelground {importlib.metadata.version('levelground')}")
        raise typer.Exit(0)


Version = Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)]


def application(*groups: str) -> typer.Typer:
    """Return the application. Only these groups of commands are imported; the others have their line of help and do nothing."""
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=HELP)

    @app.callback()
    def _options(version: Version = False) -> None:
        pass

    for group, line in GROUPS.items():
        if group not in groups:
            app.command(group, help=line)(_not_imported)
            continue
        name = f"{group}_" if keyword.iskeyword(group) else group
        module = import_module(f"orchestration.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(_with_examples(module.app, group), name=group)
            continue
        function, cls = getattr(module, name), getattr(module, "ManyValues", None)
        text = with_examples(group, inspect.getdoc(function) or "")
        app.command(group, cls=cls, context_settings=_SETTINGS.get(group), help=text)(function)
    return app


def _with_examples(commands: typer.Typer, group: str) -> typer.Typer:
    """Return a group of commands whose help has the examples; the module's own stays as it is."""
    copied = copy.deepcopy(commands)
    for info in (copied.registered_callback, *copied.registered_commands):
        if info is not None and info.callback is not None:
            is_command = info is not copied.registered_callback
            name = f"{group} {getattr(info, 'name', None) or info.callback.__name__}" if is_command else group
            info.help = with_examples(name, inspect.getdoc(info.callback) or "")
    return copied


def _not_imported() -> None:
    raise AssertionError("main imports the command that was named")
