"""Deliveries on disk: Levelground stores each one as it was sent, and checks that it stays intact.

Other packages import from here.
"""

from ingest.delivery.accepted import AcceptedLoad, new_load
from ingest.delivery.integrity import find_damage, quarantine_batch
from ingest.delivery.reading.header_match import Conformer
from ingest.delivery.reading.table_task import table_result, table_tasks
from ingest.delivery.records import DeliveryRecord, FileRecord, LeftOutFile
from ingest.delivery.shared_batches import share
from ingest.delivery.store import RECORD, DeliveryStore
from ingest.delivery.write_batch import DeliveryOptions, Progress, ReadTable, ReadTables, as_newest_load, as_next_load, deliver
