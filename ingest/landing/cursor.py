"""The incremental cursor of a source: the newest landed value of its cursor column, less the look-back.

The cursor is read from landing, so that it moves when a batch is promoted, not when it is fetched. A batch that was held back, or
that a killed run had fetched, is requested again.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from duckdb import DuckDBPyConnection

from ingest.connectors import CursorPosition
from ingest.contract import Column, Contract
from ingest.contract.sections.connectors import lookback
from ingest.landing.loads import contract_fingerprint
from ingest.typing import typed_expression


def read_cursor(con: DuckDBPyConnection, contract: Contract, city_zone: str, now: dt.datetime) -> CursorPosition | None:
    """The position from which to request rows; None to request everything.

    It is None if the contract has no cursor, landing is empty, or it has rows of another contract. `now` is on the city's wall
    clock: a later time is a typing error or a fast clock, and does not move the cursor.
    """
    name = contract.connector.cursor if hasattr(contract.connector, "cursor") else None
    if name is None:
        return None
    column = contract.column(name)
    typed = typed_expression(column, city_zone)
    plausible = f"cast({typed} as timestamp) <= ?" if column.type != "integer" else "? is not null"
    row = con.execute(
        f'select max({typed}) filter ({plausible}), coalesce(bool_or(_contract <> ?), false) from landing."{contract.source}"',
        [now, contract_fingerprint(contract)],
    ).fetchone()
    if row is None or row[0] is None or row[1]:
        return None
    value = _subtract_lookback(row[0], contract, column, city_zone)
    return CursorPosition(column, value, column.timezone or city_zone)


def _subtract_lookback(
    newest: dt.datetime | dt.date | int, contract: Contract, column: Column, city_zone: str
) -> dt.datetime | dt.date | int:
    back = lookback(contract.connector)
    if isinstance(newest, int):
        assert isinstance(back, int), "the contract is valid"
        return newest - back
    assert isinstance(back, dt.timedelta), "the contract is valid"
    moment = newest if isinstance(newest, dt.datetime) else dt.datetime.combine(newest, dt.time())
    moment -= back
    if contract.load.mode == "replace_period":
        moment = _start_of_period(contract.load.period or "day", moment)
    if not isinstance(newest, dt.datetime):
        return moment.date()
    zone = ZoneInfo(column.timezone or city_zone)
    moment = moment.replace(tzinfo=ZoneInfo(city_zone)).astimezone(zone).replace(tzinfo=None)
    # when clocks are set back, the repeated hour is requested from its first start
    twice = moment.replace(tzinfo=zone).utcoffset() != moment.replace(tzinfo=zone, fold=1).utcoffset()
    return moment - dt.timedelta(hours=1) if twice else moment


def _start_of_period(period: str, moment: dt.datetime) -> dt.datetime:
    """The first moment of a period: periods are replaced as a whole, so they are requested from their start."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return day
    month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}[period]
    return day.replace(day=1, month=month)
