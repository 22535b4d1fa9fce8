"""The landing tables: the rows that count of all accepted loads, made from `accepted.json` and the kept batches.

Other packages import from here, except the record of deletions (`ingest.landing.superseded`).
"""

from ingest.landing.apply_load import since_condition
from ingest.landing.batch_rows import Batch
from ingest.landing.landing_table import AcceptedLoadsDamaged, DeliveryLost, LandingTable
from ingest.landing.loads import (
    LaterEvents,
    LoadCounts,
    count_load_rows,
    insert_load,
    last_load,
    later_events,
    newest_load,
    prune_deliveries,
    read_cursor,
)
from ingest.landing.partitions import PartitionComparison, Unit, compare_partitions, delivered_units, landed_units, named_units
from ingest.landing.releases import Overlap, find_overlap, find_rival_files, find_rival_states
from ingest.landing.row_partitions import Partition, Partitions, partition_rows, typed_row_by_row, write_partitions
from ingest.landing.tables import create_delivery_view, ensure_tables, landed_rejections
