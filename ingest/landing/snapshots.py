"""Which day a delivered stock is of: the snapshot date of each file, and of each row in landing.

A stock (employees, lead service lines) is delivered as it is on one day. The contract (`snapshot`) names the origin of that day:
a column, the file's name, its footer or the time of fetching. Else it is the contract's `as_of`, the end of its declared period,
or the latest event in the delivery. See `ingest.contract.snapshot` for the key and `ingest.landing.promote` for what a snapshot
replaces.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from duckdb import DuckDBPyConnection

from ingest.connectors import DeliveryError
from ingest.contract import Contract
from ingest.contract.snapshot import SNAPSHOT_ON, Snapshot
from ingest.landing.tables import latest_event
from ingest.typing.expressions import typed_expression
from warehouse.sql import literal

if TYPE_CHECKING:
    from ingest.delivery.write_batch import Receipt


def terms(contract: Contract, names: Iterable[str], fetched_on: dt.date | None) -> tuple[str, ...]:
    """What names a delivery of a stock next to its bytes: the same file as of another day is another snapshot.

    `fetched_on` is the day of a live fetch: within one period (`per`) the same rows are the same snapshot.
    """
    snapshot = contract.snapshot
    if snapshot is None:
        return ()
    said = [f"as of {declared_on(contract)}"]
    if "file_name" in snapshot.from_:
        said += [f"named {_in_name(contract, snapshot, name)}" for name in names]
    if "fetched" in snapshot.from_ and fetched_on is not None:
        said.append(f"fetched {first_day(snapshot, fetched_on)}")
    return tuple(said)


def date_of_file(contract: Contract, name: str, footer: Sequence[str], fetched_on: dt.date | None) -> dt.date | None:
    """The snapshot date of a file; None where each row has its own, or only its events date it.

    `footer`: the cells of its last rows. Raises `DeliveryError` for a text in the place of the date that is none, and where
    nothing dates the stock.
    """
    snapshot = contract.snapshot
    if snapshot is None or "column" in snapshot.from_:
        return None
    for origin in snapshot.from_:
        found = {
            "file_name": lambda: _in_name(contract, snapshot, name),
            "footer": lambda: _in_footer(contract, snapshot, name, footer),
            "fetched": lambda: fetched_on,
        }[origin]()
        if found is not None:
            return found
    declared = declared_on(contract)
    if declared is None and not contract.clock_columns:
        remedy = "write the date into the file's name as snapshot.pattern has it, or as_of of the source into city.yml"
        raise DeliveryError(contract.source, name, "nothing dates this stock", remedy)
    return declared


def declared_on(contract: Contract) -> dt.date | None:
    """The day of the contract's `as_of`, which city.yml may change, or of the end of its declared period."""
    said = contract.as_of or (contract.period.end if contract.period else None)
    return said.date() if isinstance(said, dt.datetime) else said


def is_dated_by_fetch(contract: Contract) -> bool:
    """Whether a live source is dated by the day on which it is fetched."""
    return contract.snapshot is not None and "fetched" in contract.snapshot.from_


def batch_snapshot(con: DuckDBPyConnection, contract: Contract, receipt: Receipt, batch: Path, city_zone: str) -> str:
    """SQL date over the rows of a batch: the snapshot that each is of; NULL for a source that is no stock.

    Of a delivery that only its events date it is the day of the latest one, and without any the day on which it was delivered.
    """
    snapshot = contract.snapshot
    if snapshot is None:
        return "null::date"
    if snapshot.column is not None:
        return f"cast({typed_expression(contract.column(snapshot.column), city_zone)} as date)"
    dates = {file.name: file.snapshot_on for file in receipt.files}
    if None in dates.values():
        row = con.execute(latest_event(contract, f"read_parquet({literal(str(batch))})", city_zone)).fetchone()
        latest = row[0].date().isoformat() if row and row[0] else receipt.delivered_at[:10]
        dates = {name: day or latest for name, day in dates.items()}
    named = ", ".join(f"{literal(name)}: {literal(str(day))}" for name, day in dates.items())
    return f"cast((map {{{named}}})[_source_file] as date)"


def same_period(contract: Contract, day: str) -> str:
    """SQL boolean: a landed row is of the period (`per`) of a live fetch of that day, which replaces it."""
    assert contract.snapshot is not None
    per = literal(contract.snapshot.per)
    return f"date_trunc({per}, {SNAPSHOT_ON}) = date_trunc({per}, date {literal(day)})"


def first_day(snapshot: Snapshot, day: dt.date) -> dt.date:
    """The first day of the period (`per`) that a day is in."""
    if snapshot.per == "day":
        return day
    return day.replace(month=day.month if snapshot.per == "month" else (day.month - 1) // 3 * 3 + 1, day=1)


def _in_name(contract: Contract, snapshot: Snapshot, name: str) -> dt.date | None:
    """The date in the file's own name, else in the names of its folders or archive."""
    path = PurePosixPath(name)
    for part in (path.name, *reversed(path.parent.parts)):
        try:
            found = snapshot.found_in(part)
        except ValueError as error:
            raise _no_date(contract, name, f"its name holds {error}") from None
        if found is not None:
            return found
    return None


def _in_footer(contract: Contract, snapshot: Snapshot, name: str, footer: Sequence[str]) -> dt.date | None:
    for cell in footer:
        try:
            found = snapshot.found_in(cell.strip())
        except ValueError:
            # a footer may hold more than the file says of itself, so its text is not quoted
            raise _no_date(contract, name, "its footer holds something") from None
        if found is not None:
            return found
    return None


def _no_date(contract: Contract, name: str, problem: str) -> DeliveryError:
    assert contract.snapshot is not None
    forms = " or ".join(contract.snapshot.formats)
    return DeliveryError(
        contract.source,
        name,
        f"{problem} in the place of the snapshot's date, which is no day written as {forms}",
        "correct the file, or change snapshot.pattern or snapshot.formats in the contract",
    )
