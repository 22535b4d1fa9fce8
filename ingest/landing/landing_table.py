"""Make the landing table of a source from its accepted loads, which `deliveries/<source>/accepted.json` lists in their order.

A new load is applied to the table as it is. The table is made again, from the kept batches of all accepted loads, if it was made
from another list or under another contract: after a lost warehouse, a changed contract, an earlier delivery that was sent again.
Either way it has the same rows, because both apply the same loads in the same order (`ingest.landing.apply_load`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.delivery import RECORD, AcceptedLoad, DeliveryRecord, DeliveryStore, find_damage, new_load
from ingest.landing import superseded
from ingest.landing.apply_load import apply_load, transaction
from ingest.landing.batch_rows import Batch, file_identities
from ingest.landing.loads import contract_fingerprint, forget_loads, insert_load, read_loads, save_counts
from ingest.landing.tables import keeps_withheld_records, restore_withheld, save_withheld
from ingest.typing import typed_expression
from warehouse.sql import one_value


class AcceptedLoadsDamaged(Exception):
    """The list of accepted loads cannot be read, and the working warehouse has no load of the source to write it again from."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} cannot be read, and the working warehouse has no load of this source. Restore the file from a backup. "
            "Without one, delete it: the next run promotes the deliveries that it finds, not the earlier ones"
        )


class DeliveryLost(Exception):
    """Landing lacks rows that only one stored delivery has, and that delivery is damaged or missing."""

    def __init__(self, store: DeliveryStore, load: AcceptedLoad, why: str) -> None:
        rows = load.rows_delivered if load.rows_in_landing is None else load.rows_in_landing
        super().__init__(
            f"{store.source}: landing lacks {rows:,} rows that only {store.batch(load.load_id)} has, and {why}. "
            f"Restore the file from a backup, or have the same delivery sent again. To go on without these rows, "
            f"remove the load from {store.accepted_file}"
        )
        self.load_id = load.load_id


@dataclass(frozen=True)
class LandingTable:
    """The landing table of a source. Call `ingest.landing.ensure_tables` first."""

    con: DuckDBPyConnection
    contract: Contract
    store: DeliveryStore
    city_zone: str

    def promote(self, delivery: DeliveryRecord, *, run_id: str, now: dt.datetime | None, adds: bool = False) -> AcceptedLoad:
        """Accept a delivery as the newest load, apply it, and return it with its counts. `now` is in UTC without zone.

        `adds`: the batch adds rows and does not replace the whole (`expectations.delivery.delivery_facts`). A kill after the load
        is listed loses nothing, because the next run applies it; on an error it is taken off the list.
        """
        before = self.accepted()
        load = new_load(delivery, contract_fingerprint(self.contract), run_id=run_id, now=now, adds=adds)
        if load.place not in {known.place for known in before}:
            self.store.save_accepted([*(known for known in before if known.load_id != load.load_id), load])
        try:
            self.restore()
        except BaseException:
            self.store.save_accepted(before)
            raise
        self.save()
        return next(known for known in self.accepted() if known.load_id == load.load_id)

    def restore(self) -> int:
        """Apply the accepted loads that the table lacks, or make it again; returns the number of loads applied.

        If a batch that the table needs is damaged, it is not made again. Raises `DeliveryLost` if a load that the table lacks
        cannot be read; the loads before it are applied then. Raises `AcceptedLoadsDamaged` if nothing records what is missing.
        """
        accepted, made = self.accepted(), read_loads(self.con, self.contract.source)
        places = [load.place for load in made]
        is_beginning = places == [load.place for load in accepted[: len(made)]]
        # earlier versions recorded no contract
        other = "select bool_or(chosen_by <> ?) from intake.loads where source = ?"
        is_of_another = one_value(self.con, other, [contract_fingerprint(self.contract), self.contract.source])
        if (is_beginning and not is_of_another) or any(self._why_lost(load) for load in accepted):
            return self._apply([load for load in accepted if load.place not in places], lambda: transaction(self.con))
        return self._make_again(accepted)

    def reingest(self, first: dt.date, last: dt.date) -> int:
        """Make the table again; returns how many loads have landed rows from `first` to `last`.

        Raises `DeliveryLost` if a needed batch is damaged; landing is as before then, and after a kill in between.
        """
        accepted = self.accepted()
        for load in accepted:
            if why := self._why_lost(load):
                raise DeliveryLost(self.store, load, why)
        self._make_again(accepted)
        self.save()
        day = f"cast({typed_expression(self.contract.column(str(self.contract.load.period_column)), self.city_zone)} as date)"
        counted = f'select count(distinct _load_id) from landing."{self.contract.source}" where {day} between ? and ?'
        return int(one_value(self.con, counted, [first, last]))

    def accepted(self) -> tuple[AcceptedLoad, ...]:
        """The accepted loads in their order.

        The working warehouse repeats them: if the list is damaged, or if an earlier version has written it, the loads that only
        the warehouse has count, too.
        """
        listed = self.store.accepted()
        if listed is not None and self.store.accepted_file.is_file():
            return listed
        made = read_loads(self.con, self.contract.source)
        if listed is None and not made:
            raise AcceptedLoadsDamaged(self.store.accepted_file)
        newest = {load.load_id: load for load in sorted([*made, *(listed or ())], key=lambda load: load.sequence)}
        return tuple(sorted(newest.values(), key=lambda load: load.sequence))

    def save(self) -> None:
        """Write the counts of the loads to the list of accepted loads, if it does not have them."""
        if save_counts(self.con, self.store, self.accepted()) and keeps_withheld_records(self.contract):
            save_withheld(self.con, self.contract, self.store.folder)

    def _make_again(self, accepted: Sequence[AcceptedLoad]) -> int:
        """Apply all loads in one transaction: a kill or an error in between leaves the rows of before."""
        made = read_loads(self.con, self.contract.source)
        with transaction(self.con):
            forget_loads(self.con, self.contract.source, [load.load_id for load in made])
            # which rows the facts no longer have is unknown, so that they are built again
            sequences = [load.sequence for load in (*made, *accepted)]
            superseded.invalidate(self.con, {self.contract.source: max(sequences)} if sequences else {})
            return self._apply(accepted, nullcontext)

    def _apply(self, loads: Sequence[AcceptedLoad], each: Callable[[], AbstractContextManager[None]]) -> int:
        """Apply loads in their order, each in its own context; returns their number."""
        counted = list(takewhile(lambda load: load.rows_in_landing is not None, loads))
        for load in counted:
            with each():
                self._apply_one(load)
        if counted and keeps_withheld_records(self.contract):
            # the file has the records that these loads withdrew, and none of the loads that follow
            restore_withheld(self.con, self.contract, self.store.folder)
        for load in loads[len(counted) :]:
            with each():
                self._apply_one(load)
        return len(loads)

    def _apply_one(self, load: AcceptedLoad) -> None:
        """Apply a load. If it has no rows in landing and its batch is gone, only its counts are restored."""
        if why := self._why_lost(load):
            raise DeliveryLost(self.store, load, why)
        delivery = self.store.record(load.load_id)
        if delivery is None or (load.rows_in_landing == 0 and find_damage(self.store, delivery)):
            insert_load(self.con, self.contract, load)
            # the rows that this load deleted are no longer known
            superseded.invalidate(self.con, {self.contract.source: load.sequence})
            return
        # the same load may have been delivered again later, and held back
        delivery = delivery.model_copy(update={"sequence": load.sequence})
        path = self.store.batch(load.load_id)
        batch = Batch(self.con, self.contract, delivery, path, self.city_zone, load.contract)
        apply_load(batch, load, self._promoted_files(load))

    def _why_lost(self, load: AcceptedLoad) -> str | None:
        """Why the rows that a load has in landing could not be read again; None if they could, or if it has none."""
        if load.rows_in_landing == 0:
            return None
        delivery = self.store.record(load.load_id)
        if delivery is not None:
            return find_damage(self.store, delivery)
        is_kept = self.store.batch(load.load_id).is_file()
        return f"its record {self.store.folder / load.load_id / RECORD} cannot be read" if is_kept else "it is missing"

    def _promoted_files(self, load: AcceptedLoad) -> set[str]:
        """The files that earlier loads of mode `append` promoted under the contract of this one."""
        if self.contract.load.mode != "append":
            return set()
        contracts: dict[str, str] = {}
        for earlier in self.accepted():
            delivery = self.store.record(earlier.load_id) if earlier.sequence < load.sequence else None
            if delivery is not None:
                contracts.update(dict.fromkeys(file_identities(delivery).values(), earlier.contract))
        return {file for file, contract in contracts.items() if contract == load.contract}
