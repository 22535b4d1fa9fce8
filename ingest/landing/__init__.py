"""The landing tables: the rows that count of all accepted loads, made from `accepted.json` and the kept batches.

Other packages import from here, except the record of deletions (`ingest.landing.superseded`).
"""

from ingest.landing.batch.replaced_rows import since_condition
from ingest.landing.batch.rivals import Overlap, find_overlap, find_rival_files, find_rival_states
from ingest.landing.batch.rows import Batch
from ingest.landing.cursor import read_cursor
from ingest.landing.landing_table import AcceptedLoadsDamaged, DeliveryLost, LandingTable
from ingest.landing.loads import LastLoad, LaterEvents, LoadCounts, count_load_rows, insert_load, last_load, later_events
from ingest.landing.partitions import PartitionComparison, compare_partitions
from ingest.landing.prune_deliveries import prune_deliveries
from ingest.landing.rejected import (
    constant_values,
    doubtful_rows,
    has_refused_or_doubtful,
    refused_rows,
    rejected_rows,
    rejected_values,
)
from ingest.landing.row_partitions import Partition, Partitions, partition_rows, typed_row_by_row, write_partitions
from ingest.landing.tables import create_delivery_view, ensure_tables, period_expression
from ingest.landing.units import Unit, delivered_units, landed_units, named_units
