"""Partial runs and re-executions, as the UI starts them: whichever way it was made, the release is the one of a full run.

A full rebuild afterwards must find nothing to release: equal content hashes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository

from orchestration.defs.asset_specs import RELEASE_KEY
from orchestration.instance.setup import OUTCOME_TAG, REFRESH_JOB, prepare_instance
from orchestration.pipeline import stages
from orchestration.settings import Settings
from tests.e2e.conftest import Place

SOURCE = "fpc__police_stops"


class Dagster:
    """The home's instance, and the job as its daemon runs it."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.job = ReconstructableRepository.for_module("orchestration.definitions", "defs").get_reconstructable_job(REFRESH_JOB)

    def run(self, selection: list[dg.AssetKey] | None = None, parent_run_id: str | None = None) -> tuple[str, bool, str | None]:
        """Run the job, some assets of it, or what failed of an earlier run: (run id, success, outcome)."""
        options = dg.ReexecutionOptions.from_failure(parent_run_id, self.instance) if parent_run_id else None
        with dg.execute_job(
            self.job, self.instance, asset_selection=selection, reexecution_options=options, raise_on_error=False
        ) as done:
            run = self.instance.get_run_by_id(done.run_id)
            assert run is not None
            return done.run_id, done.success, run.tags.get(OUTCOME_TAG)

    def downstream(self, source: str) -> list[dg.AssetKey]:
        """A source and everything that is built of it, as the UI's `key:"landing/…"+` selects."""
        assets = self.job.get_definition().asset_layer
        selection = dg.AssetSelection.assets(dg.AssetKey(["landing", source])).downstream()
        return sorted(selection.resolve(assets.asset_graph) & assets.executable_asset_keys, key=str)  # published files are not


@pytest.fixture
def dagster(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dagster]:
    for name in ("DAGSTER_HOME", "DO_NOT_TRACK"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("LEVELGROUND_HOME", str(place.home))
    monkeypatch.setenv("LEVELGROUND_DELIVERIES", str(place.deliveries))
    prepare_instance(Settings.from_environment())
    with dg.DagsterInstance.get() as instance:
        yield Dagster(instance)


def deliver(place: Place, number: int) -> None:
    """One more stop."""
    place.rewrite(SOURCE, lambda text: text + text.splitlines()[-1].replace("25-", f"{number}-", 1) + "\n")


def release(place: Place) -> str:
    newest: str = place.levelground.json("releases", "list", "--json")[0]["content_hash"]
    return newest


def is_what_a_full_run_gives(place: Place) -> bool:
    report: dict[str, Any] = place.run("--full-refresh")
    return bool(report["outcome"] == "unchanged")


def test_one_source_and_all_downstream(dagster: Dagster, place: Place) -> None:
    before = release(place)
    deliver(place, 97)
    selection = dagster.downstream(SOURCE)
    assert {RELEASE_KEY, dg.AssetKey(["disclosure", "reported"])} <= set(selection)
    assert len([key for key in selection if key.path[0] == "landing"]) == 1
    _, success, outcome = dagster.run(selection)
    assert (success, outcome) == (True, "released")
    assert release(place) != before
    assert is_what_a_full_run_gives(place)


def test_taking_in_first_and_the_release_alone_afterwards(dagster: Dagster, place: Place) -> None:
    before = release(place)
    deliver(place, 96)
    _, success, outcome = dagster.run([dg.AssetKey(["landing", SOURCE])])
    assert (success, outcome) == (True, "unchanged")
    assert release(place) == before
    _, success, outcome = dagster.run([RELEASE_KEY])
    assert (success, outcome) == (True, "released")
    assert is_what_a_full_run_gives(place)


@pytest.mark.parametrize("broken", ["build_models", "run_gates", "build_quality", "release_candidate"])
def test_reexecution_from_failure(dagster: Dagster, place: Place, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = release(place)
    deliver(place, 95)
    with monkeypatch.context() as patched:
        patched.setattr(stages, broken, lambda *_: (_ for _ in ()).throw(MemoryError(broken)))
        failed, success, outcome = dagster.run()
    assert (success, outcome) == (False, "failed")
    assert release(place) == before
    _, success, outcome = dagster.run(parent_run_id=failed)
    assert (success, outcome) == (True, "released")
    assert is_what_a_full_run_gives(place)
