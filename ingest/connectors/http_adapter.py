"""The transport of all requests to portals: connects only to allowed hosts, and limits the size of each answer.

It extends classes of requests and urllib3 by their documented hooks. See `ingest.connectors.allowed_hosts` for the hosts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ingest.connectors.allowed_hosts import AllowedHosts, Endpoint, RequestRefused
from ingest.readers.archives import MOST_TIMES, NEVER_A_BOMB

# Codings that urllib3 unpacks without further packages, in bounded pieces.
CODINGS = frozenset({"gzip", "x-gzip", "deflate", "identity", ""})
LARGER = "raise connector.max_download_mb in the contract or LEVELGROUND_MAX_DOWNLOAD_MB, unless it is a mistake"


class ByteBudget:
    """The bytes that the answers to one connector may still have, unpacked."""

    def __init__(self, most: int) -> None:
        self.most, self.used = most, 0

    def spend(self, size: int) -> None:
        """Count unpacked bytes; raises `RequestRefused` when there are too many."""
        self.used += size
        if self.used > self.most:
            raise too_large(self.most)


def too_large(most: int) -> RequestRefused:
    """The error of a download that is over its limit."""
    return RequestRefused(f"it is larger than {most >> 20:,} MB", LARGER)


class LimitedAdapter(HTTPAdapter):
    """An adapter that checks the host of each request, the address of each connection, and the size of each body."""

    def __init__(self, allowed: AllowedHosts, budget: ByteBudget, most_per_answer: int | None = None) -> None:
        self._allowed, self._budget, self._most = allowed, budget, most_per_answer
        super().__init__()

    def init_poolmanager(self, *args: Any, **keys: Any) -> None:
        """Create the pool of connections, all of which check their address."""
        super().init_poolmanager(*args, **keys)
        self.poolmanager.pool_classes_by_scheme = _pool_classes(self._allowed)

    def send(self, request: requests.PreparedRequest, *args: Any, **keys: Any) -> requests.Response:
        """Send a request to an allowed host; the body of its answer is limited, however it is read."""
        endpoint = self._allowed.check_url(request.url or "")
        if select_proxy(request.url or "", keys.get("proxies")):
            self._allowed.check_literal_address(endpoint)
        response = super().send(request, *args, **keys)
        coding = response.headers.get("Content-Encoding", "").lower()
        unknown = {part.strip() for part in coding.split(",")} - CODINGS
        if unknown:
            response.close()
            problem = "its server compressed the answer in a way that was not requested"
            raise RequestRefused(problem, "ask the portal's operator to send it as it is, or with gzip")
        response.raw = _LimitedBody(response.raw, self._budget, self._most)
        return response


class _LimitedBody:
    """A urllib3 response whose `stream` ends with an error where the body is larger than allowed."""

    def __init__(self, raw: Any, budget: ByteBudget, most: int | None) -> None:
        self._raw, self._budget, self._most = raw, budget, most

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, amount: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """The unpacked bytes in pieces."""
        unpacked = 0
        for piece in self._raw.stream(amount, decode_content=decode_content):
            unpacked += len(piece)
            received = self._raw.tell()
            try:
                self._budget.spend(len(piece))
                if self._most is not None and max(received, unpacked) > self._most:
                    raise too_large(self._most)
                if unpacked > max(NEVER_A_BOMB, MOST_TIMES * received):
                    problem = f"the answer unpacks to more than {MOST_TIMES} times its size"
                    raise RequestRefused(problem, "ask the portal's operator to send it as it is")
            except RequestRefused:
                self._raw.close()  # the rest is not read
                raise
            yield piece


def _pool_classes(allowed: AllowedHosts) -> dict[str, type[HTTPConnectionPool]]:
    class Checked(HTTPConnection):
        def connect(self) -> None:
            _connect_checked(self, super().connect, allowed)

    class CheckedTls(HTTPSConnection):
        def connect(self) -> None:
            _connect_checked(self, super().connect, allowed)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Checked

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = CheckedTls

    return {"http": Pool, "https": TlsPool}


def _connect_checked(connection: HTTPConnection, connect: Any, allowed: AllowedHosts) -> None:
    """Check the addresses before connecting, and the one in use before anything is sent: a name may change in between."""
    endpoint = Endpoint(connection.host.lower().strip("[]").rstrip("."), connection.port)
    allowed.check_before_connecting(endpoint)
    connect()
    try:
        allowed.check_address(endpoint, connection.sock.getpeername()[0])
    except RequestRefused:
        connection.close()
        raise
