"""A throw-away home is a copy: nothing of the home changes, and only a folder of a trial is replaced."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.city import read_city
from ingest.contract.registry import load_registry
from orchestration.runs.delivery_location import DeliveryLocation
from orchestration.settings import ConfigurationError
from orchestration.trial.home_copy import KEPT, MARK, clear, copy_home, delivered_to_trial, empty_copy
from warehouse.lock import Holder, LockHeld, private_lock
from warehouse.paths import Home
from warehouse.record_keys import read_secret
from warehouse.releases import Current

STOPS, CALLS, MAP = "fpc__police_stops", "mpd__dispatched_calls", "census__tracts_2020"
RELEASE = "20260101T000000Z-00000000"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a release, and with batches of two sources."""
    home = Home(tmp_path / "home")
    home.ensure()
    home.warehouse.write_bytes(b"warehouse")
    home.release(RELEASE).mkdir()
    for folder in (home.release(RELEASE), home.published):
        for name in ("levelground.duckdb", "levelground_public.duckdb"):
            (folder / name).write_bytes(b"released")
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    published = Current(release_id=RELEASE, created_at=moment, data_as_of=None, content_hash="0", path=home.published_analyst)
    home.current_json.write_text(published.model_dump_json())
    home.ledger.write_bytes(b"ledger")
    read_secret(home.record_key_secret)
    for source in (STOPS, CALLS):
        (home.deliveries / source / "load").mkdir(parents=True)
        (home.deliveries / source / "load" / "batch.parquet").write_bytes(b"rows")
        (home.deliveries / source / "load" / "delivery.json").write_text("{}")
    return home


def prepare(folder: Path) -> Home:
    """An empty copy that no trial holds."""
    with empty_copy(folder, Home(folder.parent)) as copy:
        return copy


def contents(home: Home) -> dict[str, tuple[str, int]]:
    files = sorted(path for path in home.root.rglob("*") if path.is_file() and path != home.run_lock)
    return {
        str(path.relative_to(home.root)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode)
        for path in files
        if home.tried not in path.parents
    }


def test_the_copy_has_what_a_run_reads_and_the_home_stays(home: Home) -> None:
    before = contents(home)
    throwaway = prepare(home.tried)
    assert copy_home(home, throwaway)
    for source in (STOPS, CALLS):
        assert (throwaway.deliveries / source / "load" / "batch.parquet").read_bytes() == b"rows"
        (throwaway.deliveries / source / "load" / "delivery.json").write_text("changed")
    assert throwaway.warehouse.read_bytes() == b"warehouse"
    assert throwaway.ledger.read_bytes() == b"ledger"
    assert read_secret(throwaway.record_key_secret) == read_secret(home.record_key_secret)
    throwaway.warehouse.write_bytes(b"changed")
    throwaway.ledger.write_bytes(b"changed")
    clear(throwaway, KEPT)
    assert {path.name for path in throwaway.root.iterdir()} - {"run.lock"} == {MARK, *KEPT}
    clear(throwaway)
    assert {path.name for path in throwaway.root.iterdir()} - {"run.lock"} == {MARK}
    assert contents(home) == before
    assert throwaway.root.stat().st_mode & 0o777 == 0o700


def test_a_home_without_a_release_is_not_copied(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert not copy_home(home, prepare(tmp_path / "try"))
    assert not home.root.exists()


def test_nothing_is_copied_during_a_run(home: Home) -> None:
    with private_lock(home.run_lock), pytest.raises(LockHeld, match="another run"):
        copy_home(home, prepare(home.tried))


def test_only_a_folder_of_a_trial_is_replaced(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (prepare(kept).published / "file").touch()
    assert not (prepare(kept).published / "file").exists()
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").touch()
    with pytest.raises(ConfigurationError, match=r"files that are of no trial.* --keep"), empty_copy(other, Home(tmp_path)):
        pass
    assert [path.name for path in other.iterdir()] == ["mine.txt"]


def test_a_second_trial_leaves_the_folder_of_the_first_alone(home: Home) -> None:
    throwaway = prepare(home.tried)
    (throwaway.dbt / "models").mkdir()
    throwaway.run_lock_holder.write_text(Holder(pid=4711, started_at="2026-01-01T00:00:00", trigger="try").model_dump_json())
    # as of another process: a lock of its own, not the re-entrant one
    with private_lock(throwaway.run_lock), pytest.raises(LockHeld, match=r"another trial uses .*--keep.*pid 4711"):
        empty_copy(home.tried, home).__enter__()
    assert (throwaway.dbt / "models").is_dir()
    with empty_copy(home.tried, home) as second:
        assert not (second.dbt / "models").exists(), "what a trial left that died is replaced"
        assert second.run_lock_holder.is_file()
    assert not second.run_lock_holder.exists()


def test_what_a_killed_trial_left_is_replaced_in_the_home_only(home: Home, tmp_path: Path) -> None:
    for folder in (home.tried, tmp_path / "kept"):
        (folder / "dbt" / "project").mkdir(parents=True)  # of an earlier version, killed after it had removed its mark
    with empty_copy(home.tried, home) as throwaway:
        assert not throwaway.dbt_project.exists()
    with pytest.raises(ConfigurationError, match="of no trial"), empty_copy(tmp_path / "kept", home):
        pass
    nested = Home(tmp_path / "outer")
    (nested.tried / "releases").mkdir(parents=True)
    (nested.tried / "home.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="of no trial"), empty_copy(nested.tried, nested):
        pass
    assert (nested.tried / "releases").is_dir(), "a home that runs have written"


def test_without_a_release_maps_are_ingested_with_the_source(tmp_path: Path) -> None:
    delivered, file = tmp_path / "deliveries", tmp_path / "new.csv"
    for source in (STOPS, CALLS, MAP):
        (delivered / source).mkdir(parents=True)
    file.write_text("a")
    location = DeliveryLocation(str(delivered), delivered, read_city(None), load_registry())
    throwaway = prepare(tmp_path / "try")
    where, sources = delivered_to_trial(throwaway, location, STOPS, file, is_first=True)
    assert sources == (MAP, STOPS)
    assert where.folder is not None
    assert (where.folder / STOPS / "new.csv").read_text() == "a"
    assert delivered_to_trial(prepare(tmp_path / "try"), location, STOPS, None, is_first=False) == (location, (STOPS,))
    assert where.registry[STOPS].delivered_by == "folder", "the file is tried although the contract may name a live system"
    with pytest.raises(ConfigurationError, match="does not exist"):
        delivered_to_trial(prepare(tmp_path / "try"), replace(location, folder=tmp_path), STOPS, None, is_first=False)
