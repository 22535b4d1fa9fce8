"""Temporary folders: removed when they were used, and by the next command where their process was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from warehouse.paths import Home
from warehouse.temporary import remove_leftovers, remove_spilled, spill_folder, temporary_folder

HOLD = """
import sys, time
from pathlib import Path
from warehouse.paths import Home
from warehouse.temporary import spill_folder, temporary_folder
home = Home(Path(sys.argv[1]))
with temporary_folder(home, "fetch-") as folder:
    (folder / "private").write_text("x")
    (spill_folder(home) / "private").write_text("x")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def other(home: Home) -> Iterator[subprocess.Popen[str]]:
    """Another process with temporary folders in the home."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(home.root)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_a_folder_is_private_and_removed_after_use(home: Home) -> None:
    with temporary_folder(home, "check-") as folder:
        assert folder.name.startswith("check-")
        assert folder.stat().st_mode & 0o777 == 0o700
        remove_leftovers(home)
        assert folder.is_dir()
    assert list(home.temporary.iterdir()) == []


def test_folders_of_a_living_process_stay(home: Home, other: subprocess.Popen[str]) -> None:
    before = sorted(home.temporary.rglob("*"))
    remove_leftovers(home)
    assert sorted(home.temporary.rglob("*")) == before
    assert len([path for path in before if path.name == "private"]) == 2
    assert other.poll() is None


def test_folders_of_a_killed_process_are_removed(home: Home, other: subprocess.Popen[str]) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait(10)
    assert list(home.temporary.rglob("private"))
    remove_leftovers(home)
    assert list(home.temporary.iterdir()) == []


def test_folders_of_earlier_versions_are_removed(home: Home) -> None:
    (home.temporary / "fetch-abc").mkdir(parents=True)
    (home.temporary / "fetch-abc" / "visits.csv").write_text("x")
    (home.temporary / "duckdb_temp_storage-0.tmp").write_text("x")
    remove_leftovers(home)
    assert [path.name for path in home.temporary.iterdir()] == ["duckdb_temp_storage-0.tmp"], "another process may use it"
    remove_spilled(home)
    assert list(home.temporary.iterdir()) == []


def test_a_home_without_temporary_files_is_left_alone(home: Home) -> None:
    remove_leftovers(home)
    assert not home.root.exists()


def test_a_process_spills_into_one_folder(home: Home) -> None:
    assert spill_folder(home) == spill_folder(home)
    assert spill_folder(home).parent == home.temporary
    if os.fork() == 0:
        os._exit(len({spill_folder(home), *home.temporary.glob("spill-*[!k]")}))
    assert os.waitstatus_to_exitcode(os.wait()[1]) == 2, "a forked process has its own"
