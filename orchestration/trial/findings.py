"""Read from a trial what a developer of a source needs to know: shares of its facts, and the rows behind failed checks.

See `expectations.delivery.unmapped_counts` for labels, and `expectations.marts.failing_rows` for the rows of a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from expectations.marts.failing_rows import FailingRows, failing_query, failing_rows
from expectations.marts.suites import SUITES, Place, Suite, read_suites
from expectations.remedies import remedy
from expectations.results import ExpectationResult, GateResult
from ingest.contract import Contract
from ingest.landing import doubtful_rows, has_refused_or_doubtful, refused_rows, rejected_rows, rejected_values
from ingest.layers import SUITES as OWN_SUITES
from ingest.layers import Layer
from ingest.typing import required_columns
from orchestration.runs.context import RunContext
from orchestration.runs.results import NodeResult
from orchestration.transform.fingerprints import LANDING, descendants
from orchestration.transform.release_inputs import COUNTED
from warehouse.sql import literal

FACTS = "models/marts/facts/"
PLACES = {"marts": Place("release", "marts"), "published": Place("public", "published")}
MISSING_RACE = "select race_ethnicity_code from release.marts.dim_race_ethnicity where kind = 'missing'"


@dataclass(frozen=True)
class FactShares:
    """The records of the source in one fact, and the percentages of them without a tract and without a known race.

    None where the fact has no such column.
    """

    fact: str
    records: int
    without_tract_pct: float | None
    not_mapped_pct: float | None
    unknown_race_pct: float | None

    def warnings(self, rules: Mapping[str, float], *, is_of_city: bool) -> Iterator[str]:
        """What is wrong with the fact, one sentence each. `rules`: rows of reference.measure_rules."""
        if self.without_tract_pct == 100 and is_of_city:
            yield (
                f"100 % of the records in {self.fact} are without a tract: no measure by place has a value. Compare the roles "
                "address, latitude, longitude, geoid and zip of the contract, and its format.crs, with the delivered cells"
            )
        if self.not_mapped_pct == 100:
            yield (
                f"100 % of the race labels in {self.fact} are unmapped: add their vocabulary to race_ethnicity_crosswalk, or "
                "correct the vocabulary of the contract's race column"
            )
        unknown, needed = self.unknown_race_pct or 0, rules.get("known_race_for_ratio", 0)
        if 100 - unknown < needed:
            yield f"race is unknown for {unknown:.1f} % of the records in {self.fact}: below {needed:g} % known no ratio is made"


@dataclass(frozen=True)
class NamedFinding:
    """A failed check in words, with its remedy and the rows that it counts."""

    severity: str
    sentence: str
    remedy: str
    rows: tuple[FailingRows, ...] = ()


def fact_shares(con: DuckDBPyConnection, manifest: Mapping[str, Any], source: str) -> list[FactShares]:
    """The shares of each fact of records that has rows of the source."""
    models = {i: node for i, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    found = []
    for unique_id in sorted(descendants(models, LANDING + source)):
        node = models[unique_id]
        columns = set(node["columns"])
        if not node["original_file_path"].startswith(FACTS) or "source" not in columns or "measure_id" in columns:
            continue
        shares = [
            _share("tract_geoid is null") if "tract_geoid" in columns else "null",
            _share("race_ethnicity_code = 'not_mapped'") if "race_ethnicity_code" in columns else "null",
            _share(f"race_ethnicity_code in ({MISSING_RACE})") if "race_ethnicity_code" in columns else "null",
        ]
        among = " and is_latest_snapshot" if "is_latest_snapshot" in columns else ""
        among += " and race_ethnicity_code <> 'all'" if "race_ethnicity_code" in columns else ""
        try:
            row = con.execute(
                f"select count(*), {', '.join(shares)} from {node['relation_name']} where source = {literal(source)}{among}"
            ).fetchone()
        except duckdb.CatalogException:  # a failed test of an earlier model ended the build before it
            continue
        if row and row[0]:
            found.append(FactShares(node["name"], *row))
    return found


def rejected_by_reason(run: RunContext, contract: Contract, load_id: str | None) -> tuple[tuple[str, str, str, int], ...]:
    """What of a promoted load was rejected: `row` or `cell`, column, reason, number."""
    con, zone = run.con, run.location.city.time_zone
    refused, doubtful = has_refused_or_doubtful(con, contract)
    parts = ["select 'row' as what, \"column\", reason_code from intake.rejected_rows where source = $source and load_id = $load"]
    if refused:
        rows = rejected_rows(contract, required_columns(contract), refused_rows(contract), zone)
        parts.append(f"select 'row', \"column\", reason_code from ({rows}) where load_id = $load")
    cells = rejected_values(contract, doubtful_rows(contract), zone) if doubtful else None
    parts += [f"select 'cell', \"column\", reason_code from ({cells}) where load_id = $load"] if cells else []
    query = f'select what, "column", reason_code, count(*) from ({" union all ".join(parts)}) group by all order by all'
    return tuple(con.execute(query, {"source": contract.source, "load": load_id}).fetchall())


def read_rules(con: DuckDBPyConnection) -> dict[str, float]:
    """The thresholds of measures."""
    return dict(con.execute("select rule, cast(value as double) from release.reference.measure_rules").fetchall())


def measures_of_source(con: DuckDBPyConnection, source: str) -> list[str]:
    """The measures that the source counts for, or that the registry names it for."""
    queries = [
        f"select measure_id from {table} where source = {literal(source)}"
        for table in ("intermediate.int_equity_measures__unioned", "release.marts.dim_measure")
    ]
    found: set[str] = set()
    for query in queries:
        try:
            found.update(row[0] for row in con.execute(query).fetchall())
        except duckdb.CatalogException:
            continue
    return sorted(found)


def counts_models(manifest: Mapping[str, Any], source: str) -> list[str]:
    """The counts models that read the source."""
    models = {i: node for i, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    found = descendants(models, LANDING + source)
    return sorted(models[i]["name"] for i in found if models[i]["original_file_path"].startswith(COUNTED))


def named_findings(
    con: DuckDBPyConnection,
    gates: Sequence[GateResult],
    tests: Sequence[NodeResult],
    contract: Contract,
    layers: Sequence[Layer] = (),
) -> list[NamedFinding]:
    """The failed checks of the trial, critical ones first, each with the rows behind it."""
    least = max(contract.agreement.suppress_below, 1)
    suites = {f"marts.{suite.table}": suite for suite in read_suites(layered=[layer.folder / OWN_SUITES for layer in layers])}
    suites |= {f"published.{suite.table}": suite for suite in read_suites(SUITES / "published")}
    found = [
        NamedFinding(
            result.severity,
            result.message if result.message.startswith(gate.subject) else f"{gate.subject}: {result.message}",
            remedy(gate, result),
            _rows_of_finding(con, suites.get(gate.subject), gate, result, least),
        )
        for gate in gates
        for result in (*gate.failed_critical, *gate.warnings)
    ]
    for test in tests:
        if test.kind == "unit_test" and not test.succeeded:
            sentence = f"dbt unit test {test.name} failed: its model returns other rows than it expects"
            found.append(NamedFinding("warning", sentence, "correct the model, or write the true rows into `expect` of the test"))
        elif test.kind == "test" and test.failures:
            severity = "warning" if test.succeeded else "critical"
            sentence = f"dbt test {test.name} found {test.failures} rows"
            found.append(NamedFinding(severity, sentence, "correct the model that it tests", _rows(con, test.query, least)))
    return sorted(found, key=lambda finding: finding.severity != "critical")


def _rows_of_finding(
    con: DuckDBPyConnection, suite: Suite | None, gate: GateResult, finding: ExpectationResult, least: int
) -> tuple[FailingRows, ...]:
    if suite is None:
        return ()
    place = PLACES[gate.subject.partition(".")[0]]
    return _rows(con, failing_query(suite, finding, place) or "", least)


def _rows(con: DuckDBPyConnection, query: str, least: int) -> tuple[FailingRows, ...]:
    if not query.strip():
        return ()
    try:
        return failing_rows(con, query, least)
    except duckdb.Error:  # the finding is reported all the same; a message of DuckDB could quote a cell
        return ()


def _share(condition: str) -> str:
    return f"100.0 * count(*) filter (where {condition}) / nullif(count(*), 0)"
