"""Log a materialization as soon as dbt has built a model, so that the UI shows progress at the time at which it happens.

Dagster reads the outputs of a step from a generator, which dbt blocks until all models are built. Assets that no later step
depends on need no output, so that dbt's callback logs their materializations. Marts and public tables need one, and follow after
the build.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import dagster as dg

from orchestration.pipeline.build import rows_of
from orchestration.runs.context import RunContext

DATA_VERSION = "dagster/data_version"  # the tag in which Dagster keeps the version of a logged materialization


class MaterializationStream:
    """Logs materializations of some assets; `logged` has those that need no other one."""

    def __init__(self, context: dg.AssetExecutionContext, run_context: RunContext, specs: Iterable[dg.AssetSpec]) -> None:
        self._context, self._run_context = context, run_context
        self._specs = {spec.key.path[-1]: spec for spec in specs}
        self.logged: set[dg.AssetKey] = set()

    def report(self, then: Callable[[str], None]) -> Callable[[str], None]:
        """Return the callback for a built model, which dbt calls for one after the other."""

        def built(name: str) -> None:
            then(name)
            spec = self._specs.get(name)
            if spec is not None:
                rows = rows_of(self._run_context, *spec.key.path[-2:])
                metadata = {} if rows is None else {"dagster/row_count": rows}
                tags = {DATA_VERSION: build_version(self._run_context)}
                self._context.log_event(dg.AssetMaterialization(spec.key, metadata=metadata, tags=tags))
                self.logged.add(spec.key)

        return built


def build_version(run_context: RunContext) -> str:
    """Return the data version of what a run builds; while it stays the same, the UI shows assets as up to date."""
    return run_context.record.fingerprint or run_context.record.run_id
