"""Turn gate results and dbt tests into Dagster asset checks: one check per source and one per model.

See `expectations` for what the gates check, and `transform.dbt_runner` for dbt's tests.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import dagster as dg

from expectations.delivery.column_differences import column_differences, differing
from expectations.marts.coverage import SUBJECT as COVERAGE
from expectations.results import GateResult
from ingest.contract import Contract
from ingest.contract_terms import evaluate_freshness
from ingest.delivery import DeliveryRecord
from ingest.readers import delivered_files
from orchestration.defs.metadata import docs_metadata
from orchestration.defs.project import current_project
from orchestration.defs.resources import RunResource
from orchestration.pipeline import stages
from orchestration.runs.context import RunContext
from orchestration.runs.progress import NodeResult, failed_tests, log_built_nodes
from orchestration.runs.record import (
    AGREEMENT_ENDED,
    BLOCKED,
    HELD_BACK,
    NOT_DELIVERED,
    REMOVED,
    RunStore,
    SourceStatus,
    new_status,
)
from orchestration.runs.reports import standing_gates
from orchestration.settings import Settings
from orchestration.stewardship.check_delivery import check_delivery

# The stages of a run block its release. Dagster's own blocking waits for results, which a table that is kept does not have.
BLOCKS = "A failure blocks the release."
PRIORITY = "dagster/priority"
DELIVERY_GATE, FRESHNESS, BUILD_GATE, DBT_TESTS, COVERED = "delivery_gate", "freshness", "build_gate", "dbt_tests", "covered"

LISTED = 20  # expectations of a table: Dagster stores each list three times, and the page of the gate has all
RELEASED_SO = "Nothing has changed for this table since the release, for which it passed its dbt tests."
NOTHING_NEW = "Nothing new was delivered. The load in use was checked when it was delivered."


def delivery_check(
    contract: Contract, status: SourceStatus, gate: GateResult | None, receipt: DeliveryRecord | None, settings: Settings
) -> dg.AssetCheckResult:
    """Return the result of the delivery gate: red if the delivery was held back."""
    is_held_back = status.verdict == HELD_BACK
    metadata: dict[str, Any] = {"reason": status.reason} if status.reason else {}
    metadata |= (finding_metadata([gate]) if gate else {}) | (difference_metadata(contract, receipt) if is_held_back else {})
    nothing = status.reason if status.verdict == NOT_DELIVERED and status.reason else NOTHING_NEW
    severity = dg.AssetCheckSeverity.ERROR if is_held_back or not gate or gate.passed is False else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        check_name=DELIVERY_GATE,
        asset_key=["landing", contract.source],
        passed=not is_held_back,
        severity=severity,
        metadata=metadata | docs_metadata(settings, f"gates/delivery/{contract.source}.html"),
        description=f"Held back: its last good rows stay. {status.reason}" if is_held_back else None if gate else nothing,
    )


def freshness_check(contract: Contract, status: SourceStatus, as_of: dt.datetime) -> dg.AssetCheckResult:
    """Return the freshness of a source compared with its contract's limits: yellow when late, red when stale.

    A source that was never delivered, or that has no limit in its city, is never late.
    """
    limits, freshness = contract.freshness, evaluate_freshness(contract, status.data_as_of, as_of)
    metadata: dict[str, Any] = {}
    if limits:
        metadata |= {"late_after_hours": limits.warn_after_hours, "stale_after_hours": limits.stale_after_hours}
    if freshness.age_hours is not None:
        metadata |= {"age_hours": round(freshness.age_hours, 1), "data_as_of": status.data_as_of}
    return dg.AssetCheckResult(
        check_name=FRESHNESS,
        asset_key=["landing", contract.source],
        passed=not freshness.is_late,
        severity=dg.AssetCheckSeverity.ERROR if freshness.is_stale else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
        description=f"{freshness.state.capitalize()}: {freshness.reason}" if freshness.is_late else None,
    )


def coverage_check(key: dg.AssetKey, gates: Sequence[GateResult]) -> dg.AssetCheckResult:
    """Return what the gate found on the periods, districts and volumes of the deliveries: yellow if anything is missing."""
    found = [gate for gate in gates if gate.subject == COVERAGE]
    warnings = [finding.message for gate in found for finding in gate.warnings]
    return dg.AssetCheckResult(
        check_name=COVERED,
        asset_key=key,
        passed=not warnings,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=finding_metadata(found),
        description="; ".join(warnings) or None,
    )


def source_check_specs(contract: Contract) -> list[dg.AssetCheckSpec]:
    """Return the checks of every run on a source: its delivery gate, and freshness if the contract limits it."""
    key = ["landing", contract.source]
    specs = [dg.AssetCheckSpec(DELIVERY_GATE, asset=key, description="Compares the delivery with its contract.")]
    if contract.freshness:
        specs.append(
            dg.AssetCheckSpec(FRESHNESS, asset=key, description="Compares the age of the data with the contract's limits.")
        )
    return specs


def finding_metadata(gates: Sequence[GateResult], listed: int | None = None) -> dict[str, Any]:
    """Return the number of expectations and what each found, failed ones first; no cell of the data.

    `listed`: so many are enough if all others passed.
    """
    findings = sorted((finding for gate in gates for finding in gate.findings), key=lambda finding: finding.success)
    failed = sum(not finding.success for finding in findings)
    metadata: dict[str, Any] = {"expectations": len(findings), "failed": failed}
    if findings:
        facts = ("severity", "expectation", "column", "observed", "threshold")
        records = [
            {"result": "passed" if finding.success else "FAILED"} | {fact: _as_text(getattr(finding, fact)) for fact in facts}
            for finding in findings[: None if listed is None else max(listed, failed)]
        ]
        metadata["findings"] = dg.MetadataValue.table([dg.TableRecord(record) for record in records])
    return metadata


def _as_text(fact: object) -> str:
    if isinstance(fact, float):
        return f"{fact:,.0f}" if abs(fact) >= 1000 else f"{fact:.4g}"  # a count has no exponent
    return "" if fact is None else str(fact)


def difference_metadata(contract: Contract, receipt: DeliveryRecord | None) -> dict[str, Any]:
    """Return the columns of a held-back delivery that differ from the contract, as a table; nothing if it could not be read."""
    lines = differing(column_differences(contract, receipt)) if receipt else ()
    if not lines:
        return {}
    facts = ("expected", "found", "verdict", "likely", "similarity")
    records = [dg.TableRecord({fact: str(getattr(line, fact) or "") for fact in facts}) for line in lines]
    return {"columns": dg.MetadataValue.table(records)}


def dbt_test_result(spec: dg.AssetSpec, ran: Collection[NodeResult]) -> dg.AssetCheckResult:
    """Return the check result of a tested model: passed if all its tests passed."""
    failed = [result for result in ran if not result.succeeded]
    records = [
        dg.TableRecord({"result": result.status, "test": result.name, "rows": result.failures})
        for result in sorted(ran, key=lambda result: result.succeeded)
    ]
    return dg.AssetCheckResult(
        check_name=DBT_TESTS,
        asset_key=spec.key,
        passed=not failed,
        metadata={"tests": len(ran), "failed": len(failed), "results": dg.MetadataValue.table(records)},
        description="; ".join(result.found for result in failed_tests(failed)) or None,
    )


def log_check(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, result: dg.AssetCheckResult) -> dg.Output[Any]:
    """Log a check result now, and return the output that the step is to yield for it, after its work."""
    step = context.op_execution_context.get_step_execution_context()
    evaluation: Any = result.to_asset_check_evaluation(step)  # accepted by `log_event`, but missing in its annotation
    context.op_execution_context.log_event(evaluation)
    spec = dg.AssetCheckSpec(evaluation.check_name, asset=evaluation.asset_key)
    return dg.Output(None, output_name=spec.get_python_identifier())


def is_checks_only(context: dg.AssetCheckExecutionContext | dg.AssetExecutionContext) -> bool:
    """Whether someone executes checks alone, as the UI offers it: nothing is ingested or released."""
    return bool(context.run.asset_check_selection) and not context.run.asset_selection


def source_checks_alone(run: RunContext, contract: Contract, wanted: Collection[str]) -> Iterator[dg.AssetCheckResult]:
    """Check what the next run would read against the contract, and the age of the data now; nothing is loaded."""
    last = RunStore(run.settings.home.runs).last_ended()
    status = (last.sources.get(contract.source) if last else None) or new_status(contract, run.record.run_id)
    if FRESHNESS in wanted:
        yield freshness_check(contract, status, run.as_of)
    if DELIVERY_GATE in wanted:
        folder = run.location.folder_of(contract)
        has_nothing = folder is not None and not delivered_files(folder, contract.ignore_files)
        if status.verdict in (AGREEMENT_ENDED, REMOVED) or (status.verdict == NOT_DELIVERED and has_nothing):
            yield delivery_check(contract, status, None, None, run.settings)
        else:
            checked = check_delivery(run.settings, contract.source, None)
            now = status if checked.is_promoted else status.updated(verdict=HELD_BACK, reason=checked.result)
            yield delivery_check(contract, now, checked.gate, checked.delivery, run.settings)


def gates_of_release(run: RunContext) -> list[GateResult]:
    """The gate results that hold for the current release, for checks that are executed alone while nothing has changed."""
    ended = [record for record in RunStore(run.settings.home.runs).all() if record.outcome]
    return [standing.result for standing in standing_gates(ended)]


@dg.definitions
def defs() -> dg.Definitions:
    """Return the gate before the release. The checks of sources and models are those of their assets."""
    return dg.Definitions(asset_checks=[build_gate(current_project().specs.values())])


def build_gate(specs: Iterable[dg.AssetSpec]) -> dg.AssetChecksDefinition:
    """Return the gate before the release: Great Expectations on marts and public tables, the attacker on published tables."""
    marts = {f"marts.{spec.key.path[-1]}": spec.key for spec in specs if spec.key.path[0] == "marts"}
    public = {
        # dbt needs unique names: the model `published_geographies` is the table `published.geographies`
        f"published.{spec.key.path[-1].removeprefix('published_')}": spec.key
        for spec in specs
        if spec.key.path[0] == "published"
    }

    @dg.multi_asset_check(
        name=BUILD_GATE,
        specs=[
            dg.AssetCheckSpec(BUILD_GATE, asset=key, description=f"Checks the table before the release. {BLOCKS}")
            for key in (*marts.values(), *public.values())
        ],
        can_subset=True,
        op_tags={PRIORITY: "1"},  # before the quality tables, which wait for the same assets
    )
    def check_build(context: dg.AssetCheckExecutionContext, run: RunResource) -> Iterator[dg.AssetCheckResult | dg.Output[Any]]:
        logged = []

        def selected(key: dg.AssetKey) -> bool:
            return dg.AssetCheckKey(key, BUILD_GATE) in context.selected_asset_check_keys

        def mart_checked(gate: GateResult) -> None:
            if gate.subject in marts and selected(marts[gate.subject]):
                logged.append(log_check(context, build_check(marts[gate.subject], [gate], run.context.settings)))

        gates = stages.gates(run.context, log_built_nodes(context.log.info), mart_checked)
        yield from logged
        if not gates and is_checks_only(context):
            gates = gates_of_release(run.context)
            of_marts = [(gate, marts[gate.subject]) for gate in gates if gate.subject in marts]
            yield from (build_check(key, [gate], run.context.settings) for gate, key in of_marts if selected(key))
        for subject, key in public.items():
            found = [gate for gate in gates if gate.subject in ("published", subject)]
            if found and selected(key):
                yield build_check(key, found, run.context.settings)
        if run.context.record.outcome == BLOCKED:
            raise dg.Failure(f"blocked by a gate; the last release stays. {run.context.record.message}", allow_retries=False)

    return check_build


def build_check(key: dg.AssetKey, found: Sequence[GateResult], settings: Settings) -> dg.AssetCheckResult:
    """Return the check result of a table: red if a gate blocked the release, yellow if a gate warned."""
    blocked = not all(gate.passed for gate in found)
    linked = next((gate for gate in found if not gate.passed), found[0])
    return dg.AssetCheckResult(
        check_name=BUILD_GATE,
        asset_key=key,
        passed=not blocked and not any(gate.warnings for gate in found),
        severity=dg.AssetCheckSeverity.ERROR if blocked else dg.AssetCheckSeverity.WARN,
        metadata=finding_metadata(found, LISTED) | docs_metadata(settings, f"gates/{linked.gate}/{linked.subject}.html"),
        description="; ".join(gate.reason for gate in found if gate.reason) or None,
    )
