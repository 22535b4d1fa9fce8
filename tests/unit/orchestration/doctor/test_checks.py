"""The doctor finds broken installations: packages, extensions, variables, contracts, secrets, clock, disk, schedule."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from orchestration.doctor import Verdict, home, run_all_checks
from orchestration.doctor.daemon import SchedulerState, evaluate_scheduler
from orchestration.doctor.installation import Installation, read_table
from orchestration.doctor.run_checks import CHECKS, run_check
from orchestration.settings import PROJECT, Settings, variable_names
from tests.conftest import CommandLine
from tests.support.run_records import run_record
from tests.unit.orchestration.doctor.conftest import NOW, Examined
from tests.unit.orchestration.doctor.test_home import only
from warehouse import connection

SECRET = "hunter2hunter2"
DOCTOR = PROJECT / "orchestration" / "doctor"


def test_the_table_has_a_reason_and_a_remedy_for_each_check() -> None:
    table = {name: row for name, row in read_table().items() if "/" not in name}
    assert list(table) == list(CHECKS)
    assert all(set(row) == {"why", "remedy"} for row in table.values())


def test_each_row_of_a_finding_is_used_and_exists() -> None:
    checks = "|".join((*CHECKS, "settings", "any"))
    used = {row for file in DOCTOR.glob("*.py") for row in re.findall(rf'"((?:{checks})/[a-z ]+)"', file.read_text())}
    assert used == {name for name in read_table() if "/" in name}


def test_the_locked_packages_are_installed(examined: Examined) -> None:
    examined.lock_file = PROJECT / "requirements.lock"
    (found,) = examined("packages")
    assert found.verdict is Verdict.OK, found
    assert int(found.what.split()[0]) > 100


def test_packages_that_differ_from_the_lock_file_are_errors(examined: Examined) -> None:
    version = importlib.metadata.version("duckdb")
    lines = [
        f"duckdb=={version} \\\n    --hash=sha256:00",
        "pyarrow==1.0",
        "not-there-at-all==2",
        "only-elsewhere==3 ; sys_platform == 'nowhere'",
    ]
    examined.lock_file.write_text("\n".join(lines))
    missing, other = examined.bad("packages")
    assert (missing.what, missing.verdict) == ("not installed: not-there-at-all", Verdict.ERROR)
    assert "pyarrow" in other.what
    assert "duckdb" not in other.what


def test_a_missing_lock_file_is_a_warning(examined: Examined) -> None:
    examined.lock_file.unlink()
    assert only(examined.bad("packages"), Verdict.WARNING).where == str(examined.lock_file)


def test_an_unsupported_python_is_an_error(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.python_version", lambda: "3.9.1")
    assert "3.9.1" in only(examined.bad("python")).what


def test_a_missing_extension_is_an_error(examined: Examined, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(connection.resources, "files", lambda _name: tmp_path)
    assert "requirements.lock" in only(examined.bad("extensions")).what


def test_a_damaged_extension_is_an_error(examined: Examined, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "extensions" / f"v{connection.duckdb.__version__}" / "spatial.duckdb_extension"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x" * 1000)
    monkeypatch.setattr(connection.resources, "files", lambda _name: tmp_path)
    only(examined.bad("extensions"))


def test_an_unread_variable_is_a_warning_with_the_closest_name(examined: Examined) -> None:
    examined.environment["LEVELGROUND_KEEP_RELEASE"] = "3"
    found = only(examined.bad("variables"), Verdict.WARNING)
    assert (found.where, "LEVELGROUND_KEEP_RELEASES" in found.remedy) == ("LEVELGROUND_KEEP_RELEASE", True)


def test_variables_of_settings_and_of_contracts_are_read(examined: Examined) -> None:
    values = {"LEVELGROUND_SOURCES": str(PROJECT / "docs"), "LEVELGROUND_HOME": str(examined.home.root)}
    examined.environment |= dict.fromkeys(variable_names(), "") | values
    examined.environment["LEVELGROUND_DER_DATABASE_URL"] = SECRET
    assert examined.bad("variables") == []
    assert "LEVELGROUND_ALERTS" in variable_names()


def test_an_invalid_contract_is_an_error_with_its_line(examined: Examined, tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "a__b.yml").write_text("source: a__b\nwhat: 3\n")
    examined.environment["LEVELGROUND_SOURCES"] = str(folder)
    assert f"{folder / 'a__b.yml'}:2" in {result.where for result in examined.bad("contracts")}
    others = [result for check in CHECKS if check != "contracts" for result in examined(check)]
    assert not [result for result in others if "not be checked" in result.what]


def test_a_missing_secret_is_an_error_with_its_sources(examined: Examined) -> None:
    assert examined.bad("secrets") == []
    examined.environment["LEVELGROUND_DELIVERIES"] = "live"
    found = only(examined.bad("secrets"))
    assert found.where == "LEVELGROUND_DER_DATABASE_URL"
    assert "der__employees" in found.why
    examined.environment[found.where] = SECRET
    assert SECRET not in str(examined("secrets"))
    assert examined.bad("secrets") == []


def test_a_short_hash_key_is_a_warning_without_the_key(examined: Examined) -> None:
    examined.environment["LEVELGROUND_HASH_KEY"] = SECRET
    found = only(examined.bad("secrets"), Verdict.WARNING)
    assert SECRET not in str(found)


def test_a_missing_hash_key_is_an_error(examined: Examined, tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    text = (PROJECT / "ingest" / "sources" / "ucc__service_requests.yml").read_text(encoding="utf-8")
    hashed = text.replace("ucc__service_requests", "ucc__hashed").replace("keep: drop", "keep: hash")
    (folder / "ucc__hashed.yml").write_text(hashed)
    examined.environment["LEVELGROUND_SOURCES"] = str(folder)
    found = only(examined.bad("secrets"))
    assert (found.where, "ucc__hashed" in found.why) == ("LEVELGROUND_HASH_KEY", True)
    examined.environment["LEVELGROUND_HASH_KEY"] = "weak"
    assert "ucc__hashed" in only(examined.bad("secrets")).why


def test_an_unusable_alert_channel_is_an_error_with_its_number(examined: Examined) -> None:
    examined.environment["LEVELGROUND_ALERTS"] = f"json://localhost nosuchkind://{SECRET}@host"
    found = only(examined.bad("alerts"))
    assert found.where == "channel 2 nosuchkind"
    assert SECRET not in str(found)
    examined.environment["LEVELGROUND_ALERTS"] = f"json://user:{SECRET}@localhost"
    assert examined.bad("alerts") == []


def test_the_file_of_the_cities_and_its_hash_keys_are_checked(examined: Examined, tmp_path: Path) -> None:
    assert examined.bad("cities") == []
    file = tmp_path / "cities.yml"
    examined.environment["LEVELGROUND_CITIES"] = str(file)
    file.write_text("cities: [{name: springfield, home: home, deliveries: nowhere}]")
    assert "there is no folder" in only(examined.bad("cities")).what
    file.write_text("cities: [{name: springfield, home: home, deliveries: live, hash_key_env: KEY_OF_SPRINGFIELD}]")
    assert only(examined.bad("cities")).where == "KEY_OF_SPRINGFIELD"
    examined.environment["KEY_OF_SPRINGFIELD"] = SECRET
    (found,) = examined("cities")
    assert found.what == "1 cities can be run"


def test_missing_alert_channels_are_a_warning(examined: Examined) -> None:
    only(examined.bad("alerts"), Verdict.WARNING)


def test_a_clock_behind_the_last_run_is_a_warning(examined: Examined) -> None:
    late = run_record(started_at="2025-12-05T02:00:00")
    (examined.home.runs / "run.json").write_text(late.model_dump_json())
    assert "2025-12-05 02:00 UTC" in only(examined.bad("clock"), Verdict.WARNING).what
    examined.now = dt.datetime(2025, 12, 5, 2)
    assert examined.bad("clock") == []


def test_a_clock_behind_the_newest_release_is_a_warning(examined: Examined) -> None:
    examined.now = dt.datetime(2025, 11, 1)
    assert "2025-12-01" in only(examined.bad("clock"), Verdict.WARNING).what


def test_an_unknown_time_zone_is_an_error(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> Any:
        raise home.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(home, "ZoneInfo", unknown)
    assert only(examined.bad("time zone")).where == "America/Chicago"


@pytest.mark.parametrize(("free", "verdict"), [(1 << 28, Verdict.ERROR), (700 << 20, Verdict.WARNING)])
def test_a_nearly_full_disk_is_found(examined: Examined, monkeypatch: pytest.MonkeyPatch, free: int, verdict: Verdict) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1 << 40, 0, free))  # type: ignore[attr-defined]
    only(examined.bad("disk"), verdict)


LIVES = NOW - dt.timedelta(seconds=40)
TONIGHT = (dt.datetime(2025, 12, 2, 8), "success")


@pytest.mark.parametrize(
    ("state", "verdicts", "message"),
    [
        (SchedulerState(), ["warning"], "no daemon has run"),
        (SchedulerState(LIVES, False), ["ok", "ok"], "has not ticked yet"),
        (SchedulerState(LIVES, False, *TONIGHT), ["ok", "ok"], "last tick 2025-12-02 08:00 UTC: success"),
        (SchedulerState(NOW - dt.timedelta(hours=1), False, *TONIGHT), ["warning", "ok"], "no heartbeat since 2025-12-02 08:00"),
        (SchedulerState(LIVES, True, *TONIGHT), ["ok", "warning"], "switched off"),
        (SchedulerState(LIVES, False, TONIGHT[0], "failure"), ["ok", "wrong"], "failure"),
        (SchedulerState(LIVES, False, dt.datetime(2025, 11, 30, 8), "success"), ["ok", "warning"], "2025-11-30"),
    ],
)
def test_the_schedule_is_evaluated_by_heartbeat_state_and_tick(
    examined: Examined, state: SchedulerState, verdicts: list[str], message: str
) -> None:
    settings = Settings.from_environment(examined.environment)
    found = list(evaluate_scheduler(state, Installation(settings, {}, NOW)))
    assert [result.verdict for result in found] == verdicts
    assert any(message in result.what for result in found)


def test_a_check_that_raises_is_a_result_without_the_message(examined: Examined) -> None:
    def broken(_: Installation) -> list[Any]:
        raise RuntimeError(SECRET)

    (found,) = run_check("broken", broken, Installation(Settings.from_environment(examined.environment), {}, NOW))
    assert found.verdict is Verdict.WARNING
    assert "RuntimeError" in found.what
    assert SECRET not in str(found)


def test_an_invalid_setting_does_not_stop_the_checks(examined: Examined) -> None:
    found = run_all_checks(examined.environment | {"LEVELGROUND_THREADS": "many"})
    assert found[0].verdict is Verdict.ERROR
    assert "LEVELGROUND_THREADS" in found[0].what
    assert {result.check for result in found} >= {"python", "published", "schedule"}


def test_the_command_prints_and_counts_results(examined: Examined) -> None:
    levelground = CommandLine(examined.home.root)
    examined.home.current_json.write_text("{}")
    report = levelground.json("doctor", "--json", expect=1)
    assert report["well"] is False
    assert {result["check"] for result in report["findings"] if result["verdict"] == "wrong"} == {"published"}
    printed = levelground("doctor")
    assert printed.returncode == 1
    assert f"error   published: {examined.home.current_json}: " in printed.stdout
    assert "        fix: start a run, which restores them" in printed.stdout
    assert "1 error, " in printed.stderr
