"""Run the gate on a delivery, before Levelground promotes it, with the suite that its contract gives.

Add a check here when every delivery must pass it. See `column_differences`, `concepts`, `volume_checks`, `time_checks` and
`reference_checks` for their parts of the suite, `cell_checks` for how cells are read, and `expectations.marts.suites` for
hand-written suites.

A critical failure holds the source back. A warning is reported and the delivery is promoted. Info is only counted. Every check is
a count over one scan. A gate reads and never writes: see `orchestration.pipeline.ingest_source` for the consequences.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import duckdb

from expectations.delivery.cell_checks import BLANK, HEADER, REJECTED, DeliveryQuery, delivery_query
from expectations.delivery.column_differences import header_checks, missing_columns
from expectations.delivery.delivery_facts import DeliveryFacts
from expectations.delivery.reference_checks import map_checks, population_checks
from expectations.delivery.steward_words import bounds_in_words
from expectations.delivery.time_checks import snapshot_checks, time_checks
from expectations.delivery.volume_checks import file_set_checks, hidden_cell_checks, volume_checks
from expectations.engine.checks import Check, measure, share
from expectations.engine.runner import Session
from expectations.results import ExpectationResult, GateResult, Severity
from ingest.contract import Column, Contract
from ingest.contract.vocabularies import Labels, Vocabulary
from ingest.typing import can_be_invalid, invalid_flag, missing_flag
from warehouse.connection import joined
from warehouse.sql import identifier, literal, quoted

# An optional cell that cannot be typed becomes NULL and is listed. The steward is warned from one cell in a hundred.
INVALID_WARNING_PCT = 1.0
# More invalid than valid cells are no typing error: the layout has changed. One or two cells do not prove that.
LAYOUT_CHANGE_PCT, LAYOUT_CHANGE_CELLS = 50.0, 2
GEOID = r"^(\d{2}|\d{5}|\d{7}|\d{11}|\d{12}|\d{15})$"


def gate_delivery(
    database: Path, contract: Contract, facts: DeliveryFacts, labels: Labels, *, vocabulary: Vocabulary | None = None
) -> GateResult:
    """Evaluate the delivery in `delivery.<source>`: text under the contract's names.

    `database`: the path of a file that this process may open, or has open.
    """
    relation = f"delivery.{identifier(contract.source)}"
    reading = delivery_query(contract, relation, missing_columns(contract, facts.columns_missing), labels, facts.city_zone)
    checks = delivery_suite(contract, reading, facts, labels, vocabulary or contract.vocabulary)
    findings = Session(database).run(contract.source, reading.query, checks)
    return GateResult("delivery", contract.source, tuple(_with_locations(database, reading.query, checks, findings)))


def _with_locations(
    database: Path, query: str, checks: Sequence[Check], findings: Sequence[ExpectationResult]
) -> Iterator[ExpectationResult]:
    """The findings; a failure on rows also names the first file and record, so that the steward can find it."""
    failed = [
        at
        for at, finding in enumerate(findings)
        if not finding.success and finding.observed is not None and checks[at].type == "expect_share_of_rows"
    ]
    located: dict[int, str] = {}
    if failed:
        conditions = [f"filter (where ({checks[at].kwargs['among']}) and ({checks[at].kwargs['rows']}))" for at in failed]
        columns = [f"min((_source_file, _source_row)) {rows}, count(distinct _source_file) {rows}" for rows in conditions]
        try:
            with joined(database) as con:
                [row] = con.execute(f"select {', '.join(columns)} from ({query})").fetchall()
        except duckdb.Error:
            # the result is valid without the location
            yield from findings
            return
        for at, (file, record), files in zip(failed, row[::2], row[1::2], strict=True):
            located[at] = f"{file}, record {record}{f', and in {files - 1} more files' if files > 1 else ''}"
    for at, finding in enumerate(findings):
        first = located.get(at)
        yield dataclasses.replace(finding, message=f"{finding.message}; first in {first}", first=first) if first else finding


def delivery_suite(
    contract: Contract, reading: DeliveryQuery, facts: DeliveryFacts, labels: Labels, vocabulary: Vocabulary
) -> tuple[Check, ...]:
    """All checks of one delivery."""
    names = (facts.columns_missing, facts.columns_unknown, facts.columns_repeated)
    return (
        *header_checks(contract, *names, facts.files, facts.headers),
        *file_set_checks(contract, facts.files),
        *facts.concepts,
        *volume_checks(contract, facts),
        *hidden_cell_checks(contract, facts),
        *population_checks(contract, facts),
        *map_checks(contract, facts.map_vintage, facts.moved_places),
        *_rows(contract, reading),
        *_cells(contract, reading),
        *_labels(contract, reading, labels, vocabulary),
        *_constants(contract, reading),
        *time_checks(contract, reading, facts),
        *snapshot_checks(contract, facts.snapshots, facts.as_of),
        *_native(contract),
    )


def _rows(contract: Contract, reading: DeliveryQuery) -> Iterator[Check]:
    source, tolerated = contract.source, contract.tolerances.rejected_pct
    # typing rejects a repeated header row unless every required column is text; then it would become a record
    severity: Severity = "warning" if any(column.type != "text" for column in reading.required) else "critical"
    message = f"{source}: rows repeat the header among the records; were files appended to each other?"
    yield share("header_rows_pct", severity, message, rows=HEADER)
    if reading.required:
        names = ", ".join(column.name for column in reading.required)
        message = (
            f"{source}: too many rows have no valid value in a required, key or period column ({names}) and would be rejected"
        )
        yield share("rejected_rows_pct", "critical", message, rows=REJECTED, among=f"not {BLANK}", at_most_pct=tolerated)
    for column in reading.required:
        bad = missing_flag(column) + (f" or {invalid_flag(column)}" if can_be_invalid(column) else "")
        message = (
            f"{source}: {column.name} must contain {_what(column)}; ask the steward, or change the contract's type or formats"
        )
        yield share(
            "required_pct", "critical", message, rows=bad, among=f"not {BLANK}", at_most_pct=tolerated, column=column.name
        )
    present = {column.name for column in reading.present}
    key = contract.record_key
    if key and present.issuperset(key):
        columns = ", ".join(quoted(name) for name in key)
        expression = f"count(*) filter (where not {BLANK}) - count(distinct hash({columns})) filter (where not {BLANK})"
        message = f"{source}: rows repeat the key {', '.join(key)}; the last one of each is kept"
        yield measure("repeated_keys", "info", message, expression=expression, at_most=0)


def _cells(contract: Contract, reading: DeliveryQuery) -> Iterator[Check]:
    source, required = contract.source, {column.name for column in reading.required}
    for column in reading.present:
        if can_be_invalid(column) and column.name not in required:
            invalid = partial(share, rows=invalid_flag(column), among=f"not {missing_flag(column)}", column=column.name)
            message = f"{source}: {column.name} should contain {_what(column)}; other cells become empty; ask the steward"
            yield invalid("invalid_cells_pct", "warning", message, at_most_pct=INVALID_WARNING_PCT)
            message = f"{source}: most of {column.name} is not {_what(column)}: has the layout changed? Ask the steward"
            changed = invalid("layout_change_pct", "critical", message, at_most_pct=LAYOUT_CHANGE_PCT)
            yield changed.tolerating(LAYOUT_CHANGE_CELLS)
        if column.role == "geoid" and column.type == "text":
            yield from _geoid(contract, column, column.name in required)


def _geoid(contract: Contract, column: Column, required: bool) -> Iterator[Check]:
    given, name = f"not {missing_flag(column)}", quoted(column.name)
    message = f"{contract.source}: {column.name} should contain GEOIDs with their leading zeros; did a spreadsheet save it?"
    severity: Severity = "critical" if required else "warning"
    tolerated = contract.tolerances.rejected_pct if required else 0
    rows = f"not regexp_matches({name}, {literal(GEOID)})"
    yield share("geoid_form_pct", severity, message, rows=rows, among=given, at_most_pct=tolerated, column=column.name)
    message = f"{contract.source}: {column.name} contains GEOIDs of several lengths; are leading zeros lost, or levels mixed?"
    expression = f"max(length({name})) filter (where {given}) - min(length({name})) filter (where {given})"
    yield measure("geoid_lengths", "warning", message, expression=expression, at_most=0, column=column.name)


def _labels(contract: Contract, reading: DeliveryQuery, labels: Labels, vocabulary: Vocabulary) -> Iterator[Check]:
    tolerances = contract.tolerances
    cited = f" beyond what {tolerances.issue} explains" if tolerances.issue and tolerances.unmapped_pct else ""
    for check in reading.labels:
        column, name = check.column, check.vocabulary
        severity: Severity = "warning" if vocabulary.race[name].open else "critical"
        message = (
            f"{contract.source}: {column.name} contains labels that the crosswalk does not map for {name}{cited}; "
            "add rows to race_ethnicity_crosswalk, or ask the steward"
            if name in labels
            else f"{contract.source}: the crosswalk has no row for {name}, the vocabulary of {column.name}; add its labels"
        )
        yield share(
            "unmapped_labels_pct",
            severity,
            message,
            rows=check.flag,
            among=check.among,
            at_most_pct=tolerances.unmapped_pct,
            column=column.name,
        )
        # a source that spells the value in two ways has rows of one of them
        alike = [other for other in reading.labels if other.by and (other.column, other.vocabulary) == (column, name)]
        if check.by and check is alike[0]:
            values = " or ".join(other.by[1] for other in alike if other.by)
            among = " or ".join(other.among for other in alike)
            by = check.by[0]
            message = f"{contract.source}: no row has {by} = {values}, so no {column.name} was checked; was the value renamed?"
            yield measure(
                "labelled_rows", "warning", message, expression=f"count(*) filter (where {among})", at_least=1, column=by
            )


def _constants(contract: Contract, reading: DeliveryQuery) -> Iterator[Check]:
    present = {column.name for column in reading.present}
    for column in reading.present:
        part = column.varies_within
        if part is None or not present.issuperset(part.by):
            continue
        name, by = quoted(column.name), ", ".join(map(quoted, part.by))
        # what is not collected is no fault of the delivery
        severity: Severity = "warning" if part.otherwise == "invalid" else "info"
        message = (
            f"{contract.source}: {column.name} has one value in all rows of a {', '.join(part.by)}, which is no measurement; "
            f"its cells there become empty ({part.otherwise}); ask the steward"
        )
        query = (
            f"select {by} from {{batch}} where not {REJECTED} group by {by} "
            f"having count({name}) >= {part.rows} and min({name}) = max({name})"
        )
        yield Check(
            "varying_values",
            "unexpected_rows_expectation",
            {"unexpected_rows_query": query},
            severity,
            message,
            column.name,
            None,
        )


def _native(contract: Contract) -> Iterator[Check]:
    for expectation in contract.expectations:
        column = expectation.kwargs.get("column")
        kwargs: Mapping[str, object] = expectation.kwargs
        mostly = kwargs.get("mostly")
        threshold = 100 - 100 * mostly if isinstance(mostly, (int, float)) else None
        name = expectation.name or expectation.type
        what = f"{name}{f' on {column}' if column else ''}, which the contract expects, failed"
        message = f"{contract.source}: {f'{expectation.reason}; ask the steward' if expectation.reason else what}"
        yield Check(name, expectation.type, kwargs, expectation.severity, message, column, threshold)


def _what(column: Column) -> str:
    parts = [f"one of {', '.join(column.values)}" if column.values and not column.is_label else f"a {column.type}"]
    return " ".join([*parts, *bounds_in_words(column)])
