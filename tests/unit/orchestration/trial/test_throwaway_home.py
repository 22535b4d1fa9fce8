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
from orchestration.trial.throwaway_home import copy_home, keep_release_only, lay_out_deliveries, prepare, throwaway_home
from warehouse.lock import Holder, LockHeld, private_lock
from warehouse.paths import Home
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
    for source in (STOPS, CALLS):
        (home.deliveries / source / "load").mkdir(parents=True)
        (home.deliveries / source / "load" / "batch.parquet").write_bytes(b"rows")
        (home.deliveries / source / "load" / "delivery.json").write_text("{}")
    return home


def contents(home: Home) -> dict[str, tuple[str, int]]:
    files = sorted(path for path in home.root.rglob("*") if path.is_file() and path != home.run_lock)
    return {
        str(path.relative_to(home.root)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode)
        for path in files
        if home.tried not in path.parents
    }


def test_the_copy_has_the_rows_of_the_tried_source_only_and_the_home_stays(home: Home) -> None:
    before = contents(home)
    throwaway = prepare(home.tried)
    assert copy_home(home, throwaway, STOPS)
    assert (throwaway.deliveries / STOPS / "load" / "batch.parquet").read_bytes() == b"rows"
    assert not (throwaway.deliveries / CALLS / "load" / "batch.parquet").exists(), "its rows are in the copied warehouse"
    assert (throwaway.deliveries / CALLS / "load" / "delivery.json").is_file()
    assert throwaway.warehouse.read_bytes() == b"warehouse"
    assert throwaway.ledger.read_bytes() == b"ledger"
    throwaway.warehouse.write_bytes(b"changed")
    throwaway.ledger.write_bytes(b"changed")
    keep_release_only(throwaway, is_built=True)
    assert {path.name for path in throwaway.root.iterdir()} >= {"published", "releases"}
    keep_release_only(throwaway, is_built=False)
    assert not throwaway.published.exists() and not throwaway.releases.exists()
    assert not throwaway.warehouse.exists() and not throwaway.deliveries.exists()
    assert contents(home) == before
    assert throwaway.root.stat().st_mode & 0o777 == 0o700


def test_a_home_without_a_release_is_not_copied(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert not copy_home(home, prepare(tmp_path / "try"), STOPS)
    assert not home.root.exists()


def test_nothing_is_copied_during_a_run(home: Home) -> None:
    with private_lock(home.run_lock), pytest.raises(LockHeld, match="another run"):
        copy_home(home, prepare(home.tried), STOPS)


def test_only_a_folder_of_a_trial_is_replaced(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (prepare(kept).published / "file").touch()
    assert not (prepare(kept).published / "file").exists()
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").touch()
    with pytest.raises(ConfigurationError, match=r"files that are of no trial.* --keep"), throwaway_home(other, Home(tmp_path)):
        pass
    assert [path.name for path in other.iterdir()] == ["mine.txt"]


def test_a_second_trial_leaves_the_folder_of_the_first_alone(home: Home) -> None:
    throwaway = prepare(home.tried)
    (throwaway.dbt / "models").mkdir()
    throwaway.run_lock_holder.write_text(Holder(pid=4711, started_at="2026-01-01T00:00:00", trigger="try").model_dump_json())
    # as of another process: a lock of its own, not the re-entrant one
    with private_lock(throwaway.run_lock), pytest.raises(LockHeld, match=r"another trial uses .*--keep.*pid 4711"):
        throwaway_home(home.tried, home).__enter__()
    assert (throwaway.dbt / "models").is_dir()
    with throwaway_home(home.tried, home) as second:
        assert not (second.dbt / "models").exists(), "what a trial left that died is replaced"
        assert second.run_lock_holder.is_file()
    assert not second.run_lock_holder.exists()


def test_what_a_killed_trial_left_is_replaced_in_the_home_only(home: Home, tmp_path: Path) -> None:
    for folder in (home.tried, tmp_path / "kept"):
        (folder / "dbt" / "project").mkdir(parents=True)  # of an earlier version, killed after it had removed its mark
    with throwaway_home(home.tried, home) as throwaway:
        assert not throwaway.dbt_project.exists()
    with pytest.raises(ConfigurationError, match="of no trial"), throwaway_home(tmp_path / "kept", home):
        pass
    nested = Home(tmp_path / "outer")
    (nested.tried / "releases").mkdir(parents=True)
    (nested.tried / "home.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="of no trial"), throwaway_home(nested.tried, nested):
        pass
    assert (nested.tried / "releases").is_dir(), "a home that runs have written"


def test_without_a_release_maps_are_ingested_with_the_source(tmp_path: Path) -> None:
    delivered, file = tmp_path / "deliveries", tmp_path / "new.csv"
    for source in (STOPS, CALLS, MAP):
        (delivered / source).mkdir(parents=True)
    file.write_text("a")
    location = DeliveryLocation(str(delivered), delivered, read_city(None), load_registry())
    throwaway = prepare(tmp_path / "try")
    where, sources = lay_out_deliveries(throwaway, location, STOPS, file, is_seeded=False)
    assert sources[0] == STOPS and MAP in sources and CALLS not in sources
    assert where.folder is not None
    assert (where.folder / STOPS / "new.csv").read_text() == "a"
    assert lay_out_deliveries(prepare(tmp_path / "try"), location, STOPS, None, is_seeded=True)[1] == (STOPS,)
    assert where.registry[STOPS].delivered_by == "folder", "the file is tried although the contract may name a live system"
    with pytest.raises(ConfigurationError, match="does not exist"):
        lay_out_deliveries(prepare(tmp_path / "try"), replace(location, folder=tmp_path), STOPS, None, is_seeded=True)
