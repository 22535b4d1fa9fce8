"""`levelground ui`: Dagster's web server and daemon on this machine, schedules on."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from orchestration.cli.display import err
from orchestration.instance import prepare_instance
from orchestration.reading import settle
from orchestration.settings import Settings


def ui(port: Annotated[int, typer.Option(min=1, max=65535, help="Port on localhost.")] = 3000) -> None:
    """Open the Dagster UI; stop it with Ctrl-C."""
    from orchestration.killed import clear_the_queue  # noqa: PLC0415 - Dagster takes seconds to import, other commands need it not

    settings = Settings.from_environment()
    settle(settings)
    prepare_instance(settings)
    clear_the_queue()
    err.print(f"http://localhost:{port}  (home {settings.home.root})", markup=False)
    os.chdir(settings.home.root)  # beside no other dagster.yaml
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", str(port)]
    os.execv(sys.executable, command)  # noqa: S606 - nothing from outside is in the command
