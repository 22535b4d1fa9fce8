"""Files of audiences are sealed, published, rolled back, copied and rewritten with their release; older releases lack them."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from tests.support.published_files import sealed
from tests.support.sealing import seal
from warehouse.audiences.access import read_readers
from warehouse.audiences.plan import RELEASE_TABLE, FilePlan, Shown, TablePlan
from warehouse.audiences.write import write_file
from warehouse.connection import attach, detach, open_from_disk
from warehouse.paths import Home
from warehouse.releases import (
    Candidate,
    ErasedRecords,
    Manifest,
    ReleaseCorrupt,
    copy_equal_file,
    new_release_id,
    recover,
    rewrite_release,
    rollback,
    swap,
    verify,
)
from warehouse.rewrite import LeftOut

HEALTH, SAFETY = "levelground_records_health.duckdb", "levelground_records_safety.duckdb"
REMOVAL = ErasedRecords(removal_id="r1", source="mhd__visits", rows=1, reason="asked", erased_at=dt.datetime(2025, 12, 2))
OF_RELEASE = TablePlan(columns={"release_id": Shown.WHOLE})
COLUMNS = {"source": Shown.WHOLE, "_source_row": Shown.NO_LINEAGE, "name": Shown.WHOLE}


def plans(inputs: str = "i1", key_env: str | None = None) -> dict[str, FilePlan]:
    def of(audience: str, source: str) -> FilePlan:
        tables = {f"marts.fct_{audience}": TablePlan(sources=(source,), columns=COLUMNS), RELEASE_TABLE: OF_RELEASE}
        return FilePlan(audience=audience, tables=tables, inputs=inputs, key_env=key_env)

    return {HEALTH: of("health", "mhd__visits"), SAFETY: of("safety", "mpd__calls")}


def release(home: Home, number: int, audiences: dict[str, FilePlan]) -> Manifest:
    """A sealed release with two persons in each of two facts, and the files of these audiences."""
    candidate = Candidate.begin(home, f"run-{number}")
    with duckdb.connect(home.warehouse) as con:
        home.warehouse.chmod(0o600)
        attach(con, candidate.analyst_path, "release")
        con.execute("create schema release.marts")
        for audience, source in (("health", "mhd__visits"), ("safety", "mpd__calls")):
            con.execute(
                f"create table release.marts.fct_{audience} as select '{source}' as source, unnest([1, 2]) as _source_row, "
                f"unnest(['{audience} ada', '{audience} bob']) as name"
            )
        con.execute(f"create table release.marts.release as select 'release {number}' as release_id")
        earlier = [path.name for path in home.releases.glob("2*")]
        for name, plan in audiences.items():
            if not copy_equal_file(con, "release", home, earlier, name, plan, candidate.folder / name):
                write_file(con, "release", plan, candidate.folder / name, "v1.0.0")
        detach(con, "release")
    created_at, hashed = dt.datetime(2025, 12, number, tzinfo=dt.UTC), f"{number:08x}"
    return seal(
        home, candidate, release_id=new_release_id(home, created_at, hashed), created_at=created_at, data_as_of=None,
        code_version="1", content_hash=hashed, loads={}, versions={}, seeds_hash="", audiences=audiences,
    )  # fmt: skip


def without_ada(con: DuckDBPyConnection, alias: str) -> LeftOut:
    return {("marts", "fct_health"): "name = 'health ada'"}


def names(path: Path, table: str, key: str | None = None, column: str = "name") -> list[str]:
    with open_from_disk(path, "f", key=key) as con:
        return [name for (name,) in con.execute(f"select {column} from f.marts.{table} order by 1").fetchall()]


def test_a_release_has_the_files_sealed_and_a_swap_publishes_them(home: Home) -> None:
    manifest = release(home, 1, plans())
    assert manifest.files[HEALTH].tables == {"marts.fct_health": 2, RELEASE_TABLE: 1}
    swap(home, manifest.release_id)
    assert names(home.published / HEALTH, "fct_health") == ["health ada", "health bob"]
    assert (home.published / HEALTH).stat().st_mode & 0o777 == 0o400
    assert read_readers(home)["safety"].tables == ("marts.fct_safety", RELEASE_TABLE)
    assert verify(home, manifest.release_id) == manifest


def test_a_damaged_file_of_an_audience_is_noticed_and_a_missing_published_one_is_restored(home: Home) -> None:
    manifest = release(home, 1, plans())
    swap(home, manifest.release_id)
    (home.published / HEALTH).unlink()
    assert recover(home) == [f"Published files were missing: restored release {manifest.release_id}."]
    assert (home.published / HEALTH).is_file()
    path = home.release(manifest.release_id) / HEALTH
    path.unlink()
    path.write_bytes(b"x")
    with pytest.raises(ReleaseCorrupt, match=HEALTH):
        verify(home, manifest.release_id)


def test_a_rollback_to_a_release_of_an_earlier_version_publishes_no_file_of_an_audience(home: Home) -> None:
    old, new = sealed(home, 3), release(home, 3, plans())
    swap(home, new.release_id)
    rollback(home, old.release_id)
    assert sorted(path.name for path in home.published.glob("*.duckdb")) == ["levelground.duckdb", "levelground_public.duckdb"]
    assert read_readers(home) == {}
    rollback(home, new.release_id)
    assert (home.published / SAFETY).is_file()


def test_an_equal_file_is_copied_with_the_row_of_its_release_and_another_is_written(home: Home) -> None:
    first, second = release(home, 1, plans()), release(home, 2, plans() | {SAFETY: plans("i2")[SAFETY]})
    one, two = home.release(first.release_id), home.release(second.release_id)
    for number, folder in enumerate((one, two), 1):
        assert [names(folder / file, "release", column="release_id") for file in (HEALTH, SAFETY)] == [[f"release {number}"]] * 2
    assert names(two / HEALTH, "fct_health") == ["health ada", "health bob"]
    assert verify(home, second.release_id) == second


def test_a_file_that_cannot_be_read_is_not_copied(home: Home) -> None:
    first = release(home, 1, plans())
    damaged = home.release(first.release_id) / HEALTH
    damaged.unlink()
    damaged.write_bytes(b"x" * 100_000)
    second = home.release(release(home, 2, plans()).release_id)
    assert names(second / HEALTH, "fct_health") == ["health ada", "health bob"]
    assert [path.name for path in second.glob("*.wal")] == []


def test_a_removal_reaches_the_files_of_every_release(home: Home) -> None:
    releases = [release(home, number, plans()) for number in (1, 2)]
    before = hashlib.sha256((home.release(releases[0].release_id) / SAFETY).read_bytes()).hexdigest()
    for manifest in releases:
        assert rewrite_release(home, manifest.release_id, REMOVAL, without_ada) == []
    one, two = (home.release(manifest.release_id) for manifest in releases)
    for folder in (one, two):
        assert names(folder / HEALTH, "fct_health") == ["health bob"]
        assert b"health ada" not in (folder / HEALTH).read_bytes()
        assert [path.name for path in folder.glob(".*")] == []
    assert [names(folder / HEALTH, "release", column="release_id") for folder in (one, two)] == [["release 1"], ["release 2"]]
    assert hashlib.sha256((one / SAFETY).read_bytes()).hexdigest() == before, "it has no row of the source"
    assert verify(home, releases[1].release_id).erasures == (REMOVAL,)
    swap(home, releases[1].release_id)
    assert names(home.published / HEALTH, "fct_health") == ["health bob"]


def test_a_repeated_removal_changes_nothing_more(home: Home) -> None:
    manifest = release(home, 1, plans())
    for _ in range(2):
        rewrite_release(home, manifest.release_id, REMOVAL, without_ada)
    assert names(home.release(manifest.release_id) / HEALTH, "fct_health") == ["health bob"]
    verify(home, manifest.release_id)


def test_a_table_of_counts_of_all_sources_is_written_again(home: Home) -> None:
    """The file of figures has no row of the source alone; what its tables count of it leaves all the same."""
    counts = {"marts.fct_safety": TablePlan(columns=COLUMNS)}
    figures = FilePlan(audience="figures", tables=counts, inputs="i1")
    manifest = release(home, 1, plans() | {"levelground_figures.duckdb": figures})
    path = home.release(manifest.release_id) / "levelground_figures.duckdb"
    assert names(path, "fct_safety") == ["safety ada", "safety bob"]
    rewrite_release(home, manifest.release_id, REMOVAL, lambda _con, _alias: {("marts", "fct_safety"): "name = 'safety ada'"})
    assert names(path, "fct_safety") == ["safety bob"]
    assert b"safety ada" not in path.read_bytes()
    verify(home, manifest.release_id)
