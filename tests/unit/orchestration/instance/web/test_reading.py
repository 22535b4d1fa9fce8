"""Reading in the UI needs a token, unless a process of the account that runs it asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from dagster_webserver.webserver import DagsterWebserver

from orchestration.instance.web import ui_access
from orchestration.instance.web.ui_access import DATA
from tests.unit.orchestration.instance.web.test_ui_access import MUTATION, QUERY, SUBSCRIPTION, TOKEN, Client, start

READ_TOKEN = "of-the-proxy"
ADDRESSES = ("/graphql", "/logs/run/out", "/download_debug/run", "/notebook", "/dagit/notebook", "/levelground/docs/index.html")
TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
   1: 0100007F:C001 0100007F:0BB8 {state} 00000000:00000000 00:00000000 00000000  {uid}        0 2
   2: 0100007F:0BB8 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 3
"""


@pytest.fixture
def client() -> Client:
    return Client(read_token=READ_TOKEN)


def cookies(client: Client, token: str, path: str) -> dict[str, str]:
    """The cookie header that a browser sends to an address after it opened the one with the token."""
    answer = client.ask(path="/", parameters={"token": token})
    assert answer.status == 303
    sent = [text.split("; ") for text in answer.all_headers("set-cookie")]
    parts = [(given[0], next(each.partition("=")[2] for each in given if each.startswith("Path="))) for given in sent]
    return {"Cookie": "; ".join(pair for pair, of in parts if f"{path}/".startswith(f"{of}/"))}


@pytest.mark.parametrize("path", ADDRESSES)
def test_another_account_reads_nothing_without_a_token(client: Client, path: str) -> None:
    for headers in ({}, {"X-Levelground-Token": "wrong"}, {"Cookie": "levelground_read_3000=wrong; levelground_ui_3000="}):
        assert client.ask(path=path, headers=headers).status == 403
    assert client.server.requests == []


def test_another_account_gets_the_empty_page(client: Client) -> None:
    for path in ("/", "/runs", "/static/main.js", "/graphql-docs", "/logsx"):
        assert client.ask(path=path).status == 200


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("token", [TOKEN, READ_TOKEN])
def test_a_token_or_its_cookies_admit_to_reading(client: Client, path: str, token: str) -> None:
    assert client.ask(path=path, headers={"X-Levelground-Token": token}).status == 200
    sent = cookies(client, token, path)
    assert token.partition(";")[0] not in sent["Cookie"]
    assert client.ask(path=path, headers=sent).status == 200


def test_the_token_of_a_proxy_starts_nothing(client: Client) -> None:
    assert client.post(QUERY, headers={"X-Levelground-Token": READ_TOKEN}).status == 200
    assert client.post(MUTATION, headers={"X-Levelground-Token": READ_TOKEN}).status == 403
    assert client.post(MUTATION, headers=cookies(client, READ_TOKEN, "/graphql")).status == 403
    assert client.post(MUTATION, headers={"X-Levelground-Token": READ_TOKEN} | cookies(client, TOKEN, "/graphql")).status == 200


def test_no_read_token_is_no_empty_one() -> None:
    assert Client().ask(headers={"X-Levelground-Token": ""}).status == 403
    assert Client().ask(path="/", parameters={"token": ""}).status == 403


def test_a_socket_needs_a_token_too(client: Client) -> None:
    assert client.talk(start(SUBSCRIPTION))[0]["type"] == "websocket.close"
    client.talk(start(SUBSCRIPTION), headers={"X-Levelground-Token": READ_TOKEN})
    assert [message["type"] for message in client.server.messages] == ["start"]


@pytest.mark.parametrize(
    ("state", "uid", "headers", "is_own"),
    [
        ("01", 4000, [], True),
        ("01", 4001, [], False),
        ("06", 4000, [], False),  # closed: the table may name the wrong account
        ("01", 4000, [(b"x-forwarded-for", b"127.0.0.1")], False),
    ],
)
def test_an_account_is_that_of_an_open_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, uid: int, headers: list[tuple[bytes, bytes]], is_own: bool
) -> None:
    table = tmp_path / "tcp"
    table.write_text(TABLE.format(state=state, uid=uid))
    monkeypatch.setattr(ui_access, "_SOCKETS", table)
    monkeypatch.setattr("os.getuid", lambda: 4000)
    scope = {"client": ("127.0.0.1", 0xC001), "server": ("127.0.0.1", 3000), "headers": headers}
    assert ui_access.is_own_account(scope) == is_own
    assert not ui_access.is_own_account(scope | {"client": ("127.0.0.1", 0xC002)})
    assert not ui_access.is_own_account({"headers": []})


def test_an_address_with_data_is_closed_in_this_version_of_dagster() -> None:
    """A new route of Dagster belongs to DATA, or to those without data."""
    without_data = {"/server_info", "/dagit_info", "/{path:path}", "/"}
    static = {route.path for route in DagsterWebserver.build_static_routes(DagsterWebserver.__new__(DagsterWebserver))}
    routes = {route.path for route in DagsterWebserver.build_routes(_bare_webserver())}
    answering = {path for path in routes - static - without_data if not path.startswith("/report_asset_")}
    assert answering == {"/graphql", "/logs/{path:path}", "/notebook", "/dagit/notebook", "/download_debug/{run_id:str}"}
    assert all(f"{path}/".startswith(tuple(f"{address}/" for address in DATA)) for path in answering)


def _bare_webserver() -> DagsterWebserver:
    server = DagsterWebserver.__new__(DagsterWebserver)
    server._app_path_prefix = ""
    return server
