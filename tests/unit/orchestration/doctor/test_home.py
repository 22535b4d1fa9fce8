"""The doctor on homes that are broken: closed, readable by everybody, locked, cut off, with files that are none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from orchestration.doctor import Finding, Verdict
from orchestration.doctor.run_checks import CHECKS
from tests.support.run_records import run_record
from tests.unit.orchestration.doctor.conftest import Examined
from tests.unit.warehouse.test_lock import held_elsewhere
from warehouse.fingerprint import file_sha256
from warehouse.releases import current, known_releases


def only(found: list[Finding], verdict: Verdict = Verdict.ERROR) -> Finding:
    (one,) = found
    assert one.verdict is verdict, one
    return one


UNATTENDED = {"alerts", "schedule"}  # nobody is told, nothing runs by itself: what a test's home is like


def test_a_home_in_order_is_well_and_looking_changes_nothing(examined: Examined) -> None:
    def state() -> dict[str, tuple[str, int]]:
        files = [path for path in examined.home.root.rglob("*") if path.is_file()]
        return {str(path): (file_sha256(path), path.stat().st_mode) for path in files}

    before = state()
    assert {finding.check for check in CHECKS for finding in examined.bad(check)} == UNATTENDED
    assert state() == before


def test_a_home_that_is_not_made_yet_is_well_and_stays_unmade(examined: Examined, tmp_path: Path) -> None:
    examined.environment["LEVELGROUND_HOME"] = str(tmp_path / "new" / "home")
    assert {finding.check for check in CHECKS for finding in examined.bad(check)} == UNATTENDED
    assert not (tmp_path / "new").exists()


def test_a_home_below_a_file_is_told(examined: Examined, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    examined.environment["LEVELGROUND_HOME"] = str(tmp_path / "file" / "home")
    found = only(examined.bad("permissions"))
    assert found.where == str(tmp_path / "file")
    assert "LEVELGROUND_HOME" in found.remedy


def test_a_private_folder_that_others_see_is_told(examined: Examined) -> None:
    examined.home.deliveries.chmod(0o755)
    found = only(examined.bad("permissions"), Verdict.WARNING)
    assert found.remedy == f"`chmod 700 {examined.home.deliveries}`"


def test_a_published_folder_that_everybody_may_change_is_told(examined: Examined) -> None:
    examined.home.published.chmod(0o777)
    assert only(examined.bad("permissions")).where == str(examined.home.published)


def test_folders_of_another_user_are_told(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test may run as root, to whom no folder is closed: the answer of the system is put in its place."""
    closed = str(examined.home.runs)
    monkeypatch.setattr(os, "access", lambda path, _mode: str(path) != closed)
    assert only(examined.bad("permissions")).where == closed


def test_a_folder_of_deliveries_that_went_is_told(examined: Examined, tmp_path: Path) -> None:
    examined.home.home_json.write_text(json.dumps({"deliveries": str(tmp_path / "gone"), "city": "milwaukee"}))
    assert only(examined.bad("deliveries")).where == str(tmp_path / "gone")


def test_a_damaged_home_json_is_told(examined: Examined) -> None:
    examined.home.home_json.write_text("{")
    found = only(examined.bad("deliveries"))
    assert found.where == str(examined.home.home_json)
    assert '"deliveries": "sample"' in found.what


def test_a_run_that_is_going_on_is_well_and_named(examined: Examined) -> None:
    with held_elsewhere(examined.home) as other:
        (found,) = examined("lock")
        assert found.verdict is Verdict.OK
        assert f"process {other.pid} " in found.what


def test_a_run_that_was_cut_off_is_told(examined: Examined) -> None:
    with held_elsewhere(examined.home):
        pass  # killed at the end
    found = only(examined.bad("lock"), Verdict.WARNING)
    assert "was killed" in found.what


def test_a_warehouse_that_is_none_is_told(examined: Examined) -> None:
    examined.home.warehouse.write_bytes(b"\0" * 5000)
    assert only(examined.bad("warehouse"), Verdict.WARNING).where == str(examined.home.warehouse)


def test_an_empty_warehouse_is_told(examined: Examined) -> None:
    examined.home.warehouse.write_bytes(b"")
    only(examined.bad("warehouse"), Verdict.WARNING)


def test_what_runs_moved_aside_is_told(examined: Examined) -> None:
    (examined.home.root / "warehouse.damaged-20251201T000000Z.duckdb").write_bytes(b"x")
    (examined.home.releases / ".damaged-20251201T000000Z-00112233").mkdir()
    assert [finding.verdict for finding in examined.bad("damaged files")] == [Verdict.WARNING, Verdict.WARNING]


def test_a_receipt_that_cannot_be_read_is_told(examined: Examined) -> None:
    path = examined.home.runs / "cut.json"
    path.write_text("{")
    assert only(examined.bad("runs"), Verdict.WARNING).where == str(path)


def test_the_last_run_that_failed_is_told_with_its_message(examined: Examined) -> None:
    failed = run_record()
    failed.outcome, failed.exit_code, failed.message, failed.ended_at = "blocked", 3, "a gate said no", failed.started_at
    (examined.home.runs / "run.json").write_text(failed.model_dump_json())
    assert only(examined.bad("runs"), Verdict.WARNING).why == "a gate said no"


def test_a_published_file_that_is_another_is_told(examined: Examined) -> None:
    path = examined.home.published_public
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1] + b"\x01")
    found = only(examined.bad("published"))
    assert (found.where, "start a run" in found.remedy) == (str(path), True)


def test_a_published_file_that_is_a_link_is_well(examined: Examined) -> None:
    path = examined.home.published_public
    path.unlink()
    path.hardlink_to(next(examined.home.releases.glob(f"*/{path.name}")))
    assert examined.bad("published") == []


def test_a_published_file_that_is_missing_is_told(examined: Examined) -> None:
    examined.home.published_analyst.unlink()
    assert only(examined.bad("published")).where == str(examined.home.published_analyst)


def test_a_damaged_release_is_told(examined: Examined) -> None:
    (release_id,) = known_releases(examined.home)
    path = examined.home.release(release_id) / "exports" / "release.csv"
    path.chmod(0o640)
    path.write_text("other")
    assert "releases rollback" in only(examined.bad("published")).remedy


def test_a_damaged_current_json_is_told(examined: Examined) -> None:
    examined.home.current_json.write_text("{}")
    assert only(examined.bad("published")).where == str(examined.home.current_json)


def test_what_lies_beside_the_release_is_told(examined: Examined) -> None:
    log = examined.home.published / "levelground.duckdb.wal"
    log.write_bytes(b"x")
    note = examined.home.published_exports / "note.txt"
    note.write_text("x")
    found = {finding.where: finding for finding in examined.bad("published")}
    assert found[str(log)].verdict is Verdict.ERROR
    assert found[str(note)].verdict is Verdict.WARNING


def test_a_half_swap_is_told(examined: Examined) -> None:
    now = current(examined.home)
    assert now is not None
    examined.home.swap_intent.write_text(json.dumps({"release_id": now.release_id}))
    assert only(examined.bad("published")).where == str(examined.home.swap_intent)


def test_a_swap_that_is_going_on_is_well(examined: Examined) -> None:
    examined.home.swap_intent.write_text("{}")
    with held_elsewhere(examined.home):
        assert examined.bad("published") == []
