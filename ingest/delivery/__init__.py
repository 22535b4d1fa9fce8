"""Deliveries on disk: Levelground stores each one as it was sent, and checks that it stays intact.

Other packages import from here.
"""

from ingest.delivery.header_match import Conformer
from ingest.delivery.integrity import find_damage, quarantine_batch
from ingest.delivery.records import DeliveryRecord, FileRecord, LeftOutFile
from ingest.delivery.store import JOURNAL, RECORD, DeliveryStore
from ingest.delivery.table_task import table_result, table_tasks
from ingest.delivery.write_batch import Progress, ReadTable, ReadTables, as_newest_load, as_next_load, deliver

__all__ = [
    "JOURNAL",
    "RECORD",
    "Conformer",
    "DeliveryRecord",
    "DeliveryStore",
    "FileRecord",
    "LeftOutFile",
    "Progress",
    "ReadTable",
    "ReadTables",
    "as_newest_load",
    "as_next_load",
    "deliver",
    "find_damage",
    "quarantine_batch",
    "table_result",
    "table_tasks",
]
