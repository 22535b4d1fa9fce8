"""`levelground alerts`: trying the channels of LEVELGROUND_ALERTS, before the night on which they are needed."""

from __future__ import annotations

import typer

from orchestration.alerts import send_test
from orchestration.cli.display import out, table
from orchestration.runs.delivery_location import home_city
from orchestration.runs.record import EXIT_UNEXPECTED
from orchestration.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Who is told when something goes wrong.")


@app.callback()
def alerts() -> None:
    """Who is told when something goes wrong."""


@app.command("test")
def test() -> None:
    """Send a test message to every channel, and say which took it."""
    settings = Settings.from_environment()
    settings.home.ensure()
    taken = send_test(settings, home_city(settings).city)
    out.print(table(None, ("channel", "took the message"), [(name, "yes" if good else "NO") for name, good in taken.items()]))
    if len(taken) == 1:
        out.print("LEVELGROUND_ALERTS names no channel: alerts go to the log alone; docs/operation.md says how to set it")
    raise typer.Exit(0 if all(taken.values()) else EXIT_UNEXPECTED)
