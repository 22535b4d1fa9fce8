"""The UI shows a model as materialized when dbt has built it, not when the step ends.

Dagster reads the annotations of steps at run time, so this module must not postpone them.
"""

import time
from collections.abc import Iterator
from threading import Thread
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pytest

from orchestration.defs.streaming import MaterializationStream
from orchestration.runs.context import RunContext

STAGED, MART = dg.AssetKey(["staging", "stg_calls"]), dg.AssetKey(["marts", "fct_calls"])
BUILD_SECONDS = 0.3


@pytest.fixture
def run() -> RunContext:
    con = duckdb.connect()
    con.execute("create schema staging; create table staging.stg_calls as select unnest([1, 2, 3]) as id")
    record = SimpleNamespace(fingerprint="f1", run_id="r1")
    context: Any = SimpleNamespace(con=con, record=record)
    return context  # type: ignore[no-any-return]


def test_a_materialization_has_the_time_at_which_its_model_was_built(run: RunContext) -> None:
    logged: list[str] = []

    @dg.multi_asset(specs=[dg.AssetSpec(key, skippable=True) for key in (STAGED, MART)])
    def models(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        stream = MaterializationStream(context, run, [dg.AssetSpec(STAGED)])
        report = stream.report(logged.append)
        for name in ("stg_calls", "fct_calls"):
            thread = Thread(target=report, args=(name,))  # as dbt does
            thread.start()
            thread.join()
        time.sleep(BUILD_SECONDS)
        assert stream.logged == {STAGED}
        yield dg.MaterializeResult(asset_key=MART)

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([models], instance=instance)
        assert result.success
        times = {key: instance.get_latest_materialization_event(key) for key in (STAGED, MART)}
    staged, mart = times[STAGED], times[MART]
    assert logged == ["stg_calls", "fct_calls"]
    assert staged is not None
    assert mart is not None
    assert mart.timestamp - staged.timestamp >= BUILD_SECONDS
    assert staged.asset_materialization is not None
    assert staged.asset_materialization.metadata["dagster/row_count"].value == 3
    assert (staged.asset_materialization.tags or {})["dagster/data_version"] == "f1"
    counted = [event for event in result.all_events if event.is_step_materialization]
    assert len(counted) == 2, "each model has one materialization"
