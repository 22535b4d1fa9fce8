"""The doctor finds a lake that cannot be used, and parts of the current release that are missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.orchestration.doctor.conftest import Examined
from tests.unit.orchestration.doctor.test_home import only
from warehouse.fingerprint import file_sha256
from warehouse.releases import Lake, current


def _with_part(examined: Examined, lake: Path) -> Path:
    """List a part in the manifest of the current release."""
    Lake(str(lake)).claim(examined.home)
    part = Path(Lake(str(lake)).part("fct_visits", "1"))
    part.write_bytes(b"rows")
    published = current(examined.home)
    assert published is not None
    manifest = examined.home.release(published.release_id) / "manifest.json"
    record = {"file": str(part), "sha256": file_sha256(part), "size": 4, "rows": 1}
    manifest.chmod(0o600)
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"parts": {"marts.fct_visits": [record]}}))
    examined.environment |= {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_LAKE": str(lake)}
    return part


def test_a_part_of_the_current_release_that_is_missing_or_changed_is_an_error(examined: Examined, tmp_path: Path) -> None:
    part = _with_part(examined, tmp_path / "lake")
    assert examined.bad("lake") == []
    assert "the 1 parts of" in examined("lake")[0].what
    part.write_bytes(b"more rows")
    assert only(examined.bad("lake")).what == f"the part {part} has 9 bytes, 4 when sealed"
    part.unlink()
    found = only(examined.bad("lake"))
    assert found.what == f"the part {part} is missing"
    assert "start a run" in found.remedy
    del examined.environment["LEVELGROUND_LAKE"]
    assert only(examined.bad("lake")).what == f"the part {part} is missing", "the release still reads it"


def test_a_lake_that_no_run_can_use_is_an_error(examined: Examined, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    _with_part(examined, lake)
    (lake / "home.txt").write_text("/srv/another\n")
    assert only(examined.bad("lake")).what == "is the lake of the home /srv/another"
    (tmp_path / "file").write_text("")
    examined.environment["LEVELGROUND_LAKE"] = str(tmp_path / "file" / "lake")
    assert only(examined.bad("lake")).where == str(tmp_path / "file")


def test_a_lake_in_s3_without_credentials_is_an_error_that_names_them(
    examined: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    examined.environment |= {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_LAKE": "s3://bucket/lake"}
    found = only(examined.bad("lake"))
    assert "AWS_ACCESS_KEY_ID" in found.what
    assert "levelground[s3]" in found.what
