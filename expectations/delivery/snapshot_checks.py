"""Check the snapshot dates of a stock: none of them is after the run's as-of time.

See `ingest.landing.snapshots` for the source of the dates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from expectations.engine.checks import Check, measure
from expectations.results import Severity
from ingest.contract import Contract
from warehouse.sql import literal, quoted

# One day is allowed for time zones. A snapshot dated after its delivery is wrong by weeks. A wrong digit in the year would
# make it the newest stock for years.
FUTURE_DAYS, WRONG_YEAR_DAYS = 1, 366


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
