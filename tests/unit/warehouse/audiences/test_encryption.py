"""An encrypted file opens with its key alone, and no file or message contains the key."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from ingest.city import City
from orchestration.cli.release.chosen_file import CannotShow, choose_file
from orchestration.runs.hash_key import check_keys
from orchestration.settings import ConfigurationError
from tests.support.sealing import seal
from warehouse.audiences.keys import NoKey
from warehouse.audiences.plan import FilePlan, Shown, TablePlan
from warehouse.audiences.write import write_file
from warehouse.connection import WrongKey, attach, detach, open_from_disk, open_reader
from warehouse.paths import Home
from warehouse.releases import (
    Candidate,
    ErasedRecords,
    Manifest,
    new_release_id,
    recover,
    rewrite_release,
    rollback,
    swap,
    verify,
)

VARIABLE, KEY, OTHER = "HEALTH_KEY", "correct horse battery staple", "another key of the same length"
HEALTH = "levelground_records_health.duckdb"
COLUMNS = {"source": Shown.WHOLE, "_source_row": Shown.NO_LINEAGE, "name": Shown.WHOLE}
PLAN = FilePlan(
    audience="health",
    tables={"marts.fct_visits": TablePlan(sources=("mhd__visits",), columns=COLUMNS)},
    key_env=VARIABLE,
    inputs="i1",
)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


def release(home: Home, day: int = 1) -> Manifest:
    candidate = Candidate.begin(home, f"run-{day}")
    with duckdb.connect(home.warehouse) as con:
        home.warehouse.chmod(0o600)
        attach(con, candidate.analyst_path, "release")
        con.execute("create schema release.marts")
        con.execute(
            "create table release.marts.fct_visits as select 'mhd__visits' as source, unnest([1, 2]) as _source_row, "
            "unnest(['whisper ada', 'whisper bob']) as name"
        )
        write_file(con, "release", PLAN, candidate.folder / HEALTH, "v1.0.0")
        detach(con, "release")
    created_at = dt.datetime(2025, 12, day, tzinfo=dt.UTC)
    manifest = seal(
        home, candidate, release_id=new_release_id(home, created_at, f"{day:08x}"), created_at=created_at, data_as_of=None,
        code_version="1", content_hash=f"{day:08x}", loads={}, versions={}, seeds_hash="", audiences={HEALTH: PLAN},
    )  # fmt: skip
    swap(home, manifest.release_id)
    return manifest


def names(path: Path, key: str | None) -> list[str]:
    with open_from_disk(path, "f", key=key) as con:
        return [name for (name,) in con.execute("select name from f.marts.fct_visits order by 1").fetchall()]


def test_the_file_opens_with_its_key_alone(home: Home) -> None:
    release(home)
    path = home.published / HEALTH
    assert names(path, KEY) == ["whisper ada", "whisper bob"]
    for key in (OTHER, None):
        with pytest.raises(WrongKey, match="the key in the environment is not its key"):
            names(path, key)
    content = path.read_bytes()
    assert b"whisper" not in content
    assert b"fct_visits" not in content


def test_no_file_of_the_home_contains_the_key(home: Home) -> None:
    release(home)
    for path in home.root.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
    assert VARIABLE in home.readers.read_text(), "a reader learns which variable to set"


def test_a_query_finds_tables_and_reads_no_other_file(home: Home) -> None:
    release(home)
    chosen = choose_file(home, audience="health")
    with open_reader(chosen.path, key=chosen.key) as con:
        assert con.execute("select count(*) from fct_visits").fetchall() == [(2,)]
        with pytest.raises(duckdb.PermissionException):
            con.execute(f"from read_text('{home.current_json}')")
        with pytest.raises(duckdb.Error, match="read-only"):
            con.execute(f"create table {chosen.path.stem}.marts.t as select 1")
        shown = str(con.execute("from duckdb_databases()").fetchall()) + str(con.execute("from duckdb_settings()").fetchall())
        assert KEY not in shown


@pytest.mark.parametrize(("key", "why"), [("", "is not set"), ("short", "has fewer than 16 characters")])
def test_a_missing_key_is_a_sentence(home: Home, monkeypatch: pytest.MonkeyPatch, key: str, why: str) -> None:
    release(home)
    monkeypatch.setenv(VARIABLE, key)
    with pytest.raises(CannotShow, match=f"{HEALTH} is encrypted, and its key {VARIABLE} {why}. Set it to the key"):
        choose_file(home, audience="health")
    with pytest.raises(NoKey), duckdb.connect() as con:
        write_file(con, "memory", PLAN, home.root / "new.duckdb", "v1.0.0")
    city = City.model_validate(
        {"city": "a", "title": "A", "place_geoid": "0000000", "audiences": {"health": {"key_env": VARIABLE}}}
    )
    with pytest.raises(ConfigurationError, match=f"{VARIABLE} is not set, or has fewer than 16 characters"):
        check_keys(city)


def test_a_wrong_key_is_a_sentence_without_a_key(home: Home) -> None:
    release(home)
    with pytest.raises(WrongKey) as error:
        open_reader(home.published / HEALTH, key=OTHER)
    assert OTHER not in str(error.value)
    assert "The data team has the key of this audience" in str(error.value)


@pytest.mark.parametrize("key", ["", OTHER])
def test_a_release_is_verified_rolled_back_and_repaired_without_the_key(
    home: Home, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    first, second = release(home, 1), release(home, 2)
    monkeypatch.setenv(VARIABLE, key)
    assert verify(home, first.release_id) == first
    rollback(home, first.release_id)
    (home.published / HEALTH).unlink()
    assert "restored" in recover(home)[0]
    assert (home.published / HEALTH).samefile(home.release(first.release_id) / HEALTH)
    assert verify(home, second.release_id) == second


def test_a_removal_rewrites_the_file_with_its_key_and_deletes_it_without(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = release(home, 1), release(home, 2)
    removal = ErasedRecords(removal_id="r", source="mhd__visits", rows=1, reason="asked", erased_at=dt.datetime(2026, 1, 1))

    def without_ada(_con: object, _alias: str) -> dict[tuple[str, str], str]:
        return {("marts", "fct_visits"): "name = 'whisper ada'"}

    assert rewrite_release(home, second.release_id, removal, without_ada) == []
    assert names(home.release(second.release_id) / HEALTH, KEY) == ["whisper bob"]
    monkeypatch.setenv(VARIABLE, "")
    (note,) = rewrite_release(home, first.release_id, removal, without_ada)
    assert note == f"Deleted {HEALTH} of release {first.release_id}: its key {VARIABLE} is not set."
    assert not (home.release(first.release_id) / HEALTH).exists()
    assert verify(home, first.release_id).audiences == {}
