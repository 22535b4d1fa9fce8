"""Find the day of a delivered stock: from its file's name or footer, the day of fetching, or the contract.

A stock (employees, lead service lines) is delivered as it is on one day. The contract key `snapshot` names the origin of that
day. If that yields none, the day is the contract's `as_of`, the end of its declared period, or the latest event in the delivery.
See `ingest.contract.sections.general` for the key and `ingest.landing.batch_rows` for the date of each row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from ingest.contract import Contract
from ingest.contract.sections.general import Snapshot
from ingest.errors import DeliveryError

NO_DATE_IN_FOOTER = "its footer has a text at the place of the snapshot date"


def snapshot_identity(contract: Contract, names: Iterable[str], fetched_on: dt.date | None) -> tuple[str, ...]:
    """What distinguishes two deliveries of a stock with the same bytes: the same file for another day is another snapshot.

    `fetched_on` is the day of a live fetch: within one period (`per`) the same rows are the same snapshot.
    """
    snapshot = contract.snapshot
    if snapshot is None:
        return ()
    identity = [f"as of {declared_snapshot_date(contract)}"]
    if "file_name" in snapshot.from_:
        identity += [f"named {_in_name(contract, snapshot, name)}" for name in names]
    if "fetched" in snapshot.from_ and fetched_on is not None:
        identity.append(f"fetched {first_day_of_period(snapshot.per, fetched_on)}")
    return tuple(identity)


def snapshot_date_of_file(contract: Contract, name: str, footer: Sequence[str], fetched_on: dt.date | None) -> dt.date | None:
    """The snapshot date of a file; None if each row has its own date, or if only events date the stock.

    `footer`: the cells of its last rows. Raises `DeliveryError` if the text at the place of the date is no date, or if nothing
    dates the stock.
    """
    snapshot = contract.snapshot
    if snapshot is None or "column" in snapshot.from_:
        return None
    for origin in snapshot.from_:
        found = {
            "file_name": lambda: _in_name(contract, snapshot, name),
            # a footer may contain private text, so the message does not quote it
            "footer": lambda: _first_date(contract, snapshot, name, map(str.strip, footer), NO_DATE_IN_FOOTER),
            "fetched": lambda: fetched_on,
        }[origin]()
        if found is not None:
            return found
    declared = declared_snapshot_date(contract)
    if declared is None and not contract.clock_columns:
        remedy = "write the date into the file's name as snapshot.pattern requires, or set as_of of the source in city.yml"
        raise DeliveryError(contract.source, name, "nothing dates this stock", remedy)
    return declared


def date_in_name(contract: Contract, name: str) -> dt.date | None:
    """The snapshot date in a file's name, if it is what dates the stock first; raises `DeliveryError` if it is no date."""
    snapshot = contract.snapshot
    return _in_name(contract, snapshot, name) if snapshot and snapshot.from_[:1] == ("file_name",) else None


def declared_snapshot_date(contract: Contract) -> dt.date | None:
    """The day of the contract's `as_of`, which city.yml may change, else of the end of its declared period."""
    declared = contract.declared_as_of
    return declared.date() if declared else None


def first_day_of_period(period: str, day: dt.date) -> dt.date:
    """The first day of the day, month, quarter or year that contains a day."""
    if period == "day":
        return day
    return day.replace(day=1, month={"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[period])


def _in_name(contract: Contract, snapshot: Snapshot, name: str) -> dt.date | None:
    """The date in the name of the file, else in the names of its folders or archive."""
    path = PurePosixPath(name)
    problem = "its name has {} at the place of the snapshot date"
    return _first_date(contract, snapshot, name, (path.name, *reversed(path.parent.parts)), problem)


def _first_date(contract: Contract, snapshot: Snapshot, name: str, texts: Iterable[str], problem: str) -> dt.date | None:
    """The first date in texts of a file; `DeliveryError` if what is at the place of the date is none."""
    for text in texts:
        try:
            found = snapshot.found_in(text)
        except ValueError as error:
            problem = f"{problem.format(error)}, which is no date in the form {' or '.join(snapshot.formats)}"
            remedy = "correct the file, or change snapshot.pattern or snapshot.formats in the contract"
            raise DeliveryError(contract.source, name, problem, remedy) from None
        if found is not None:
            return found
    return None
