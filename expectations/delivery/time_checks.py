"""Check the dates of a delivery: plausible times, periods without rows, the length of the follow-up, and snapshot dates.

See `ingest.landing.batch_rows` for the source of snapshot dates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from expectations.delivery.cell_checks import DeliveryQuery
from expectations.delivery.delivery_facts import DeliveryFacts
from expectations.engine.checks import Check, measure, share
from expectations.results import Severity
from ingest.contract import Contract
from warehouse.sql import literal, quoted

# docs/rules.md, Follow-up: a file whose records are followed to its date contains durations close to its span.
FOLLOW_UP_PCT = 10.0
# replace_period empties every period of the span that has no rows: one wrong early date would delete years. The sparsest of the
# real deliveries (2025-12) is the checkbook, with payments on 81 % of all days of 2022-2025.
PERIODS_PRESENT_PCT = 10.0
# Dates before this are typing errors in every source of a city government; one day after as-of is allowed for time zones.
EARLIEST = dt.date(1900, 1, 1)
FUTURE_DAYS = 1
# A snapshot dated after its delivery is wrong by weeks. A wrong digit in the year would make it the newest stock for years.
WRONG_YEAR_DAYS = 366
TIME_ROLES = ("event_time", "closed_time", "period")


def time_checks(contract: Contract, reading: DeliveryQuery, facts: DeliveryFacts) -> Iterator[Check]:
    """The checks of dates, of the periods that a delivery replaces, and of the follow-up."""
    present = {column.name: column for column in reading.present}
    latest = facts.as_of + dt.timedelta(days=FUTURE_DAYS)
    for column in reading.present:
        if column.type in ("date", "timestamp") and (column.role in TIME_ROLES or column.name == contract.load.period_column):
            name = quoted(column.name)
            message = f"{contract.source}: {column.name} is before {EARLIEST} or after {latest:%Y-%m-%d}, the day after as-of"
            rows = f"{name} < date {literal(EARLIEST.isoformat())} or {name} > timestamp {literal(latest.isoformat(sep=' '))}"
            yield share("implausible_times_pct", "warning", message, rows=rows, among=f"{name} is not null", column=column.name)
    load, follow_up = contract.load, contract.follow_up
    if load.mode == "replace_period" and facts.earlier_rows and load.period_column in present:
        name = quoted(str(load.period_column))
        periods_present = f"count(distinct date_trunc('{load.period}', {name}))"
        span = f"(date_diff('{load.period}', min({name}), max({name})) + 1)"
        message = f"{contract.source}: most {load.period}s of the span have no rows and would become empty; is a date wrong?"
        expression = f"100.0 * {periods_present} / {span}"
        yield measure(
            "periods_present_pct",
            "critical",
            message,
            expression=expression,
            at_least=PERIODS_PRESENT_PCT,
            column=load.period_column,
        )
    if follow_up and follow_up.until == "delivery" and {follow_up.start, follow_up.end} <= set(present):
        start, end = (f"epoch(cast({quoted(name)} as timestamp))" for name in (follow_up.start, follow_up.end))
        expression = f"100.0 * coalesce(max({end} - {start}), 0) / nullif(max({start}) - min({start}), 0)"
        message = (
            f"{contract.source}: the longest time from {follow_up.start} to {follow_up.end} is short for the file's span; "
            "records may not be followed until delivery (follow_up in the contract)"
        )
        yield measure("follow_up_pct", "warning", message, expression=expression, at_least=FOLLOW_UP_PCT, column=follow_up.end)


def snapshot_checks(contract: Contract, snapshots: Sequence[dt.date], as_of: dt.datetime) -> Iterator[Check]:
    """The checks that no snapshot is dated after `as_of`; `snapshots`: the dates of the files, if the files have one."""
    if contract.snapshot is None:
        return
    limits: tuple[tuple[str, Severity, int], ...] = (
        ("snapshots_after_as_of", "warning", FUTURE_DAYS),
        ("snapshots_of_another_year", "critical", WRONG_YEAR_DAYS),
    )
    for name, severity, days in limits:
        last = as_of.date() + dt.timedelta(days=days)
        column = contract.snapshot.column
        if column:
            expression = f"count(*) filter (where cast({quoted(column)} as date) > date {literal(last.isoformat())})"
        else:
            expression = str(sum(day > last for day in snapshots))
        message = f"{contract.source}: a snapshot is dated after {last}; is its date wrong? See snapshot in the contract"
        yield measure(name, severity, message, expression=expression, at_most=0, column=column)
