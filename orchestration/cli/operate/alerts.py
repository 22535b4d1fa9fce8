"""Provide `levelground alerts`, which tests the channels of LEVELGROUND_ALERTS."""

from __future__ import annotations

import typer

from orchestration.alerts import send_test_message
from orchestration.cli.display import Table, out
from orchestration.runs.delivery_location import home_city
from orchestration.runs.process.exit_codes import EXIT_UNEXPECTED
from orchestration.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Test the channels that receive alerts.")


@app.command("test")
def test() -> None:
    """Send a test message to every channel, and list which accepted it."""
    settings = Settings.from_environment()
    settings.home.ensure()
    accepted = send_test_message(settings, home_city(settings).city)
    out.print(Table(None, ("channel", "accepted"), [(name, "yes" if good else "NO") for name, good in accepted.items()]))
    if len(accepted) == 1:
        out.print("LEVELGROUND_ALERTS names no channel, so alerts are only logged; docs/operation.md describes how to set it")
    raise typer.Exit(0 if all(accepted.values()) else EXIT_UNEXPECTED)
