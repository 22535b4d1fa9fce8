"""Start Dagster's web server with the access rules of `ui_access` in front of it, and the home's two sites behind them.

    python -m orchestration.instance.web.webserver serve [options of dagster-webserver]
    python -m orchestration.instance.web.webserver dev [options of dagster dev]

Dagster has no setting for a layer in front of its web server. This module therefore replaces the function that makes the
application, and the command by which `dagster dev` starts the server. Tested with dagster 1.13.27 and dagster-webserver 1.13.27;
`tests/contract/test_private_apis.py` fails with any other version and names what to check.

Browsers do not open files of a disk from a web page, so documentation and scorecard are served under the UI's own address. They
share its origin and display delivered names. Their scripts may therefore neither send requests nor open windows or frames, and
the UI accepts no forms (ADR 33).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from dagster._cli import dev
from dagster._cli import main as run_dagster
from dagster_webserver import cli as server
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestration.instance.setup import DOCS, SCORECARD
from orchestration.instance.web.ui_access import UiAccess, with_headers
from orchestration.instance.web.ui_token import read_token
from orchestration.settings import Settings
from warehouse.paths import Home

POLICY = (
    "sandbox allow-scripts allow-same-origin allow-forms allow-downloads; connect-src 'none'; form-action 'self'; "
    "frame-src 'none'; worker-src 'none'; base-uri 'none'"
)


def with_sites(application: ASGIApp, home: Home) -> ASGIApp:
    """Return an application that answers for both folders of the home and passes all other requests on."""
    folders = ((DOCS, home.docs), (SCORECARD, home.published_scorecard))
    sites = Starlette(
        routes=[Mount(address, StaticFiles(directory=folder, html=True, check_dir=False)) for address, folder in folders]
    )

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith((f"{DOCS}/", f"{SCORECARD}/")):
            await sites(scope, receive, with_headers(send, {"Content-Security-Policy": POLICY}))
        else:
            await application(scope, receive, send)

    return serve


MODULE = "orchestration.instance.web.webserver"
SERVE, DEV = "serve", "dev"
_DAGSTERS_SERVER = "dagster_webserver"
# the functions that are replaced in `dagster_webserver.cli` and `dagster._cli.dev`
_MAKE_APPLICATION, _START_PROCESS = "create_app_from_workspace_process_context", "open_ipc_subprocess"


def serve() -> None:
    """Run Dagster's web server behind the access rules."""
    settings = Settings.from_environment()
    token = read_token(settings)
    make_application = vars(server)[_MAKE_APPLICATION]

    def make_guarded(*arguments: Any, **options: Any) -> UiAccess:
        application = with_sites(make_application(*arguments, **options), settings.home)
        return UiAccess(application, token, settings.ui_hosts, settings.ui_url, settings.ui_read_token)

    setattr(server, _MAKE_APPLICATION, make_guarded)
    server.main()  # type: ignore[no-untyped-call]


def run_dev() -> None:
    """Run `dagster dev`, whose web server is `serve`."""
    start_process = vars(dev)[_START_PROCESS]

    def start(command: Sequence[str], **options: Any) -> Any:
        return start_process(guarded(command), **options)

    setattr(dev, _START_PROCESS, start)
    run_dagster()  # type: ignore[no-untyped-call]


def guarded(command: Sequence[str]) -> list[str]:
    """Return the command of a process of `dagster dev`, with our web server in place of Dagster's."""
    if list(command[1:3]) == ["-m", _DAGSTERS_SERVER]:
        return [command[0], "-m", MODULE, SERVE, *command[3:]]
    if any("webserver" in part for part in command[:3]):
        raise RuntimeError(f"dagster dev starts its web server by {command[:3]}; {MODULE} does not know this command")
    return list(command)


def main() -> None:
    """Start what the first argument names."""
    name = sys.argv.pop(1)
    if name == SERVE:
        serve()
    else:
        sys.argv[1:1] = [DEV]
        run_dev()


if __name__ == "__main__":
    main()
