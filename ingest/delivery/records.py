"""The records that Levelground keeps of a delivery, and of the accepted loads of a source, as models of their JSON.

Files of earlier versions stay readable: give every new field a default, and never rename a field.

`deliveries/<source>/accepted.json` is the only record of what a landing table contains. A load is accepted when its batch passed
the gate, or when a person accepted it. The list has the loads in the order in which they are applied to landing
(`ingest.landing.landing_table`). Order, contract and run are decided here; the counts are those that landing gave when it was
made last, and are absent (`rows_in_landing`) until a new load has been applied.
"""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, TypeAdapter

from ingest.connectors import DownloadedFile

ACCEPTED = "accepted.json"
EARLIER_LIST = "landed.json"  # of earlier versions, which kept the same list there; the next run replaces it


class FileRecord(BaseModel, frozen=True):
    """One file or table of a delivery: its name, hash, number of records, and header as sent.

    `sha256` hashes the bytes of the file. For a member of an archive or a sheet it hashes the file's hash and the name in it, and
    the layout where several read the same bytes (`ingest.delivery.store`). It is None for a database table. `crs` is the
    coordinate reference system that the file declares, else the one of the contract. `first_sequence` is the sequence of the
    first load with the same hash; `ingest.landing.releases` orders releases by it. `snapshot_on` is the day of a stock,
    if the file or the contract has one (`ingest.delivery.snapshot_date`).
    """

    name: str
    sha256: str | None
    rows: int
    header: tuple[str, ...]
    second_header: tuple[str, ...] = ()
    crs: str | None = None
    first_sequence: int | None = None
    snapshot_on: dt.date | None = None


class LeftOutFile(BaseModel, frozen=True):
    """A file that was held back, while the others of its delivery were ingested.

    `first` and `last` are its first and last period in load mode `replace_period`: its landed rows of these periods stay.
    """

    name: str
    first: dt.date | None = None
    last: dt.date | None = None

    def contains(self, table: str) -> bool:
        """Whether a table is this file, or a member of this archive."""
        return table == self.name or table.startswith(f"{self.name}/")


class DeliveryRecord(BaseModel, frozen=True):
    """What a department delivered. `sequence` orders the loads of a source; a load that is sent again moves to the end.

    A live delivery of a source with a cursor contains everything (`whole`) or the rows from `since` on; for files, neither is
    set. `fetched` are the downloaded files; `fetched_on` is the day that dates a live stock. `left_out` are files of the delivery
    that were held back alone. `delivered_at` is in UTC without zone.
    """

    source: str
    load_id: str
    sequence: int
    delivered_at: dt.datetime
    rows: int
    files: tuple[FileRecord, ...]
    columns_missing: tuple[str, ...] = ()
    columns_unknown: tuple[str, ...] = ()
    columns_repeated: tuple[str, ...] = ()
    whole: bool = False
    since: str | None = None
    fetched: tuple[DownloadedFile, ...] = ()
    batch_sha256: str | None = None
    fetched_on: dt.date | None = None
    rows_erased: int = 0
    rows_past_keeping: int = 0
    left_out: tuple[LeftOutFile, ...] = ()

    @property
    def is_reduced(self) -> bool:
        """Whether rows or files of what was sent are left out."""
        return bool(self.rows_erased or self.rows_past_keeping or self.left_out)

    def is_rest_of(self, whole: DeliveryRecord) -> bool:
        """Whether these are the files of `whole` without those that were held back."""
        own, others = {(file.name, file.sha256) for file in self.files}, {(file.name, file.sha256) for file in whole.files}
        return own < others and all(any(left.contains(name) for left in self.left_out) for name, _ in others - own)


class AcceptedLoad(BaseModel, frozen=True):
    """An accepted load. `contract`: the fingerprint of the contract under which its batch was written and accepted.

    `adds`: the load adds rows and does not replace the whole (`expectations.delivery.delivery_facts`). `rows_withdrawn` are rows
    of earlier loads that it replaced and that have no successor in it. Times are in UTC without zone, except `data_as_of`, which
    is on the city's wall clock.
    """

    load_id: str
    sequence: int
    run_id: str
    files: int
    delivered_at: dt.datetime | None
    promoted_at: dt.datetime | None
    contract: str
    rows_delivered: int
    rows_blank: int = 0
    rows_duplicate: int = 0
    rows_rejected: int = 0
    data_as_of: dt.datetime | None = None
    adds: bool = False
    rows_withdrawn: int = 0
    rows_in_landing: int | None = None

    @property
    def place(self) -> tuple[str, int]:
        """The load and its place in the order: a load that is sent again later has another place."""
        return self.load_id, self.sequence


def new_load(
    delivery: DeliveryRecord, contract: str, *, run_id: str, now: dt.datetime | None, adds: bool = False
) -> AcceptedLoad:
    """The load of a delivery that was accepted now, before it is applied to landing."""
    return AcceptedLoad(
        load_id=delivery.load_id,
        sequence=delivery.sequence,
        run_id=run_id,
        files=len(delivery.files),
        delivered_at=delivery.delivered_at,
        promoted_at=now,
        contract=contract,
        rows_delivered=delivery.rows,
        adds=adds,
    )


LOADS = TypeAdapter(tuple[AcceptedLoad, ...])
