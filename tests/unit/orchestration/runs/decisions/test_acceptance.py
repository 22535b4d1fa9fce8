"""An acceptance is stored in the folder of its load."""

from __future__ import annotations

from pathlib import Path

from ingest.delivery import DeliveryStore
from orchestration.runs.decisions.acceptance import ACCEPTED, Acceptance, accept_load, read_acceptance

GIVEN = Acceptance(accepted_by="analyst", reason="the file is complete", at="2025-12-01T08:00:00")


def test_an_acceptance_is_read_as_it_was_written(tmp_path: Path) -> None:
    store = DeliveryStore(tmp_path, "ucc__service_requests")
    (store.folder / "ab12").mkdir(parents=True)
    assert read_acceptance(store, "ab12") is None
    accept_load(store, "ab12", GIVEN)
    assert read_acceptance(store, "ab12") == GIVEN


def test_the_file_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    store = DeliveryStore(tmp_path, "ucc__service_requests")
    (store.folder / "ab12").mkdir(parents=True)
    (store.folder / "ab12" / ACCEPTED).write_text(
        '{\n "accepted_by": "analyst",\n "reason": "the file is complete",\n "at": "2025-12-01T08:00:00"\n}'
    )
    assert read_acceptance(store, "ab12") == GIVEN
