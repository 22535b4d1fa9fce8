"""Portals that answer from memory, patience for tests, and reading a live source to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from ingest.connectors import FetchRequest, Origin, open_live
from ingest.contract import Contract
from tests.support.portals import FakeArcgis, FakeCkan, FakeSocrata

Live = Callable[..., Any]


@pytest.fixture(autouse=True)
def _patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same pauses as in a run, a thousand times faster. Only a test of a portal that hangs waits briefly for an answer.

    A busy machine needs more than that for a good answer, and a second attempt would get what the test has not prepared.
    """
    seconds = 0.15 if request.node.get_closest_marker("hangs") else 20.0
    monkeypatch.setattr("ingest.connectors.http_client.BACKOFF_SECONDS", 0.001)
    monkeypatch.setattr("ingest.connectors.http_client.READ_SECONDS", seconds)
    monkeypatch.setattr("ingest.delivery.write_batch.PAUSE_SECONDS", 0.0)


@pytest.fixture(scope="module")
def running() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as running:
        yield running


@pytest.fixture
def server(running: HTTPServer) -> HTTPServer:
    """A server without any answers yet; starting one costs half a second."""
    running.clear()
    return running


@pytest.fixture
def ckan(server: HTTPServer) -> FakeCkan:
    return FakeCkan(server)


@pytest.fixture
def socrata(server: HTTPServer) -> FakeSocrata:
    return FakeSocrata(server)


@pytest.fixture
def arcgis(server: HTTPServer) -> FakeArcgis:
    return FakeArcgis(server)


@pytest.fixture
def read_live(read_origin: Callable[[Contract, Origin], list[Any]], tmp_path: Path) -> Live:
    """Read a live source to its end, with other keys of `Fetch` where given."""

    def read(contract: Contract, **keys: Any) -> list[Any]:
        folder = tmp_path / "fetched"
        folder.mkdir(exist_ok=True)
        origin = open_live(contract, FetchRequest(**({"environment": {}, "folder": folder} | keys)))
        assert origin is not None
        return read_origin(contract, origin)

    return read


@dataclass(frozen=True)
class Asked:
    """A portal of one kind, and the connector that a contract asks it with."""

    kind: str
    portal: Any
    keys: dict[str, Any]

    def contract(self, make_contract: Callable[..., Contract], **changes: Any) -> Contract:
        return make_contract(connector={"kind": self.kind, **self.keys}, **changes)


@pytest.fixture(params=["ckan", "socrata", "arcgis"])
def source(request: pytest.FixtureRequest, server: HTTPServer) -> Asked:
    """Each kind of portal with pages, holding 25 rows in pages of ten."""
    portal: Any
    if request.param == "ckan":
        portal = FakeCkan(server)
        keys = {"base_url": portal.url, "resource": "r1"}
    elif request.param == "socrata":
        portal = FakeSocrata(server)
        keys = {"base_url": portal.url, "resource": "abcd-1234"}
    else:
        portal = FakeArcgis(server)
        keys = {"base_url": portal.layer}
    portal.most = 10
    portal.load([{"A": f"a{number}", "B": f"b{number}"} for number in range(25)])
    return Asked(request.param, portal, keys)
