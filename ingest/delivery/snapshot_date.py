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
            "footer": lambda: _in_footer(contract, snapshot, name, footer),
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


def is_dated_by_fetch(contract: Contract) -> bool:
    """Whether a live source is dated by the day on which it is fetched."""
    return contract.snapshot is not None and "fetched" in contract.snapshot.from_


def first_day_of_period(period: str, day: dt.date) -> dt.date:
    """The first day of the day, month, quarter or year that contains a day."""
    if period == "day":
        return day
    return day.replace(day=1, month={"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[period])


def _in_name(contract: Contract, snapshot: Snapshot, name: str) -> dt.date | None:
    """The date in the name of the file, else in the names of its folders or archive."""
    path = PurePosixPath(name)
    for part in (path.name, *reversed(path.parent.parts)):
        try:
            found = snapshot.found_in(part)
        except ValueError as error:
            raise _no_date(contract, name, f"its name has {error} at the place of the snapshot date") from None
        if found is not None:
            return found
    return None


def _in_footer(contract: Contract, snapshot: Snapshot, name: str, footer: Sequence[str]) -> dt.date | None:
    for cell in footer:
        try:
            found = snapshot.found_in(cell.strip())
        except ValueError:
            # a footer may contain private text, so the message does not quote it
            raise _no_date(contract, name, "its footer has a text at the place of the snapshot date") from None
        if found is not None:
            return found
    return None


def _no_date(contract: Contract, name: str, problem: str) -> DeliveryError:
    assert contract.snapshot is not None
    forms = " or ".join(contract.snapshot.formats)
    return DeliveryError(
        contract.source,
        name,
        f"{problem}, which is no date in the form {forms}",
        "correct the file, or change snapshot.pattern or snapshot.formats in the contract",
    )
