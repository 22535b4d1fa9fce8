"""Find the files that hold a delivery back, and whether a run can ingest the other files without them.

Each file is read and checked alone, in a temporary folder. The load mode decides whether the others may be ingested: a file that
is missing must not remove or complete what it would have replaced. See `orchestration.pipeline.ingest_source` for the run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from duckdb import DuckDBPyConnection

from expectations.delivery.delivery_facts import VolumeBaseline
from ingest.city import City
from ingest.connectors import Origin, open_folder
from ingest.contract import Contract
from ingest.delivery import DeliveryOptions, DeliveryRecord, DeliveryStore, LeftOutFile, deliver
from ingest.delivery.removals import new_row_filter, read_removals
from ingest.errors import DeliveryError
from ingest.landing import Batch, Unit, create_delivery_view, delivered_units, landed_units, named_units
from ingest.readers import readable_name
from orchestration.runs.clock import utc_now
from orchestration.settings import Settings
from orchestration.stewardship.audit_delivery import audit_delivery
from warehouse.connection import database_path, scratch
from warehouse.temporary import scratch_folder

# Each file is checked by itself, which takes a tenth of a second.
MOST_FILES = 200
REPLACING = ("replace_period", "replace_partition")


@dataclass(frozen=True)
class SplitDelivery:
    """The files of a delivery that fail alone, with their reasons, and the others.

    `why_whole` states why the others cannot be ingested alone; it is empty if they can, or if every file fails.
    """

    left_out: tuple[LeftOutFile, ...] = ()
    reasons: tuple[str, ...] = ()
    others: tuple[Path, ...] = ()
    why_whole: str = ""

    @property
    def is_possible(self) -> bool:
        """Whether a run ingests the other files."""
        return bool(self.left_out and self.others and not self.why_whole)

    @property
    def names(self) -> str:
        """The files that are held back."""
        return ", ".join(left.name for left in self.left_out)

    def in_words(self) -> str:
        """The reasons, and what happens to the other files."""
        one = len(self.others) == 1
        others = "the other file is" if one else f"the other {len(self.others)} files are"
        held_back = "is held back" if len(self.left_out) == 1 else "are held back"
        return f"{'; '.join(self.reasons)}; only {self.names} {held_back}, {others} ingested"


@dataclass(frozen=True)
class _CheckedFile:
    path: Path
    name: str
    reason: str | None
    units: frozenset[Unit] | None  # None if they cannot be known


@dataclass(frozen=True)
class DeliverySplitter:
    """How to check one file: the settings, the city's time zone, the as-of time, and a connection with the landed rows."""

    settings: Settings
    city: City
    as_of: dt.datetime
    con: DuckDBPyConnection = field(repr=False)

    def split(self, contract: Contract, files: Sequence[Path], folder: Path) -> SplitDelivery:
        """Check each of several files that a run held back together."""
        kinds = (contract.format.kind, *(layout.kind for layout in contract.format.layouts))
        if len(files) < 2 or "shapefile" in kinds:
            return SplitDelivery()
        if len(files) > MOST_FILES:
            return SplitDelivery(why_whole=f"more than {MOST_FILES} files are not checked one by one")
        if contract.load.mode == "replace":
            return SplitDelivery(why_whole="load mode replace takes the table whole, so that no file may be missing")
        checked = [self._check(contract, path, folder) for path in files]
        bad, good = [one for one in checked if one.reason], [one for one in checked if not one.reason]
        if not bad:
            return SplitDelivery(why_whole="its files fail only together")
        left_out = tuple(_left_out(contract, one) for one in bad)
        why = _why_whole(contract, bad, good) if good else ""
        return SplitDelivery(left_out, tuple(one.reason or "" for one in bad), tuple(one.path for one in good), why)

    def deliver(self, contract: Contract, origin: Origin, store: DeliveryStore, *, live: bool = False) -> DeliveryRecord:
        """Read a delivery into a temporary store, as a run would."""
        removals = read_removals(DeliveryStore(self.settings.home.deliveries, contract.source).folder)
        key, today = self.settings.hash_key, self.as_of.date()
        row_filter = new_row_filter(contract, removals, key, self.city.time_zone, today)
        options = DeliveryOptions(live=live, fetched_on=today if live else None, row_filter=row_filter)
        return deliver(contract, origin, store, key, utc_now(), options)

    def _check(self, contract: Contract, path: Path, folder: Path) -> _CheckedFile:
        name, zone = readable_name(path.relative_to(folder).as_posix()), self.city.time_zone
        replaces = contract.load.mode in REPLACING
        named = named_units(self.con, contract, name, zone) if replaces else None
        with scratch_folder(self.settings.home, "check-") as own, scratch(own) as con:
            store = DeliveryStore(own, contract.source)
            try:
                delivery = self.deliver(contract, open_folder(contract, (path,), folder), store)
            except DeliveryError as error:
                units = frozenset() if not replaces else named or landed_units(self.con, contract, name, zone)
                return _CheckedFile(path, name, str(error), units)
            batch = store.batch(delivery.load_id)
            show_batch(con, contract.source, batch)
            gate = audit_delivery(contract, delivery, database_path(con), self.city, VolumeBaseline(()), self.as_of)
            units = frozenset() if not replaces else delivered_units(Batch(con, contract, delivery, batch, zone)) or named
            return _CheckedFile(path, name, None if gate.passed else gate.reason, units)


def show_batch(con: DuckDBPyConnection, source: str, batch: Path) -> None:
    """Create the view `delivery.<source>` over a batch in a temporary database."""
    con.execute("create schema if not exists delivery")
    create_delivery_view(con, source, batch)


def _left_out(contract: Contract, one: _CheckedFile) -> LeftOutFile:
    if contract.load.mode != "replace_period" or not one.units:
        return LeftOutFile(name=one.name)
    days = sorted(dt.date.fromisoformat(unit) for unit in one.units)
    return LeftOutFile(name=one.name, first=days[0], last=days[-1])


def _why_whole(contract: Contract, bad: Sequence[_CheckedFile], good: Sequence[_CheckedFile]) -> str:
    """Why the good files cannot replace their periods or partitions while the bad ones are held back; empty if they can."""
    if contract.load.mode not in REPLACING:
        return ""
    is_period = contract.load.mode == "replace_period"
    unit = str(contract.load.period) if is_period else "partition"
    what = f"{unit}s" if is_period else f"partitions ({', '.join(contract.load.partition_by or ())})"
    for one in bad:
        if one.units is None:
            return f"it is unknown which {what} {one.name} contains, and a {unit} without it is incomplete"
    for other in good:
        for one in bad:
            assert one.units is not None
            first, last = min(one.units, default=""), max(one.units, default="")
            inside = {unit for unit in other.units or () if first <= unit <= last} if is_period and one.units else set()
            if other.units is None or other.units & one.units or inside:
                return f"{other.name} and {one.name} contain the same {what}, which are replaced together"
    return ""
