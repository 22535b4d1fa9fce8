"""The Dagster UI in a real browser: what the data team sees there, and what a hostile page cannot start.

`make stress` starts a run and checks there.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import expect
from pytest_httpserver import HTTPServer

from orchestration.instance.setup import CODE_LOCATION, REFRESH_JOB
from tests.conftest import ROOT, CommandLine, free_port
from tests.e2e.conftest import Place
from tests.support.browser import browsing
from tests.support.copies import Copy
from tests.support.hostile_page import ATTACKER, RESOLVED_TO_THIS_MACHINE, Launch, hostile_page

HELD_BACK = "ucc__service_requests"
SECONDS_FOR_A_PAGE = 60
T = TypeVar("T")
SEEN = """
{ repositoriesOrError { ... on RepositoryConnection { nodes {
    jobs { name }
    schedules { name cronSchedule executionTimezone scheduleState { status } }
    sensors { name sensorState { status } }
    assetNodes {
        assetKey { path } dependencyKeys { path } groupName description owners { ... on UserAssetOwner { email } } } } } } }"""


class UI:
    """A running UI."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self.address = f"http://localhost:{port}"
        self.log = log

    @property
    def printed(self) -> str:
        """The address with a token that `levelground ui` printed."""
        found = re.search(rf"{self.address}/\?token=(\S+)", self.log.read_text())
        assert found, self.log.read_text()
        return found[0]

    def ask(self, query: str, headers: dict[str, str] | None = None, **variables: object) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        all_headers = {"content-type": "application/json"} | (headers or {})
        request = urllib.request.Request(f"{self.address}/graphql", body, all_headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            data: dict[str, Any] = json.load(answer)["data"]
        return data


@pytest.fixture(scope="module")
def place(place_copies: tuple[Copy, Copy]) -> Place:
    """One home for all tests of this module, which share its UI."""
    home, deliveries = (copy.restore() for copy in place_copies)
    return Place(CommandLine(home), deliveries)


@pytest.fixture(scope="module")
def ui(place: Place) -> Iterator[UI]:
    place.rewrite(HELD_BACK, lambda text: text.replace("CREATIONDATE", "CREATED"))
    os.utime(place.file(HELD_BACK), (1, 1))  # before the last run: the drop folder's sensor is not to take it in on its own
    port = free_port()
    command = [str(Path(sys.executable).parent / "levelground"), "ui", "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LEVELGROUND_", "DAGSTER_"))}
    environment |= {"LEVELGROUND_HOME": str(place.home), "LEVELGROUND_DELIVERIES": str(place.deliveries)}
    log = (place.home / "ui.log").open("w")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT, start_new_session=True)
    try:
        running = UI(port, place.home / "ui.log")
        wait(lambda: bool(nodes(running)) and "token=" in running.log.read_text(), 240)
        yield running
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        log.close()


def nodes(ui: UI) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = ui.ask(SEEN)["repositoriesOrError"].get("nodes", [])
    except (urllib.error.URLError, ConnectionError, KeyError, TimeoutError):
        return []
    return found


def wait(poll: Callable[[], T], seconds: float) -> T:
    end = time.monotonic() + seconds
    while not (found := poll()):
        assert time.monotonic() < end, f"not done within {seconds} seconds"
        time.sleep(0.5)
    return found


def test_a_hostile_page_starts_nothing(ui: UI, httpserver: HTTPServer) -> None:
    """The user has opened the printed address, so the browser would send its cookie along."""
    launch = Launch(ui.address)
    before = _runs(ui)
    httpserver.expect_request("/").respond_with_data(hostile_page(launch), content_type="text/html")
    with browsing(RESOLVED_TO_THIS_MACHINE) as page:
        page.goto(ui.printed)
        assert "token" not in page.url
        for host in (ATTACKER, "localhost"):  # another site; the same site on another port, which gets SameSite cookies
            page.goto(f"http://{host}:{httpserver.port}/")
            page.wait_for_function("document.title.startsWith('done')", timeout=60_000)
            assert page.title() == "done: refused", f"the hostile page on {host} read or opened something"
        page.goto(f"{launch.address}?{launch.query_string}")  # a link to a mutation
        rebound = page.goto(f"http://{ATTACKER}:{ui.port}/")  # a page of the attacker's name, now at this address
        assert rebound is not None
        assert rebound.status == 403
        post = """([path, body]) => fetch(path, {method: 'POST', body, headers: {'content-type': 'application/json'}})
            .then(response => response.status)"""
        status = page.evaluate(post, ["/graphql", launch.body])
        assert status == 403
    for headers in ({}, {"X-Levelground-Token": "wrong"}):  # another user of this machine
        with pytest.raises(urllib.error.HTTPError, match="403"):
            ui.ask(launch.mutation, headers, **launch.variables)
    assert _runs(ui) == before

    # The same mutation with the token does start a run, which is removed again.
    token = {"X-Levelground-Token": ui.printed.partition("token=")[2]}
    run_id = ui.ask(launch.mutation, token, **launch.variables)["launchPipelineExecution"]["run"]["runId"]
    assert _runs(ui) == before | {run_id}
    policy = "terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY"
    ui.ask(f"mutation($id: String!) {{ terminateRun(runId: $id, {policy}) {{ __typename }} }}", token, id=run_id)
    ui.ask("mutation($id: String!) { deletePipelineRun(runId: $id) { __typename } }", token, id=run_id)
    assert _runs(ui) == before


def _runs(ui: UI) -> set[str]:
    return {run["runId"] for run in ui.ask("{ runsOrError { ... on Runs { results { runId } } } }")["runsOrError"]["results"]}


def test_what_the_data_team_sees_in_a_browser(ui: UI) -> None:
    (repository,) = nodes(ui)
    (nightly,) = repository["schedules"]
    assert (nightly["name"], nightly["cronSchedule"], nightly["executionTimezone"]) == ("nightly", "0 2 * * *", "America/Chicago")
    sensors = {sensor["name"]: sensor["sensorState"]["status"] for sensor in repository["sensors"]}
    assert sensors == {"drop_folder": "RUNNING", "watch": "RUNNING"}
    assets = {"/".join(node["assetKey"]["path"]): node for node in repository["assetNodes"]}
    assert assets["landing/ucc__service_requests"]["owners"] == [{"email": "ucc-data@city.example"}]
    assert [key for key, node in assets.items() if not node["description"]] == []
    begin_here = {key.split("/")[0] for key, node in assets.items() if not node["dependencyKeys"]}
    assert begin_here == {"landing", "reference", "receipts", "runs"}, "all else is made of something"
    expect.set_options(timeout=SECONDS_FOR_A_PAGE * 1000)
    with browsing() as page:
        page.set_default_timeout(SECONDS_FOR_A_PAGE * 1000)
        page.goto(ui.printed)
        page.goto(f"{ui.address}/asset-groups")
        for group in ("municipal_court", "public_safety", "addresses_and_places", "release"):
            expect(page.get_by_text(group, exact=True).first).to_be_visible()

        # the run that a command made, which no code location had launched
        page.goto(f"{ui.address}/locations/{CODE_LOCATION}/jobs/{REFRESH_JOB}/runs")
        expect(page.get_by_text("levelground/trigger: cli").first).to_be_visible()
        page.goto(f"{ui.address}/overview/activity/timeline")
        expect(page.get_by_text(REFRESH_JOB, exact=True).first).to_be_visible()


def test_landed_months_are_materialized_partitions(ui: UI, place: Place) -> None:
    query = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
        partitionStats { numMaterialized } } } }"""
    covered = place.levelground.ask(
        "select distinct period_start from quality.coverage where period_type = 'month' and covered_days > 0 "
        "and period_start >= date '2010-01-01' and source in ('assessor__property_sales', 'comptroller__checkbook', "
        "'doa__arpa_projects', 'mcme__deaths', 'ucc__service_requests')"
    )
    shown = ui.ask(query, key={"path": ["runs", "months"]})["assetNodeOrError"]["partitionStats"]["numMaterialized"]
    assert shown == len(covered) > 0
