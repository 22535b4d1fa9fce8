"""Run the gates on the candidate: marts, measure series, published tables, disclosure audit.

A critical failure blocks the release. See `expectations` for the gates, `transform.gate_cache` for the results that are reused.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from duckdb import CatalogException, DuckDBPyConnection

from expectations.disclosure.disclosure_gate import LastRelease, gate_disclosure
from expectations.disclosure.inputs.audit_inputs import CellKey, Relations
from expectations.marts.coverage import check_coverage
from expectations.marts.marts_gate import gate_build
from expectations.marts.series import REGISTRY, check_series
from expectations.marts.suites import SuiteError, read_suites
from expectations.published.public_file_gate import gate_published
from expectations.published.words import gate_words
from expectations.results import ExpectationResult, GateResult
from ingest.layers import SUITES, seed_rows
from orchestration.pipeline.build import SAY_IT, build_published
from orchestration.pipeline.detect_changes import end_unchanged
from orchestration.runs.context import RunContext
from orchestration.runs.errors import without_cells
from orchestration.runs.progress import current_reporter
from orchestration.runs.record import BLOCKED
from orchestration.runs.registry_check import known_changes
from orchestration.settings import SHARED_SEEDS
from orchestration.transform.gate_cache import save_results, valid_results
from orchestration.transform.incremental import confirm_release, landed_loads
from orchestration.transform.release_inputs import code_version, seeds_hash
from warehouse.connection import attached
from warehouse.disclosure import Scope
from warehouse.paths import ANALYST_FILE, PUBLIC_FILE
from warehouse.record_keys import secret_id
from warehouse.releases import content_hash, current, read_manifest

# A release differs from another if these schemas do: what analysts and the public read, not how the run went.
PUBLIC = (("public", "published"),)
CONTENT = (("release", "marts"), ("release", "reference"), *PUBLIC)
PREVIOUS = "previous"  # as which a file of the current release is attached
# What is hidden around a count that no linear program answers, in the first round and in later ones.
WIDENED: tuple[Callable[[str, CellKey], Scope], ...] = (
    lambda records, at: Scope(records, at.geography_type, at.geoid, at.period_start),
    lambda records, at: Scope(records, at.geography_type),
    lambda records, _at: Scope(records),
)


def run_gates(run: RunContext, on_gate: Callable[[GateResult], None]) -> list[GateResult]:
    """Check the candidate. A critical failure blocks the release; content equal to the current release ends the run.

    `on_gate` gets the result of each mart at once. The result of a public table is complete after the disclosure audit.
    """
    with run.timed("audit build"):
        of_disclosure = audit_disclosure(run)  # may build the public tables again
    if run.record.outcome is not None:
        return []
    with ThreadPoolExecutor(1) as executor:  # DuckDB is idle for seconds while a gate's Python runs
        content = executor.submit(_content_hash, run.con.cursor())
        with run.timed("audit build"):
            gates = [*_all_gates(run, on_gate), of_disclosure]
        run.record.gates += gates
        with run.timed("compare"), without_cells():
            run.content_hash, run.public_hash = content.result()
    failed = [f"{gate.subject}: {finding.message}" for gate in gates for finding in gate.failed_critical]
    if failed:
        run.end(BLOCKED, "; ".join(failed))
        return gates
    published = current(run.settings.home)
    if published is not None and _is_same(run, published.release_id):
        confirm_release(run, published.release_id)
        end_unchanged(run, "the build has the same content as the current release")
    return gates


def _is_same(run: RunContext, release_id: str) -> bool:
    """Whether a release has the content of this build, and what is no part of it: keys of the home, corrections by the office."""
    sealed = read_manifest(run.settings.home, release_id)
    keys = secret_id(run.settings.home.record_key_secret)
    equal = sealed.content_hash == run.content_hash and sealed.made_of.record_keys == keys
    return equal and not _has_new_corrections(run, release_id)


def _has_new_corrections(run: RunContext, release_id: str) -> bool:
    """Whether the office has said something that the current release does not have; it is no part of the content hash."""
    said = run.con.execute("select count(*) from public.published.corrections where said_by_office").fetchone()
    if not said or not said[0]:
        return False
    with attached(run.con, run.settings.home.release(release_id) / PUBLIC_FILE, PREVIOUS), suppress(CatalogException):
        known = run.con.execute(f"select count(*) from {PREVIOUS}.published.corrections where said_by_office").fetchone()
        return known != said
    return True  # a release of an older version has no such table


def _content_hash(con: DuckDBPyConnection) -> tuple[str, str]:
    with con:
        return content_hash(con, CONTENT), content_hash(con, PUBLIC)


def _all_gates(run: RunContext, on_gate: Callable[[GateResult], None]) -> list[GateResult]:
    """The results on marts, the measure registry among them, on what the deliveries cover, and on published tables."""
    warehouse = run.settings.home.warehouse
    series, coverage = _compared_with_release(run)
    try:
        suites = read_suites(layered=[layer.folder / SUITES for layer in run.location.city.layers])
    except SuiteError as error:
        raise SuiteError(run.location.with_original_paths(str(error))) from None
    item = current_reporter().item

    def with_series(gate: GateResult) -> GateResult:
        return dataclasses.replace(gate, findings=(*gate.findings, *series)) if gate.subject == REGISTRY else gate

    current_reporter().stage("check", "auditing the build")
    results = gate_build(
        warehouse,
        suites,
        valid_results=valid_results(run, suites),
        grown=run.incremental_loads,
        on_table=item,
        on_result=lambda gate: on_gate(with_series(gate)),
    )
    save_results(run, suites, results)
    current_reporter().stage("check", "auditing the public tables")
    published = gate_published(warehouse, run.location.registry, on_table=item)
    words = gate_words(warehouse)
    return [*map(with_series, results), coverage, *published, words]


def _refuse_urgent(run: RunContext, refused: Iterable[ExpectationResult]) -> None:
    """Leave urgent corrections out, and say so: a blocked one would block every night until the quarter turns."""
    run.urgent_refused = True
    taken = run.suppressed.urgent_revisions if run.suppressed else ()
    names = ", ".join(f"{source} {' and '.join(map(str, joined))}" for source, joined in taken)
    where = "; ".join(dict.fromkeys(finding.expectation for finding in refused))
    note = (
        f"the audit finds what the urgent correction of {names} would disclose ({where}); the reported figures stay, and the "
        f"first run of the next quarter tries again. {SAY_IT}"
    )
    run.note(note)


def _audited(run: RunContext, hidden: list[Scope]) -> GateResult:
    home = run.settings.home
    for widened in (*WIDENED, None):
        current_reporter().stage("check", "auditing the disclosure of hidden figures")
        unanswered: list[tuple[str, CellKey]] = []
        with _last_release(run) as last:
            result = gate_disclosure(
                home.warehouse,
                ledger=home.ledger,
                responses=home.responses,
                relations=Relations(as_of=run.as_of.date()),
                on_unanswered=lambda *count, found=unanswered: found.append(count),
                last=last,
            )
        if widened is None or not unanswered:
            break
        hidden += dict.fromkeys(widened(records, where) for records, where in unanswered)
        build_published(run, lambda _: None, hidden)
        if run.record.outcome is not None:
            break
    return result


def audit_disclosure(run: RunContext) -> GateResult:
    """The result of the attacker on the public file, with the suppressor's counts of hidden cells as findings.

    Where no program has an answer, more is hidden around the count, the public tables are built again, and the audit runs again.
    So they are without an urgent correction that discloses something.
    """
    hidden: list[Scope] = []
    result = _audited(run, hidden)
    if run.suppressed and run.suppressed.urgent_revisions and result.failed_critical and run.record.outcome is None:
        _refuse_urgent(run, result.failed_critical)
        build_published(run, lambda _: None, hidden)
        result = _audited(run, hidden) if run.record.outcome is None else result
    assert run.suppressed is not None, "the published models were built"
    counts = {name: value for name, value in vars(run.suppressed).items() if isinstance(value, int | float)}
    notes = [ExpectationResult(name, None, "info", True, float(value), None, "") for name, value in counts.items()]
    return dataclasses.replace(result, findings=(*result.findings, *notes))


@contextmanager
def _last_release(run: RunContext) -> Iterator[LastRelease]:
    """The current release, with its public file attached, if code and seeds are the same: else more than records differs."""
    published = current(run.settings.home)
    sealed = read_manifest(run.settings.home, published.release_id) if published else None
    if sealed is None or (sealed.code_version, sealed.seeds_hash) != (code_version(), seeds_hash(run.location.city.layers)):
        yield LastRelease()
        return
    landed = landed_loads(run.con)
    unchanged = {source for source, loads in sealed.loads.items() if {*landed.get(source, ())} <= {*loads}}
    # measures of a source count the records of those that succeed it
    later = seed_rows("source_successions", SHARED_SEEDS, run.location.city.layers)
    unchanged -= {row["source"] for row in later if row["successor"] in landed.keys() - unchanged}
    with attached(run.con, run.settings.home.release(sealed.release_id) / PUBLIC_FILE, PREVIOUS):
        yield LastRelease(f"{PREVIOUS}.published", frozenset(unchanged))


def _compared_with_release(run: RunContext) -> tuple[tuple[ExpectationResult, ...], GateResult]:
    """Findings on the measure registry, none before the first release, and the result on what the deliveries cover."""
    home = run.settings.home
    published = current(home)
    if published is None:
        return (), check_coverage(home.warehouse)
    with attached(run.con, home.release(published.release_id) / ANALYST_FILE, PREVIOUS):
        return check_series(home.warehouse, known_changes(run.location)), check_coverage(home.warehouse, previous=PREVIOUS)
