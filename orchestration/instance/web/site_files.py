"""Serve the documentation and the scorecard of a home under the UI's own address, so that links in the UI open in a browser.

Browsers do not open files of a disk from a web page. The pages share the UI's origin and display delivered names. Their scripts
may therefore neither send requests nor open windows or frames, and the UI accepts no forms (ADR 33). See
`orchestration.instance.web.ui_access` for who may read.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestration.instance.web.ui_access import with_headers
from warehouse.paths import Home

DOCS, SCORECARD = "/levelground/docs", "/levelground/scorecard"
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
