"""The release of the real deliveries: the value of each query of docs/queries.md, the size of each page, and later runs.

Deselected without LEVELGROUND_REAL_DELIVERIES.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from orchestration.scorecard import write_site
from tests.conftest import CommandLine
from tests.e2e.conftest import AS_OF, status_of
from tests.e2e.test_queries import QUERIES
from tests.e2e.test_query_values import check
from tests.support.query_values.release import Release
from tests.support.scorecard_pages import LARGEST, html_pages
from warehouse.paths import Home

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def real(milwaukee: tuple[Any, dict[str, Any]], real_deliveries: Path) -> Release:
    return Release(Home(milwaukee[0].home), real_deliveries)


@pytest.mark.parametrize("heading", QUERIES)
def test_a_query_counts_as_another_way_does_on_real_deliveries(real: Release, heading: str) -> None:
    check(real, heading)


def test_each_page_is_within_the_limit_in_each_language(milwaukee: tuple[CommandLine, dict[str, Any]], tmp_path: Path) -> None:
    """The longest page has five gaps and six lines of eight school years; words of Hmong are the longest."""
    site = write_site(milwaukee[0].home / "published" / "levelground_public.duckdb", tmp_path / "site").index.parent
    sizes = {page.relative_to(site).as_posix(): page.stat().st_size for page in html_pages(site)}
    assert len({path.partition("/")[0] for path in sizes}) > 3
    assert {path: size for path, size in sizes.items() if size > LARGEST} == {}


def test_a_second_run_changes_nothing(milwaukee: tuple[CommandLine, dict[str, Any]], real_deliveries: Path) -> None:
    levelground, _ = milwaukee
    second = levelground.json("run", "--deliveries", real_deliveries, "--as-of", AS_OF, "--json")
    assert second["outcome"] == "unchanged"
    assert len(levelground.json("releases", "list", "--json")) == 1


def test_a_truncated_delivery_is_held_back(
    milwaukee: tuple[CommandLine, dict[str, Any]], real_deliveries: Path, tmp_path: Path
) -> None:
    levelground, _ = milwaukee
    home, deliveries = tmp_path / "home", tmp_path / "deliveries"
    shutil.copytree(levelground.home, home)
    (deliveries / "mpd__dispatched_calls").mkdir(parents=True)
    original = next((real_deliveries / "mpd__dispatched_calls").glob("*"))
    (deliveries / "mpd__dispatched_calls" / original.name).write_bytes(original.read_bytes()[:1_000_000])
    report = CommandLine(home).json("run", "--deliveries", deliveries, "--as-of", AS_OF, "--json", expect=4)
    assert status_of(report, "mpd__dispatched_calls")["verdict"] == "held_back"
    assert status_of(report, "ucc__service_requests")["verdict"] == "not_delivered"
    assert CommandLine(home).ask("select count(*) as n from marts.fct_police_calls") == [{"n": 101_101}]
