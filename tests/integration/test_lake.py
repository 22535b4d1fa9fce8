"""A release whose facts are views over parts is sealed with them, read with them alone, and keeps them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import typer

from orchestration.cli.release import lake as lake_command
from tests.conftest import CommandLine
from tests.support.small_home import COLUMNS, FIRST, LOAD, SECOND, SmallHome
from tests.support.visits import visits_contract
from warehouse.connection import QueryError, open_reader, run_query
from warehouse.paths import Home
from warehouse.releases import (
    Lake,
    LakeOfAnotherHome,
    ReleaseCorrupt,
    damaged_parts,
    known_releases,
    lakes,
    pin,
    prune,
    read_manifest,
    recover,
    remove_unneeded,
    rollback,
    sealed_parts,
    verify,
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


def test_a_pinned_release_keeps_its_parts_and_a_command_names_every_damaged_one(
    small: SmallHome, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = small.home
    monkeypatch.setenv("LEVELGROUND_HOME", str(home.root))
    first, second = known_releases(home)
    pin(home, first, "kept")
    prune(home, keep=1)
    assert remove_unneeded(home) == []
    assert verify(home, first).all_parts
    damage(part(home, "0-2"))
    part(home, "1-1").unlink()
    parts = read_manifest(home, second).all_parts
    assert [why.partition(" the sealed")[0] for _, why in damaged_parts(parts)] == [f"the part {part(home, '0-2')} differs from"]
    with pytest.raises(typer.Exit) as ended:
        lake_command.verify()
    assert ended.value.exit_code == 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"release {first}: the part {part(home, '1-1')} is missing" in said
    assert f"release {second}: the part {part(home, '0-2')} differs from the sealed file" in said, "not the first one alone"
    assert str(part(home, "0-2")) in sealed_parts(home), "a run looks at sizes alone"
    assert str(part(home, "0-2")) not in sealed_parts(home, reread=True), "a full refresh builds it again"


def test_a_query_names_the_table_the_part_and_the_command_that_mends_it(small: SmallHome) -> None:
    """DuckDB's own message is of a folder that the configuration forbids."""
    file, levelground = part(small.home, "0-2"), CommandLine(small.home.root)
    damaged = f"Invalid Input Error: No magic bytes found at end of file '{file}'"
    for why in ("it is missing, or this account may not read its folder", damaged):
        file.write_bytes(b"not a Parquet file, but long") if why is damaged else file.unlink()
        failed = levelground("query", "select count(distinct note) from fct_visits")
        assert failed.returncode == 1
        assert failed.stderr.strip() == (
            f"levelground: fct_visits cannot be read, because of its part {file}: {why}. Restore the part; else "
            "`levelground run --full-refresh` builds it again. `levelground lake verify` checks all parts"
        )


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
