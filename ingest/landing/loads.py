"""The loads that a landing table was made from (`intake.loads`), how far they reach, and which stored deliveries it still needs.

The table repeats `accepted.json` for SQL, with the counts of now. `warehouse.metadata` owns its definition. The cursor of a live
source is read from landing, so that it moves when a batch is promoted, not when it is fetched: a batch that was held back, or
that a killed run had fetched, is requested again.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from duckdb import DuckDBPyConnection

from ingest.connectors import CursorPosition
from ingest.contract import Column, Contract
from ingest.contract.sections.format import lookback
from ingest.contract.sections.general import SNAPSHOT_ON, AsOfRule
from ingest.delivery import AcceptedLoad, DeliveryStore
from ingest.delivery.snapshot_date import first_day_of_period
from ingest.typing import typed_expression
from warehouse.fingerprint import text_sha256
from warehouse.sql import one_value, queries, quoted

REMOVING = ".removing-"


@dataclass(frozen=True)
class LoadCounts:
    """Where the delivered rows of a load are now; delivered is the sum of the others except `withdrawn`.

    `withdrawn` are rows of earlier loads that the load replaced and that have no successor in it.
    """

    delivered: int
    staged: int
    rejected: int
    blank: int
    duplicate: int
    superseded: int
    withdrawn: int = 0


def contract_fingerprint(contract: Contract) -> str:
    """The hash of the contract's keys that decide how a batch is promoted; a batch promoted under another one is read again."""
    text = contract.model_dump_json(include={"format", "load", "columns"}, by_alias=True)
    return text_sha256(text)[:16]


def read_loads(con: DuckDBPyConnection, source: str) -> list[AcceptedLoad]:
    """The loads that the landing table of a source was made from, in their order."""
    names = [name for name in AcceptedLoad.model_fields if name != "rows_in_landing"]
    # rows that earlier versions wrote have no value in the last columns
    filled = {"adds": "coalesce(adds, false)", "rows_withdrawn": "coalesce(rows_withdrawn, 0)"}
    values = [filled.get(name, name) for name in names]
    found = con.execute(f"select {', '.join(values)} from intake.loads where source = ? order by sequence", [source])
    return [AcceptedLoad.model_validate(dict(zip(names, row, strict=True))) for row in found.fetchall()]


def insert_load(con: DuckDBPyConnection, contract: Contract, load: AcceptedLoad) -> None:
    """Record that the landing table was made from this load, too."""
    row = {"source": contract.source, "chosen_by": contract_fingerprint(contract), **dict(load)}
    del row["rows_in_landing"]
    con.execute(f"insert into intake.loads by name select {', '.join(f'? as {name}' for name in row)}", list(row.values()))


def forget_loads(con: DuckDBPyConnection, source: str, load_ids: Sequence[str]) -> None:
    """Remove loads and their rows from the working warehouse."""
    con.execute(f'delete from landing."{source}" where list_contains(?, _load_id)', [load_ids])
    for table in ("loads", "rejected_rows"):
        con.execute(f"delete from intake.{table} where source = ? and list_contains(?, load_id)", [source, load_ids])


def save_counts(con: DuckDBPyConnection, store: DeliveryStore, accepted: Sequence[AcceptedLoad]) -> bool:
    """Write the counts of a source's loads to its list of accepted loads; returns False if the list has them already."""
    made = {load.place: load for load in read_loads(con, store.source)}
    found = [made.get(load.place, load) for load in accepted]
    listed = [load.model_copy(update={"rows_in_landing": now.rows_in_landing}) for load, now in zip(accepted, found, strict=True)]
    is_counted = all(load.rows_in_landing is not None or load.place not in made for load in accepted)
    if is_counted and listed == found and (store.accepted_file.is_file() or not accepted):
        return False
    rows = dict(con.execute(f'select _load_id, count(*) from landing."{store.source}" group by all').fetchall())
    store.save_accepted(
        load.model_copy(update={"rows_in_landing": rows.get(load.load_id, 0)}) if load.place in made else load for load in found
    )
    return True


def newest_load(con: DuckDBPyConnection, source: str) -> tuple[str, int] | None:
    """Load id and sequence of the load that was promoted last."""
    found = con.execute("select load_id, sequence from intake.loads where source = ? order by sequence desc limit 1", [source])
    return found.fetchone()


def last_load(
    con: DuckDBPyConnection, contract: Contract, today: dt.date | None = None, city_zone: str = "UTC"
) -> AcceptedLoad | None:
    """The load that was promoted last, with the end of the source's data and the time of the last delivery.

    A late correction does not move `data_as_of` back. `today`: the day of the run. A record that is dated after it, or after the
    delivery, is no end of the data.
    """
    loads = read_loads(con, contract.source)
    if not loads:
        return None
    newest = max((load.data_as_of for load in loads if load.contract == loads[-1].contract and load.data_as_of), default=None)
    delivered_at = max((load.delivered_at for load in loads if load.delivered_at), default=None)
    until = today or dt.date.max
    if today is not None and delivered_at is not None:
        until = min(today, delivered_at.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(city_zone)).date())
    snapshot = f"select cast(max({SNAPSHOT_ON}) as timestamp) from landing.{quoted(contract.source)}"
    end = (one_value(con, snapshot) if contract.snapshot else None) or contract.declared_as_of or _by_rule(con, contract, until)
    as_of = end or _latest_event(con, contract, newest, until)
    return loads[-1].model_copy(update={"data_as_of": as_of, "delivered_at": delivered_at})


def _latest_event(con: DuckDBPyConnection, contract: Contract, newest: dt.datetime | None, until: dt.date) -> dt.datetime | None:
    """The newest of all loads, or of the rows that are not dated after a day; that day itself if all are."""
    if newest is None or newest.date() <= until:
        return newest
    before = f"select max(_latest) from landing.{quoted(contract.source)} where _latest < cast(? as date) + interval 1 day"
    return one_value(con, before, [until]) or dt.datetime.combine(until, dt.time())


@dataclass(frozen=True)
class LaterEvents:
    """The landed rows whose event is dated after a day, and the first such day."""

    rows: int
    first: dt.date


def later_events(con: DuckDBPyConnection, contract: Contract, until: dt.date, city_zone: str) -> LaterEvents | None:
    """The rows of a source that are dated after a day; None without any, and for a stock, whose rows are of its snapshot."""
    column, landed = contract.event_column, f"landing.{quoted(contract.source)}"
    if column is None or column.role != "event_time" or contract.snapshot is not None:
        return None
    # most sources have none, which the mark shows without typing any cell
    if not one_value(con, f"select max(_latest) >= cast(? as date) + interval 1 day from {landed}", [until]):
        return None
    day = f"cast({typed_expression(column, city_zone)} as date)"
    row = con.execute(f"select count(*), min({day}) from {landed} where not _refused and {day} > ?", [until]).fetchone()
    return LaterEvents(row[0], row[1]) if row and row[0] else None


def _by_rule(con: DuckDBPyConnection, contract: Contract, until: dt.date) -> dt.datetime | None:
    """The end of the data by the contract's rule: the last day of the latest year in a column; None without rule or year.

    A year that begins after `until` is a wrong one, and one that is not over reaches to that day.
    """
    rule = contract.as_of
    if not isinstance(rule, AsOfRule):
        return None
    sql = queries(Path(__file__).with_suffix(".sql.jinja"), landed=f"landing.{quoted(contract.source)}")
    ends = [int(part) for part in rule.ends.split("-")]
    end = one_value(con, sql.end_of_latest_year(quoted(rule.column), rule.plus_years, ends), [until])
    return dt.datetime.combine(min(end, until), dt.time()) if end else None


def count_load_rows(con: DuckDBPyConnection, contract: Contract, load_id: str) -> LoadCounts:
    """Count every delivered row of a load by where it is now.

    Every delivered row is in landing, or was blank, a duplicate, superseded or rejected. A row that a later load replaces counts
    as superseded in its own load. That number is therefore never stored: it is the remainder.
    """
    sql = queries(Path(__file__).with_suffix(".sql.jinja"), landed=f"landing.{quoted(contract.source)}")
    row = con.execute(sql.counts(), {"source": contract.source, "load_id": load_id}).fetchone()
    return LoadCounts(*(row or (0,) * 7))


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
        # periods are replaced as a whole, so they are requested from their start
        moment = dt.datetime.combine(first_day_of_period(contract.load.period or "day", moment.date()), dt.time())
    if not isinstance(newest, dt.datetime):
        return moment.date()
    zone = ZoneInfo(column.timezone or city_zone)
    moment = moment.replace(tzinfo=ZoneInfo(city_zone)).astimezone(zone).replace(tzinfo=None)
    # when clocks are set back, the repeated hour is requested from its first start
    twice = moment.replace(tzinfo=zone).utcoffset() != moment.replace(tzinfo=zone, fold=1).utcoffset()
    return moment - dt.timedelta(hours=1) if twice else moment


def prune_deliveries(
    con: DuckDBPyConnection, contract: Contract, store: DeliveryStore, now: dt.datetime, days: float
) -> list[str]:
    """Remove the deliveries that are older than `days` and have no row in landing; returns their load ids.

    The newest delivery stays, because it shows whether the next one differs. `now` is in UTC without zone.
    """
    for left in store.folder.glob(f"{REMOVING}*"):
        shutil.rmtree(left)
    limit = now - dt.timedelta(days=days)
    old = [delivery.load_id for delivery in store.records()[:-1] if delivery.delivered_at < limit]
    if not old:
        return []
    landed = f'select distinct _load_id from landing."{contract.source}" where _load_id in (select unnest(?))'
    needed = {load_id for (load_id,) in con.execute(landed, [old]).fetchall()}
    unneeded = [load_id for load_id in old if load_id not in needed]
    if unneeded:
        store.save_first_sequences()
    for load_id in unneeded:
        removed = store.folder / f"{REMOVING}{load_id}"
        (store.folder / load_id).rename(removed)  # no list contains it from here on, even after a kill
        shutil.rmtree(removed)
    return unneeded
