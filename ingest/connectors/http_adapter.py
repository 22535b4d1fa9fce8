"""The transport of all requests to portals: connects only to the hosts that contract or settings name, and limits each answer.

A portal chooses where a redirect and a link lead, and a name's owner chooses its address. Without this check, either could make
Levelground read a service of the city's own network. It extends classes of requests and urllib3 by their documented hooks.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import parse_url

from ingest.contract.words import inner_address, is_link_local
from ingest.readers.files import MOST_TIMES, NEVER_A_BOMB

DEFAULT_PORTS = {"http": 80, "https": 443}
PRINTABLE_HOST = re.compile(r"[a-z0-9.:_\[\]-]{1,255}")
# Codings that urllib3 unpacks without further packages, in bounded pieces.
CODINGS = frozenset({"gzip", "x-gzip", "deflate", "identity", ""})
LARGER = "raise connector.max_download_mb in the contract or LEVELGROUND_MAX_DOWNLOAD_MB, unless it is a mistake"


class RequestRefused(Exception):
    """A request or an answer that the limits of a connector forbid. No `OSError`: the HTTP library would try it again."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"{problem}; {remedy}")


@dataclass(frozen=True)
class Endpoint:
    """A host, in lower case, and a port."""

    host: str
    port: int

    @property
    def name(self) -> str:
        """The text that `allow_hosts` has for it; control characters of a portal do not reach a terminal."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        displayed = host if PRINTABLE_HOST.fullmatch(host) else "a name with other characters than a host name has"
        return displayed if self.port in DEFAULT_PORTS.values() else f"{displayed}:{self.port}"

    def is_same_site(self, other: Endpoint) -> bool:
        """Whether both are one server: the same host, and the same port or the two default ports."""
        ports = {self.port, other.port}
        return self.host == other.host and (len(ports) == 1 or ports == set(DEFAULT_PORTS.values()))


def endpoint_of(url: str) -> Endpoint:
    """The endpoint of a web address; `RequestRefused` if it is none."""
    try:
        parts = parse_url(url)
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in DEFAULT_PORTS or not parts.host:
        raise RequestRefused("the address is not one of the web", "correct the connector's address in the contract")
    host = parts.host.lower().strip("[]").rstrip(".")
    return Endpoint(host, parts.port or DEFAULT_PORTS[parts.scheme])


@dataclass(frozen=True)
class AllowedHosts:
    """The endpoint of the contract's address, and the further ones that `allow_hosts` or LEVELGROUND_HOSTS name."""

    own: Endpoint
    named: tuple[Endpoint, ...] = ()

    @classmethod
    def of(cls, base_url: str, allow_hosts: Iterable[str], hosts: Mapping[str, str]) -> AllowedHosts:
        """The hosts of one connector; `hosts` are the replacements of LEVELGROUND_HOSTS, and `base_url` has been replaced."""
        listed = (endpoint_of(f"http://{host}") for host in allow_hosts)
        return cls(endpoint_of(base_url), (*listed, *(endpoint_of(url) for url in hosts.values())))

    def check_url(self, url: str) -> Endpoint:
        """Raise `RequestRefused` unless the address is on an allowed host."""
        endpoint = endpoint_of(url)
        if not any(endpoint.is_same_site(allowed) for allowed in (self.own, *self.named)):
            raise RequestRefused(
                f"the portal refers to another host ({endpoint.name})",
                f"if the file is meant to be there, write connector.allow_hosts: [{endpoint.name!r}] into the contract",
            )
        return endpoint

    def check_address(self, endpoint: Endpoint, address: str) -> None:
        """Raise `RequestRefused` if a host has an address that is not public, unless the host was named for it.

        `allow_hosts` and LEVELGROUND_HOSTS name hosts, and so does a contract's address that is localhost or an IP address. A
        link-local address is never one of a portal: clouds keep the credentials of the machine there.
        """
        if is_link_local(address):
            raise RequestRefused(
                f"{endpoint.name} has a link-local address, where clouds keep the credentials of the machine",
                "no source is there; ask the owner of the address why it leads there",
            )
        if is_public(address) or any(endpoint.is_same_site(allowed) for allowed in self.named):
            return
        if endpoint.is_same_site(self.own) and is_plain_address(endpoint.host):
            return
        raise RequestRefused(
            f"{endpoint.name} has the address of a private network",
            f"if the portal is in the city's own network, write connector.allow_hosts: [{endpoint.name!r}] into the contract",
        )

    def check_before_connecting(self, endpoint: Endpoint) -> None:
        """Check every address that the name of a host has now; a name without one fails later, like any connection."""
        try:
            found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        for *_, address in found:
            self.check_address(endpoint, str(address[0]))

    def check_literal_address(self, endpoint: Endpoint) -> None:
        """Check a host that is an address in any notation; behind a proxy, only the proxy resolves names."""
        try:
            literal = socket.inet_ntoa(socket.inet_aton(endpoint.host))  # 127.1, 2130706433 and 0x7f000001 are addresses, too
        except (OSError, UnicodeError):
            literal = "127.0.0.1" if _is_localhost(endpoint.host) else endpoint.host if ":" in endpoint.host else ""
        if literal:
            self.check_address(endpoint, literal)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also inside IPv6 forms that contain an IPv4 address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = inner_address(parsed) or (parsed.teredo[1] if parsed.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if parsed.is_site_local:
            return False
    return parsed.is_global and not parsed.is_multicast


def is_plain_address(host: str) -> bool:
    """Whether a host is localhost or an IP address in its usual notation, so that its reader sees where it leads."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _is_localhost(host)
    return True


def _is_localhost(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


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
    def checked(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
        class Checked(pool.ConnectionCls):  # type: ignore[misc, name-defined]
            def connect(self) -> None:
                _connect_checked(self, super().connect, allowed)

        return type(pool.__name__, (pool,), {"ConnectionCls": Checked})

    return {"http": checked(HTTPConnectionPool), "https": checked(HTTPSConnectionPool)}


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
