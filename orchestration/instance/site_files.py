"""Serve the documentation and the scorecard of a home under the UI's own address, so that links in the UI open in a browser.

Browsers do not open files of a disk from a web page. The pages share the UI's origin and display delivered names. Their scripts
may therefore neither send requests nor open windows or frames, and the UI accepts no forms (ADR 33). See
`orchestration.instance.ui_access` for who may read.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Mount, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from warehouse.paths import Home

DOCS, SCORECARD = "/levelground/docs", "/levelground/scorecard"
POLICY = (
    "sandbox allow-scripts allow-same-origin allow-forms allow-downloads; connect-src 'none'; form-action 'self'; "
    "frame-src 'none'; worker-src 'none'; base-uri 'none'"
)


def with_sites(application: ASGIApp, home: Home) -> ASGIApp:
    """Return an application that answers for both folders of the home and passes all other requests on."""
    folders = ((DOCS, home.docs), (SCORECARD, home.published_scorecard))
    mounts = [Mount(address, StaticFiles(directory=folder, html=True, check_dir=False)) for address, folder in folders]
    sites = _Restricted(ExceptionMiddleware(Router(mounts)))  # a missing page is answered, not raised

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        is_site = scope["type"] == "http" and scope["path"].startswith((f"{DOCS}/", f"{SCORECARD}/"))
        await (sites if is_site else application)(scope, receive, send)

    return serve


class _Restricted:
    """Adds the content security policy to every answer."""

    def __init__(self, files: ASGIApp) -> None:
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("Content-Security-Policy", POLICY)
            await send(message)

        await self._files(scope, receive, sending)
