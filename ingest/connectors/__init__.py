"""Connectors: each reads the tables of one kind of source as Arrow batches of text.

Other packages import from here. Every connector yields the same: batches of text under the delivered column names, without any
cast. `ingest.delivery.Conformer` turns them into the contract's columns.
"""

from ingest.connectors.fetch import CursorPosition, DownloadedFile, FetchRequest, SourceChangedDuringRead
from ingest.connectors.origin import DeliveredTable, Origin, open_folder, open_live, open_table
