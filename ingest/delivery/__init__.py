"""Deliveries on disk: Levelground stores each one as it was sent, and checks that it stays intact.

Other packages import from here.
"""

from ingest.delivery.reading import Conformer, ReadTable, table_result, table_tasks
from ingest.delivery.records import AcceptedLoad, DeliveryRecord, FileRecord, LeftOutFile, new_load
from ingest.delivery.store import RECORD, DeliveryStore, find_damage, quarantine_batch, share
from ingest.delivery.write_batch import DeliveryOptions, Progress, ReadTables, as_newest_load, as_next_load, deliver
