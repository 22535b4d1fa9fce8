"""A backfill of two months that the UI launches is a run per month, through the queue, each like `levelground run --period`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.instance.setup import CODE_LOCATION, REPOSITORY, RERUN_JOB
from orchestration.instance.web.ui_access import TOKEN_HEADER
from tests.conftest import ROOT, free_port
from tests.stress.small import BIN, SmallHome

TOKEN = "of-the-test"
SECONDS = 900
LAUNCH = """mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
JOBS = "{ repositoriesOrError { ... on RepositoryConnection { nodes { jobs { name } } } } }"


def ask(port: int, query: str, **variables: object) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://localhost:{port}/graphql",
        json.dumps({"query": query, "variables": variables}).encode(),
        {"content-type": "application/json", TOKEN_HEADER: TOKEN},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        data: dict[str, Any] = json.load(answer)["data"]
    return data


@pytest.fixture
def port(undisturbed: SmallHome, tmp_path: Path) -> Iterator[tuple[int, SmallHome]]:
    """The port of the UI of a copy of the small home."""
    small, at = undisturbed.copy(tmp_path / "home", tmp_path / "city"), free_port()
    environment = small.environment(LEVELGROUND_DELIVERIES=str(small.deliveries), LEVELGROUND_UI_TOKEN=TOKEN)
    with (tmp_path / "ui.log").open("w") as log:
        command = [BIN / "levelground", "ui", "--port", str(at)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT, start_new_session=True)
    try:
        yield at, small
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_jobs(port: int) -> None:
    end = time.monotonic() + SECONDS
    while True:
        try:
            if ask(port, JOBS)["repositoriesOrError"].get("nodes"):
                return
        except OSError:
            pass
        assert time.monotonic() < end
        time.sleep(1)


def test_a_backfill_of_two_months(port: tuple[int, SmallHome]) -> None:
    at, small = port
    days = small.levelground.ask("select distinct strftime(occurred_on, '%Y-%m') as m from marts.fct_service_requests order by 1")
    months = [row["m"] for row in days][-2:]
    wait_for_jobs(at)
    selector = {"repositoryName": REPOSITORY, "repositoryLocationName": CODE_LOCATION}
    params = {
        "selector": {"partitionSetName": f"{RERUN_JOB}_partition_set", "repositorySelector": selector},
        "partitionNames": [f"{month}-01" for month in months],
    }
    launched = ask(at, LAUNCH, params=params)["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    end = time.monotonic() + SECONDS
    while len(done := [record for record in small.receipts() if record["trigger"] == "ui" and record["outcome"]]) < len(months):
        assert time.monotonic() < end, done
        time.sleep(2)
    assert {record["outcome"] for record in done} <= {"unchanged", "released"}
    again = [record["sources"]["ucc__service_requests"]["reason"] for record in done]
    assert all("ingested again" in reason for reason in again), again
    first, second = sorted(done, key=lambda record: record["started_at"])
    assert first["ended_at"] <= second["started_at"], "one run at a time"
