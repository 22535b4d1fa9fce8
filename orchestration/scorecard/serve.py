"""Serve a written site on this machine, for a look at it before it is copied to a web server."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Log nothing: there is one reader."""


def serve(folder: Path, port: int, started: Callable[[str], None]) -> None:
    """Serve the folder on localhost until the process is interrupted; `started` receives the address."""
    with ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder))) as server:
        started(f"http://127.0.0.1:{server.server_address[1]}/")
        server.serve_forever()
