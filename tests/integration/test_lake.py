"""A release whose facts are views over parts is sealed with them, read with them alone, and keeps them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from tests.support.small_home import COLUMNS, FIRST, LOAD, SECOND, SmallHome
from tests.support.visits import visits_contract
from warehouse.connection import QueryError, open_reader, run_query
from warehouse.paths import Home
from warehouse.releases import (
    Lake,
    LakeOfAnotherHome,
    NoRoom,
    ReleaseCorrupt,
    changed_by_compaction,
    compact,
    compacted_parts,
    find_damaged_part,
    known_releases,
    lakes,
    pin,
    plan_compaction,
    prune,
    read_manifest,
    recover,
    remove_unneeded,
    rollback,
    sealed_parts,
    verify,
    with_merged_parts,
)

COUNT = "select count(*) as n, count(distinct note) as notes from fct_visits"


@pytest.fixture
def small(home: Home, tmp_path: Path) -> SmallHome:
    """Two releases that share two of their four parts."""
    small = SmallHome(home, visits_contract(columns=COLUMNS, load=LOAD), tmp_path)
    small.take(FIRST)
    small.release(1, in_lake=True)
    small.take(SECOND)
    small.release(2, in_lake=True)
    return small


def part(home: Home, name: str) -> Path:
    return Path(lakes(home)[0].part("fct_visits", name))


def damage(path: Path) -> None:
    """Change the last byte."""
    path.chmod(0o600)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def test_a_release_has_its_parts_which_its_readers_read_alone(small: SmallHome, tmp_path: Path) -> None:
    home = small.home
    assert run_query(home.published_analyst, COUNT, 9).to_pylist() == [{"n": 400, "notes": 400}]
    other = tmp_path / "other.parquet"
    other.write_bytes(part(home, "2").read_bytes())
    of_the_first = part(home, "0-1")  # of the earlier release only
    for path in (other, of_the_first):
        with pytest.raises(QueryError, match="Permission Error"):
            run_query(home.published_analyst, f"from read_parquet('{path}')", 9)
    with open_reader(home.published_analyst) as reader, pytest.raises(duckdb.InvalidInputException, match="locked"):
        reader.execute("set allowed_paths = ['/etc/passwd']")
    first, second = known_releases(home)
    assert recover(home) == []
    orphan = part(home, "of-a-failed-run")
    orphan.write_bytes(b"")
    assert remove_unneeded(home) == [str(orphan)]
    damage(part(home, "0-1"))
    with pytest.raises(ReleaseCorrupt, match="differs from the sealed file"):
        rollback(home, first)
    assert verify(home, second).parts.keys() == {"marts.fct_visits"}
    assert prune(home, keep=1) == [first]
    assert {Path(file).stem for file in remove_unneeded(home)} == {"0-1", "1-1"}
    part(home, "0-2").unlink()
    assert str(part(home, "0-2")) not in sealed_parts(home)
    assert "is missing" in recover(home)[0]


def test_merged_parts_serve_the_next_release_and_earlier_ones_keep_theirs(
    small: SmallHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = small.home
    rows = "select visit_number, note from fct_visits"
    before = run_query(home.published_analyst, rows, 9).to_pylist()
    assert plan_compaction(home, 199) == [], "two parts of 100 rows do not fit"
    (merge,) = plan_compaction(home, 200)
    assert merge.contains == (str(part(home, "2")), str(part(home, "3"))), "the parts that both releases list"
    with monkeypatch.context() as full:
        full.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10))
        with pytest.raises(NoRoom, match="nothing was written"):
            compact(home, [merge])
    assert not Path(merge.file).exists()
    compact(home, [merge])
    assert remove_unneeded(home) == [merge.file], "a removal of records leaves no copy of them"
    assert compacted_parts(home) == {}
    compact(home, [merge])
    assert plan_compaction(home, 200) == [], "they are merged already"
    assert remove_unneeded(home, keep_compacted=True) == [], "the next release needs the merged part"
    second = read_manifest(home, known_releases(home)[-1])
    assert changed_by_compaction(home, second) == {"marts.fct_visits"}, "the next run builds the view again"
    released = small.release(3, in_lake=True)
    assert changed_by_compaction(home, released) == set()
    assert [Path(record.file).name for record in released.all_parts] == ["0-3.parquet", "1-3.parquet", Path(merge.file).name]
    assert run_query(home.published_analyst, rows, 9).to_pylist() == before, "the same rows in the same order"
    first, _, third = known_releases(home)
    for release_id in known_releases(home):
        assert verify(home, release_id).release_id == release_id
    # a night changes a part that was merged: the others are used as they were built
    changed = {2: str(part(home, "2")), 3: "another"}
    assert with_merged_parts(changed, sealed_parts(home)) == changed
    pin(home, first, "kept")
    prune(home, keep=1)
    assert {Path(file).stem for file in remove_unneeded(home, keep_compacted=True)} == {"0-2", "1-2"}
    assert verify(home, first).all_parts, "a pinned release keeps its parts"
    damage(Path(merge.file))
    assert "differs from the sealed file" in str(find_damaged_part(read_manifest(home, third)))


def test_a_lake_belongs_to_one_home(home: Home, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    lake.claim(home)
    lake.claim(home)
    assert lakes(home) == [lake]
    other = Home(tmp_path / "other")
    other.ensure()
    with pytest.raises(LakeOfAnotherHome, match="set LEVELGROUND_LAKE to a folder of its own"):
        lake.claim(other)
    assert lakes(other) == []
