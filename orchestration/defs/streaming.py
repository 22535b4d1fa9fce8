"""Log what dbt builds and tests at the time at which it happens, so that the UI shows the progress of a build.

Dagster reads the outputs of a step from a generator, which dbt blocks until all models are built. So dbt's callback logs the
materializations and check results. Steps that depend on an asset need its output as well; these follow after the build and log no
second materialization.

For that, this module uses a private key of Dagster (`dagster._core.definitions.source_asset`), tested with Dagster 1.13.27;
`tests/contract/test_private_apis.py` names what to check after an upgrade.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION as LOGS_NO_EVENT

from orchestration.defs.asset_checks import DBT_TESTS, RELEASED_SO, dbt_test_result, log_check
from orchestration.defs.metadata import model_metadata
from orchestration.pipeline.build import CANDIDATE_DATABASES, rows_of
from orchestration.runs.context import RunContext
from orchestration.runs.progress import NodeResult, OnNode

DATA_VERSION = "dagster/data_version"  # the tag in which Dagster keeps the version of a logged materialization
CANDIDATE = "Built in the candidate. Readers get it if the gates pass and this run materializes published/levelground."


class BuildStream:
    """Logs a materialization of each model that dbt builds, and a check result when the last test of a model has finished."""

    def __init__(self, context: dg.AssetExecutionContext, run: RunContext, specs: Mapping[str, dg.AssetSpec]) -> None:
        self._context, self._run = context, run
        self._specs = {i: spec for i, spec in specs.items() if spec.key in context.selected_asset_keys}
        self._checked = {
            i: spec for i, spec in specs.items() if dg.AssetCheckKey(spec.key, DBT_TESTS) in context.selected_asset_check_keys
        }
        self._tests: dict[str, list[NodeResult]] = {}
        self._outputs: list[dg.Output[Any]] = []
        self._logged: set[str] = set()
        self._lock = threading.Lock()

    def report(self, then: OnNode) -> OnNode:
        """Return the callback for what dbt has finished. dbt calls it in its own threads."""

        def finished(result: NodeResult) -> None:
            then(result)
            with self._lock:
                if result.kind == "test":
                    self._test_finished(result)
                elif result.succeeded and result.unique_id in self._specs:
                    self._log_materialization(result, self._specs[result.unique_id].key)

        return finished

    def finish(self, results: Sequence[NodeResult], awaited: Collection[str]) -> Iterator[dg.Output[Any]]:
        """Yield the outputs of the step after the build; those of `awaited` tables also if they were kept.

        Log the checks of models of which dbt skipped a test, because another one had failed.
        """
        for model in list(self._tests):
            self._log_check(model, [result for result in results if result.kind == "test" and model in result.tested])
        yield from self._outputs
        for result in results:
            if result.succeeded and result.unique_id in awaited and result.unique_id in self._specs:
                name = self._context.assets_def.get_output_name_for_asset_key(self._specs[result.unique_id].key)
                yield dg.Output(None, output_name=name, metadata={LOGS_NO_EVENT: True})

    def other_checks(self, results: Sequence[NodeResult]) -> Iterator[dg.AssetCheckResult]:
        """Yield the checks that this step has not logged, of a run of checks alone: another step built, or nothing did."""
        for model, spec in self._checked.items():
            if model not in self._logged:
                ran = [result for result in results if result.kind == "test" and model in result.tested]
                yield (
                    dbt_test_result(spec, ran)
                    if ran
                    else dg.AssetCheckResult(check_name=DBT_TESTS, asset_key=spec.key, passed=True, description=RELEASED_SO)
                )

    def _log_materialization(self, result: NodeResult, key: dg.AssetKey) -> None:
        metadata = model_metadata(result, rows_of(self._run, result))
        if result.relation.split(".", 1)[0] in CANDIDATE_DATABASES:
            metadata["release"] = CANDIDATE
        # while it stays the same, the UI shows assets as up to date
        tags = {DATA_VERSION: self._run.record.fingerprint or self._run.record.run_id}
        self._context.log_event(dg.AssetMaterialization(key, metadata=metadata, tags=tags))

    def _test_finished(self, result: NodeResult) -> None:
        for model in result.tested:
            ran = self._tests.setdefault(model, [])
            ran.append(result)
            if self._run.tests.get(model, set()) <= {test.unique_id for test in ran}:
                self._log_check(model, ran)

    def _log_check(self, model: str, ran: Collection[NodeResult]) -> None:
        self._tests.pop(model, None)
        if model in self._checked and ran:
            self._logged.add(model)
            self._outputs.append(log_check(self._context, dbt_test_result(self._checked[model], ran)))
