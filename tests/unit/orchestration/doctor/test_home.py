"""The doctor finds broken homes: wrong permissions, locks, killed runs, damaged files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from orchestration.doctor import CheckResult, Verdict
from orchestration.doctor.run_checks import CHECKS
from tests.support.run_records import run_record
from tests.unit.orchestration.doctor.conftest import Examined
from tests.unit.warehouse.test_lock import held_elsewhere
from warehouse.fingerprint import file_sha256
from warehouse.releases import current, known_releases


def only(found: list[CheckResult], verdict: Verdict = Verdict.ERROR) -> CheckResult:
    (one,) = found
    assert one.verdict is verdict, one
    return one


UNATTENDED = {"alerts", "schedule"}  # a test's home has no alert channel and no daemon


def test_a_working_home_is_ok_and_stays_unchanged(examined: Examined) -> None:
    def state() -> dict[str, tuple[str, int]]:
        files = [path for path in examined.home.root.rglob("*") if path.is_file()]
        return {str(path): (file_sha256(path), path.stat().st_mode) for path in files}

    before = state()
    assert {result.check for check in CHECKS for result in examined.bad(check)} == UNATTENDED
    assert state() == before


def test_a_missing_home_is_ok_and_is_not_created(examined: Examined, tmp_path: Path) -> None:
    examined.environment["LEVELGROUND_HOME"] = str(tmp_path / "new" / "home")
    assert {result.check for check in CHECKS for result in examined.bad(check)} == UNATTENDED
    assert not (tmp_path / "new").exists()


def test_a_home_below_a_file_is_an_error(examined: Examined, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    examined.environment["LEVELGROUND_HOME"] = str(tmp_path / "file" / "home")
    found = only(examined.bad("permissions"))
    assert found.where == str(tmp_path / "file")
    assert "LEVELGROUND_HOME" in found.remedy


def test_a_readable_private_folder_is_a_warning(examined: Examined) -> None:
    examined.home.deliveries.chmod(0o755)
    found = only(examined.bad("permissions"), Verdict.WARNING)
    assert found.remedy == f"`chmod 700 {examined.home.deliveries}`"


def test_a_world_writable_published_folder_is_an_error(examined: Examined) -> None:
    examined.home.published.chmod(0o777)
    assert only(examined.bad("permissions")).where == str(examined.home.published)


def test_a_folder_of_another_user_is_an_error(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root can write to every folder, so the test replaces the system's answer."""
    closed = str(examined.home.runs)
    monkeypatch.setattr(os, "access", lambda path, _mode: str(path) != closed)
    assert only(examined.bad("permissions")).where == closed


def test_a_missing_deliveries_folder_is_an_error(examined: Examined, tmp_path: Path) -> None:
    examined.home.home_json.write_text(json.dumps({"deliveries": str(tmp_path / "gone"), "city": "milwaukee"}))
    assert only(examined.bad("deliveries")).where == str(tmp_path / "gone")


def test_a_damaged_home_json_is_an_error(examined: Examined) -> None:
    examined.home.home_json.write_text("{")
    found = only(examined.bad("deliveries"))
    assert found.where == str(examined.home.home_json)
    assert '"deliveries": "sample"' in found.what


def test_an_active_run_is_ok_and_named(examined: Examined) -> None:
    with held_elsewhere(examined.home) as other:
        (found,) = examined("lock")
        assert found.verdict is Verdict.OK
        assert f"process {other.pid} " in found.what


def test_a_killed_run_is_a_warning(examined: Examined) -> None:
    with held_elsewhere(examined.home):
        pass  # killed at the end
    found = only(examined.bad("lock"), Verdict.WARNING)
    assert "was killed" in found.what


def test_a_damaged_warehouse_is_a_warning(examined: Examined) -> None:
    examined.home.warehouse.write_bytes(b"\0" * 5000)
    assert only(examined.bad("warehouse"), Verdict.WARNING).where == str(examined.home.warehouse)


def test_an_empty_warehouse_is_a_warning(examined: Examined) -> None:
    examined.home.warehouse.write_bytes(b"")
    only(examined.bad("warehouse"), Verdict.WARNING)


def test_damaged_files_that_runs_moved_are_warnings(examined: Examined) -> None:
    (examined.home.root / "warehouse.damaged-20251201T000000Z.duckdb").write_bytes(b"x")
    (examined.home.releases / ".damaged-20251201T000000Z-00112233").mkdir()
    assert [result.verdict for result in examined.bad("damaged files")] == [Verdict.WARNING, Verdict.WARNING]


def test_an_unreadable_run_record_is_a_warning(examined: Examined) -> None:
    path = examined.home.runs / "cut.json"
    path.write_text("{")
    assert only(examined.bad("runs"), Verdict.WARNING).where == str(path)


def test_a_failed_last_run_is_a_warning_with_its_message(examined: Examined) -> None:
    failed = run_record()
    failed.outcome, failed.exit_code, failed.message, failed.ended_at = "blocked", 3, "a gate blocked it", failed.started_at
    (examined.home.runs / "run.json").write_text(failed.model_dump_json())
    assert only(examined.bad("runs"), Verdict.WARNING).why == "a gate blocked it"


def test_a_changed_published_file_is_an_error(examined: Examined) -> None:
    path = examined.home.published_public
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1] + b"\x01")
    found = only(examined.bad("published"))
    assert (found.where, "start a run" in found.remedy) == (str(path), True)


def test_a_linked_published_file_is_ok(examined: Examined) -> None:
    path = examined.home.published_public
    path.unlink()
    path.hardlink_to(next(examined.home.releases.glob(f"*/{path.name}")))
    assert examined.bad("published") == []


def test_a_missing_published_file_is_an_error(examined: Examined) -> None:
    examined.home.published_analyst.unlink()
    assert only(examined.bad("published")).where == str(examined.home.published_analyst)


def test_a_damaged_release_is_an_error(examined: Examined) -> None:
    (release_id,) = known_releases(examined.home)
    path = examined.home.release(release_id) / "exports" / "release.csv"
    path.chmod(0o640)
    path.write_text("other")
    assert "releases rollback" in only(examined.bad("published")).remedy


def test_a_damaged_current_json_is_an_error(examined: Examined) -> None:
    examined.home.current_json.write_text("{}")
    assert only(examined.bad("published")).where == str(examined.home.current_json)


def test_foreign_files_in_published_are_found(examined: Examined) -> None:
    log = examined.home.published / "levelground.duckdb.wal"
    log.write_bytes(b"x")
    note = examined.home.published_exports / "note.txt"
    note.write_text("x")
    examined.home.published_scorecard.mkdir()
    found = {result.where: result for result in examined.bad("published")}
    assert found[str(log)].verdict is Verdict.ERROR
    assert found[str(note)].verdict is Verdict.WARNING
    assert str(examined.home.published_scorecard) not in found


def test_an_unfinished_swap_is_an_error(examined: Examined) -> None:
    now = current(examined.home)
    assert now is not None
    examined.home.swap_intent.write_text(json.dumps({"release_id": now.release_id}))
    assert only(examined.bad("published")).where == str(examined.home.swap_intent)


def test_a_swap_of_an_active_run_is_ok(examined: Examined) -> None:
    examined.home.swap_intent.write_text("{}")
    with held_elsewhere(examined.home):
        assert examined.bad("published") == []


@pytest.mark.parametrize(
    "damage", [b"", b"{}", b"[", b"42", os.urandom(99)], ids=["empty", "no keys", "cut off", "number", "noise"]
)
def test_damaged_records_of_deliveries_and_pins_are_named(examined: Examined, damage: bytes) -> None:
    folder = examined.home.deliveries / "ucc__service_requests"
    paths = (folder / "0123456789abcdef" / "receipt.json", folder / "accepted.json", examined.home.pins)
    paths[0].parent.mkdir(parents=True)
    for path in paths:
        path.write_bytes(b"[" if path == examined.home.pins and damage == b"{}" else damage)
    found = examined.bad("delivery records")
    assert [result.where for result in found] == [str(path) for path in paths]
    assert [result.verdict for result in found] == [Verdict.ERROR, Verdict.WARNING, Verdict.ERROR]


def test_a_city_without_place_or_time_zone_is_a_warning(examined: Examined, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    examined.environment["LEVELGROUND_DELIVERIES"] = str(folder)
    examined.home.home_json.unlink(missing_ok=True)
    (folder / "city.yml").write_text("city: new_ulm\n")
    assert [found.what.partition(":")[0] for found in examined.bad("deliveries")] == [
        "no city.yml of New Ulm has place_geoid",
        "no city.yml of New Ulm has time_zone",
    ]
    (folder / "city.yml").write_text('city: new_ulm\nplace_geoid: "2746042"\ntime_zone: America/Chicago\n')
    assert not examined.bad("deliveries")
