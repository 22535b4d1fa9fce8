"""Records that earlier versions wrote are read, and records read back as they were written."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from ingest.connectors import DownloadedFile
from ingest.delivery import AcceptedLoad, DeliveryRecord, DeliveryStore, FileRecord

# As version 0.1.0 wrote it before records were models: Python's json with indent=1.
EARLIER = """{
 "source": "dpt__visits",
 "load_id": "0123456789abcdef",
 "sequence": 3,
 "delivered_at": "2025-12-01T12:00:00",
 "rows": 2,
 "files": [
  {
   "name": "caf\\u00e9.csv",
   "sha256": "ab",
   "rows": 2,
   "header": ["A", "B"],
   "second_header": [],
   "crs": null,
   "first_sequence": 1,
   "snapshot_on": "2025-11-30"
  }
 ],
 "columns_missing": [],
 "columns_unknown": ["C"],
 "columns_repeated": [],
 "whole": false,
 "since": "2025-11-01 00:00:00",
 "fetched": [{"address": "cd", "name": "a.csv", "sha256": "ab", "etag": null, "last_modified": "Mon"}],
 "batch_sha256": "ef",
 "fetched_on": "2025-12-01",
 "rows_erased": 0,
 "rows_past_keeping": 0, "left_out": []
}"""
# The first versions knew neither snapshots nor cursors.
FIRST = """{"source": "dpt__visits", "load_id": "0123456789abcdef", "sequence": 1,
 "delivered_at": "2025-12-01T12:00:00", "rows": 2, "files": [
 {"name": "a.csv", "sha256": null, "rows": 2, "header": ["A"], "second_header": []}],
 "columns_missing": [], "columns_unknown": [], "columns_repeated": []}"""
JOURNAL_OF_EARLIER = """[{"load_id": "a", "sequence": 1, "run_id": "r", "files": 1, "delivered_at": "2025-12-01T12:00:00",
 "promoted_at": "2025-12-01T12:00:00.123456", "contract": "terms", "rows_delivered": 2, "rows_blank": 0, "rows_duplicate": 0,
 "rows_rejected": 0, "data_as_of": null, "rows_in_landing": 2}]"""


def test_a_delivery_record_of_an_earlier_version_is_read() -> None:
    record = DeliveryRecord.model_validate_json(EARLIER)
    assert record == DeliveryRecord(
        source="dpt__visits",
        load_id="0123456789abcdef",
        sequence=3,
        delivered_at=dt.datetime(2025, 12, 1, 12),
        rows=2,
        files=(
            FileRecord(
                name="café.csv", sha256="ab", rows=2, header=("A", "B"), first_sequence=1, snapshot_on=dt.date(2025, 11, 30)
            ),
        ),
        columns_unknown=("C",),
        since="2025-11-01 00:00:00",
        fetched=(DownloadedFile(address="cd", name="a.csv", sha256="ab", last_modified="Mon"),),
        batch_sha256="ef",
        fetched_on=dt.date(2025, 12, 1),
    )
    assert json.loads(record.model_dump_json()) == json.loads(EARLIER)


def test_a_record_without_later_fields_has_their_defaults() -> None:
    record = DeliveryRecord.model_validate_json(FIRST)
    assert (record.whole, record.since, record.fetched, record.batch_sha256, record.fetched_on) == (False, None, (), None, None)
    assert record.files[0].first_sequence is None


def test_a_journal_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    store = DeliveryStore(tmp_path, "dpt__visits")
    store.folder.mkdir()
    (store.folder / "landed.json").write_text(JOURNAL_OF_EARLIER)
    (entry,) = store.accepted() or ()
    assert entry == AcceptedLoad(
        load_id="a",
        sequence=1,
        run_id="r",
        files=1,
        delivered_at=dt.datetime(2025, 12, 1, 12),
        promoted_at=dt.datetime(2025, 12, 1, 12, 0, 0, 123456),
        contract="terms",
        rows_delivered=2,
        rows_blank=0,
        rows_duplicate=0,
        rows_rejected=0,
        data_as_of=None,
        rows_in_landing=2,
        adds=False,
        rows_withdrawn=0,
    )
