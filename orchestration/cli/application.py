"""Assemble the commands. Only the requested one is imported: a query of the release needs neither Dagster nor the connectors.

Add a command as a function of its name, with its `EXAMPLES`, or an `app` of several commands, in a module of its name, and a line
in `_MODULES`.
"""

from __future__ import annotations

import importlib.metadata
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

# the module of each command or group, with its line of `levelground --help`, which imports none; a test compares the lines
_MODULES = {
    "run.run": "Ingest deliveries, check them, build and check all models, publish a release.",
    "run.start": "Start a city from its name: write its layer, link the national tables, run, print the path of its scorecard.",
    "try_": "Build one source and its measures into a throw-away release, gates and disclosure control included.",
    "operate.status": "Show the last runs, the current release, the state of each source and failed gate checks.",
    "sources.sources": "List, check, add and remove sources.",
    "sources.maps": "List the maps of the city's places with their days, or write a new one.",
    "run.cities": "List, show and add cities; run many cities, show their state, unite their public tables.",
    "release.tables": "List the tables of the current release, or show the columns of one.",
    "release.measures": "List the measures of the current release, show one, or write a new one.",
    "release.show": "Show the values of a measure by group as a table and a bar chart.",
    "query.query": "Query the current release with SQL, read-only, in the widest file that this account may read.",
    "query.audit": "List who queried which tables of the release, and when, the oldest first.",
    "release.releases": "List, roll back, keep and compare releases, and list who reads which column.",
    "release.corrections": "Say what was wrong in an edition of the scorecard, and list what was said.",
    "release.lake": "Verify and prune the parts of facts in the lake (LEVELGROUND_LAKE).",
    "sites.scorecard": "Write the scorecard of a release as one static folder, in every language of its texts.",
    "sites.docs": "Write guides, a catalogue of measures, tables and sources, gate results and dbt docs into the docs folder.",
    "sources.erase": "Remove records from deliveries, landing, facts and every kept release, and from later deliveries.",
    "operate.alerts": "Test the channels that receive alerts.",
    "sites.translations": "Export and import the texts of the scorecard, one spreadsheet per language.",
    "sources.sample": "Write the sample city's deliveries.",
    "operate.ui": "Start the Dagster UI; stop it with Ctrl-C.",
    "operate.doctor": "Check the installation, the home and the schedule, and print how to fix each problem.",
}
GROUPS = {module.rpartition(".")[2].rstrip("_"): module for module in _MODULES}
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


# what people type for a command that is called otherwise
_GUESSES = {
    "build": "run", "check": "sources check", "compare": "releases diff", "delete": "erase", "download": "query --format csv",
    "export": "query --format csv", "history": "releases list", "init": "run", "log": "status", "logs": "status",
    "new": "sources new", "publish": "run", "refresh": "run", "remove": "erase", "report": "scorecard",
    "restore": "releases rollback", "schema": "tables", "serve": "ui", "site": "scorecard", "sql": "query", "test": "doctor",
    "undo": "releases rollback", "update": "run", "web": "ui",
}  # fmt: skip


class Commands(TyperGroup):
    """The group of all commands; an unknown one gets the command that does the same, wherever it is."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the command of the first argument and return it; the error of an unknown one names the right command."""
        if (name := args[0]) in GROUPS:
            self.commands[name] = typer.main.get_group(application(name)).commands[name]
        elif meant := _meant(name):
            ctx.fail(f"No such command {name!r}. Use `levelground {meant}`.")
        return super().resolve_command(ctx, args)


def _meant(name: str) -> str | None:
    """The command that someone means by a name: of a group, as in `releases rollback`, or another word for it."""
    if name in _GUESSES:
        return _GUESSES[name]
    for group, path in GROUPS.items():
        app = getattr(import_module(f"orchestration.cli.{path}"), "app", typer.Typer())
        if name in {each.name or getattr(each.callback, "__name__", "") for each in app.registered_commands}:
            return f"{group} {name}"
    return None


def application(*groups: str) -> typer.Typer:
    """Return the application. Only these groups of commands are imported; another one is when it is called."""
    app = typer.Typer(cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False, help=HELP)

    @app.callback()
    def _options(version: Version = False) -> None:
        pass

    for name, path in GROUPS.items():
        if name not in groups:
            app.command(name, help=_MODULES[path])(lambda: None)
            continue
        module = import_module(f"orchestration.cli.{path}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
            continue
        function, cls = getattr(module, path.rpartition(".")[2]), getattr(module, "ManyValues", None)
        app.command(name, cls=cls, context_settings=_SETTINGS.get(name), epilog=getattr(module, "EXAMPLES", None))(function)
    return app
