"""The Dagster UI: what the data team starts and sees there, over the API that its pages use."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import Place

LAUNCH = """
mutation ($job: String!) {
  launchPipelineExecution(executionParams: {mode: "default", runConfigData: {}, selector: {
    repositoryLocationName: "orchestration.definitions", repositoryName: "__repository__", pipelineName: $job}}) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}"""
SEEN = """
{ repositoriesOrError { ... on RepositoryConnection { nodes {
    jobs { name }
    schedules { name cronSchedule executionTimezone scheduleState { status } }
    sensors { name sensorState { status } }
    assetNodes { assetKey { path } groupName description owners { ... on UserAssetOwner { email } } } } } } }"""


class UI:
    """A running UI."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/graphql"

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            data: dict[str, Any] = json.load(answer)["data"]
        return data


@pytest.fixture
def ui(place: Place) -> Iterator[UI]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "levelground"), "ui", "--port", str(port)]
    environment = os.environ | {"LEVELGROUND_HOME": str(place.home), "LEVELGROUND_DELIVERIES": str(place.deliveries)}
    log = (place.home / "ui.log").open("w")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT, start_new_session=True)
    try:
        running = UI(port)
        _wait(lambda: bool(_nodes(running)), 120)
        yield running
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        log.close()


def _nodes(ui: UI) -> list[dict[str, Any]]:
    try:
        nodes: list[dict[str, Any]] = ui.ask(SEEN)["repositoriesOrError"].get("nodes", [])
    except (urllib.error.URLError, ConnectionError, KeyError, TimeoutError):
        return []
    return nodes


def _wait(done: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not done within {seconds} seconds"
        time.sleep(1)


def test_a_run_from_the_ui_and_what_it_shows(ui: UI, place: Place) -> None:
    (repository,) = _nodes(ui)
    assert "refresh" in {job["name"] for job in repository["jobs"]}
    (nightly,) = repository["schedules"]
    assert (nightly["name"], nightly["cronSchedule"], nightly["executionTimezone"]) == ("nightly", "0 2 * * *", "America/Chicago")
    assert nightly["scheduleState"]["status"] == "RUNNING"
    assert repository["sensors"] == [{"name": "drop_folder", "sensorState": {"status": "RUNNING"}}]
    assets = {"/".join(node["assetKey"]["path"]): node for node in repository["assetNodes"]}
    assert assets["landing/ucc__service_requests"]["groupName"] == "ucc"
    assert assets["landing/ucc__service_requests"]["owners"] == [{"email": "ucc-data@milwaukee.example"}]
    assert assets["marts/fct_equity_measures"]["groupName"] == "measured"
    assert all(node["description"] for key, node in assets.items() if not key.startswith("receipts/"))

    launched = ui.ask(LAUNCH, job="refresh")["launchPipelineExecution"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]

    def status() -> str:
        answer: str = ui.ask("query ($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }", run=run_id)["runOrError"][
            "status"
        ]
        return answer

    _wait(lambda: status() in ("SUCCESS", "FAILURE", "CANCELED"), 180)
    assert status() == "SUCCESS"
    last = place.levelground.json("status", "--json")
    assert (last["run_id"], last["trigger"], last["outcome"]) == (run_id, "ui", "unchanged")
