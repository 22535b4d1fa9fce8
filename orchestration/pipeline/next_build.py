"""Find the next time at which a build gives other rows although nothing is delivered.

This happens when a source becomes stale, a goal's day passes, a rule of publication begins, an agreement ends, the retention of
a record ends, or the date of a record arrives that was ahead, or the window of a newer register closes.
`detect_changes.nothing_changed` builds again once it has passed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from ingest.agreement_terms import WARN_DAYS
from ingest.contract import Contract
from ingest.freshness import stale_at
from ingest.landing import later_events
from ingest.layers import seed_rows
from ingest.typing import typed_expression
from orchestration.runs.context import RunContext
from orchestration.settings import SHARED_SEEDS
from orchestration.transform.run_inputs import kept_windows


def next_build_at(run: RunContext) -> str | None:
    """The next such time after the as-of time, in ISO format; None if there is none."""
    times: list[dt.datetime] = []
    for contract in run.location.registry:
        times += agreement_days(contract)
        last = run.last_load(contract)
        if last is None:
            continue
        becomes_stale = stale_at(contract, last.data_as_of)
        if becomes_stale is not None:
            times.append(becomes_stale)
        times += retention_days(run, contract)
        later = later_events(run.con, contract, run.as_of.date(), run.location.city.time_zone)
        if later is not None:
            times.append(dt.datetime.combine(later.first - dt.timedelta(days=1), dt.time.max))
    times += (dt.datetime.combine(kept.until - dt.timedelta(days=1), dt.time.max) for kept in kept_windows(run))
    city = run.location.city
    # Read as a file: dbt may not have loaded the seed yet.
    times += goal_days(city.place_geoid, seed_rows("goals", SHARED_SEEDS, city.layers))
    times += rule_days(seed_rows("publication_rules", SHARED_SEEDS, city.layers))
    return min((time.isoformat() for time in times if time >= run.as_of), default=None)


def agreement_days(contract: Contract) -> Iterator[dt.datetime]:
    """The last moments before the agreement of a source ends soon, and before it has ended."""
    until = contract.agreement.valid_until
    if until is not None:
        yield dt.datetime.combine(until - dt.timedelta(days=WARN_DAYS + 1), dt.time.max)
        yield dt.datetime.combine(until, dt.time.max)


def goal_days(city_geoid: str, goals: Iterable[Mapping[str, str]]) -> Iterator[dt.datetime]:
    """The last moment of each goal's day: the day itself still counts."""
    for goal in goals:
        if goal["city_geoid"] == city_geoid:
            yield dt.datetime.combine(dt.date.fromisoformat(goal["target_on"]), dt.time.max)


def rule_days(rules: Iterable[Mapping[str, str]]) -> Iterator[dt.datetime]:
    """The last moments before a rule of publication begins, and of its last day."""
    for rule in rules:
        if rule["valid_from"]:
            yield dt.datetime.combine(dt.date.fromisoformat(rule["valid_from"]) - dt.timedelta(days=1), dt.time.max)
        if rule["valid_to"]:
            yield dt.datetime.combine(dt.date.fromisoformat(rule["valid_to"]), dt.time.max)


def retention_days(run: RunContext, contract: Contract) -> Iterator[dt.datetime]:
    """The last moment of the next day up to which a landed record may be kept; facts drop the record after it (ADR 29)."""
    for column in contract.kept_columns:
        if column.role == "retention":
            day = typed_expression(column, run.location.city.time_zone)
            found = run.con.execute(
                f'select min({day}) from landing."{contract.source}" where {day} >= cast(? as date)', [run.as_of]
            ).fetchone()
            if found and found[0] is not None:
                yield dt.datetime.combine(found[0], dt.time.max)
