"""A removal that is killed before each of its changes of files is completed by the next command, and no byte is left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.delivery.removals import read_removals
from ingest.erasure import by_keys, complete, plan_erasure
from ingest.erasure.plan import write_plan
from tests.support.erased_bytes import completed_until_killed, places_with
from tests.support.small_home import NOW, SmallHome, small_home
from tests.support.visits import CITY_ZONE, HASH_KEY
from warehouse.paths import Home
from warehouse.releases import known_releases, recover, verify

# a removal from two releases changes about 60 files
CHANGES = range(1, 70, 3)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> SmallHome:
    return small_home(tmp_path_factory.mktemp("small"))


@pytest.mark.parametrize("change", CHANGES)
def test_a_kill_before_any_change_is_completed(made_once: SmallHome, tmp_path: Path, change: int) -> None:
    shutil.copytree(made_once.home.root, tmp_path / "home")
    small = SmallHome(Home(tmp_path / "home"), made_once.contract, tmp_path)
    found, _ = by_keys(small.contract, small.store, [["VISIT-00007"]], CITY_ZONE, HASH_KEY)
    write_plan(small.home, *plan_erasure(small.home, [found], HASH_KEY, "expunged", "clerk", NOW))
    died = completed_until_killed(small.home, change)
    assert died or not small.home.is_removal_pending
    complete(small.home)
    assert recover(small.home) == []
    assert not list(small.home.root.glob("erasing*"))
    for text in ("VISIT-00007", "whisper-00007-alpha", "whisper-00007-bravo"):
        assert places_with(small.home.root, text) == []
    assert [len(verify(small.home, i).erasures) for i in known_releases(small.home)] == [1, 1]
    assert len(read_removals(small.store.folder).removals) == 1
    assert len(small.landed()) == 399
