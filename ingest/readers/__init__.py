"""Readers of file formats: each yields a table as Arrow batches of text. Other packages import from here."""

from ingest.readers.files import delivered_files, is_delivered_file, is_remote, readable_name
from ingest.readers.reader_types import A_VALUE, OpenTable, letters, position_names
