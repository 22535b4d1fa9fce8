"""A candidate starts empty and alone, and goes without a trace."""

from __future__ import annotations

import pytest

from warehouse.connection import attach, open_from_disk, open_working
from warehouse.paths import Home
from warehouse.releases import STORAGE_VERSION, Candidate


def test_it_starts_with_two_empty_databases_in_the_pinned_format(home: Home) -> None:
    candidate = Candidate.begin(home, "4f1c-run_1")
    assert candidate.folder == home.releases / ".candidate-4f1c-run_1"
    for path in (candidate.analyst_path, candidate.public_path):
        with open_from_disk(path, "seen") as connection:
            assert connection.execute("select * from information_schema.tables where table_catalog = 'seen'").fetchall() == []
            tags = connection.execute("select tags from duckdb_databases() where database_name = 'seen'").fetchone()
            assert tags == ({"storage_version": f"{STORAGE_VERSION}+"},)


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
