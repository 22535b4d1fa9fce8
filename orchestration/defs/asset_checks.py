"""Turn gate results and dbt tests into Dagster asset checks: one check per source and one per model.

See `expectations` for what the gates check, and `transform.dbt_runner` for dbt's tests.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from expectations.delivery.column_differences import column_differences, differing
from expectations.results import GateResult
from ingest.contract import Contract
from ingest.delivery import DeliveryRecord
from ingest.freshness import evaluate_freshness
from orchestration.defs.metadata import docs_metadata
from orchestration.defs.resources import RunResource
from orchestration.pipeline import stages
from orchestration.runs.progress import log_built_nodes
from orchestration.runs.record import HELD_BACK, SourceStatus
from orchestration.runs.results import NodeResult, failed_tests
from orchestration.settings import Settings

DELIVERY_GATE, FRESHNESS, BUILD_GATE, DBT_TESTS = "delivery_gate", "freshness", "build_gate", "dbt_tests"

NOTHING_NEW = "Nothing new was delivered. The load in use was checked when it was delivered."


def delivery_check(
    contract: Contract, status: SourceStatus, gate: GateResult | None, receipt: DeliveryRecord | None, settings: Settings
) -> dg.AssetCheckResult:
    """Return the result of the delivery gate: red if the delivery was held back."""
    is_held_back = status.verdict == HELD_BACK
    metadata: dict[str, Any] = {"reason": status.reason} if status.reason else {}
    metadata |= (finding_metadata([gate]) if gate else {}) | (difference_metadata(contract, receipt) if is_held_back else {})
    severity = dg.AssetCheckSeverity.ERROR if is_held_back or not gate or gate.passed is False else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        check_name=DELIVERY_GATE,
        asset_key=["landing", contract.source],
        passed=not is_held_back,
        severity=severity,
        metadata=metadata | docs_metadata(settings, f"gates/delivery/{contract.source}.html"),
        description=f"Held back: its last good rows stay. {status.reason}" if is_held_back else None if gate else NOTHING_NEW,
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


def source_check_specs(contract: Contract) -> list[dg.AssetCheckSpec]:
    """Return the checks of every run on a source: its delivery gate, and freshness if the contract limits it."""
    key = ["landing", contract.source]
    specs = [dg.AssetCheckSpec(DELIVERY_GATE, asset=key, description="Compares the delivery with its contract.")]
    if contract.freshness:
        specs.append(
            dg.AssetCheckSpec(FRESHNESS, asset=key, description="Compares the age of the data with the contract's limits.")
        )
    return specs


def finding_metadata(gates: Sequence[GateResult]) -> dict[str, Any]:
    """Return the number of expectations and what each found, failed ones first; no cell of the data."""
    findings = sorted((finding for gate in gates for finding in gate.findings), key=lambda finding: finding.success)
    metadata: dict[str, Any] = {"expectations": len(findings), "failed": sum(not finding.success for finding in findings)}
    if findings:
        facts = ("severity", "expectation", "column", "observed", "threshold")
        records = [
            {"result": "passed" if finding.success else "FAILED"} | {fact: _as_text(getattr(finding, fact)) for fact in facts}
            for finding in findings
        ]
        metadata["findings"] = dg.MetadataValue.table([dg.TableRecord(record) for record in records])
    return metadata


def _as_text(fact: object) -> str:
    return "" if fact is None else f"{fact:,.4g}" if isinstance(fact, float) else str(fact)


def difference_metadata(contract: Contract, receipt: DeliveryRecord | None) -> dict[str, Any]:
    """Return the columns of a held-back delivery that differ from the contract, as a table; nothing if it could not be read."""
    lines = differing(column_differences(contract, receipt)) if receipt else ()
    if not lines:
        return {}
    facts = ("expected", "found", "verdict", "likely", "similarity")
    records = [dg.TableRecord({fact: str(getattr(line, fact) or "") for fact in facts}) for line in lines]
    return {"columns": dg.MetadataValue.table(records)}


def dbt_test_results(
    specs: Mapping[str, dg.AssetSpec], results: Iterable[NodeResult], selected: Collection[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """Return one check result per tested model, passed if all its tests passed. A reused table was tested when it was built."""
    tests: dict[str, list[NodeResult]] = {}
    for result in results:
        if result.kind == "test":
            for unique_id in result.tested:
                tests.setdefault(unique_id, []).append(result)
    for unique_id, spec in specs.items():
        if dg.AssetCheckKey(spec.key, DBT_TESTS) in selected:
            ran = tests.get(unique_id, [])
            if not ran:
                continue
            failed = [result for result in ran if not result.succeeded]
            metadata: dict[str, Any] = {"tests": len(ran), "failed": len(failed)}
            records = [
                dg.TableRecord({"result": result.status, "test": result.name, "rows": result.failures})
                for result in sorted(ran, key=lambda result: result.succeeded)
            ]
            if records:
                metadata["results"] = dg.MetadataValue.table(records)
            yield dg.AssetCheckResult(
                check_name=DBT_TESTS,
                asset_key=spec.key,
                passed=not failed,
                metadata=metadata,
                description="; ".join(failed_tests(failed)) or None,
            )


def build_gate(specs: Iterable[dg.AssetSpec]) -> dg.AssetChecksDefinition:
    """Return the gate before the release: Great Expectations on marts and public tables, the attacker on published tables."""
    subjects = {
        spec.key: (
            {f"marts.{spec.key.path[-1]}"}
            if spec.key.path[0] == "marts"
            # dbt needs unique names: the model `published_geographies` is the table `published.geographies`
            else {"published", f"published.{spec.key.path[-1].removeprefix('published_')}"}
        )
        for spec in specs
        if spec.key.path[0] in ("marts", "published")
    }

    @dg.multi_asset_check(
        name=BUILD_GATE,
        specs=[
            dg.AssetCheckSpec(BUILD_GATE, asset=key, blocking=True, description="Checks the table before the release.")
            for key in subjects
        ],
        can_subset=True,
    )
    def check_build(context: dg.AssetCheckExecutionContext, run: RunResource) -> Iterator[dg.AssetCheckResult]:
        gates = stages.gates(run.context, log_built_nodes(context.log.info))
        for key, names in subjects.items():
            found = [gate for gate in gates if gate.subject in names]
            if not found or dg.AssetCheckKey(key, BUILD_GATE) not in context.selected_asset_check_keys:
                continue
            blocked = not all(gate.passed for gate in found)
            severity = dg.AssetCheckSeverity.ERROR if blocked else dg.AssetCheckSeverity.WARN
            good = not blocked and not any(gate.warnings for gate in found)
            linked = next((gate for gate in found if not gate.passed), found[0])
            page = f"gates/{linked.gate}/{linked.subject}.html"
            yield dg.AssetCheckResult(
                check_name=BUILD_GATE,
                asset_key=key,
                passed=good,
                severity=severity,
                metadata=finding_metadata(found) | docs_metadata(run.context.settings, page),
                description="; ".join(gate.reason for gate in found if gate.reason) or None,
            )

    return check_build
