"""Promote a checked batch into `landing.<source>`, by the contract's load mode, in one transaction.

See `expectations` for checking a batch, `ingest.landing.batch_rows` for its rows, `ingest.landing.load_modes` for the landed rows
that it replaces, and `ingest.landing.partition_releases` for several releases in one batch.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection
from pydantic import BaseModel, ConfigDict

from ingest.contract import Contract
from ingest.contract.snapshot import SNAPSHOT_ON
from ingest.delivery import DeliveryRecord
from ingest.landing.batch_rows import count_rows, drop_excluded_row_tables, exclude_earlier_rows, is_filled, landing_relation
from ingest.landing.ledger import LoadRecord, contract_fingerprint, insert_load
from ingest.landing.load_modes import Replacement
from ingest.landing.partition_releases import (
    exclude_older_releases,
    exclude_older_states,
    exclude_repeated_files,
    rank_files,
    record_key_expressions,
)
from ingest.landing.promoted_files import exclude_promoted_files
from ingest.landing.rejected import rejected_rows
from ingest.landing.superseded import start_recording
from ingest.landing.tables import LOAD_COLUMNS, MARKS, marked_rows
from ingest.typing import column_refused
from warehouse.sql import literal, quoted


class Promotion(BaseModel):
    """The result of a promotion: the load, and its rows by result."""

    model_config = ConfigDict(frozen=True)

    source: str
    load_id: str
    rows_delivered: int
    rows_blank: int
    rows_duplicate: int
    rows_rejected: int
    rows_landed: int
    rows_withdrawn: int = 0


def promote(
    con: DuckDBPyConnection,
    contract: Contract,
    delivery: DeliveryRecord,
    batch: Path,
    *,
    run_id: str,
    city_zone: str,
    now: dt.datetime | None,
    terms: str | None = None,
    adds: bool = False,
    withdrawn: int | None = None,
) -> Promotion:
    """Promote all rows of a batch, or none on an error. `now` is the time in UTC without zone.

    `terms`: the fingerprint of the contract under which the batch was first promoted, for a replay.
    `adds`: the batch adds rows and does not replace the whole (`expectations.delivery.volume`); the ledger records it.
    `withdrawn`: the recorded number of withdrawn rows, for a replay, where earlier loads may be missing.
    """
    terms = terms or contract_fingerprint(contract)
    batch_to_promote = _Batch(con, contract, delivery, batch, city_zone, terms)
    with _transaction(con):
        return batch_to_promote.promote(run_id, now, adds, withdrawn)


@contextmanager
def _transaction(con: DuckDBPyConnection) -> Iterator[None]:
    con.execute("begin transaction")
    try:
        yield
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    finally:
        drop_excluded_row_tables(con)


@dataclass(frozen=True)
class _Selection:
    """The rows of a batch to promote: SQL conditions, and how many rows each step left out.

    `states`: rows that are no duplicates, of no older release, and the newest state of their record. `usable`: the relation of
    these rows that have a good key, period and partition.
    `older`: the relation of rows of older releases, if there are any.
    """

    states: str
    usable: str
    duplicate: int
    earlier: int
    older: str | None


class _Batch:
    def __init__(
        self, con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, batch: Path, city_zone: str, terms: str
    ) -> None:
        self._con, self._contract, self._delivery, self._city_zone, self._terms = con, contract, delivery, city_zone, terms
        self._path, self._table = batch, f'landing."{contract.source}"'
        self._deciding = [contract.column(name) for name in contract.deciding_columns]
        self._unusable = " or ".join(column_refused(column, city_zone) for column in self._deciding) or "false"
        self._filled = is_filled(contract)
        self._key = record_key_expressions(contract, city_zone)

    def promote(self, run_id: str, now: dt.datetime | None, adds: bool, withdrawn: int | None) -> Promotion:
        con, contract, delivery = self._con, self._contract, self._delivery
        start_recording(con, delivery.source, delivery.sequence)
        recorded = self._remove_same_load()
        withdrawn = recorded if recorded is not None else withdrawn
        rows = landing_relation(con, contract, delivery, self._path, self._terms, self._city_zone)
        selection = self._select(rows)
        replacement = Replacement(con, contract, delivery, selection.usable, self._key, self._city_zone)
        replacement.withhold(selection.older)
        counted = replacement.delete_replaced_rows(count=withdrawn is None)
        withdrawn = counted if withdrawn is None else withdrawn
        landed, rejected = self._insert(rows, selection.states)
        blank = delivery.rows - selection.duplicate - selection.earlier - rejected - landed
        load = LoadRecord(
            load_id=delivery.load_id,
            sequence=delivery.sequence,
            run_id=run_id,
            files=len(delivery.files),
            delivered_at=delivery.delivered_at,
            promoted_at=now,
            contract=self._terms,
            rows_delivered=delivery.rows,
            rows_blank=blank,
            rows_duplicate=selection.duplicate,
            rows_rejected=rejected,
            data_as_of=self._data_as_of(),
            adds=adds,
            rows_withdrawn=withdrawn,
        )
        insert_load(con, delivery.source, load)
        return Promotion(source=delivery.source, rows_landed=landed, **load.model_dump(include=set(Promotion.model_fields)))

    def _remove_same_load(self) -> int | None:
        """A load that is promoted again replaces itself; returns the withdrawn rows of the same load and sequence."""
        con, load = self._con, [self._delivery.source, self._delivery.load_id]
        recorded = "select rows_withdrawn from intake.loads where source = ? and load_id = ? and sequence = ?"
        before = con.execute(recorded, [*load, self._delivery.sequence]).fetchone()
        con.execute(f"delete from {self._table} where _load_id = ?", [self._delivery.load_id])
        con.execute("delete from intake.loads where source = ? and load_id = ?", load)
        con.execute("delete from intake.rejected_rows where source = ? and load_id = ?", load)
        return before[0] if before else None

    def _select(self, rows: str) -> _Selection:
        con, contract, city_zone, filled = self._con, self._contract, self._city_zone, self._filled
        usable = f"not ({self._unusable})"
        # a blank row has no usable key or period, so it is excluded with the unusable rows if any column decides
        excludes_blank = any(not column.is_of_file for column in self._deciding)
        condition, duplicate, earlier = "true" if excludes_blank else filled, 0, 0
        older = None
        if contract.load.mode == "replace_partition":
            (condition, duplicate), good = (
                exclude_repeated_files(con, self._delivery, rows, condition, filled),
                f"{filled} and {usable}",
            )
            newest, earlier = exclude_older_releases(con, contract, self._delivery, rows, f"{condition} and {good}", city_zone)
            older = f"(select * from {rows} where {condition} and {good} and not (true{newest}))" if newest else None
            condition += newest
        if contract.load.duplicates == "drop_exact":
            # the same record in two snapshots is two rows
            dated = [SNAPSHOT_ON] if contract.snapshot else []
            cells = [*(quoted(column.name) for column in contract.kept_columns), *dated]
            last, found = exclude_earlier_rows(con, contract, rows, f"{filled} and {condition}", "true", cells, city_zone)
            condition, duplicate = condition + last, duplicate + found
        if contract.load.mode == "append":
            new, found = exclude_promoted_files(con, contract, self._delivery, rows, f"{filled} and {condition}", self._terms)
            condition, duplicate = condition + new, duplicate + found
        states = condition
        if self._key:
            ranks = rank_files(contract, self._delivery)
            if contract.load.mode == "merge" and not contract.load.dating_columns:
                good = f"{states} and {filled} and {usable}"
                newest, found = exclude_older_states(con, contract, self._delivery, rows, good, city_zone)
                states, earlier = states + newest, earlier + found
            last, found = exclude_earlier_rows(con, contract, rows, states, usable, self._key, city_zone, ranks)
            states, earlier = states + last, earlier + found
        return _Selection(states, f"(select * from {rows} where {states} and {usable})", duplicate, earlier, older)

    def _insert(self, rows: str, states: str) -> tuple[int, int]:
        """Insert the selected rows with their marks; returns how many are in landing, and how many were rejected."""
        con, contract = self._con, self._contract
        names = ", ".join([*(quoted(column.name) for column in contract.kept_columns), *LOAD_COLUMNS, *MARKS])
        marked = marked_rows(contract, f"(select * from {rows} where {states})", self._city_zone)
        landed = count_rows(con, f"insert into {self._table} ({names}) select {names} from {marked}")
        if not self._deciding:
            return landed, 0
        # inserting unusable rows and deleting them again is faster than typing every row twice
        bad = f"_load_id = {literal(self._delivery.load_id)} and _refused and ({self._unusable})"
        refused = rejected_rows(contract, self._deciding, f"(from {self._table} where {bad} and {self._filled})", self._city_zone)
        rejected = count_rows(con, f"insert into intake.rejected_rows {refused}")
        return landed - count_rows(con, f"delete from {self._table} where {bad}"), rejected

    def _data_as_of(self) -> dt.datetime | None:
        """The latest event in a landed row of the load, or its newest snapshot; None if it has neither."""
        latest = f"cast(max({SNAPSHOT_ON}) as timestamp)" if self._contract.snapshot else "max(_latest)"
        row = self._con.execute(f"select {latest} from {self._table} where _load_id = ?", [self._delivery.load_id]).fetchone()
        return row[0] if row else None
