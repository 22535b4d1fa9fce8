"""`--live`: the shipped contract of a portal and one of a database, through the same run, and what each fault ends in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from ingest.city import city_registry, read_city
from ingest.layers import state_layer
from tests.conftest import CommandLine
from tests.e2e.conftest import status_of
from tests.support.canaries import search
from tests.support.portals import FakeCkan, truncated

REQUESTS, STAFF, SCHOOLS = "ucc__service_requests", "der__employees", "dpi__live"
PASSWORD = "hunter2"


@pytest.fixture
def portal() -> Iterator[FakeCkan]:
    with HTTPServer(threaded=True) as server:
        yield FakeCkan(server)


@pytest.fixture
def live(
    levelground: CommandLine,
    sample_city: Path,
    blank_cache: Path,
    portal: FakeCkan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> CommandLine:
    """The sample city's calls behind the city's portal, its staff behind the department's database."""
    contract = city_registry(read_city(None))[REQUESTS]
    portal.resource |= {"id": getattr(contract.connector, "resource"), "url": f"{portal.url}/file/calls.csv"}  # noqa: B009
    portal.resource_id = portal.resource["id"]
    portal.files["calls.csv"] = next((sample_city / REQUESTS).iterdir()).read_bytes()
    shutil.copy(sample_city / STAFF / "hr.sqlite", tmp_path / "staff.db")
    monkeypatch.setenv("LEVELGROUND_HOSTS", f"{getattr(contract.connector, 'base_url')}={portal.url}")  # noqa: B009
    monkeypatch.setenv("LEVELGROUND_DER_DATABASE_URL", f"sqlite:///{tmp_path / 'staff.db'}")
    monkeypatch.setenv("LEVELGROUND_CACHE", str(blank_cache))
    # and a missing file of the schools
    (tmp_path / "contracts").mkdir()
    text = (
        (state_layer("wisconsin").folder / "sources" / "dpi__enrollment.yml")
        .read_text(encoding="utf-8")
        .replace("dpi__enrollment", SCHOOLS)
    )
    text = text.replace("connector: {kind: file}", f"connector: {{kind: file, path: {tmp_path}/nowhere.csv}}")
    (tmp_path / "contracts" / f"{SCHOOLS}.yml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("LEVELGROUND_SOURCES", str(tmp_path / "contracts"))
    return levelground


def run(live: CommandLine, *arguments: object, expect: int) -> dict[str, Any]:
    result = live("run", "--json", "--as-of", "2025-12-01", "--source", REQUESTS, "--source", STAFF, *arguments)
    assert result.returncode == expect, f"{result.stdout}\n{result.stderr}"
    assert PASSWORD not in result.stdout + result.stderr
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def test_live_sources_are_released_and_a_fault_holds_back_only_its_own(
    live: CommandLine, portal: FakeCkan, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(live, "--live", expect=0)
    assert first["outcome"] == "released"
    assert {status_of(first, source)["verdict"] for source in (REQUESTS, STAFF)} == {"fresh"}
    rows = {source: status_of(first, source)["rows_delivered"] for source in (REQUESTS, STAFF)}
    assert min(rows.values()) > 0
    assert live.ask("select count(*) as n from marts.fct_service_requests") != [{"n": 0}]
    assert not list((live.home / "tmp").glob("fetch-*"))

    # the home keeps that it is live: schedule and UI have no options
    portal.faults = [None, *[truncated(b"CREATIONDATE,", 5000)] * 20]
    monkeypatch.setenv("LEVELGROUND_DER_DATABASE_URL", f"postgresql+psycopg://desk:{PASSWORD}@127.0.0.1:9/staff")
    monkeypatch.setenv("LEVELGROUND_HASH_KEY", f"{PASSWORD} and much more of it")
    monkeypatch.setenv("LEVELGROUND_UI_TOKEN", f"{PASSWORD}-of-the-ui")
    monkeypatch.setenv("LEVELGROUND_UI_READ_TOKEN", f"{PASSWORD}-of-the-proxy")
    monkeypatch.setenv("LEVELGROUND_ALERTS", f"json://desk:{PASSWORD}@127.0.0.1:9/alerts nosuchkind://{PASSWORD}")
    failed = run(live, "--source", SCHOOLS, expect=4)
    missing = status_of(failed, SCHOOLS)
    assert missing["verdict"] == "held_back"
    assert "nowhere.csv" in missing["reason"]
    assert "connector.path" in missing["reason"]
    assert failed["release_id"] == first["release_id"]
    reasons = {source: status_of(failed, source) for source in (REQUESTS, STAFF)}
    assert {row["verdict"] for row in reasons.values()} == {"held_back"}
    assert reasons[REQUESTS]["reason"] == (
        f"{REQUESTS}: {portal.resource_id}: the connection was interrupted, 4 times; "
        "nothing was ingested; the next run requests it again"
    )
    assert reasons[STAFF]["reason"].startswith(
        f"{STAFF}: employees: the database refused or ended the request (OperationalError); check"
    )
    # neither in a file, nor in Dagster's databases, nor in a command's output
    assert search(live.home, [PASSWORD]) == []
    for command in (("status",), ("doctor",), ("sources", "check", STAFF)):
        result = live(*command)
        assert result.stdout
        assert PASSWORD not in result.stdout + result.stderr
