"""A candidate starts empty and alone, and goes without a trace."""

from __future__ import annotations

import pytest

from warehouse.connection import SMALL_BLOCKS, attach, detach, open_from_disk, open_working
from warehouse.paths import Home
from warehouse.releases import STORAGE_VERSION, Candidate
from warehouse.rewrite import block_size_of


def test_it_starts_with_two_empty_databases_in_the_pinned_format(home: Home) -> None:
    candidate = Candidate.begin(home, "4f1c-run_1")
    assert candidate.folder == home.releases / ".candidate-4f1c-run_1"
    for path in (candidate.analyst_path, candidate.public_path):
        with open_from_disk(path, "seen") as connection:
            assert connection.execute("select * from information_schema.tables where table_catalog = 'seen'").fetchall() == []
            tags = connection.execute("select tags from duckdb_databases() where database_name = 'seen'").fetchone()
            assert tags == ({"storage_version": "v1.0.0+"},), "a file records no format before v1.2.0"


def test_a_writer_that_names_the_format_stores_no_statistics_of_empty_columns(home: Home) -> None:
    sizes = {}
    for storage in (STORAGE_VERSION, ""):
        candidate = Candidate.begin(home, "run", block_size=SMALL_BLOCKS)
        with open_working(home) as connection:
            attach(connection, candidate.analyst_path, "release", storage=storage)
            assert block_size_of(connection, "release") == SMALL_BLOCKS
            connection.execute(f"create table release.wide ({', '.join(f'c{number} varchar' for number in range(500))})")
            detach(connection, "release")
        sizes[storage] = candidate.analyst_path.stat().st_size
    # 500 columns with 1.4 kB each, twice: the registers of a count of distinct values
    assert sizes[STORAGE_VERSION] < 150_000 < 1_400_000 < sizes[""]


def test_it_replaces_what_killed_runs_left(home: Home) -> None:
    first = Candidate.begin(home, "first")
    with open_working(home) as connection:
        attach(connection, first.analyst_path, "release")
        connection.execute("create table release.half as select 1 as built")
    second = Candidate.begin(home, "second")
    assert [folder.name for folder in home.releases.iterdir()] == [second.folder.name]
    again = Candidate.begin(home, "second")
    assert again == second


def test_discard_removes_it_and_can_be_repeated(home: Home) -> None:
    candidate = Candidate.begin(home, "run")
    candidate.discard()
    candidate.discard()
    assert list(home.releases.iterdir()) == []


@pytest.mark.parametrize("run_id", ["", "../x", "a/b", ".hidden", "a b", "x" * 101])
def test_a_run_id_that_is_no_name_is_refused(home: Home, run_id: str) -> None:
    with pytest.raises(ValueError, match="not a run id"):
        Candidate.begin(home, run_id)
