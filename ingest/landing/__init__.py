"""The landing tables: promote batches, record superseded rows, replay deliveries.

Other packages import from here, except the record of deletions (`ingest.landing.superseded`).
"""

from ingest.landing.cursor import read_cursor
from ingest.landing.landing_journal import JournalDamaged, JournalEntry, read_journal, save_journal
from ingest.landing.ledger import LastLoad, LoadCounts, LoadRecord, count_load_rows, last_load
from ingest.landing.load_modes import since_condition
from ingest.landing.partition_releases import find_rival_files, find_rival_states
from ingest.landing.partitions import PartitionComparison, compare_partitions
from ingest.landing.promote import Promotion, promote
from ingest.landing.prune_deliveries import prune_deliveries
from ingest.landing.reingest import reingest
from ingest.landing.rejected import (
    constant_values,
    doubtful_rows,
    has_refused_or_doubtful,
    refused_rows,
    rejected_rows,
    rejected_values,
)
from ingest.landing.replay import DeliveryLost, replay, restore_ledger
from ingest.landing.row_partitions import Partition, Partitions, partition_rows, typed_row_by_row, write_partitions
from ingest.landing.tables import create_delivery_view, ensure_tables, period_expression
from ingest.landing.units import Unit, delivered_units, landed_units, named_units

__all__ = [
    "DeliveryLost",
    "JournalDamaged",
    "JournalEntry",
    "LastLoad",
    "LoadCounts",
    "LoadRecord",
    "Partition",
    "PartitionComparison",
    "Partitions",
    "Promotion",
    "Unit",
    "compare_partitions",
    "constant_values",
    "count_load_rows",
    "create_delivery_view",
    "delivered_units",
    "doubtful_rows",
    "ensure_tables",
    "find_rival_files",
    "find_rival_states",
    "has_refused_or_doubtful",
    "landed_units",
    "last_load",
    "named_units",
    "partition_rows",
    "period_expression",
    "promote",
    "prune_deliveries",
    "read_cursor",
    "read_journal",
    "refused_rows",
    "reingest",
    "rejected_rows",
    "rejected_values",
    "replay",
    "restore_ledger",
    "save_journal",
    "since_condition",
    "typed_row_by_row",
    "write_partitions",
]
