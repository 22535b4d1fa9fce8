"""`levelground ui`: Dagster's web server and daemon on this machine, schedules on.

The web server listens on this machine alone: it asks nobody who they are. What lets others in is a proxy (docs/deploy/).
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from orchestration.cli.display import err
from orchestration.instance.server import claim, serve
from orchestration.instance.setup import prepare_instance
from orchestration.runs.delivery_location import settle
from orchestration.settings import Settings

HOST = "127.0.0.1"
DEFINITIONS = ("-m", "orchestration.definitions")


class Part(StrEnum):
    """One of the two processes, for a service manager that keeps each alive by itself."""

    WEBSERVER = "webserver"
    DAEMON = "daemon"


def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on localhost.")] = 3000,
    only: Annotated[Part | None, typer.Option("--only", help="Start one of the two, as services do.", show_default=False)] = None,
) -> None:
    """Open the Dagster UI; stop it with Ctrl-C. One on a home: a second one exits 5 and says where the first is."""
    from orchestration.instance.orphaned_runs import clear_the_queue  # noqa: PLC0415 - Dagster takes seconds to import, other commands need it not

    settings = Settings.from_environment()
    settle(settings)
    prepare_instance(settings)
    where = f"http://localhost:{port}"
    claimed = None
    if only is not Part.WEBSERVER:
        claimed = claim(settings.home, "without a web server" if only else where)
        clear_the_queue()
    if only is not Part.DAEMON:
        err.print(f"{where}  (home {settings.home.root})", markup=False)
    os.chdir(settings.home.root)  # beside no other dagster.yaml
    address = ("-h", HOST, "-p", str(port))
    commands = {
        None: ("dagster", "dev", *DEFINITIONS, *address),
        Part.WEBSERVER: ("dagster_webserver", *DEFINITIONS, *address),
        Part.DAEMON: ("dagster._daemon", "run", *DEFINITIONS),
    }
    command = [sys.executable, "-m", *commands[only]]
    if only is None and claimed is not None:
        raise typer.Exit(serve(command, claimed))
    os.execv(sys.executable, command)  # noqa: S606 - nothing from outside is in the command
