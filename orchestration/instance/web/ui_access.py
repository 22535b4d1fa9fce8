"""Decide which requests reach Dagster's web server: an ASGI layer in front of its application.

Dagster's server checks neither Host nor Origin, and executes mutations sent by GET or by a form: any web page could start a run.
Here every request needs an allowed Host and no foreign Origin. Reading needs a token, or a process of the account that runs the
UI. Starting anything needs POST, JSON and the token that starts. GraphQL's own parser finds which operation would be executed,
and the body that was checked is written again for the application, so that both read the same: of a repeated JSON key, an unusual
content type or a charset two readers may see different operations. See `orchestration.instance.web.webserver` for where this
layer is put in front, and ADR 31 for the reasons.
"""

from __future__ import annotations

import hmac
import json
import os
import socket
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLError, OperationDefinitionNode, OperationType, get_operation_ast, parse
from starlette.datastructures import MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SOCKETS = Path("/proc/net/tcp")  # IPv4: the UI listens on 127.0.0.1
_ESTABLISHED = "01"  # the table gives sockets that are closed to account 0
_FORWARDED = (b"x-forwarded-for", b"forwarded", b"x-real-ip")


def is_own_account(scope: Mapping[str, Any]) -> bool:
    """Whether the client of an ASGI connection is a process of the account that runs this one; False where it is unclear.

    A proxy's request is never one: it is of another person, and the server takes the client's address from its headers.
    """
    client, server = scope.get("client"), scope.get("server")
    if not client or not server or any(name in _FORWARDED for name, _ in scope["headers"]):
        return False
    try:
        wanted = [_as_listed(*client), _as_listed(*server), _ESTABLISHED]
        lines = _SOCKETS.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return False
    found = [fields[7] for fields in map(str.split, lines) if fields[1:4] == wanted]
    return found == [str(os.getuid())]


def _as_listed(host: str, port: int) -> str:
    """An address as the table has it: the bytes in the order of this machine, in hexadecimal."""
    return f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}:{port:04X}"


MUTATION = OperationType.MUTATION
_OF_ONE_OPERATION = ("query", "operationName", "variables")


class Refused(HTTPException):
    """A request that is not passed on: its HTTP status, the message for its sender, and headers."""


def operation_of_query_string(parameters: QueryParams) -> OperationType | None:
    """The type of the operation in an address; None if there is none. `Refused` if it is unclear which one would be executed."""
    if any(len(parameters.getlist(name)) > 1 for name in _OF_ONE_OPERATION):
        raise Refused(400, "a parameter is repeated; send one operation per request")
    query = parameters.get("query")
    return None if query is None else _operation(query, parameters.get("operationName"))


def operation_of_body(content_type: str, body: bytes) -> tuple[OperationType, dict[str, Any]]:
    """The type of the operation in a body, and the operation as JSON-compatible data; `Refused` for everything else.

    Forms and plain text are refused: a page of any origin can send them without asking first.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/graphql":
        request: Any = {"query": body.decode(errors="replace")}
    elif media_type == "application/json":
        try:
            request = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(400, "the request is not valid JSON") from None
    else:
        raise Refused(415, "GraphQL requests are accepted as application/json or application/graphql only")
    if isinstance(request, list):
        raise Refused(400, "a list of operations is not accepted; send one operation per request")
    if not isinstance(request, dict) or not isinstance(request.get("query"), str):
        raise Refused(400, "the request has no GraphQL text in `query`; stored operations are not supported")
    name, variables = request.get("operationName"), request.get("variables")
    if not isinstance(name, str | None) or not isinstance(variables, str | dict | None):
        raise Refused(400, "`operationName` must be a text, and `variables` an object")
    found = _operation(request["query"], name)
    return found, {"query": request["query"], "operationName": name, "variables": variables}


def subscription_message(text: str | None) -> str:
    """Return a message of a socket as it is passed on; `Refused` if it would execute anything but a subscription."""
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError):
        raise Refused(400, "the message is not valid JSON") from None
    if not isinstance(message, dict):
        raise Refused(400, "the message is not an object")
    if message.get("type") != "start":
        return json.dumps({name: message.get(name) for name in ("id", "type")})
    payload = message.get("payload")
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        raise Refused(400, "the message has no GraphQL text")
    if _operation(payload["query"], None) != OperationType.SUBSCRIPTION:
        raise Refused(400, "a socket is for subscriptions only")
    operation = {"query": payload["query"], "variables": payload.get("variables")}
    return json.dumps({"id": message.get("id"), "type": "start", "payload": operation})


def _operation(query: str, name: str | None) -> OperationType:
    """The type of the operation that a server executes; `Refused` if it would find none, or could not choose."""
    try:
        document = parse(query)
    except (GraphQLError, RecursionError) as error:
        raise Refused(400, f"the GraphQL text cannot be read: {getattr(error, 'message', 'it is nested too deeply')}") from None
    named = [d.name.value for d in document.definitions if isinstance(d, OperationDefinitionNode) and d.name]
    found = get_operation_ast(document, name)
    if found is None or len(named) != len(set(named)):
        raise Refused(400, "the GraphQL text must contain exactly one operation, or `operationName` must name one of several")
    return found.operation


TOKEN_HEADER = "X-Levelground-Token"  # noqa: S105 - a name
TOKEN_PARAMETER = "token"  # noqa: S105 - a name
STARTING, READING = "ui", "read"  # what a token admits to, as the names of cookies have it
GRAPHQL = "/graphql"
THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
MAX_BODY = 8 << 20
# pages of others cannot show the UI in a frame, in which a click could be stolen
NO_FRAME = {"Content-Security-Policy": "frame-ancestors 'none'", "X-Frame-Options": "DENY"}
_READING_METHODS = ("GET", "HEAD", "OPTIONS")
_DOWNLOADS = ("/logs/", "/download_debug/")
# The addresses that answer with data, as first parts of a path; all others are Dagster's scripts and its empty page. A contract
# test compares them with Dagster's routes.
DATA = (GRAPHQL, "/logs", "/download_debug", "/notebook", "/dagit", "/levelground")


class UiAccess:
    """Passes allowed requests on to `app` and answers all others.

    token: what starting anything requires; it admits to reading, too
    read_token: another one, which admits to reading alone: that of a proxy, which identifies people by itself
    hosts: further names, besides localhost, under which the UI is opened
    address: the address that a proxy serves the UI at, whose origin is allowed
    """

    def __init__(
        self, app: ASGIApp, token: str, hosts: Iterable[str] = (), address: str | None = None, read_token: str | None = None
    ) -> None:
        self._app = app
        self._tokens = {STARTING: token.encode(), READING: (read_token or "").encode()}
        # derived, so that any text can be a token, and a leaked cookie does not contain it
        self._cookies = {
            kind: hmac.digest(token.encode(), f"levelground ui {name}".encode(), "sha256").hex()
            for kind, name in ((STARTING, "cookie"), (READING, "reading"))
        }
        served_at = urlsplit(address or "")
        self._hosts = {name.lower() for name in (*THIS_MACHINE, *hosts, served_at.hostname) if name}
        self._origin = f"{served_at.scheme}://{served_at.netloc}".lower() if address else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await self._http(Request(scope, receive), receive, with_headers(send, NO_FRAME))
        elif scope["type"] == "websocket":
            await self._websocket(HTTPConnection(scope), receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, request: Request, receive: Receive, send: Send) -> None:
        try:
            self._check_addresses(request)
            answer = self._login(request)
            if answer is None:
                self._check_reader(request)
                receive = await self._checked(request)
        except Refused as refused:
            answer = JSONResponse({"errors": [{"message": refused.detail}]}, refused.status_code, refused.headers)
        app = _download(self._app) if request.scope["path"].startswith(_DOWNLOADS) else self._app
        await (app if answer is None else answer)(request.scope, receive, send)

    def _check_addresses(self, connection: HTTPConnection) -> None:
        """Refuse a Host that is not ours (DNS rebinding) and a page of another origin."""
        hosts, origins = (connection.headers.getlist(name) for name in ("host", "origin"))
        host = hosts[0].lower() if len(hosts) == 1 else ""
        if _without_port(host) not in self._hosts:
            raise Refused(403, "this host name is not allowed; LEVELGROUND_UI_HOSTS lists further names of the UI")
        own = {f"http://{host}", f"https://{host}", self._origin}
        if any(origin.lower() not in own for origin in origins):
            raise Refused(403, "requests from pages of another origin are not allowed")
        site = connection.headers.get("sec-fetch-site", "none")
        opens_page = [connection.headers.get(f"sec-fetch-{name}") for name in ("mode", "dest")] == ["navigate", "document"]
        if site not in ("same-origin", "none") and not opens_page:
            raise Refused(403, "requests from pages of another site are not allowed")

    def _login(self, request: Request) -> Response | None:
        """Exchange the token of the printed address for a cookie; None for any other request."""
        if request.method != "GET" or request.scope["path"] != "/" or TOKEN_PARAMETER not in request.query_params:
            return None
        token = request.query_params[TOKEN_PARAMETER]
        starts = self._is_token(token, STARTING)
        if not starts and not self._is_token(token, READING):
            raise Refused(403, "this token is not valid; open the address that the last `levelground ui` printed")
        answer = RedirectResponse("/", 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
        # Browsers send a cookie to every port of a host: the paths keep them from most other servers on this machine.
        for kind, path in [*((READING, path) for path in DATA), *([(STARTING, GRAPHQL)] if starts else [])]:
            name, secure = _cookie_name(request, kind), request.url.scheme == "https"
            answer.set_cookie(name, self._cookies[kind], path=path, httponly=True, samesite="strict", secure=secure)
        return answer

    def _check_reader(self, connection: HTTPConnection) -> None:
        """Refuse an address with data to a client without a token, unless it is a process of the account that runs the UI."""
        path = f"{connection.scope['path']}/"
        if not path.startswith(tuple(f"{address}/" for address in DATA)):
            return
        if self._admits(connection, STARTING) or self._admits(connection, READING) or is_own_account(connection.scope):
            return
        raise Refused(
            403,
            "reading needs a token: open once in this browser the address that `levelground ui` printed; "
            f"programs send the header {TOKEN_HEADER}",
        )

    async def _checked(self, request: Request) -> Receive:
        """Return what the application receives in place of the request's body; `Refused` if the request is not allowed."""
        path = request.scope["path"]
        if request.method in _READING_METHODS:
            if path.rstrip("/").endswith(GRAPHQL) and operation_of_query_string(request.query_params) == MUTATION:
                raise Refused(405, "a mutation needs POST", {"Allow": "POST"})
            return request.receive
        if request.method != "POST" or path != GRAPHQL:  # an event may be reported for an asset of any name, like x/graphql
            raise Refused(403, "this endpoint is closed: Levelground reports its own events")
        if "content-encoding" in request.headers:
            raise Refused(415, "a compressed request is not accepted")
        operation, body = operation_of_body(request.headers.get("content-type", ""), await _body(request))
        if operation == MUTATION and not self._admits(request, STARTING):
            raise Refused(
                403,
                "starting or changing something needs a token: open once in this browser the address that `levelground ui` "
                f"printed; programs send the header {TOKEN_HEADER}",
            )
        return _replaced(request, body)

    def _admits(self, connection: HTTPConnection, kind: str) -> bool:
        """Whether a client has the token or the cookie that this kind of request requires."""
        cookie = connection.cookies.get(_cookie_name(connection, kind), "")
        is_token = self._is_token(connection.headers.get(TOKEN_HEADER, ""), kind)
        return is_token or hmac.compare_digest(cookie.encode(), self._cookies[kind].encode())

    def _is_token(self, text: str, kind: str) -> bool:
        return bool(self._tokens[kind]) and hmac.compare_digest(text.encode(), self._tokens[kind])

    async def _websocket(self, connection: HTTPConnection, receive: Receive, send: Send) -> None:
        """Pass subscriptions on: they read. Any other operation closes the socket."""

        async def checked() -> Message:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            try:
                return {"type": "websocket.receive", "text": subscription_message(message.get("text"))}
            except Refused as refused:
                await send({"type": "websocket.close", "code": 1008, "reason": refused.detail[:120]})
                return {"type": "websocket.disconnect", "code": 1008}

        try:
            self._check_addresses(connection)
            self._check_reader(connection)
        except Refused:
            await receive()  # websocket.connect; closed before it is accepted, the handshake is answered with 403
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._app(connection.scope, checked, send)


def _without_port(host: str) -> str:
    """The name in a Host header; an IPv6 address keeps its brackets."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _cookie_name(request: HTTPConnection, kind: str) -> str:
    """A name of its own for each port, so that two UIs on one machine do not replace each other's cookie."""
    return f"levelground_{kind}_{(request.scope.get('server') or ('', 0))[1]}"


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise Refused(413, f"the request has more than {MAX_BODY >> 20} MB")
        chunks.append(chunk)
    return b"".join(chunks)


def _replaced(request: Request, operation: dict[str, Any]) -> Receive:
    """Make the application read exactly the operation that was checked, and not the bytes that it was read from."""
    body = json.dumps(operation).encode()
    headers = MutableHeaders(scope=request.scope)
    headers["content-type"] = "application/json"
    headers["content-length"] = str(len(body))
    del headers["transfer-encoding"]
    left = [body]

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await request.receive()

    return receive


def _download(app: ASGIApp) -> ASGIApp:
    """Answer 404 where Dagster fails: it opens the log or the run of an address without checking that there is one."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            await send({**message, "status": 404} if message.get("status") == 500 else message)

        with suppress(Exception):  # Dagster has answered before it raises
            await app(scope, receive, sending)

    return serve


def with_headers(send: Send, added: Mapping[str, str]) -> Send:
    """Add headers to an answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in added.items():
                headers.append(name, value)
        await send(message)

    return sending
