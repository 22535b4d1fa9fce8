"""From a contract to the suite of its deliveries.

Here: what is expected of any delivery, how strictly, and why that strictly. Not here: how cells are read
(`expectations.delivery.cell_checks`), names of columns (`expectations.delivery.header_drift`), suites written by hand
(`expectations.marts.suites`).

Critical holds the source back; a warning is shown and let in; info is only counted. Everything is a count over one scan.
"""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from expectations.delivery.cell_checks import BLANK, HEADER, REJECTED, Reading
from expectations.delivery.census_labels import MovedLine, concept_checks
from expectations.delivery.header_drift import header_checks
from expectations.delivery.partition_checks import VOLUME_RISE, release_checks
from expectations.delivery.snapshot_checks import snapshot_checks
from expectations.delivery.unmapped_labels import Labels
from expectations.delivery.volume import Replaced
from expectations.engine.checks import Check, measure, share
from expectations.results import Severity
from ingest.contract import Column, Contract
from ingest.contract.vocabulary import Vocabulary
from ingest.landing.partitions import Partitions
from ingest.typing.cells import invalid_flag, missing_flag
from ingest.typing.expressions import can_be_invalid
from warehouse.sql import literal, quoted

# An optional cell that does not read becomes NULL and is listed; from one in a hundred the steward should hear of it.
INVALID_WARNING_PCT = 1.0
# More bad cells than good ones is no typing error: the layout has changed. One or two bad cells are no layout.
LAYOUT_CHANGE_PCT, LAYOUT_CHANGE_CELLS = 50.0, 2
# The usual size of a delivery is the median of the last five: one odd batch, once accepted, does not become the norm.
EARLIER_BATCHES = 5
# docs/rules.md, Follow-up: a file that follows records to its date shows durations of the order of its span.
FOLLOW_UP_PCT = 10.0
# replace_period empties every period of the span that has no rows: one stray early date would take years with it. Of the
# real deliveries (2025-12) the sparsest is the checkbook, with payments on 81 % of all days of 2022-2025.
PERIODS_PRESENT_PCT = 10.0
# Dates before this are typing errors in every source of a city government; after as-of a day is left for time zones.
EARLIEST = dt.date(1900, 1, 1)
FUTURE_DAYS = 1
GEOID = r"^(\d{2}|\d{5}|\d{7}|\d{11}|\d{12}|\d{15})$"
TIME_ROLES = ("event_time", "closed_time", "period")


@dataclass(frozen=True)
class DeliveryFacts:
    """What the gate must know beside the rows: from the receipt, from earlier receipts, and the clock.

    `columns_*` as the receipt names them; `earlier_rows` the rows of earlier batches, newest first; `as_of` and the times
    in the data are local times of the city, `city_zone` its time zone; `files` for messages; `moved_lines` as
    `expectations.delivery.census_labels` finds them. A delivery that `adds_only` holds what is new, which may be nothing: it
    takes the place of no rows that it could have lost. One that brings new periods is compared with the landed rows of those
    that it
    brings again (`replaced`), not with earlier ones; one that replaces partitions with the landed rows of these
    (`partitions`), and nothing tells which of its `rival_files` is the newer. `snapshots` are the dates of the files of a stock.
    """

    as_of: dt.datetime
    columns_missing: tuple[str, ...] = ()
    columns_unknown: tuple[str, ...] = ()
    columns_repeated: tuple[str, ...] = ()
    earlier_rows: tuple[int, ...] = ()
    files: tuple[str, ...] = ()
    city_zone: str | None = None
    moved_lines: tuple[MovedLine, ...] = ()
    adds_only: bool = False
    replaced: Replaced | None = None
    partitions: Partitions | None = None
    rival_files: tuple[str, ...] = ()
    snapshots: tuple[dt.date, ...] = ()


def delivery_suite(
    contract: Contract, reading: Reading, facts: DeliveryFacts, labels: Labels, vocabulary: Vocabulary
) -> tuple[Check, ...]:
    """All checks of one delivery."""
    names = (facts.columns_missing, facts.columns_unknown, facts.columns_repeated)
    return (
        *header_checks(contract, names[0], names[1], names[2], facts.files),
        *concept_checks(contract, facts.moved_lines),
        *_volume(contract, facts),
        *_rows(contract, reading),
        *_cells(contract, reading),
        *_labels(contract, reading, labels, vocabulary),
        *_times(contract, reading, facts),
        *snapshot_checks(contract, facts.snapshots, facts.as_of),
        *_native(contract),
    )


def _volume(contract: Contract, facts: DeliveryFacts) -> Iterator[Check]:
    source = contract.source
    strict: Severity = "info" if facts.adds_only else "critical"
    says = f"{source}: the delivery holds no record; ask the steward for a full one"
    yield measure("rows", strict, says, expression=f"count(*) filter (where not {BLANK})", at_least=1)
    if contract.load.mode == "replace_partition":
        yield from release_checks(contract, facts.partitions, facts.rival_files)
        return
    if facts.replaced:
        yield _taken_out(contract, facts.replaced)
        return
    if not facts.earlier_rows or facts.adds_only:
        return
    usual = statistics.median(facts.earlier_rows[:EARLIER_BATCHES])
    drop = contract.tolerances.volume_drop_pct
    least, most = math.ceil(usual * (1 - drop / 100)), math.floor(usual * VOLUME_RISE)
    says = f"{source}: the delivery has lost more than {drop:g} % of its usual {usual:,.0f} rows; is it cut off?"
    kwargs = {"min_value": least}
    yield Check("rows_lost", "expect_table_row_count_to_be_between", kwargs, strict, says, None, least)
    says = (
        f"{source}: the delivery has more than {VOLUME_RISE:g} times its usual {usual:,.0f} rows; does it hold something twice?"
    )
    yield Check("rows_gained", "expect_table_row_count_to_be_between", {"max_value": most}, "warning", says, None, most)


def _taken_out(contract: Contract, replaced: Replaced) -> Check:
    load, drop = contract.load, contract.tolerances.volume_drop_pct
    period = f"date_trunc('{load.period}', {quoted(str(load.period_column))})"
    given = f"count(*) filter (where {period} between date '{replaced.first}' and date '{replaced.last}')"
    span = f"{replaced.first}" if replaced.first == replaced.last else f"{replaced.first} to {replaced.last}"
    says = (
        f"{contract.source}: the delivery would take out the {replaced.rows:,} rows of {span} ({load.period}s) and has lost more "
        f"than {drop:g} % of them; is it cut off? Periods are delivered whole"
    )
    return measure("rows_lost", "critical", says, expression=given, at_least=math.ceil(replaced.rows * (1 - drop / 100)))


def _rows(contract: Contract, reading: Reading) -> Iterator[Check]:
    source, tolerated = contract.source, contract.tolerances.rejected_pct
    # where a required column is no text, typing refuses a header row anyway; where all are texts it would become a record
    severity: Severity = "warning" if any(column.type != "text" for column in reading.required) else "critical"
    says = f"{source}: rows that repeat the header stand among the records; were files appended to each other?"
    yield share("header_rows_pct", severity, says, rows=HEADER)
    if reading.required:
        names = ", ".join(column.name for column in reading.required)
        says = f"{source}: too many rows have no good value in a required, key or period column ({names}) and would be rejected"
        yield share("rejected_rows_pct", "critical", says, rows=REJECTED, among=f"not {BLANK}", at_most_pct=tolerated)
    for column in reading.required:
        bad = missing_flag(column) + (f" or {invalid_flag(column)}" if can_be_invalid(column) else "")
        says = (
            f"{source}: {column.name} must hold {_what(column)}; ask the steward, or change its type or formats in the contract"
        )
        yield share("required_pct", "critical", says, rows=bad, among=f"not {BLANK}", at_most_pct=tolerated, column=column.name)
    present = {column.name for column in reading.present}
    key = contract.record_key
    if key and present.issuperset(key):
        columns = ", ".join(quoted(name) for name in key)
        expression = f"count(*) filter (where not {BLANK}) - count(distinct hash({columns})) filter (where not {BLANK})"
        says = f"{source}: rows repeat the key {', '.join(key)}; the last one of each is kept"
        yield measure("repeated_keys", "info", says, expression=expression, at_most=0)


def _cells(contract: Contract, reading: Reading) -> Iterator[Check]:
    source, required = contract.source, {column.name for column in reading.required}
    for column in reading.present:
        if can_be_invalid(column) and column.name not in required:
            invalid, given = invalid_flag(column), f"not {missing_flag(column)}"
            says = f"{source}: {column.name} should hold {_what(column)}; others are left empty; ask the steward"
            yield share(
                "invalid_cells_pct",
                "warning",
                says,
                rows=invalid,
                among=given,
                at_most_pct=INVALID_WARNING_PCT,
                column=column.name,
            )
            says = f"{source}: most of {column.name} is not {_what(column)}: has the layout changed? Ask the steward"
            yield share(
                "layout_change_pct",
                "critical",
                says,
                rows=invalid,
                among=given,
                at_most_pct=LAYOUT_CHANGE_PCT,
                tolerated=LAYOUT_CHANGE_CELLS,
                column=column.name,
            )
        if column.role == "geoid" and column.type == "text":
            yield from _geoid(contract, column, column.name in required)


def _geoid(contract: Contract, column: Column, required: bool) -> Iterator[Check]:
    given, name = f"not {missing_flag(column)}", quoted(column.name)
    says = f"{contract.source}: {column.name} should hold GEOIDs, leading zeros kept; did a spreadsheet save it?"
    severity: Severity = "critical" if required else "warning"
    tolerated = contract.tolerances.rejected_pct if required else 0
    rows = f"not regexp_matches({name}, {literal(GEOID)})"
    yield share("geoid_form_pct", severity, says, rows=rows, among=given, at_most_pct=tolerated, column=column.name)
    says = f"{contract.source}: {column.name} holds GEOIDs of several lengths; are leading zeros lost, or levels mixed?"
    expression = f"max(length({name})) filter (where {given}) - min(length({name})) filter (where {given})"
    yield measure("geoid_lengths", "warning", says, expression=expression, at_most=0, column=column.name)


def _labels(contract: Contract, reading: Reading, labels: Labels, vocabulary: Vocabulary) -> Iterator[Check]:
    tolerances = contract.tolerances
    cited = f" beyond what {tolerances.issue} explains" if tolerances.issue and tolerances.unmapped_pct else ""
    for check in reading.labels:
        column, name = check.column, check.vocabulary
        severity: Severity = "warning" if vocabulary.race[name].open else "critical"
        says = (
            f"{contract.source}: {column.name} holds labels that the crosswalk does not map for {name}{cited}; "
            "add rows to race_ethnicity_crosswalk, or ask the steward"
            if name in labels
            else f"{contract.source}: the crosswalk has no row for {name}, the vocabulary of {column.name}; add its labels"
        )
        yield share(
            "unmapped_labels_pct",
            severity,
            says,
            rows=check.flag,
            among=check.among,
            at_most_pct=tolerances.unmapped_pct,
            column=column.name,
        )
        if check.by:
            by, value = check.by
            says = f"{contract.source}: no row has {by} = {value}, so no {column.name} was checked; is it called otherwise now?"
            yield measure(
                "labelled_rows", "warning", says, expression=f"count(*) filter (where {check.among})", at_least=1, column=by
            )


def _times(contract: Contract, reading: Reading, facts: DeliveryFacts) -> Iterator[Check]:
    present = {column.name: column for column in reading.present}
    latest = facts.as_of + dt.timedelta(days=FUTURE_DAYS)
    for column in reading.present:
        if column.type in ("date", "timestamp") and (column.role in TIME_ROLES or column.name == contract.load.period_column):
            name = quoted(column.name)
            says = f"{contract.source}: {column.name} lies before {EARLIEST} or after {latest:%Y-%m-%d}, the day after as-of"
            rows = f"{name} < date {literal(EARLIEST.isoformat())} or {name} > timestamp {literal(latest.isoformat(sep=' '))}"
            yield share("implausible_times_pct", "warning", says, rows=rows, among=f"{name} is not null", column=column.name)
    load, follow_up = contract.load, contract.follow_up
    if load.mode == "replace_period" and facts.earlier_rows and load.period_column in present:
        name = quoted(str(load.period_column))
        there = f"count(distinct date_trunc('{load.period}', {name}))"
        span = f"(date_diff('{load.period}', min({name}), max({name})) + 1)"
        says = f"{contract.source}: most {load.period}s of the span have no rows and would be emptied; is a date wrong?"
        expression = f"100.0 * {there} / {span}"
        yield measure(
            "periods_present_pct",
            "critical",
            says,
            expression=expression,
            at_least=PERIODS_PRESENT_PCT,
            column=load.period_column,
        )
    if follow_up and follow_up.until == "delivery" and {follow_up.start, follow_up.end} <= set(present):
        start, end = (f"epoch(cast({quoted(name)} as timestamp))" for name in (follow_up.start, follow_up.end))
        expression = f"100.0 * coalesce(max({end} - {start}), 0) / nullif(max({start}) - min({start}), 0)"
        says = (
            f"{contract.source}: the longest time from {follow_up.start} to {follow_up.end} is short against the file's span; "
            "records may not be followed until delivery (follow_up in the contract)"
        )
        yield measure("follow_up_pct", "warning", says, expression=expression, at_least=FOLLOW_UP_PCT, column=follow_up.end)


def _native(contract: Contract) -> Iterator[Check]:
    for expectation in contract.expectations:
        column = expectation.kwargs.get("column")
        kwargs: Mapping[str, object] = expectation.kwargs
        mostly = kwargs.get("mostly")
        threshold = 100 - 100 * mostly if isinstance(mostly, (int, float)) else None
        name = expectation.name or expectation.type
        what = f"{name}{f' on {column}' if column else ''}, which the contract expects, does not hold"
        says = f"{contract.source}: {f'{expectation.reason}; ask the steward' if expectation.reason else what}"
        yield Check(name, expectation.type, kwargs, expectation.severity, says, column, threshold)


def _what(column: Column) -> str:
    parts = [f"one of {', '.join(column.values)}" if column.values and not column.is_label else f"a {column.type}"]
    if column.min is not None:
        parts.append(f"from {column.min}")
    if column.max is not None:
        parts.append(f"up to {column.max}")
    return " ".join(parts)
