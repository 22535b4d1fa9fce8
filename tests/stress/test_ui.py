"""A run and checks that the data team starts in the Dagster UI, in a real browser."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import expect

from orchestration.instance.setup import CLI_TRIGGER, CODE_LOCATION, RERUN_JOB, TRIGGER_TAG
from tests.e2e.conftest import Place, status_of
from tests.e2e.test_ui import HELD_BACK, SECONDS_FOR_A_PAGE, UI, place, ui, wait
from tests.support.browser import browsing

__all__ = ["place", "ui"]


def test_the_data_team_starts_a_run_in_a_browser(ui: UI, place: Place) -> None:
    expect.set_options(timeout=SECONDS_FOR_A_PAGE * 1000)
    with browsing() as page:
        page.set_default_timeout(SECONDS_FOR_A_PAGE * 1000)
        page.goto(ui.printed)
        page.goto(f"{ui.address}/locations/{CODE_LOCATION}/jobs/{RERUN_JOB}/playground")
        expect(page.get_by_placeholder("Partition")).to_be_visible()
        for option in ("sources", "period", "full_refresh", "as_of", "location", "wait_seconds"):
            expect(page.locator(".CodeMirror-code").get_by_text(option, exact=True).first).to_be_visible()

        page.goto(f"{ui.address}/locations/{CODE_LOCATION}/jobs/{RERUN_JOB}/partitions")
        page.get_by_role("button", name="Materialize…").first.click()
        expect(page.get_by_role("button", name="Launch backfill")).to_be_visible()

        page.goto(f"{ui.address}/jobs")
        page.get_by_text("refresh", exact=True).first.click()
        page.get_by_role("button", name="Materialize all").click()
        run_id = wait(lambda: _started(ui), 60)
        page.goto(f"{ui.address}/runs/{run_id}")
        expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=180_000)

        page.goto(f"{ui.address}/runs")
        expect(page.get_by_text("levelground/trigger: ui").first).to_be_visible()
        expect(page.get_by_text("levelground/outcome: unchanged").first).to_be_visible()

        page.goto(f"{ui.address}/assets/landing/{HELD_BACK}?view=checks")
        expect(page.get_by_text("Held back: its last good rows stay.")).to_be_visible()
        expect(page.get_by_text("Failed", exact=True).first).to_be_visible()
        expect(page.get_by_text("columns_missing", exact=True)).to_be_visible()
        red = page.get_by_text("Failed", exact=True).last.evaluate("element => getComputedStyle(element).color")
        assert _reddish(red), red

        page.goto(f"{ui.address}/automation")
        row = page.locator("div", has_text="At 02:00 AM").last
        expect(row).to_be_visible()
        for name in ("nightly", "drop_folder", "watch"):
            expect(page.get_by_text(name, exact=True)).to_be_visible()
        expect(
            page.get_by_role("checkbox", checked=True).nth(2)
        ).to_be_attached()  # all three are on; their boxes are drawn by CSS

    last = place.levelground.json("status", "--json", expect=4)
    assert (last["run_id"], last["trigger"], last["outcome"]) == (run_id, "ui", "unchanged")
    assert status_of(last, HELD_BACK)["verdict"] == "held_back"


CHECKS = """query($keys: [AssetKeyInput!]) { assetNodes(assetKeys: $keys) { assetKey { path } assetChecksOrError {
    ... on AssetChecks { checks { name canExecuteIndividually executionForLatestMaterialization {
        runId status evaluation { success description } } } } } } }"""
LAUNCHED = """mutation($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""


def test_checks_run_alone_and_nothing_is_ingested_or_released(ui: UI, place: Place) -> None:
    """The delivery was changed after the release: its check fails on the file of now; the table is the released one."""
    keys = {
        "delivery_gate": ["landing", HELD_BACK],
        "freshness": ["landing", HELD_BACK],
        "build_gate": ["marts", "fct_service_requests"],
    }
    found = {
        check["name"]: check["canExecuteIndividually"]
        for node in ui.ask(CHECKS, keys=[{"path": path} for path in keys.values()])["assetNodes"]
        for check in node["assetChecksOrError"]["checks"]
    }
    assert {name: found[name] for name in (*keys, "dbt_tests")} == dict.fromkeys((*keys, "dbt_tests"), "CAN_EXECUTE")
    before = json.loads(place.levelground("status", "--json").stdout)
    selector = {
        "repositoryLocationName": CODE_LOCATION, "repositoryName": "__repository__", "pipelineName": "__ASSET_JOB",
        "assetSelection": [], "assetCheckSelection": [{"assetKey": {"path": path}, "name": name} for name, path in keys.items()],
    }  # fmt: skip
    token = {"X-Levelground-Token": ui.printed.partition("token=")[2]}
    launched = ui.ask(LAUNCHED, token, params={"selector": selector, "mode": "default", "runConfigData": "{}"})
    run_id = launched["launchPipelineExecution"]["run"]["runId"]
    status = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
    wait(lambda: ui.ask(status, id=run_id)["runOrError"]["status"] in ("SUCCESS", "FAILURE"), 300)
    results = {
        check["name"]: check["executionForLatestMaterialization"]
        for node in ui.ask(CHECKS, keys=[{"path": path} for path in keys.values()])["assetNodes"]
        for check in node["assetChecksOrError"]["checks"]
        if check["name"] in keys
    }
    assert {result["runId"] for result in results.values()} == {run_id}
    assert {name: result["evaluation"]["success"] for name, result in results.items()} == {
        "delivery_gate": False, "freshness": True, "build_gate": True,
    }  # fmt: skip
    assert "critical finding" in results["delivery_gate"]["evaluation"]["description"]
    after = json.loads(place.levelground("status", "--json").stdout)
    assert after["run_id"] == run_id
    assert after["outcome"] == "unchanged"
    assert after["release_id"] in (None, before["release_id"])
    assert {name: source["load_id"] for name, source in _by_name(after).items()} == {
        name: source["load_id"] for name, source in _by_name(before).items()
    }, "nothing was ingested"


def _by_name(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {source["source"]: source for source in report["sources"]}


def _started(ui: UI) -> str | None:
    """The run that was launched from the job's page."""
    runs = ui.ask("{ runsOrError { ... on Runs { results { runId tags { key value } } } } }")["runsOrError"]["results"]
    return next((run["runId"] for run in runs if {"key": TRIGGER_TAG, "value": CLI_TRIGGER} not in run["tags"]), None)


def _reddish(color: str) -> bool:
    red, green, blue = (int(part) for part in re.findall(r"\d+", color)[:3])
    return red > 2 * green and red > 2 * blue
