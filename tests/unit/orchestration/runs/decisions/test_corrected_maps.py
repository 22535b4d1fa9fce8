"""Test that a map that a person corrected stays known, also when its load is removed."""

from __future__ import annotations

import shutil
from pathlib import Path

from ingest.delivery import DeliveryStore
from orchestration.runs.decisions.acceptance import Acceptance, accept_load, corrected_maps, keep_corrected_map


def test_a_corrected_map_outlives_its_load(tmp_path: Path) -> None:
    for source in ("city__districts", "city__neighborhoods"):
        (tmp_path / source / "load").mkdir(parents=True)
    store = DeliveryStore(tmp_path, "city__districts")
    accept_load(store, "load", Acceptance(accepted_by="clerk", reason="the file was wrong", at="2026-06-30T12:00:00"))
    assert corrected_maps(tmp_path) == (), "an accepted load is no corrected map"
    keep_corrected_map(store, "load")
    assert corrected_maps(tmp_path) == ("city__districts",)
    shutil.rmtree(tmp_path / "city__districts" / "load")
    assert corrected_maps(tmp_path) == ("city__districts",)
