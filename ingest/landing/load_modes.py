"""Delete the landed rows that a batch replaces, by the contract's load mode, and count those without a successor."""

from __future__ import annotations

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.contract.snapshot import SNAPSHOT_ON
from ingest.delivery import DeliveryRecord
from ingest.landing.partition_releases import partition_expression
from ingest.landing.snapshots import same_period_condition
from ingest.landing.superseded import delete_all_rows, delete_rows
from ingest.landing.tables import marked_rows, period_expression
from ingest.landing.withdrawn_rows import count_withdrawn_rows
from ingest.landing.withheld_records import keeps_withheld_records, withhold_records
from ingest.typing import typed_expression
from warehouse.sql import literal


@dataclass(frozen=True)
class Replacement:
    """A batch that replaces landed rows: the SQL of its `usable` rows, and of the `key` of a record."""

    con: DuckDBPyConnection
    contract: Contract
    delivery: DeliveryRecord
    usable: str
    key: list[str]
    city_zone: str

    def withhold(self, older: str | None) -> None:
        """Record the records that the batch withdraws, from landing and from `older` releases in the same batch."""
        contract, con = self.contract, self.con
        if not keeps_withheld_records(contract):
            return
        partition = partition_expression(contract, self.city_zone)
        replaced = f'(from landing."{contract.source}" where {self._replaced()[0]})'
        withhold_records(con, contract, replaced, self.usable, partition, self.city_zone)
        if older:
            withhold_records(con, contract, marked_rows(contract, older, self.city_zone), self.usable, partition, self.city_zone)

    def delete_replaced_rows(self, *, count: bool) -> int:
        """Delete the landed rows that the batch replaces; returns how many it withdraws, if they are to be counted."""
        contract, sequence = self.contract, self.delivery.sequence
        table = f'landing."{contract.source}"'
        if not self.con.execute(f"select 1 from {table} limit 1").fetchone():
            return 0
        whole = contract.load.mode == "replace" or self.delivery.whole
        replaced = ["true"] if whole else self._replaced()
        withdrawn = 0
        if count and replaced:
            condition = f"({' or '.join(replaced)})"
            withdrawn = count_withdrawn_rows(self.con, table, condition, self.usable, self.key, self._unit(whole))
        if whole:
            # a complete delivery no longer has what its source deleted
            delete_all_rows(self.con, contract.source, sequence)
            return withdrawn
        for where in (*replaced, *self._undated_or_fetched()):
            delete_rows(self.con, contract.source, sequence, where)
        if self.key and contract.load.mode in ("merge", "replace_period"):
            same = f"({', '.join(self.key)})"
            delete_rows(self.con, contract.source, sequence, f"{same} in (select {same} from {self.usable})")
        return withdrawn

    def _unit(self, whole: bool) -> str:
        if whole:
            return "true"
        if self.contract.load.mode == "replace_period":
            return period_expression(self.contract, self.city_zone)
        return partition_expression(self.contract, self.city_zone)

    def _replaced(self) -> list[str]:
        """SQL booleans of the landed rows that the batch replaces, whether it contains them or not."""
        contract, city_zone = self.contract, self.city_zone
        if contract.load.mode == "replace_partition":
            partition = partition_expression(contract, city_zone)
            return [f"{partition} in (select {partition} from {self.usable})"]
        if contract.load.mode != "replace_period":
            return []
        period, replaced = period_expression(contract, city_zone), []
        first, last = self.con.execute(f"select min({period}), max({period}) from {self.usable}").fetchone() or (None, None)
        if first is not None:
            replaced.append(f"_period between date {literal(str(first))} and date {literal(str(last))}{self._kept_periods()}")
        if self.delivery.since is not None:
            replaced.append(since_condition(contract, self.delivery, city_zone))
        return replaced

    def _kept_periods(self) -> str:
        """SQL that excludes the periods of files of the delivery that were held back."""
        dated = [left for left in self.delivery.left_out if left.first is not None]
        return "".join(
            f" and _period not between date {literal(str(left.first))} and date {literal(str(left.last))}" for left in dated
        )

    def _undated_or_fetched(self) -> list[str]:
        """SQL booleans of the rows of a stock that the batch replaces although none of its dates does."""
        if not self.contract.snapshot:
            return []
        fetched_on = self.delivery.fetched_on
        live = [same_period_condition(self.contract, fetched_on)] if fetched_on else []
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
