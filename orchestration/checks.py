"""Gates and tests as Dagster asset checks: one check a source, one a model.

Here: what the UI shows of a verdict, and the check of the marts. Not here: the verdicts (`expectations`, dbt's tests).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from expectations.difference import column_differences, differing
from expectations.results import GateResult
from ingest.contract import Contract
from ingest.deliver import Receipt
from orchestration import build
from orchestration.dbt_runner import NodeResult
from orchestration.progress import watcher
from orchestration.resources import RunResource

DELIVERY_GATE, BUILD_GATE, DBT_TESTS = "delivery_gate", "build_gate", "dbt_tests"


def finding_metadata(gates: Sequence[GateResult]) -> dict[str, Any]:
    """How many expectations there were, and what each that failed found."""
    findings = [finding for gate in gates for finding in gate.findings]
    failed = [finding for finding in findings if not finding.success]
    metadata: dict[str, Any] = {"expectations": len(findings), "failed": len(failed)}
    if failed:
        lines = ["| severity | expectation | column | found | allowed |", "| --- | --- | --- | --- | --- |"]
        lines += [f"| {f.severity} | {f.expectation} | {f.column or ''} | {f.observed} | {f.threshold} |" for f in failed]
        metadata["findings"] = dg.MetadataValue.md("\n".join(lines))
    return metadata


def difference_metadata(contract: Contract, receipt: Receipt | None) -> dict[str, Any]:
    """The columns of a held-back delivery that are not as agreed, as a table; nothing where it could not be read."""
    lines = differing(column_differences(contract, receipt)) if receipt else ()
    if not lines:
        return {}
    facts = ("expected", "found", "verdict", "likely", "similarity")
    records = [dg.TableRecord({fact: str(getattr(line, fact) or "") for fact in facts}) for line in lines]
    return {"columns": dg.MetadataValue.table(records)}


def test_results(
    specs: Mapping[str, dg.AssetSpec], results: Iterable[NodeResult], selected: Collection[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """One check result for each tested model: passed if all its tests did."""
    tests: dict[str, list[NodeResult]] = {}
    for result in results:
        if result.kind == "test":
            for unique_id in result.tested:
                tests.setdefault(unique_id, []).append(result)
    for unique_id, spec in specs.items():
        if dg.AssetCheckKey(spec.key, DBT_TESTS) in selected:
            ran = tests.get(unique_id, [])
            failed = [result.name for result in ran if not result.good]
            metadata: dict[str, Any] = {"tests": len(ran), "failed": ", ".join(failed) or "none"}
            yield dg.AssetCheckResult(check_name=DBT_TESTS, asset_key=spec.key, passed=not failed, metadata=metadata)


def build_gate(specs: Iterable[dg.AssetSpec]) -> dg.AssetChecksDefinition:
    """The gate before the release: Great Expectations on every mart and on the public tables."""
    marts = {spec.key: f"marts.{spec.key.path[-1]}" for spec in specs if spec.key.path[0] == "marts"}
    subjects = marts | {spec.key: "published" for spec in specs if spec.key.path[0] == "published"}

    @dg.multi_asset_check(
        name=BUILD_GATE,
        specs=[
            dg.AssetCheckSpec(BUILD_GATE, asset=key, blocking=True, description="The gate before the release.")
            for key in subjects
        ],
    )
    def judge(run: RunResource) -> Iterator[dg.AssetCheckResult]:
        if run.session.receipt.outcome is not None:
            return
        watcher().stage("auditing the build")
        gates = {gate.subject: gate for gate in build.judge_build(run.session)}
        for key, subject in subjects.items():
            gate = gates[subject]
            severity = dg.AssetCheckSeverity.ERROR if not gate.passed else dg.AssetCheckSeverity.WARN
            good = gate.passed and not gate.warnings
            yield dg.AssetCheckResult(
                check_name=BUILD_GATE, asset_key=key, passed=good, severity=severity, metadata=finding_metadata([gate])
            )

    return judge
