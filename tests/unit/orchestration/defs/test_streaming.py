"""The UI shows a model as built and tested at the time at which dbt has finished it, not when the step ends.

The steps are those of a run; only the stages that they call are replaced.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

import dagster as dg
import duckdb
import pytest

from expectations.results import ExpectationResult, GateResult, Severity
from orchestration.defs.asset_checks import BUILD_GATE, DBT_TESTS, build_gate
from orchestration.defs.assets import dbt_assets
from orchestration.defs.resources import RunResource
from orchestration.defs.streaming import CANDIDATE
from orchestration.pipeline import stages
from orchestration.runs.context import RunContext
from orchestration.runs.progress import UP_TO_DATE, NodeResult, OnNode
from orchestration.runs.record import BLOCKED

STEP_SECONDS = 0.05


def node(name: str, schema: str, status: str = "success", database: str = "release") -> NodeResult:
    return NodeResult(f"model.lg.{name}", name, "model", status, 0.1, 0, "", (), f"{database}.{schema}.{name}")


def dbt_test(name: str, *models: str, status: str = "pass") -> NodeResult:
    tested = tuple(f"model.lg.{model}" for model in models)
    return NodeResult(f"test.lg.{name}", name, "test", status, 0.1, int(status == "fail"), "", tested)


UNIQUE, RELATED = dbt_test("unique", "fct_calls"), dbt_test("related", "fct_calls", "stg_calls")
FINISHED = (node("stg_calls", "staging", database="memory"), node("fct_calls", "marts"), UNIQUE, RELATED)
KEPT_NODE = node("dim_date", "marts", UP_TO_DATE)
QUALITY_NODE = node("sources", "quality")
SPECS = {node.unique_id: dg.AssetSpec(node.relation.split(".")[1:]) for node in (*FINISHED[:2], KEPT_NODE, QUALITY_NODE)}
SPECS["model.lg.sources"] = SPECS["model.lg.sources"].replace_attributes(
    deps=[dg.AssetKey(["marts", name]) for name in ("fct_calls", "dim_date")]
)
MANIFEST: Mapping[str, Any] = {
    "nodes": {
        f"test.lg.{n}": {"resource_type": "test", "depends_on": {"nodes": [f"model.lg.{model}" for model in models]}}
        for n, models in {"unique": ["fct_calls"], "related": ["fct_calls", "stg_calls"], "dates": ["dim_date"]}.items()
    }
}


class OpenRun(RunResource):
    """A run that is open already."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[RunResource]:
        con = duckdb.connect()
        con.execute("create schema staging; create table staging.stg_calls as select unnest([1, 2, 3]) as id")
        con.execute("attach ':memory:' as release; create schema release.marts; create schema release.quality")
        for table in ("marts.fct_calls", "marts.dim_date", "quality.sources"):
            con.execute(f"create table release.{table} as select unnest([1, 2]) as id")
        record = SimpleNamespace(fingerprint="f1", run_id="r1", outcome=None, message=None)
        tests = {"model.lg.fct_calls": {UNIQUE.unique_id, RELATED.unique_id}, "model.lg.stg_calls": {RELATED.unique_id}}
        settings = SimpleNamespace(docs_url="https://docs.city.example", home=SimpleNamespace(docs=Path("without docs")))
        self._context = cast(RunContext, SimpleNamespace(con=con, record=record, tests=tests, settings=settings))
        yield self


class Events:
    """The events of a run of the steps of models, gates and quality, with the seconds at which they were logged."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, finished: Sequence[NodeResult] = FINISHED, gate: Severity = "info"
    ) -> None:
        """`gate` is the severity of what the gate of each mart finds; `info` passes."""

        def models(run: Any, on_node: OnNode) -> list[NodeResult]:
            for result in finished:
                thread = Thread(target=on_node, args=(result,))  # as dbt does
                thread.start()
                thread.join()
                time.sleep(STEP_SECONDS)
            if not all(result.succeeded for result in finished):
                run.record.outcome, run.record.message = BLOCKED, "dbt test related found 1 rows"
            return [*finished, KEPT_NODE]

        def gates(run: Any, _on_node: OnNode, on_gate: Callable[[GateResult], None]) -> list[GateResult]:
            finding = ExpectationResult("rows", None, gate, gate == "info", 1.0, None, "no rows")
            results = [GateResult("build", f"marts.{name}", (finding,)) for name in ("dim_date", "fct_calls")]
            for result in results:
                on_gate(result)
                time.sleep(STEP_SECONDS)
            if gate == "critical":
                run.record.outcome, run.record.message = BLOCKED, "marts.dim_date: no rows"
            return results

        def quality(run: Any, _on_node: OnNode) -> list[NodeResult]:
            return [] if run.record.outcome else [QUALITY_NODE]

        for stage in (models, gates, quality):
            monkeypatch.setattr(stages, stage.__name__, stage)
        defs = dg.Definitions(
            dbt_assets(SPECS, MANIFEST),
            asset_checks=[build_gate(SPECS.values())],
            resources={"run": OpenRun.configure_at_launch()},
        )
        with dg.DagsterInstance.ephemeral() as instance:
            job = defs.resolve_implicit_global_asset_job_def()
            self.result = job.execute_in_process(instance=instance, raise_on_error=False)
            self._logged = [entry for entry in instance.all_logs(self.result.run_id) if entry.dagster_event]

    def _events(self, kind: str) -> list[tuple[str, float, Any]]:
        found = []
        for entry in self._logged:
            event = entry.get_dagster_event()
            if event.event_type_value == kind:
                data = event.event_specific_data
                key = getattr(data, "asset_key", None) or event.asset_key
                assert key
                found.append((f"{key.path[-1]} {getattr(data, 'check_name', '')}".strip(), entry.timestamp, data))
        assert len({name for name, *_ in found}) == len(found), f"logged twice: {found}"
        return found

    def times(self, kind: str) -> dict[str, float]:
        """When each asset or check had its one event of this kind."""
        return {name: at for name, at, _ in self._events(kind)}

    def failed_checks(self) -> set[str]:
        """The checks that did not pass, with the name of their asset."""
        return {name for name, _, data in self._events("ASSET_CHECK_EVALUATION") if not data.passed}

    def order(self) -> list[str]:
        """The steps that succeeded or failed, in their order."""
        ended = [entry.get_dagster_event() for entry in self._logged]
        return [f"{event.step_key} {event.event_type_value}" for event in ended if event.is_step_success or event.is_step_failure]


def test_events_have_the_time_at_which_dbt_has_finished(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        events = Events(monkeypatch)
    assert events.result.success
    built, checked = events.times("ASSET_MATERIALIZATION"), events.times("ASSET_CHECK_EVALUATION")
    assert list(built) == ["stg_calls", "fct_calls"], "a kept table keeps its last materialization"
    tested, (first, second) = f"fct_calls {DBT_TESTS}", (f"dim_date {BUILD_GATE}", f"fct_calls {BUILD_GATE}")
    assert list(checked) == [tested, f"stg_calls {DBT_TESTS}", first, second]
    between = [built["fct_calls"] - built["stg_calls"], checked[first] - checked[tested], checked[second] - checked[first]]
    assert min(between) >= STEP_SECONDS, "all at once"
    assert checked[tested] - built["fct_calls"] >= 2 * STEP_SECONDS, "a check waits for the last test of its model"
    assert events.order() == [f"{step} STEP_SUCCESS" for step in ("models", BUILD_GATE, "quality")]
    assert "emitted no result" not in caplog.text, "the tests of a kept table are not run"


def test_a_materialization_has_figures_and_its_release(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Events(monkeypatch).result.get_asset_materialization_events()
    staged, mart = (event.materialization for event in found)
    assert {name: value.value for name, value in staged.metadata.items()} == {"seconds": 0.1, "dagster/row_count": 3}
    assert mart.metadata["dagster/row_count"].value == 2
    assert mart.metadata["release"].value == CANDIDATE, "readers have it when the run has released it"
    assert {tags["dagster/data_version"] for tags in (staged.tags, mart.tags) if tags} == {"f1"}


def test_a_failed_dbt_test_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """dbt skips tests after a failed one, so that the model of both has no result of the second."""
    finished = (*FINISHED[:2], dbt_test("unique", "fct_calls", status="fail"))
    events = Events(monkeypatch, finished)
    assert events.failed_checks() == {f"fct_calls {DBT_TESTS}"}
    assert events.order() == ["models STEP_FAILURE"]


def test_a_failed_gate_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    events = Events(monkeypatch, gate="critical")
    assert events.failed_checks() == {f"{name} {BUILD_GATE}" for name in ("dim_date", "fct_calls")}
    assert events.order() == ["models STEP_SUCCESS", f"{BUILD_GATE} STEP_FAILURE", "quality STEP_SUCCESS"]
    assert not events.result.success
