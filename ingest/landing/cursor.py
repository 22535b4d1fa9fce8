"""The cursor of a source that is asked for what is new: how far landing has got, less the look-back.

Here: reading it from `landing`, so that it moves when a batch gets in and not when it is fetched: a batch that was held back,
or fetched by a run that was killed, is asked for again. Not here: asking (`ingest.connectors`), which rows a batch replaces
(`ingest.landing.promote`).
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from duckdb import DuckDBPyConnection

from ingest.connectors.fetch import Since
from ingest.contract import Column, Contract
from ingest.contract.connectors import lookback
from ingest.landing.promote import contract_terms
from ingest.typing.expressions import typed_expression


def read_cursor(con: DuckDBPyConnection, contract: Contract, city_zone: str, now: dt.datetime) -> Since | None:
    """From where on to ask; None for everything: no cursor, nothing landed, or rows that landed under another contract.

    `now` is the city's wall clock: a time beyond it is a typing error or a clock that is fast, and moves no cursor.
    """
    name = contract.connector.cursor if hasattr(contract.connector, "cursor") else None
    if name is None:
        return None
    column = contract.column(name)
    typed = typed_expression(column, city_zone)
    believable = f"cast({typed} as timestamp) <= ?" if column.type != "integer" else "? is not null"
    row = con.execute(
        f'select max({typed}) filter ({believable}), coalesce(bool_or(_contract <> ?), false) from landing."{contract.source}"',
        [now, contract_terms(contract)],
    ).fetchone()
    if row is None or row[0] is None or row[1]:
        return None
    return Since(column, _less(row[0], contract, column, city_zone), column.timezone or city_zone)


def _less(newest: dt.datetime | dt.date | int, contract: Contract, column: Column, city_zone: str) -> dt.datetime | dt.date | int:
    back = lookback(contract.connector)
    if isinstance(newest, int):
        assert isinstance(back, int), "the contract was checked"
        return newest - back
    assert isinstance(back, dt.timedelta), "the contract was checked"
    moment = newest if isinstance(newest, dt.datetime) else dt.datetime.combine(newest, dt.time())
    moment -= back
    if contract.load.mode == "replace_period":
        moment = _start_of(contract.load.period or "day", moment)
    if not isinstance(newest, dt.datetime):
        return moment.date()
    zone = ZoneInfo(column.timezone or city_zone)
    moment = moment.replace(tzinfo=ZoneInfo(city_zone)).astimezone(zone).replace(tzinfo=None)
    # the hour that the clock goes through twice is asked for from its first beginning
    twice = moment.replace(tzinfo=zone).utcoffset() != moment.replace(tzinfo=zone, fold=1).utcoffset()
    return moment - dt.timedelta(hours=1) if twice else moment


def _start_of(period: str, moment: dt.datetime) -> dt.datetime:
    """Periods are replaced whole, so they are asked for from their first moment."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return day
    month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}[period]
    return day.replace(day=1, month=month)
