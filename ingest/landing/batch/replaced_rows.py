"""Delete the landed rows that a batch replaces, by the contract's load mode, and count those without a successor."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.contract import Contract
from ingest.contract.sections.snapshot import SNAPSHOT_ON
from ingest.delivery import DeliveryRecord
from ingest.landing.batch.rows import Batch, count_rows
from ingest.landing.batch.snapshots import same_period_condition
from ingest.landing.superseded import delete_all_rows, delete_rows
from ingest.landing.tables import marked_rows
from ingest.landing.withheld_records import keeps_withheld_records, withhold_records
from ingest.typing import typed_expression
from warehouse.sql import literal


@dataclass(frozen=True)
class Replacement:
    """A batch that replaces landed rows; `usable`: the relation of its rows that count."""

    batch: Batch
    usable: str

    @property
    def _whole(self) -> bool:
        return self.batch.contract.load.mode == "replace" or self.batch.delivery.whole

    def withhold(self, superseded: str | None) -> None:
        """Record the records that the batch withdraws, from landing and from `superseded` releases in the same batch."""
        contract, batch = self.batch.contract, self.batch
        if not keeps_withheld_records(contract):
            return
        withdrawn = [f'(from landing."{contract.source}" where {self._replaced()[0]})']
        if superseded:
            withdrawn.append(marked_rows(contract, superseded, batch.city_zone))
        for rows in withdrawn:
            withhold_records(batch.con, contract, rows, self.usable, batch.unit, batch.city_zone)

    def count_withdrawn_rows(self) -> int:
        """Count the landed rows that the batch replaces and that have no successor in it.

        Rows without a key have no successor of their own: each period or partition withdraws the rows by which it shrinks.
        Refused rows were never published, so that none of them is withdrawn.
        """
        replaced = ["true"] if self._whole else self._replaced()
        if not replaced:
            return 0
        landed = f'from landing."{self.batch.contract.source}" where ({" or ".join(replaced)}) and not _refused'
        if self.batch.key:
            record = f"hash({', '.join(self.batch.key)})"
            without = f"{record} not in (select {record} from {self.usable})"
            return count_rows(self.batch.con, f"select count(*) {landed} and {without}")
        unit = "true" if self._whole else self.batch.unit
        return count_rows(
            self.batch.con,
            f"""
            with
            landed as (select {unit} as _unit, count(*) as row_count {landed} group by all),
            given as (select {unit} as _unit, count(*) as row_count from {self.usable} group by all)
            select coalesce(sum(greatest(landed.row_count - coalesce(given.row_count, 0), 0)), 0)::bigint
            from landed left join given on landed._unit = given._unit
            """,
        )

    def delete_replaced_rows(self) -> None:
        """Delete the landed rows that the batch replaces, and record them for incremental facts."""
        con, contract, sequence = self.batch.con, self.batch.contract, self.batch.delivery.sequence
        if self._whole:
            # a complete delivery no longer has what its source deleted
            delete_all_rows(con, contract.source, sequence)
            return
        for where in (*self._replaced(), *self._undated_or_fetched()):
            delete_rows(con, contract.source, sequence, where)
        if self.batch.key and contract.load.mode in ("merge", "replace_period"):
            same = f"({', '.join(self.batch.key)})"
            delete_rows(con, contract.source, sequence, f"{same} in (select {same} from {self.usable})")

    def _replaced(self) -> list[str]:
        """SQL booleans of the landed rows that the batch replaces, whether it contains them or not."""
        contract, unit = self.batch.contract, self.batch.unit
        if contract.load.mode == "replace_partition":
            return [f"{unit} in (select {unit} from {self.usable})"]
        if contract.load.mode != "replace_period":
            return []
        replaced = []
        first, last = self.batch.con.execute(f"select min({unit}), max({unit}) from {self.usable}").fetchone() or (None, None)
        if first is not None:
            replaced.append(f"_period between date {literal(str(first))} and date {literal(str(last))}{self._kept_periods()}")
        if self.batch.delivery.since is not None:
            replaced.append(since_condition(contract, self.batch.delivery, self.batch.city_zone))
        return replaced

    def _kept_periods(self) -> str:
        """SQL that excludes the periods of files of the delivery that were held back."""
        dated = [left for left in self.batch.delivery.left_out if left.first is not None]
        return "".join(
            f" and _period not between date {literal(str(left.first))} and date {literal(str(left.last))}" for left in dated
        )

    def _undated_or_fetched(self) -> list[str]:
        """SQL booleans of the rows of a stock that the batch replaces although none of its dates does."""
        if not self.batch.contract.snapshot:
            return []
        fetched_on = self.batch.delivery.fetched_on
        live = [same_period_condition(self.batch.contract, fetched_on)] if fetched_on else []
        # rows that were promoted before stocks had snapshots have no date
        return [f"{SNAPSHOT_ON} is null", *live]


def since_condition(contract: Contract, delivery: DeliveryRecord, city_zone: str) -> str:
    """SQL boolean: the batch requested a landed row again, so that the batch has the row's newest state."""
    cursor = contract.column(str(getattr(contract.connector, "cursor", None)))
    value = typed_expression(cursor, city_zone)
    if delivery.since is None:
        return "false"
    if cursor.type == "integer":
        return f"{value} >= {int(delivery.since)}"
    zone = cursor.timezone or city_zone
    wall = f"timezone({literal(city_zone)}, timezone({literal(zone)}, timestamp {literal(delivery.since)}))"
    since = wall if cursor.type == "timestamp" and zone != city_zone else f"timestamp {literal(delivery.since)}"
    return f"cast({value} as timestamp) >= {since}"
