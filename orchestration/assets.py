"""The asset graph: one asset a source, one a dbt model, and the release.

Here: Dagster's names, groups, owners and metadata for them. Not here: what the steps do (`intake`, `build`), which job and
schedule run them (`jobs`).

Assets are made from contracts and from dbt's manifest, never written out. dbt builds everything in one step: a release is
whole or not at all, so a partial run differs from a full one only in what it takes in.

Dagster reads the annotations of steps as they stand, so this module does not postpone them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator

from expectations.results import GateResult
from ingest.contract import Contract
from ingest.deliver import DeliveryStore, Receipt
from orchestration import build, intake
from orchestration.checks import DBT_TESTS, DELIVERY_GATE, difference_metadata, finding_metadata, test_results
from orchestration.dbt_runner import NodeResult
from orchestration.progress import watcher
from orchestration.receipts import HELD_BACK, SourceStatus
from orchestration.resources import RunResource
from orchestration.session import RunSession

QUALITY_SCHEMA = "quality"
RELEASE_KEY = dg.AssetKey(["published", "levelground"])
GROUPS = {"staging": "conformed", "intermediate": "conformed", "reference": "reference", "marts": "measured"}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Translator(DagsterDbtTranslator):
    """dbt's nodes by schema and name; the group says how far along the way of the data they are."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Schema and name; a delivered table is the asset of its landing."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["config"].get("schema") or "staging", dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """How far along the way of the data the node is."""
        schema = dbt_resource_props["config"].get("schema") or "staging"
        return GROUPS.get(schema, schema)


def landing_asset(contract: Contract) -> dg.AssetsDefinition:
    """The asset of one source: deliver, audit, promote or hold back."""

    @dg.asset(
        key=["landing", contract.source],
        group_name=contract.department,
        description=f"{contract.title}: {contract.grain}.",
        owners=[_owner(contract)],
        kinds={"duckdb", contract.connector.kind},
        tags={"policy_area": contract.policy_area, "cadence": contract.cadence},
        metadata={"platform": contract.platform, "jurisdiction": contract.jurisdiction, "steward": contract.steward.contact},
        check_specs=[
            dg.AssetCheckSpec(DELIVERY_GATE, asset=["landing", contract.source], description="The delivery against its contract.")
        ],
    )
    def land(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[Any]]:
        session = run.session
        context.log.info(f"{contract.source}: looking for a delivery")
        seen = watcher()
        seen.stage(f"{contract.source}: deliver, audit, promote")
        registered = session.reading.registry[contract.source]  # with what the city changes in the contract
        status, gate = intake.take_in(session, registered, partial(seen.rows, contract.source))
        seen.source(status)
        context.log.info(f"{contract.source}: {status.verdict}{f' - {status.reason}' if status.reason else ''}")
        store = DeliveryStore(session.settings.home.deliveries, contract.source)
        receipt = store.receipt(status.load_id) if status.verdict == HELD_BACK and status.load_id else None
        yield _delivery_check(registered, status, gate, receipt)
        yield dg.MaterializeResult(metadata=_status_metadata(status))

    return land


def _owner(contract: Contract) -> str:
    contact = contract.steward.contact
    return contact if EMAIL.fullmatch(contact) else f"team:{contract.department}"


def _delivery_check(
    contract: Contract, status: SourceStatus, gate: GateResult | None, receipt: Receipt | None
) -> dg.AssetCheckResult:
    held = status.verdict == HELD_BACK
    metadata = finding_metadata([gate] if gate else []) | (difference_metadata(contract, receipt) if held else {})
    if status.reason:
        metadata["reason"] = status.reason
    severity = dg.AssetCheckSeverity.ERROR if held or not gate or gate.passed is False else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        check_name=DELIVERY_GATE, asset_key=["landing", contract.source], passed=not held, severity=severity, metadata=metadata
    )


def _status_metadata(status: SourceStatus) -> dict[str, Any]:
    names = (
        "rows_delivered",
        "rows_staged",
        "rows_rejected",
        "rows_blank",
        "rows_duplicate",
        "rows_superseded",
        "data_as_of",
        "load_id",
        "reason",
    )
    said = {name: getattr(status, name) for name in names if getattr(status, name) is not None}
    return {**said, "verdict": status.verdict, "held_back": status.verdict == HELD_BACK}


def model_specs(manifest: Mapping[str, Any]) -> dict[str, dg.AssetSpec]:
    """A spec for every model and seed by its dbt id; quality waits for all marts, so that it comes after the gates."""
    translator = Translator()
    nodes = {
        i: n for i, n in manifest["nodes"].items() if n["resource_type"] in ("model", "seed") and n["config"].get("enabled", True)
    }
    specs = {i: translator.get_asset_spec(manifest, i, None).replace_attributes(kinds={"dbt", "duckdb"}) for i in nodes}
    marts = [spec.key for spec in specs.values() if spec.key.path[0] in ("marts", "published")]
    return {i: _after(spec, marts) if spec.key.path[0] == QUALITY_SCHEMA else spec for i, spec in specs.items()}


def _after(spec: dg.AssetSpec, keys: Iterable[dg.AssetKey]) -> dg.AssetSpec:
    return spec.merge_attributes(deps=[key for key in keys if key not in {dep.asset_key for dep in spec.deps}])


def dbt_assets(specs: Mapping[str, dg.AssetSpec], manifest: Mapping[str, Any]) -> tuple[dg.AssetsDefinition, dg.AssetsDefinition]:
    """Two steps: all models but quality, then, after the gates, quality."""
    quality = {i: spec for i, spec in specs.items() if spec.key.path[0] == QUALITY_SCHEMA}
    models = {i: spec for i, spec in specs.items() if i not in quality}
    tested = {
        node for test in manifest["nodes"].values() if test["resource_type"] == "test" for node in test["depends_on"]["nodes"]
    }
    checks = [
        dg.AssetCheckSpec(DBT_TESTS, asset=spec.key, blocking=True, description="Our own tests of this model.")
        for i, spec in models.items()
        if i in tested
    ]

    @dg.multi_asset(name="models", specs=[_optional(spec) for spec in models.values()], check_specs=checks, can_subset=True)
    def build_models(
        context: dg.AssetExecutionContext, run: RunResource
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        session = run.session
        finish_intake(session)
        if build.nothing_changed(session):
            context.log.info("nothing changed: no build, no gates, no release")
            return
        watcher().stage("building models")
        results = build.build_models(session, partial(_told, context))
        yield from _materialized(context, models, results)
        yield from test_results(models, results, context.selected_asset_check_keys)

    @dg.multi_asset(name="quality", specs=[_optional(spec) for spec in quality.values()], can_subset=True)
    def build_quality(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.MaterializeResult[Any]]:
        if run.session.receipt.outcome is None:
            watcher().stage("writing down quality")
            results = build.build_quality(run.session, partial(_told, context))
            yield from _materialized(context, quality, results)

    return build_models, build_quality


def _told(context: dg.AssetExecutionContext, name: str) -> None:
    context.log.info(f"built {name}")
    watcher().stage(f"built {name}")


def finish_intake(session: RunSession) -> None:
    """The sources that this run did not take in keep what they had, and are judged by today's clock."""
    for contract in session.reading.registry:
        if contract.source not in session.receipt.sources:
            intake.leave_alone(session, contract)
    session.save()


def _optional(spec: dg.AssetSpec) -> dg.AssetSpec:
    return spec.replace_attributes(skippable=True)


def _materialized(
    context: dg.AssetExecutionContext, specs: Mapping[str, dg.AssetSpec], results: Iterable[NodeResult]
) -> Iterator[dg.MaterializeResult[Any]]:
    for result in results:
        spec = specs.get(result.unique_id)
        if spec is not None and spec.key in context.selected_asset_keys and result.good:
            yield dg.MaterializeResult(asset_key=spec.key, metadata={"seconds": result.seconds})


def release_asset(specs: Iterable[dg.AssetSpec]) -> dg.AssetsDefinition:
    """The release: what people and BI tools open."""
    before: Sequence[dg.AssetKey] = [spec.key for spec in specs if spec.key.path[0] in (QUALITY_SCHEMA, "published")]

    @dg.asset(
        key=RELEASE_KEY,
        deps=before,
        group_name="published",
        kinds={"duckdb"},
        output_required=False,
        description="The published pair of DuckDB files: the analyst's and the public one.",
    )
    def publish(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.MaterializeResult[Any]]:
        if run.session.receipt.outcome is None:
            watcher().stage("releasing")
            release_id = build.release(run.session)
            context.log.info(f"released {release_id}")
            yield dg.MaterializeResult(
                metadata={"release_id": release_id, "path": str(run.session.settings.home.published_analyst)}
            )

    return publish
