"""Check that the batch of a stored delivery is still the one that was written.

See `ingest.delivery.write_batch` for writing a batch, and `ingest.landing.loads` for removing old ones.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.delivery.records import DeliveryRecord
from ingest.delivery.store import DeliveryStore
from warehouse.fingerprint import file_sha256

QUARANTINED = "batch.damaged"


def find_damage(store: DeliveryStore, record: DeliveryRecord) -> str | None:
    """Why the batch of a delivery cannot be used; None if it is intact."""
    batch = store.batch(record.load_id)
    if not batch.is_file():
        return "it is missing"
    try:
        if record.batch_sha256 is not None:
            return None if file_sha256(batch) == record.batch_sha256 else "its bytes have changed since it was written"
        # a version that kept no hash wrote it: every page must at least be readable
        rows = sum(part.num_rows for part in pq.ParquetFile(batch).iter_batches())
        return None if rows == record.rows else f"it has {rows:,} of {record.rows:,} rows"
    except (pa.ArrowException, OSError):
        return "it cannot be read"


def quarantine_batch(store: DeliveryStore, load_id: str) -> None:
    """Rename a damaged batch, so that Levelground reads the same delivery again if the department still has it."""
    store.batch(load_id).replace(store.folder / load_id / QUARANTINED)
