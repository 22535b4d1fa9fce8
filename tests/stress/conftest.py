"""What long tests share: the homes of the end-to-end tests, and the figures that they measured, shown at the end.

A test notes a figure with pytest's `record_property("audit seconds", 7.9)`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import first_release, milwaukee, place, place_copies
from tests.stress.ray_cluster import RayCluster, ray_cluster
from tests.stress.small import SmallHome, deliver_other_state, write_small_city
from tests.support.other_city import OtherCity, release_other_city
from tests.support.shared import CACHE, made_once, make_blank

__all__ = ["first_release", "milwaukee", "place", "place_copies"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    figures = [(report.nodeid, *figure) for report in reports for figure in report.user_properties]
    if figures:
        terminalreporter.section("figures")
    for test, name, value in figures:
        terminalreporter.write_line(f"{test.removeprefix('tests/stress/')}  {name}: {value}")


@pytest.fixture(scope="session")
def ray() -> Iterator[RayCluster]:
    """A Ray cluster with two nodes of a CPU each."""
    with ray_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def blank_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the blank home of this version: a first run with this LEVELGROUND_CACHE builds only what has a row."""
    return made_once(tmp_path_factory, "blank", make_blank) / CACHE


@pytest.fixture(scope="session")
def other_city(tmp_path_factory: pytest.TempPathFactory, blank_cache: Path) -> OtherCity:
    """A released city with a layer of its own. Read only."""
    return release_other_city(tmp_path_factory.mktemp("other"), blank_cache)


@pytest.fixture(scope="session")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The deliveries of a small city. Read only."""
    folder = tmp_path_factory.mktemp("small") / "city"
    write_small_city(folder)
    return folder


@pytest.fixture(scope="session")
def small_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of each test's home."""
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="session")
def undisturbed(small_city: Path, small_root: Path, tmp_path_factory: pytest.TempPathFactory) -> SmallHome:
    """A home in which the small city was released once. Read only."""
    small = SmallHome(small_root / "home", small_city)
    small.run()
    folder = tmp_path_factory.mktemp("undisturbed")
    return small.copy(folder / "home", folder / "city")


@pytest.fixture(scope="session")
def expected(undisturbed: SmallHome, small_root: Path) -> str:
    """The content hash that a home comes to which then reads the other state, undisturbed."""
    small = undisturbed.copy(small_root / "home", small_root / "city")
    deliver_other_state(small.deliveries)
    small.run()
    assert small.last()["outcome"] == "released"
    return small.content()


@pytest.fixture
def disturbed(undisturbed: SmallHome, small_root: Path) -> SmallHome:
    """A copy of the home, whose deliveries are in the other state now: for the test to break something in."""
    small = undisturbed.copy(small_root / "home", small_root / "city")
    deliver_other_state(small.deliveries)
    return small


@pytest.fixture
def converges(disturbed: SmallHome, undisturbed: SmallHome, expected: str) -> Callable[[], None]:
    """What must follow a fault: the release of before is whole, and the next run comes to the expected one."""

    def hold() -> None:
        readable = (disturbed.home / "published" / "current.json").read_bytes()
        try:
            json.loads(readable)
        except ValueError:
            pass  # the fault is in that file itself
        else:
            assert disturbed.content() in (undisturbed.content(), expected)
        disturbed.run()
        assert disturbed.content() == expected
        assert not list((disturbed.home / "releases").glob(".candidate-*"))
        assert not [run for run in disturbed.receipts() if run["outcome"] is None]

    return hold
