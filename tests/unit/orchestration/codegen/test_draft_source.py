"""A drafted source passes the check of the delivery that it was made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.contract_draft import read_sample
from orchestration.codegen.draft_source import draft_source
from orchestration.codegen.folders import Folders
from orchestration.settings import Settings
from tests.unit.ingest.contract_draft.test_draft import PERMIT_FILE


def test_a_draft_passes_the_check_of_its_own_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deliveries").mkdir()
    (tmp_path / "deliveries" / "city.yml").write_text("city: milwaukee\n")
    (tmp_path / "permits.csv").write_text(PERMIT_FILE)
    settings = Settings.from_environment(
        {"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_DELIVERIES": str(tmp_path / "deliveries")}
    )
    new_files = draft_source(
        settings, "parks__permits", read_sample(str(tmp_path / "permits.csv"), {}), Folders.flat(tmp_path / "drafts")
    )
    assert new_files.check is not None
    assert new_files.check.gate.passed, new_files.check.gate.reason
    assert new_files.check.delivery is not None
    assert new_files.check.delivery.rows == 50
    assert new_files.staging is not None
    assert {new_files.contract.name, new_files.staging.name} == {"parks__permits.yml", "stg_parks__permits.sql"}
    assert "(private)" in {cell for row in new_files.check.rows for cell in row}
