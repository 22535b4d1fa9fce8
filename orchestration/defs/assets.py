"""Create the assets: one per source, one step for all dbt models, one for quality, the release and its scorecard.

Assets are created from contracts and dbt's manifest. dbt builds all models in one step: a release is complete or not made, so a
partial run differs from a full one only in the sources that it ingests. See `asset_specs`, `metadata` and `asset_checks` for what
the UI displays, and `pipeline` for what the steps do.

Dagster reads the annotations of steps at run time, so this module must not postpone them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dagster as dg

from expectations.marts.coverage import SUBJECT as COVERAGE
from ingest.contract import Contract
from ingest.delivery import DeliveryStore
from ingest.landing import newest_load
from ingest.layers import Layer
from orchestration.defs.asset_checks import (
    BLOCKS,
    COVERED,
    DBT_TESTS,
    DELIVERY_GATE,
    FRESHNESS,
    coverage_check,
    delivery_check,
    freshness_check,
    gates_of_release,
    is_checks_only,
    source_check_specs,
    source_checks_alone,
)
from orchestration.defs.asset_specs import (
    AUDITED_SCHEMAS,
    QUALITY_SCHEMA,
    RELEASE_KEY,
    SCORECARD_KEY,
    TEAM,
    file_specs,
    receipt_specs,
    source_description,
    source_metadata,
    source_owner,
)
from orchestration.defs.groups import RELEASE, department_group
from orchestration.defs.jobs import MONTHS_KEY, month_materializations
from orchestration.defs.metadata import (
    docs_metadata,
    file_materializations,
    release_metadata,
    source_observations,
    status_metadata,
)
from orchestration.defs.project import current_project
from orchestration.defs.resources import RunResource
from orchestration.defs.streaming import BuildStream
from orchestration.instance.setup import SCORECARD
from orchestration.pipeline import stages
from orchestration.pipeline.ingest_source import ingest_source
from orchestration.pipeline.publish_scorecard import refresh_scorecard
from orchestration.runs.progress import current_reporter, log_built_nodes
from orchestration.runs.record import BLOCKED, HELD_BACK
from orchestration.scorecard import Site
from orchestration.settings import Settings

WRITTEN = "site_written"


@dg.definitions
def defs() -> dg.Definitions:
    """Return the assets, in the order of a run."""
    project = current_project()
    specs, nodes = project.specs, project.manifest
    return dg.Definitions(
        assets=[
            *(landing_asset(contract, project.city.layers) for contract in project.contracts),
            *receipt_specs(nodes),
            *dbt_assets(specs, nodes),
            *file_specs(project.contracts),
            release_asset(specs.values()),
            scorecard_asset(),
        ]
    )


def landing_asset(contract: Contract, layers: Sequence[Layer] = ()) -> dg.AssetsDefinition:
    """Return the asset of one source: deliver, audit, then promote or hold back."""

    spec = dg.AssetSpec(
        ["landing", contract.source],
        group_name=department_group(contract.department),
        description=source_description(contract, layers),
        owners=[source_owner(contract)],
        kinds={"duckdb", contract.connector.kind},
        tags={"department": contract.department, "policy_area": contract.policy_area, "cadence": contract.cadence},
        metadata=source_metadata(contract),
    )

    # a step that can be divided: its checks can be executed alone
    @dg.multi_asset(name=f"landing__{contract.source}", specs=[spec], check_specs=source_check_specs(contract), can_subset=True)
    def land(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[Any]]:
        run_context = run.context
        run_context.log = context.log.info
        wanted = {check.name for check in context.selected_asset_check_keys}
        if not context.selected_asset_keys:
            yield from source_checks_alone(run_context, run_context.location.registry[contract.source], wanted)
            return
        progress = current_reporter()
        progress.item(contract.source)
        registered = run_context.location.registry[contract.source]  # with the city's overrides of the contract
        status, gate = ingest_source(run_context, registered, partial(progress.rows, contract.source))
        progress.source(status)
        context.log.info(f"{contract.source}: {status.verdict}{f' - {status.reason}' if status.reason else ''}")
        store = DeliveryStore(run_context.settings.home.deliveries, contract.source)
        receipt = store.record(status.load_id) if status.verdict == HELD_BACK and status.load_id else None
        if DELIVERY_GATE in wanted:
            yield delivery_check(registered, status, gate, receipt, run_context.settings)
        if FRESHNESS in wanted:
            yield freshness_check(registered, status, run_context.as_of)
        measured = run_context.source_quality.get(contract.source, {})
        metadata = status_metadata(status, measured, run_context.as_of)
        metadata |= docs_metadata(run_context.settings, f"sources/{contract.source}.html")
        newest = newest_load(run_context.con, contract.source)
        # while the version stays the same, the UI shows downstream assets as up to date
        yield dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion("-".join(map(str, newest or ["nothing"]))))

    return land


def dbt_assets(specs: Mapping[str, dg.AssetSpec], manifest: Mapping[str, Any]) -> tuple[dg.AssetsDefinition, dg.AssetsDefinition]:
    """Return two steps: all models except quality and, after the gates, quality."""
    quality = {i: spec for i, spec in specs.items() if spec.key.path[0] == QUALITY_SCHEMA}
    models = {i: spec for i, spec in specs.items() if i not in quality}
    # the gate, quality and the release depend on all marts and public tables
    awaited = {i: spec for i, spec in models.items() if spec.key.path[0] in AUDITED_SCHEMAS}
    tested = {
        node for test in manifest["nodes"].values() if test["resource_type"] == "test" for node in test["depends_on"]["nodes"]
    }
    checks = [
        dg.AssetCheckSpec(DBT_TESTS, asset=spec.key, description=f"Runs the dbt tests of this model. {BLOCKS}")
        for i, spec in models.items()
        if i in tested
    ]

    optional = {i: spec.replace_attributes(skippable=True) for i, spec in specs.items()}

    @dg.multi_asset(name="models", specs=[optional[i] for i in models], check_specs=checks, can_subset=True)
    def build_models(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.Output[Any] | dg.AssetCheckResult]:
        run.context.log = context.log.info
        stream = BuildStream(context, run.context, models)
        results = stages.models(run.context, stream.report(log_built_nodes(context.log.info)))
        if not results:
            context.log.info("nothing changed: no build, no gates, no release")
        yield from stream.finish(results, awaited)
        if is_checks_only(context):
            yield from stream.other_checks(results)
        if run.context.record.outcome == BLOCKED:
            raise dg.Failure(f"blocked by a dbt test; the last release stays. {run.context.record.message}", allow_retries=False)

    covered = "Compares periods, districts and volumes with what is due and usual."
    coverage_checks = [
        dg.AssetCheckSpec(COVERED, asset=spec.key, description=covered)
        for spec in quality.values()
        if ".".join(spec.key.path) == COVERAGE
    ]

    @dg.multi_asset(name="quality", specs=[optional[i] for i in quality], check_specs=coverage_checks, can_subset=True)
    def build_quality(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.Output[Any] | dg.AssetCheckResult]:
        stream = BuildStream(context, run.context, quality)
        results = stages.quality(run.context, stream.report(log_built_nodes(context.log.info)))
        yield from stream.finish(results, quality)
        if results or is_checks_only(context):
            for check in context.selected_asset_check_keys:
                yield coverage_check(check.asset_key, run.context.record.gates or gates_of_release(run.context))

    return build_models, build_quality


def release_asset(specs: Iterable[dg.AssetSpec]) -> dg.AssetsDefinition:
    """Return the release: the files that people and BI tools open."""
    before: Sequence[dg.AssetKey] = [spec.key for spec in specs if spec.key.path[0] in (QUALITY_SCHEMA, "published")]

    @dg.asset(
        key=RELEASE_KEY,
        deps=before,
        group_name=RELEASE,
        kinds={"duckdb"},
        owners=[TEAM],
        output_required=False,
        description="Publishes the DuckDB files: the analyst file, the public file, figures, and the records of each audience.",
    )
    def publish(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.MaterializeResult[Any]]:
        run_context = run.context
        release_id = stages.release(run_context, log_built_nodes(context.log.info))
        if release_id is not None:
            context.log.info(f"released {release_id}")
            for observation in source_observations(run_context.settings.home):
                context.log_event(observation)
            for materialization in file_materializations(run_context.settings.home, release_id):
                context.log_event(materialization)
            shown = context.instance.get_materialized_partitions(MONTHS_KEY)
            for month in month_materializations(run_context.settings.home, run_context.location.registry, shown):
                context.log_event(month)
            yield dg.MaterializeResult(metadata=release_metadata(run_context.settings, run_context.record, release_id))
        elif run_context.record.outcome == BLOCKED:
            # a run of the release alone shows no gate in the UI
            raise dg.Failure(f"blocked by a gate; the last release stays. {run_context.record.message}", allow_retries=False)

    return publish


def scorecard_asset() -> dg.AssetsDefinition:
    """Return the site. A site that could not be written fails its check and not the run: the release is published."""

    @dg.asset(
        key=SCORECARD_KEY,
        deps=[RELEASE_KEY],
        group_name=RELEASE,
        kinds={"html"},
        owners=[TEAM],
        output_required=False,
        description="Writes the public scorecard of the release: a static site in every language of its texts.",
        check_specs=[dg.AssetCheckSpec(WRITTEN, asset=SCORECARD_KEY, description="Every page could be written.")],
    )
    def write(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        site = refresh_scorecard(run.context)
        problem = run.context.record.scorecard_problem
        if site is not None:
            yield dg.MaterializeResult(metadata=site_metadata(run.context.settings, site))
        if problem:
            context.log.error(f"the earlier scorecard stays: {problem}")
        yield dg.AssetCheckResult(
            asset_key=SCORECARD_KEY, check_name=WRITTEN, passed=problem is None, metadata={"problem": problem} if problem else {}
        )

    return write


def site_metadata(settings: Settings, site: Site) -> dict[str, Any]:
    """Return a link to the site, its size, and the number of texts that each language shows in English."""
    link = dg.MetadataValue.url(f"{settings.scorecard_url or SCORECARD}/index.html")
    untranslated = {f"untranslated_{language}": number for language, number in site.untranslated.items()}
    return {
        "scorecard": link,
        "release_id": site.release_id,
        "pages": site.pages,
        "megabytes": round(site.bytes / 1e6, 2),
        **untranslated,
    }
