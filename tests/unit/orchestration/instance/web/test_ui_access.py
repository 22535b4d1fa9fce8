"""Which requests reach Dagster's web server: reading from this machine, and starting runs with the token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from orchestration.instance.web.ui_access import MAX_BODY, UiAccess

TOKEN = "a token; with signs"
HOST = "localhost:3000"
QUERY, MUTATION = "query Q { version }", "mutation M { launchRun { runId } }"
BOTH = f"{QUERY} {MUTATION}"
SUBSCRIPTION = "subscription { pipelineRunLogs { messages } }"
JSON = {"content-type": "application/json"}


@dataclass
class Server:
    """What is behind the layer: it records what reaches it."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                self.messages.append(json.loads(message["text"]))
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.requests.append({"method": scope["method"], "path": scope["path"], "body": body, "headers": headers})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"reached"})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    sent: list[tuple[bytes, bytes]] = field(default_factory=list)

    def all_headers(self, name: str) -> list[str]:
        return [value.decode() for each, value in self.sent if each.decode() == name]


class Client:
    """Sends requests to the layer, as a browser or a program would."""

    def __init__(self, **options: Any) -> None:
        self.server = Server()
        self.layer = UiAccess(self.server, TOKEN, **options)

    def ask(
        self,
        method: str = "GET",
        path: str = "/graphql",
        body: bytes = b"",
        parameters: list[tuple[str, str]] | Mapping[str, str] = (),  # type: ignore[assignment]
        headers: Mapping[str, str] | None = None,
        hosts: tuple[str, ...] = (HOST,),
    ) -> Answer:
        sent: list[Message] = []
        all_headers = [*(("host", host) for host in hosts), *(headers or {}).items()]

        async def send(message: Message) -> None:
            sent.append(message)

        parts = [body[:5], body[5:]]

        async def receive() -> Message:
            return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "scheme": "http", "root_path": "",
            "query_string": urlencode(parameters).encode(), "server": ("127.0.0.1", 3000),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in all_headers],
        }  # fmt: skip
        asyncio.run(self.layer(scope, receive, send))
        start, *rest = sent
        answered = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], answered, b"".join(part.get("body", b"") for part in rest), list(start["headers"]))

    def post(self, query: str = MUTATION, headers: Mapping[str, str] | None = None, **more: object) -> Answer:
        return self.ask("POST", body=json.dumps({"query": query, **more}).encode(), headers=JSON | dict(headers or {}))

    def cookie(self) -> str:
        answer = self.ask(path="/", parameters={"token": TOKEN})
        morsel = next(iter(SimpleCookie(answer.headers["set-cookie"]).values()))
        return f"{morsel.key}={morsel.value}"

    def talk(self, *texts: str, headers: Mapping[str, str] | None = None, host: str = HOST) -> list[Message]:
        """Open a socket, send the texts, and return what the layer sends."""
        sent: list[Message] = []
        incoming: list[Message] = [
            {"type": "websocket.connect"},
            *({"type": "websocket.receive", "text": text} for text in texts),
        ]
        incoming.append({"type": "websocket.disconnect", "code": 1000})

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return incoming.pop(0)

        all_headers = {"host": host, **(headers or {})}
        raw = [(name.lower().encode(), value.encode()) for name, value in all_headers.items()]
        scope = {"type": "websocket", "path": "/graphql", "query_string": b"", "headers": raw, "scheme": "ws"}
        asyncio.run(self.layer(scope, receive, send))
        return sent


@pytest.fixture(autouse=True)
def own_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """The requests of these tests come from the account that runs the UI."""
    monkeypatch.setattr("orchestration.instance.web.ui_access.is_own_account", lambda _scope: True)


@pytest.fixture
def client() -> Client:
    return Client()


def start(query: str, **more: object) -> str:
    return json.dumps({"type": "start", "id": "1", "payload": {"query": query, **more}})


@pytest.mark.parametrize(
    "host", [HOST, "127.0.0.1:8080", "LOCALHOST", "[::1]:3000", "ui.city.example", "levelground.city.example"]
)
def test_an_allowed_host_may_read(host: str) -> None:
    client = Client(hosts=["UI.city.example"], address="https://levelground.city.example/ui")
    assert client.ask(parameters={"query": QUERY}, hosts=(host,)).status == 200
    assert client.ask(path="/assets/landing", hosts=(host,)).status == 200


@pytest.mark.parametrize(
    "hosts", [("evil.example:3000",), ("localhost.evil.example",), ("evil.example", HOST), (), ("",), ("evil.example@localhost",)]
)
def test_a_foreign_host_reads_nothing(client: Client, hosts: tuple[str, ...]) -> None:
    """DNS rebinding: the attacker's name leads to this machine, and its page is then of the same origin."""
    for path in ("/", "/graphql", "/logs/run/out"):
        assert client.ask(path=path, parameters={"query": QUERY}, hosts=hosts).status == 403
    assert client.server.requests == []
    assert client.talk(start(SUBSCRIPTION), host="evil.example")[0]["type"] == "websocket.close"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:8000", "http://127.0.0.1:3000", "null", ""])
def test_a_page_of_another_origin_reaches_nothing(client: Client, origin: str) -> None:
    token = {"X-Levelground-Token": TOKEN, "Origin": origin}
    assert client.post(headers=token).status == 403
    assert client.post(QUERY, headers={"Origin": origin, "Cookie": client.cookie()}).status == 403
    assert client.talk(start(SUBSCRIPTION), headers={"Origin": origin})[0]["type"] == "websocket.close"
    assert client.server.requests == client.server.messages == []


def test_the_origin_of_a_proxy_is_its_own() -> None:
    client = Client(address="https://levelground.city.example/ui")
    token = {"X-Levelground-Token": TOKEN}
    assert client.post(headers=token | {"Origin": "https://levelground.city.example"}).status == 200
    assert client.post(headers=token | {"Origin": "https://other.city.example"}).status == 403


@pytest.mark.parametrize(
    ("mode", "dest", "status"), [("no-cors", "image", 403), ("navigate", "iframe", 403), ("navigate", "document", 200)]
)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_can_only_link_to_a_page(client: Client, site: str, mode: str, dest: str, status: int) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
    assert client.ask(path="/runs", headers=headers).status == status


@pytest.mark.parametrize("path", ["/logs/..", "/download_debug/x"])
def test_a_log_or_a_run_that_does_not_exist_is_not_found(client: Client, path: str) -> None:
    def fail(_request: object) -> None:
        raise ValueError(path)

    client.layer = UiAccess(Starlette(routes=[Route(path, fail), Route("/other", fail)]), TOKEN)
    assert client.ask(path=path).status == 404
    with pytest.raises(ValueError, match=path):
        client.ask(path="/other")


def test_no_page_shows_the_ui_in_a_frame(client: Client) -> None:
    answer = client.ask(path="/")
    assert (answer.headers["x-frame-options"], answer.headers["content-security-policy"]) == ("DENY", "frame-ancestors 'none'")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"query": MUTATION},
        {"query": "mutation { innocent: launchRun { runId } }"},
        {"query": BOTH, "operationName": "M"},
        {"query": f"fragment f on Query {{ version }} {MUTATION}"},
    ],
)
def test_a_mutation_is_never_sent_by_get(client: Client, method: str, parameters: dict[str, str]) -> None:
    """Not with the token either: an image or a link would be enough."""
    headers = {"X-Levelground-Token": TOKEN, "Cookie": client.cookie(), "Accept": "text/html"}
    for path in ("/graphql", "/graphql/", "/prefix/graphql"):
        assert client.ask(method, path, parameters=parameters, headers=headers).status == 405
    assert client.server.requests == []


@pytest.mark.parametrize(
    "parameters",
    [
        [("query", BOTH)],
        [("query", BOTH), ("operationName", "N")],
        [("query", BOTH), ("operationName", "")],
        [("query", f"{MUTATION} {MUTATION.replace('launchRun', 'x')}"), ("operationName", "M")],
        [("query", QUERY), ("query", MUTATION)],
        [("query", BOTH), ("operationName", "Q"), ("operationName", "M")],
        [("query", "{")],
        [("query", "{ a " * 5000)],
    ],
)
def test_an_unclear_operation_is_refused(client: Client, parameters: list[tuple[str, str]]) -> None:
    assert client.ask(parameters=parameters).status == 400
    names = dict(parameters)
    if len(names) == len(parameters):
        assert client.post(headers={"X-Levelground-Token": TOKEN}, **names).status == 400
    assert client.server.requests == []


def test_queries_of_the_account_need_no_token(client: Client) -> None:
    assert client.ask(parameters={"query": BOTH, "operationName": "Q"}).status == 200
    assert client.post(BOTH, operationName="Q").status == 200
    assert client.post(QUERY, headers={"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}).status == 200
    assert client.ask("POST", body=QUERY.encode(), headers={"content-type": "application/graphql"}).status == 200


@pytest.mark.parametrize(
    "headers", [{}, {"X-Levelground-Token": ""}, {"X-Levelground-Token": "wrong"}, {"Cookie": "levelground_ui_3000=wrong"}]
)
def test_a_mutation_needs_the_token(client: Client, headers: dict[str, str]) -> None:
    for query, more in (
        (MUTATION, {}),
        (BOTH, {"operationName": "M"}),
        (f"query {{ version }} {MUTATION}", {"operationName": "M"}),
    ):
        answer = client.post(query, headers=headers, **more)
        assert answer.status == 403
        assert "open once in this browser the address" in json.loads(answer.body)["errors"][0]["message"]
    assert client.ask("POST", body=MUTATION.encode(), headers={"content-type": "application/graphql"} | headers).status == 403
    assert client.server.requests == []


def test_the_header_or_the_cookie_of_the_printed_address_admits(client: Client) -> None:
    assert client.post(headers={"X-Levelground-Token": TOKEN}).status == 200
    assert client.post(headers={"Cookie": client.cookie(), "Origin": f"http://{HOST}"}).status == 200
    assert Client().cookie() == client.cookie(), "a browser stays admitted while the token stays"


def test_the_printed_address_sets_the_cookie_and_leaves_the_token_out_of_the_address(client: Client) -> None:
    answer = client.ask(path="/", parameters={"token": TOKEN})
    assert (answer.status, answer.headers["location"], answer.headers["referrer-policy"]) == (303, "/", "no-referrer")
    attributes = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/graphql"} <= attributes
    assert TOKEN.partition(";")[0] not in answer.headers["set-cookie"]
    refused = client.ask(path="/", parameters={"token": "wrong"})
    assert (refused.status, "set-cookie" in refused.headers) == (403, False)
    assert client.ask(path="/", parameters={"token": TOKEN}, hosts=("evil.example",)).status == 403


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; application/json"],
)
def test_what_a_form_can_send_is_refused(client: Client, content_type: str) -> None:
    """A page of any origin may send these without a preflight; Dagster then reads the operation from the address."""
    headers = {"content-type": content_type, "X-Levelground-Token": TOKEN}
    for body in (json.dumps({"query": MUTATION}).encode(), urlencode({"query": MUTATION}).encode()):
        assert client.ask("POST", parameters={"query": MUTATION}, body=body, headers=headers).status == 415
    assert client.server.requests == []


@pytest.mark.parametrize(
    "body",
    [
        json.dumps([{"query": MUTATION}]).encode(),
        json.dumps({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}).encode(),
        json.dumps({"query": [MUTATION]}).encode(),
        json.dumps({"query": QUERY, "operationName": ["Q"]}).encode(),
        b"mutation",
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b"",
    ],
)
def test_batches_and_stored_operations_are_refused(client: Client, body: bytes) -> None:
    assert client.ask("POST", body=body, headers=JSON | {"X-Levelground-Token": TOKEN}).status == 400
    assert client.server.requests == []


def test_the_server_reads_what_was_checked(client: Client) -> None:
    """Of two keys of one name, one reader takes the first and another the last."""
    body = f'{{"query": "{MUTATION}", "query": "{QUERY}", "extensions": 1}}'.encode("utf-16")
    assert client.ask("POST", body=body, parameters={"query": MUTATION}, headers=JSON).status == 200
    (request,) = client.server.requests
    assert json.loads(request["body"]) == {"query": QUERY, "operationName": None, "variables": None}
    assert int(request["headers"]["content-length"]) == len(request["body"])


def test_large_and_compressed_requests_are_refused(client: Client) -> None:
    assert client.ask("POST", body=b" " * (MAX_BODY + 1), headers=JSON).status == 413
    assert client.ask("POST", body=b"{}", headers=JSON | {"Content-Encoding": "gzip"}).status == 415


@pytest.mark.parametrize(
    "path",
    [
        "/report_asset_materialization/x",
        "/report_asset_check/x",
        "/report_asset_observation/x",
        "/report_asset_materialization/x/graphql",
        "/report_asset_check/x/graphql/",
        "/",
        "/graphql/",
        "/graphql/x",
        "/x/graphql",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_every_other_endpoint_that_writes_is_closed(client: Client, method: str, path: str) -> None:
    """Also for an asset whose name ends as the path of GraphQL does."""
    answer = client.ask(method, path, body=json.dumps({"query": QUERY}).encode(), headers=JSON | {"X-Levelground-Token": TOKEN})
    assert (answer.status, client.server.requests) == (403, [])


def test_a_socket_carries_subscriptions(client: Client) -> None:
    opened = json.dumps({"type": "connection_init", "payload": {}})
    client.talk(
        opened, start(SUBSCRIPTION, variables={"runId": "1"}, operationName=None), json.dumps({"type": "stop", "id": "1"})
    )
    assert [message["type"] for message in client.server.messages] == ["connection_init", "start", "stop"]
    assert client.server.messages[1]["payload"] == {"query": SUBSCRIPTION, "variables": {"runId": "1"}}


@pytest.mark.parametrize(
    "text",
    [
        start(MUTATION),
        start(QUERY),
        start(f"{SUBSCRIPTION} {MUTATION}", operationName="M"),
        start("{"),
        "[]",
        "{",
        '{"type": "start"}',
    ],
)
def test_a_socket_carries_nothing_else(client: Client, text: str) -> None:
    sent = client.talk(text)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]
    assert client.server.messages == []
