"""Where a portal may lead: to hosts that the contract or the settings name; and how much it may answer."""

from __future__ import annotations

import gzip
import itertools
import json
import socket
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ingest.connectors import FetchRequest, open_live
from ingest.connectors.http_adapter import is_public
from ingest.contract import Contract
from ingest.errors import DeliveryError
from tests.support.portals import FakeCkan, Fault
from tests.unit.ingest.connectors.conftest import Asked, Live

MakeContract = Callable[..., Contract]
CSV = b"A,B\n1,2\n3,4\n"
ROWS = [("1", "2"), ("3", "4")]
SECRET = b"A,B\nsecret,2\n"


def redirect(target: str, code: int = 302) -> Fault:
    return lambda _request: Response("", code, {"Location": target})


@pytest.fixture
def files(ckan: FakeCkan) -> FakeCkan:
    ckan.files["visits.csv"] = CSV
    ckan.resource["url"] = f"{ckan.url}/file/visits.csv"
    return ckan


@pytest.fixture(scope="module")
def _running_internal() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as running:
        yield running


@pytest.fixture
def internal(_running_internal: HTTPServer) -> Iterator[HTTPServer]:
    """A service of the city's own network, which a portal must not make Levelground read."""
    _running_internal.clear()
    _running_internal.expect_request("/secret.csv").respond_with_data(SECRET, content_type="text/csv")
    yield _running_internal


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A name service: the addresses that a name has, one answer after the other; the last one stays."""
    found: dict[str, list[str]] = {}
    resolve = socket.getaddrinfo

    def answer(host: Any, port: Any, *args: Any, **keys: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in found:
            return resolve(host, port, *args, **keys)
        address = found[name].pop(0) if len(found[name]) > 1 else found[name][0]
        return resolve(address, port, *args, **keys)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return found


def http(url: str, **keys: Any) -> dict[str, Any]:
    return {"connector": {"kind": "http", "url": url, **keys}}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "rebound.example"],
)
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_refused(
    files: FakeCkan, internal: HTTPServer, make_contract: MakeContract, read_live: Live, names: dict[str, list[str]],
    host: str, code: int,
) -> None:  # fmt: skip
    names["rebound.example"] = ["127.0.0.1"]
    files.faults = [redirect(f"http://{host}:{internal.port}/secret.csv", code)]
    with pytest.raises(DeliveryError, match=r"the portal refers to another host \(.*\); .* connector.allow_hosts: \["):
        read_live(make_contract(**http(f"{files.url}/file/visits.csv")))
    assert internal.log == []


def test_a_redirect_of_the_same_server_is_followed(files: FakeCkan, make_contract: MakeContract, read_live: Live) -> None:
    files.faults = [redirect(f"{files.url}/file/visits.csv"), redirect("/file/visits.csv", 307)]
    (table,) = read_live(make_contract(**http(f"{files.url}/file/old.csv")))
    assert table.rows == ROWS


def test_redirects_without_end_are_refused(files: FakeCkan, make_contract: MakeContract, read_live: Live) -> None:
    files.faults = [redirect("/file/visits.csv")] * 7
    with pytest.raises(DeliveryError, match="the portal redirected 5 times"):
        read_live(make_contract(**http(f"{files.url}/file/visits.csv")))


def test_a_redirect_to_a_named_host_is_followed(
    files: FakeCkan, internal: HTTPServer, make_contract: MakeContract, read_live: Live
) -> None:
    files.faults = [redirect(internal.url_for("/secret.csv"))]
    keys = http(f"{files.url}/file/visits.csv", allow_hosts=[f"127.0.0.1:{internal.port}"])
    (table,) = read_live(make_contract(**keys))
    assert table.rows == [("secret", "2")]


def test_a_redirect_away_from_encryption_is_refused(
    files: FakeCkan, internal: HTTPServer, make_contract: MakeContract, read_live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.connectors.http_client.FetchRequest.address", lambda _self, url: url)
    answered = Response("", 302, {"Location": "http://city.example/visits.csv"})

    class Session:
        def get(self, *_args: Any, **_keys: Any) -> Any:
            return type("Answer", (), {"headers": answered.headers, "is_redirect": True, "close": lambda _self: None})()

    monkeypatch.setattr("ingest.connectors.http_client.retrying_session", lambda *_args, **_keys: Session())
    with pytest.raises(DeliveryError, match="redirects to an address without encryption"):
        read_live(make_contract(**http("https://city.example/visits.csv")))


def test_a_link_of_a_portal_to_another_host_is_refused(
    files: FakeCkan, internal: HTTPServer, make_contract: MakeContract, read_live: Live
) -> None:
    files.resource["url"] = internal.url_for("/secret.csv")
    keys = {"kind": "ckan", "base_url": files.url, "resource": "r1", "mode": "download"}
    with pytest.raises(DeliveryError, match=r"the portal refers to another host \(127.0.0.1:\d+\)"):
        read_live(make_contract(connector=keys))
    assert internal.log == []


def test_a_name_of_a_private_address_is_refused_unless_it_is_named(
    files: FakeCkan, make_contract: MakeContract, read_live: Live, names: dict[str, list[str]]
) -> None:
    names["city.example"] = ["127.0.0.1"]
    host = f"city.example:{files.server.port}"
    url = f"http://{host}/file/visits.csv"
    with pytest.raises(DeliveryError, match=rf"{host} has the address of a private network; .*allow_hosts: \['{host}'\]"):
        read_live(make_contract(**http(url)))
    assert files.asked == []
    assert read_live(make_contract(**http(url, allow_hosts=[host])))[0].rows == ROWS
    moved = http("https://city.example/file/visits.csv")
    assert read_live(make_contract(**moved), hosts={"https://city.example": f"http://{host}"})[0].rows == ROWS


def test_a_name_that_changes_its_address_after_the_check_is_refused(
    files: FakeCkan, make_contract: MakeContract, read_live: Live, names: dict[str, list[str]]
) -> None:
    names["city.example"] = ["93.184.216.34", "127.0.0.1"]
    with pytest.raises(DeliveryError, match="has the address of a private network"):
        read_live(make_contract(**http(f"http://city.example:{files.server.port}/file/visits.csv")))
    assert files.asked == []


def test_pages_are_read_from_named_hosts_only(
    source: Asked, make_contract: MakeContract, read_live: Live, names: dict[str, list[str]]
) -> None:
    names["city.example"] = ["127.0.0.1"]
    key = "base_url"
    moved = {**source.keys, key: source.keys[key].replace("localhost", "city.example")}
    with pytest.raises(DeliveryError, match="has the address of a private network"):
        read_live(make_contract(connector={"kind": source.kind, **moved}))
    assert source.portal.asked == []


def test_a_link_local_address_is_refused_although_its_host_is_named(
    files: FakeCkan, make_contract: MakeContract, read_live: Live, names: dict[str, list[str]]
) -> None:
    """Where clouds keep credentials: by a name, by a redirect, by a replaced host."""
    names["metadata.example"] = ["169.254.169.254"]
    named = {"allow_hosts": ["metadata.example"]}
    with pytest.raises(DeliveryError, match=r"metadata\.example has a link-local address"):
        read_live(make_contract(**http("http://metadata.example/latest", **named)))
    files.faults = [redirect("http://metadata.example/latest")]
    with pytest.raises(DeliveryError, match=r"metadata\.example has a link-local address"):
        read_live(make_contract(**http(f"{files.url}/file/visits.csv", **named)))
    with pytest.raises(DeliveryError, match="has a link-local address"):
        moved = {"https://city.example": "http://169.254.169.254"}
        read_live(make_contract(**http("https://city.example/x")), hosts=moved)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "::",
     "fe80::1%eth0", "fd00::1", "fec0::1", "ff02::1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::",
     "no address"],
)  # fmt: skip
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def test_behind_a_proxy_an_address_in_any_notation_is_refused(
    files: FakeCkan, make_contract: MakeContract, read_live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", files.url)
    for host in ("2130706433", "169.254.169.254", "[::ffff:10.0.0.1]"):
        keys = http(f"{files.url}/file/visits.csv")
        files.faults = [redirect(f"http://{host}/secret.csv")]
        with pytest.raises(DeliveryError, match=r"refers to another host|has the address of a private network"):
            read_live(make_contract(**keys))
    with pytest.raises(DeliveryError, match="has the address of a private network"):
        read_live(make_contract(**http("http://2130706433/visits.csv")))
    assert not any("secret" in request.path for request in files.asked)


def packed(body: bytes, coding: str) -> Fault:
    return lambda _request: Response(body, 200, {"Content-Encoding": coding, "Content-Type": "text/csv"})


BOMB = b"A,B\n" + b"0" * (8 << 20)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_a_bomb_is_refused(
    files: FakeCkan, make_contract: MakeContract, read_live: Live, coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.connectors.http_adapter.NEVER_A_BOMB", 1 << 20)
    body = zlib.compress(BOMB) if coding == "deflate" else gzip.compress(BOMB)
    files.faults = [packed(gzip.compress(body) if "," in coding else body, coding)] * 4
    with pytest.raises(DeliveryError, match="the answer unpacks to more than 300 times its size"):
        read_live(make_contract(**http(f"{files.url}/file/visits.csv")))
    assert len(files.asked) == 1  # a refusal is no failure that passes


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br", "compress"])
def test_a_coding_that_was_not_requested_is_refused(
    files: FakeCkan, make_contract: MakeContract, read_live: Live, coding: str
) -> None:
    name = {"br": "brotli", "zstd": "zstd"}.get(coding, "gzip")
    files.faults = [packed(pa.compress(BOMB, codec=name, asbytes=True), coding)]
    with pytest.raises(DeliveryError, match="compressed the answer in a way that was not requested"):
        read_live(make_contract(**http(f"{files.url}/file/visits.csv")))
    assert files.asked[0].headers["Accept-Encoding"] == "gzip, deflate"


def endless(_request: Request) -> Response:
    return Response((b"1,2\n" * 4096 for _ in itertools.count()), 200, {"Content-Type": "text/csv"})


@pytest.mark.parametrize(
    "fault", [packed(b"A,B\n" + b"1,2\n" * (1 << 19), "identity"), packed(gzip.compress(BOMB), "gzip"), endless],
    ids=["plain", "gzip", "endless"],
)  # fmt: skip
def test_a_download_over_the_limit_is_refused(
    files: FakeCkan, make_contract: MakeContract, read_live: Live, tmp_path: Path, fault: Fault
) -> None:
    url = f"{files.url}/file/visits.csv"
    files.faults = [fault, fault]
    remedy = "raise connector.max_download_mb in the contract or LEVELGROUND_MAX_DOWNLOAD_MB"
    with pytest.raises(DeliveryError, match=f"it is larger than 1 MB; {remedy}"):
        read_live(make_contract(**http(url, max_download_mb=1)))
    with pytest.raises(DeliveryError, match="it is larger than 1 MB"):
        open_live(make_contract(**http(url)), FetchRequest({}, tmp_path, most_bytes=1 << 20))
    assert len(files.asked) == 2


def test_an_interrupted_download_does_not_use_up_the_limit(files: FakeCkan, make_contract: MakeContract, read_live: Live) -> None:
    part = b"A,B\n" + b"1,2\n" * (180 << 10)
    files.faults = [lambda _request: Response(iter([part]), 200, {"Content-Length": str(2 * len(part))})] * 2
    (table,) = read_live(make_contract(**http(f"{files.url}/file/visits.csv", max_download_mb=1)))
    assert table.rows == ROWS


def test_pages_over_the_limit_are_refused(source: Asked, make_contract: MakeContract, read_live: Live) -> None:
    source.portal.load([{"A": f"a{number}", "B": "x" * 100_000} for number in range(25)])
    limited = make_contract(connector={"kind": source.kind, "max_download_mb": 1, **source.keys})
    with pytest.raises(DeliveryError, match="it is larger than 1 MB"):
        read_live(limited)


def test_a_page_that_is_a_bomb_is_refused(
    source: Asked, make_contract: MakeContract, read_live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.connectors.http_client.MOST_PER_PAGE", 1 << 20)
    body = gzip.compress(json.dumps({"success": True, "padding": "0" * (4 << 20)}).encode())
    source.portal.faults = [
        lambda _request: Response(body, 200, {"Content-Encoding": "gzip", "Content-Type": "application/json"})
    ]
    with pytest.raises(DeliveryError, match="it is larger than 1 MB"):
        read_live(source.contract(make_contract))
    assert len(source.portal.asked) == 1
