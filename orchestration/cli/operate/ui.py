"""Provide `levelground ui`: start Dagster's web server and daemon on this machine, with schedules on.

The web server only accepts connections from this machine, of this account and of holders of its token. Users of other machines
reach it through a proxy (docs/deploy/). See `orchestration.instance.web.ui_access` for which requests it accepts.
"""

from __future__ import annotations

import os
import socket
import sys
import sysconfig
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Annotated, Literal

import typer

from orchestration.cities import read_homes
from orchestration.cli.display import err
from orchestration.cli.options import examples
from orchestration.instance.processes import lock_daemon, run_until_exit
from orchestration.instance.setup import CODE_LOCATION, prepare_instance
from orchestration.instance.web.ui_token import renew_token
from orchestration.runs.delivery_location import resolve_delivery_location
from orchestration.settings import Settings

EXAMPLES = examples("levelground ui --port 3001")
HOST = "127.0.0.1"
DEFINITIONS = ("-m", CODE_LOCATION)
WEBSERVER = "orchestration.instance.web.webserver"  # not imported here: Dagster takes seconds
# one of the two processes, for a service manager that restarts each by itself
Process = Literal["webserver", "daemon"]


def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on localhost.")] = 3000,
    only: Annotated[Process | None, typer.Option("--only", help="Start only one of the two processes, as services do.")] = None,
) -> None:
    """Start the Dagster UI; stop it with Ctrl-C. A home has one daemon: a second command exits 5 and names the first."""
    from orchestration.instance.dagster_runs import fail_orphaned_runs_at_startup  # noqa: PLC0415 - Dagster takes seconds to import

    settings = Settings.from_environment()
    if settings.cities:
        read_homes(settings.cities)  # a home of many cities has no deliveries of its own
    else:
        resolve_delivery_location(settings)
    prepare_instance(settings)
    where = f"http://localhost:{port}"
    lock = None
    if only != "webserver":
        lock = lock_daemon(settings.home, "without a web server" if only else where)
        fail_orphaned_runs_at_startup()
    if only != "daemon":
        token = renew_token(settings)
        address = f"{where}/?token={token or '<LEVELGROUND_UI_TOKEN>'}"
        if only is None:
            err.print(f"starting Dagster on the home {settings.home.root}; its address follows")
            Thread(target=_print_when_it_answers, args=(port, address), daemon=True).start()
        else:
            _print_address(address)
    os.chdir(settings.home.root)  # a folder without another dagster.yaml
    command = _command(only, port)
    if only is None and lock is not None:
        raise typer.Exit(run_until_exit(command, lock))
    os.execv(command[0], command)  # noqa: S606 - nothing from outside is in the command


def _print_when_it_answers(port: int, address: str) -> None:
    """Wait for the web server, which takes some seconds to load, and print its address as the last line of its start."""
    while True:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            break
        time.sleep(0.5)
    _print_address(address)


def _print_address(address: str) -> None:
    err.print(f"\n{address}\nOpen this address once in a browser, to read and to start runs there. Ctrl-C stops it.")


def _command(only: Process | None, port: int) -> list[str]:
    """Return the command to start, from the environment that Levelground is installed in."""
    if only == "daemon":
        return [str(Path(sysconfig.get_path("scripts")) / "dagster-daemon"), "run", *DEFINITIONS]
    name = "serve" if only == "webserver" else "dev"
    return [sys.executable, "-m", WEBSERVER, name, *DEFINITIONS, "-h", HOST, "-p", str(port)]
