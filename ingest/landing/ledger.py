"""The ledger of loads (`intake.loads`): one row per promoted load, and per load how many of its rows are where.

`warehouse.metadata` owns the table's definition.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from duckdb import DuckDBPyConnection
from pydantic import BaseModel, ConfigDict

from ingest.contract import Contract
from ingest.contract.parts import AsOfRule
from ingest.contract.snapshot import SNAPSHOT_ON
from warehouse.fingerprint import text_sha256
from warehouse.sql import quoted


class LoadRecord(BaseModel):
    """A row of the ledger. `adds`: the load adds rows and does not replace the whole (`expectations.delivery.volume`).

    Times are in UTC without zone, except `data_as_of`, which is on the city's wall clock. Files of earlier versions stay
    readable: give every new field a default, and never rename a field.
    """

    model_config = ConfigDict(frozen=True)

    load_id: str
    sequence: int
    run_id: str
    files: int
    delivered_at: dt.datetime | None
    promoted_at: dt.datetime | None
    contract: str
    rows_delivered: int
    rows_blank: int
    rows_duplicate: int
    rows_rejected: int
    data_as_of: dt.datetime | None
    adds: bool = False
    rows_withdrawn: int = 0


@dataclass(frozen=True)
class LastLoad:
    """The load that was promoted last, and the end of the source's data on the city's wall clock."""

    load_id: str
    sequence: int
    data_as_of: dt.datetime | None


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


def read_ledger(con: DuckDBPyConnection, source: str) -> list[LoadRecord]:
    """The loads of a source in their order."""
    # rows that earlier versions wrote have no value in the last two columns
    columns = "* exclude (source) replace (coalesce(adds, false) as adds, coalesce(rows_withdrawn, 0) as rows_withdrawn)"
    result = con.execute(f"select {columns} from intake.loads where source = ? order by sequence", [source])
    names = [column[0] for column in result.description or ()]
    return [LoadRecord.model_validate(dict(zip(names, row, strict=True))) for row in result.fetchall()]


def insert_load(con: DuckDBPyConnection, source: str, load: LoadRecord) -> None:
    """Add a load to the ledger."""
    row = {"source": source, **{name: getattr(load, name) for name in LoadRecord.model_fields}}
    con.execute(f"insert into intake.loads by name select {', '.join(f'? as {name}' for name in row)}", list(row.values()))


def last_load(con: DuckDBPyConnection, contract: Contract) -> LastLoad | None:
    """The load that was promoted last; a late correction does not move `data_as_of` back."""
    row = con.execute(
        "select load_id, sequence, max(data_as_of) over (partition by contract) from intake.loads "
        "where source = ? order by sequence desc limit 1",
        [contract.source],
    ).fetchone()
    if row is None:
        return None
    return LastLoad(
        row[0], row[1], _latest_snapshot(con, contract) or contract.declared_as_of or _by_rule(con, contract) or row[2]
    )


def _latest_snapshot(con: DuckDBPyConnection, contract: Contract) -> dt.datetime | None:
    """The date of the newest snapshot of a stock; None for other sources, and before the first snapshot is promoted."""
    if contract.snapshot is None:
        return None
    row = con.execute(f'select max({SNAPSHOT_ON}) from landing."{contract.source}"').fetchone()
    return dt.datetime.combine(row[0], dt.time()) if row and row[0] else None


def _by_rule(con: DuckDBPyConnection, contract: Contract) -> dt.datetime | None:
    """The end of the data by the contract's rule: the last day of the latest year in a column; None without rule or year."""
    rule = contract.as_of
    if not isinstance(rule, AsOfRule):
        return None
    year = f"try_cast(nullif(regexp_extract({quoted(rule.column)}, '\\d{{4}}'), '') as integer)"
    row = con.execute(f"select max({year}) from landing.{quoted(contract.source)} where not _refused").fetchone()
    if not row or row[0] is None:
        return None
    month, day = map(int, rule.ends.split("-"))
    last = calendar.monthrange(row[0] + rule.plus_years, month)[1]
    return dt.datetime(row[0] + rule.plus_years, month, min(day, last))


def count_load_rows(con: DuckDBPyConnection, contract: Contract, load_id: str) -> LoadCounts:
    """Count every delivered row of a load by where it is now.

    Every delivered row is in landing, or was blank, a duplicate, superseded or rejected. A row that a later load replaces counts
    as superseded in its own load. That number is therefore never stored: it is the remainder.
    """
    in_landing = f'select count(*), count(*) filter (_refused) from landing."{contract.source}" where _load_id = ?'
    landed, rejected = con.execute(in_landing, [load_id]).fetchone() or (0, 0)
    columns = "rows_delivered, rows_blank, rows_duplicate, rows_rejected, coalesce(rows_withdrawn, 0)"
    ledger = f"select {columns} from intake.loads where source = ? and load_id = ?"
    delivered, blank, duplicate, unusable, withdrawn = con.execute(ledger, [contract.source, load_id]).fetchone() or (0,) * 5
    superseded = delivered - blank - duplicate - unusable - landed
    return LoadCounts(delivered, landed - rejected, rejected + unusable, blank, duplicate, superseded, withdrawn)
