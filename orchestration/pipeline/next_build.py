"""When something falls due without any delivery: a source goes stale, a goal's day passes, a record may be kept no longer.

Here: the next such moment. Not here: what follows from it (`build.nothing_changed` builds again once it has passed).
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from ingest.contract import Contract
from ingest.landing.tables import last_load
from ingest.typing.expressions import typed_expression
from orchestration.pipeline.ingest_source import stale_at
from orchestration.runs.context import RunSession
from orchestration.settings import DBT_PROJECT

# Read as a file: dbt may not have loaded it yet.
GOALS = DBT_PROJECT / "seeds" / "reference" / "goals.csv"


def due_at(session: RunSession) -> str | None:
    """The next moment after the as-of time on which a build would say something else; None if there is none."""
    limits = []
    for contract in session.reading.registry:
        last = last_load(session.con, contract)
        limit = stale_at(contract, last) if last else None
        if limit is not None:
            limits.append(limit)
        if last:
            limits += retention_days(session, contract)
    limits += goal_days(session.reading.city.place_geoid)
    return min((limit.isoformat() for limit in limits if limit >= session.as_of), default=None)


def goal_days(city_geoid: str, goals: Path = GOALS) -> Iterator[dt.datetime]:
    """The last moment of each goal's day: the day itself still counts."""
    with goals.open(encoding="utf-8", newline="") as file:
        for goal in csv.DictReader(file):
            if goal["city_geoid"] == city_geoid:
                yield dt.datetime.combine(dt.date.fromisoformat(goal["target_on"]), dt.time.max)


def retention_days(session: RunSession, contract: Contract) -> Iterator[dt.datetime]:
    """The last moment of the next day up to which a landed record may be kept: after it no fact holds it (ADR 29)."""
    for column in contract.kept_columns:
        if column.role == "retention":
            day = typed_expression(column, session.reading.city.time_zone)
            found = session.con.execute(
                f'select min({day}) from landing."{contract.source}" where {day} >= cast(? as date)', [session.as_of]
            ).fetchone()
            if found and found[0] is not None:
                yield dt.datetime.combine(found[0], dt.time.max)
