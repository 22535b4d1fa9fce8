"""Who reads in the UI on this machine: the account that runs it; any other needs a token."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from orchestration.instance.web.ui_access import UiAccess
from tests.conftest import free_port

OTHER = 65534  # `nobody`


@pytest.fixture
def address() -> Iterator[str]:
    port = free_port()
    application = UiAccess(PlainTextResponse("rows"), "starts", read_token="reads")
    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


def status(address: str, path: str, headers: dict[str, str] | None = None, account: int | None = None) -> int:
    """Ask as another account, in a child process that starts no program: that account may not enter the folder of Python."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if account is not None:
                os.setgroups([])
                os.setgid(account)
                os.setuid(account)
            connection = http.client.HTTPConnection(address, timeout=20)
            connection.request("GET", path, headers=headers or {})
            os.write(write, str(connection.getresponse().status).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        found = answer.read()
    os.waitpid(child, 0)
    return int(found)


def test_the_account_of_the_ui_needs_no_token(address: str) -> None:
    assert status(address, "/graphql") == status(address, "/levelground/docs/index.html") == 200


def test_a_request_of_a_proxy_is_another_persons(address: str) -> None:
    assert status(address, "/graphql", {"X-Forwarded-For": "127.0.0.1"}) == 403


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another account, which needs root")
def test_another_account_needs_a_token(address: str) -> None:
    for path in ("/graphql", "/logs/run/out", "/levelground/docs/index.html"):
        assert status(address, path, account=OTHER) == 403
        assert status(address, path, {"X-Levelground-Token": "reads"}, account=OTHER) == 200
    assert status(address, "/runs", account=OTHER) == 200, "Dagster's empty page, without data"
