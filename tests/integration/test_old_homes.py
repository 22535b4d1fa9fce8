"""This version reads the homes that earlier ones made: records, ledger, tables of the working warehouse, registry, release.

See `tests/stress/test_upgrades.py` for whole homes, which those versions build and this one releases.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import duckdb
import pytest

from ingest.delivery import DeliveryStore
from ingest.landing.loads import read_loads
from ingest.layers import seed_rows
from orchestration.runs import registry_check
from orchestration.runs.delivery_location import resolve_delivery_location
from orchestration.runs.record import RunStore
from orchestration.settings import ConfigurationError, Settings
from tests.conftest import CommandLine
from tests.support.old_homes import FOLDER, MOST_BYTES, unpack, versions
from warehouse.disclosure import restore_ledger
from warehouse.metadata import migrate
from warehouse.metadata.home_version import own_version, record_version, recorded_version
from warehouse.releases import current, verify

SECONDS = 5  # within which a home is refused


@pytest.fixture(params=versions())
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return Settings.from_environment({"LEVELGROUND_HOME": str(unpack(request.param, tmp_path))})


def test_each_archive_is_small_and_there_is_one_of_each_version_before_this() -> None:
    assert [path.name for path in FOLDER.glob("*.zip") if path.stat().st_size > MOST_BYTES] == []
    assert {"0.1.0-c47c4be", "0.1.0-da11bf0"} <= set(versions())


def test_records_are_read(settings: Settings) -> None:
    runs = RunStore(settings.home.runs)
    assert runs.unreadable() == []
    published = current(settings.home)
    built = runs.last_built()
    assert published is not None and built is not None
    assert built.release_id == published.release_id == verify(settings.home, published.release_id).release_id
    folders = [path for path in settings.home.deliveries.iterdir() if path.is_dir()]
    assert len(folders) > 30
    for folder in folders:
        store = DeliveryStore(settings.home.deliveries, folder.name)
        assert store.unreadable() == []
        assert store.accepted(), folder.name
    assert restore_ledger(settings.home) == []
    (cells,) = duckdb.execute(f"select count(*) from read_parquet('{settings.home.ledger}')").fetchone() or (0,)
    assert cells > 500


def test_tables_of_the_working_warehouse_are_migrated(settings: Settings) -> None:
    with duckdb.connect(str(settings.home.warehouse)) as con:
        migrate(con)
        assert migrate(con) == ()
        for folder in settings.home.deliveries.iterdir():
            store = DeliveryStore(settings.home.deliveries, folder.name)
            assert [load.place for load in read_loads(con, folder.name)] == [load.place for load in store.accepted() or ()]


def test_the_registry_follows_and_the_home_records_this_version(settings: Settings) -> None:
    location = resolve_delivery_location(settings)  # its city.yml may use a former name of a source
    assert location.registry.current_name("dpi__discipline") == "dpi__removals"
    registry_check.check_upgrade(settings, location)
    assert recorded_version(settings.home) == "0.1.0"
    record_version(settings.home)
    assert json.loads(settings.home.home_json.read_bytes())["version"] == own_version()
    resolve_delivery_location(settings)


def test_another_registry_is_refused_in_seconds_and_nothing_changes(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    location = resolve_delivery_location(settings)
    before = {path: path.stat().st_mtime_ns for path in settings.home.root.rglob("*")}

    def without_corrections(seed: str, *_: object) -> list[dict[str, str]]:
        rows = seed_rows(seed, registry_check.SHARED_SEEDS, location.city.layers)
        changed = [row | {"unit": "per_100"} if row.get("measure_id") == "police_calls_per_1000" else row for row in rows]
        return changed if seed == "measure_registry" else rows

    monkeypatch.setattr(registry_check, "seed_rows", without_corrections)
    started = time.monotonic()
    with pytest.raises(ConfigurationError) as refused:
        registry_check.check_upgrade(settings, location)
    assert time.monotonic() - started < SECONDS
    assert "(police_calls_per_1000 version 1 (unit)). Nothing in" in str(refused.value)
    assert "registry_corrections.csv" in str(refused.value)
    assert {path: path.stat().st_mtime_ns for path in settings.home.root.rglob("*")} == before


def test_status_and_releases_are_listed(settings: Settings) -> None:
    levelground = CommandLine(settings.home.root)
    published = current(settings.home)
    assert published is not None
    assert levelground.json("status", "--json")["release_id"] == published.release_id
    assert published.release_id in levelground("releases", "list").stdout
