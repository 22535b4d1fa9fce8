"""A run goes back only on purpose: to an earlier folder, or to a clock before that of the newest release."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.contract.registry import SOURCES
from orchestration.runs.delivery_location import (
    check_clock,
    check_default_location,
    home_city,
    remember_location,
    resolve_delivery_location,
)
from orchestration.runs.record import RunRecord, RunStore
from orchestration.settings import ConfigurationError, Settings
from warehouse.releases import Manifest

Made = Callable[..., Settings]


@pytest.fixture
def settings(tmp_path: Path) -> Made:
    """Settings of one home; keys are those of the environment, without the prefix."""

    def settings_of(**environment: str) -> Settings:
        named = {f"LEVELGROUND_{key}": value for key, value in environment.items()}
        return Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home")} | named)

    return settings_of


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str], Path]:
    """A folder of deliveries of Milwaukee."""

    def make_folder(name: str) -> Path:
        path = tmp_path / name
        path.mkdir()
        (path / "city.yml").write_text("city: milwaukee\n")
        return path

    return make_folder


def released_from(settings: Settings, number: int, deliveries: str) -> None:
    """A release and the record of its run."""
    RunStore(settings.home.runs).save(
        RunRecord(
            run_id=f"run-{number}", trigger="cli", started_at="2026-01-01T00:00:00", city="milwaukee", deliveries=deliveries,
            as_of="2026-01-01T00:00:00", number=number, outcome="released", release_id=f"2026010{number}T000000Z-{number:08}",
        )
    )  # fmt: skip
    release = Manifest(
        release_id=f"2026010{number}T000000Z-{number:08}", run_id=f"run-{number}",
        created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        data_as_of=None, code_version="0.1.0", content_hash=f"{number:08}", loads={}, versions={}, seeds_hash="",
    )  # fmt: skip
    folder = settings.home.release(release.release_id)
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(release.model_dump_json())


def test_a_run_without_an_option_does_not_go_back_to_the_first_folder(settings: Made, folder: Callable[..., Path]) -> None:
    """After three later folders a plain run read the first one: 3,725 requests became 3,104, without a finding."""
    first, second = folder("first"), folder("second")
    resolve_delivery_location(settings(), str(first))
    released_from(settings(), 1, str(first))
    check_default_location(settings(), None)
    released_from(settings(), 3, str(second))
    with pytest.raises(ConfigurationError) as raised:
        check_default_location(settings(), None)
    assert f"this home reads {first}, but its newest release was made from {second}" in str(raised.value)
    assert f"levelground run --deliveries {second}" in str(raised.value) and "--remember" in str(raised.value)
    for option, variables in ((str(first), {}), (None, {"DELIVERIES": str(first)})):
        check_default_location(settings(**variables), option)
    remember_location(settings(), str(second))
    check_default_location(settings(), None)
    assert resolve_delivery_location(settings()).folder == second


def test_a_clock_before_the_newest_release_is_refused(settings: Made) -> None:
    """Rows vanished from the public file, and 40 inputs past their last day came back."""
    settings().home.ensure()
    check_clock(settings(), dt.datetime(2020, 1, 1))
    released_from(settings(), 1, "sample")
    check_clock(settings(), dt.datetime(2025, 12, 31, 23, 0))  # summer time has ended
    with pytest.raises(ConfigurationError, match=r"2025-12-31 21:59:00, before 2026-01-01T00:00:00.*--accept-older"):
        check_clock(settings(), dt.datetime(2025, 12, 31, 21, 59))


def test_a_damaged_newest_release_is_left_to_the_run(settings: Made, folder: Callable[..., Path]) -> None:
    first = folder("first")
    resolve_delivery_location(settings(), str(first))
    released_from(settings(), 1, str(first))
    released_from(settings(), 2, "elsewhere")
    (settings().home.release("20260102T000000Z-00000002") / "manifest.json").write_text("{")
    check_default_location(settings(), None)


def test_a_renamed_source_is_read_from_the_folder_that_it_had(
    settings: Made, folder: Callable[[str], Path], tmp_path: Path
) -> None:
    path, further = folder("deliveries"), tmp_path / "contracts"
    text = (SOURCES / "ucc__service_requests.yml").read_text()
    text = text.replace("source: ucc__service_requests", "source: ucc__calls\nformerly: ucc__former_calls", 1)
    further.mkdir()
    (further / "ucc__calls.yml").write_text(text)
    for name in ("ucc__former_calls", "dpi__discipline", "ucc__unknown"):
        (path / name).mkdir()
    location = resolve_delivery_location(settings(SOURCES=str(further)), str(path))
    calls = location.registry["ucc__calls"]
    assert location.folder_of(calls) == path / "ucc__former_calls"
    assert location.folders_without_contract() == ("dpi__discipline (now dpi__removals)", "ucc__unknown")
    (path / "ucc__calls").mkdir()  # the department uses the new name too: what is in the former folder is not read
    assert location.folder_of(calls) == path / "ucc__calls"
    assert location.folders_without_contract()[1:] == ("ucc__former_calls (now ucc__calls)", "ucc__unknown")


def test_a_home_that_a_newer_version_used_is_refused(settings: Made, folder: Callable[[str], Path]) -> None:
    home = settings().home
    home.ensure()
    text = json.dumps({"deliveries": str(folder("deliveries")), "city": "milwaukee", "version": "99.0"})
    home.home_json.write_text(text)
    for read in (resolve_delivery_location, home_city):
        with pytest.raises(
            ConfigurationError, match=r"used by Levelground 99\.0, and this is .* Install Levelground 99\.0 or later"
        ):
            read(settings())
    assert home.home_json.read_text() == text
