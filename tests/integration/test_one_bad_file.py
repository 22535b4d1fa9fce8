"""One bad file of several holds back itself where the load mode allows it; an older delivery replaces no newer one.

`tests/stress/test_bad_files.py` has the other load modes and faults.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.dropped_files import BY_YEAR, INVALID, SOURCE, UNREADABLE, Department, records


def test_the_other_file_is_ingested_and_the_repaired_one_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    department = Department(tmp_path, monkeypatch, BY_YEAR)
    department.delivers(b_2023=records(2023, 3))
    assert department.run()[1] == ["3"]
    # the landed rows of the bad file stay; c_2024 is new and good
    department.delivers(b_2023=INVALID, c_2024=records(2024, 5, 6))
    status, landed = department.run()
    assert (status.verdict, landed) == ("held_back", ["3", "5", "6"])
    assert status.reason is not None and status.reason.startswith(f"{SOURCE}")
    assert status.reason.endswith("; only b_2023.csv is held back, the other file is ingested")
    loads = department.loads
    # the same files again change nothing
    again, landed = department.run()
    assert (again.verdict, again.reason, department.loads) == ("held_back", status.reason, loads)
    department.delivers(b_2023=records(2023, 3, 7, 8))
    status, landed = department.run()
    assert (status.verdict, landed) == ("landed_only", ["3", "5", "6", "7", "8"])


def test_a_file_whose_name_is_its_partition_holds_back_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_name = [{"name": "year", "from_file": r"(20\d\d)", "required": True}]
    department = Department(tmp_path, monkeypatch, {"mode": "replace_partition", "partition_by": ["year"]}, by_name)
    department.delivers(a_2022=records(2022, 1), b_2023=UNREADABLE)
    status, landed = department.run()
    assert (status.verdict, landed) == ("held_back", ["1"]), "b_2023 never landed, and can contain no row of 2022"
    assert status.reason is not None and status.reason.endswith("only b_2023.csv is held back, the other file is ingested")
    department.delivers(b_2023=records(2023, 2))
    assert department.run()[1] == ["1", "2"]


def test_a_name_that_is_not_utf8_holds_back_its_source_by_a_name_that_can_be_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole run ended with "surrogates not allowed" when it asked for the landed rows of that name."""
    department = Department(tmp_path, monkeypatch, BY_YEAR)
    department.delivers(b_2023=records(2023, 3))
    assert department.run()[1] == ["3"]
    department.delivers(b_2023=records(2023, 3), **{os.fsdecode(b"a\xf1o_2025"): records(2025, 9)})
    status, landed = department.run()
    assert (status.verdict, landed) == ("held_back", ["3"])
    assert status.reason is not None
    assert r"a\xf1o_2025.csv: the bytes of its name are not UTF-8; rename it" in status.reason
    assert status.reason.isprintable()


def test_an_older_delivery_replaces_no_newer_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that read an old folder took its files for the newest, and its figures replaced newer ones without a finding."""
    department = Department(tmp_path, monkeypatch, {"mode": "replace"})
    department.delivers(visits=records(2023, 1, 2))
    assert department.run()[1] == ["1", "2"]
    department.delivers(visits=records(2023, 1, 2, 3, 4))
    assert department.run()[1] == ["1", "2", "3", "4"]
    (old, _, _), (new, _, _) = department.loads
    department.delivers(visits=records(2023, 1, 2))
    status, landed = department.run()
    assert (status.verdict, landed) == ("held_back", ["1", "2", "3", "4"])
    assert status.reason is not None
    assert f"its files are those of load {old}, accepted on " in status.reason
    assert f"and newer ones of load {new}, accepted on " in status.reason and "--accept-older" in status.reason
    status, landed = department.run(accept_older=True)
    assert (status.verdict, landed) == ("landed_only", ["1", "2"])
    assert department.run()[1] == ["1", "2"], "what was accepted on purpose is the newest"
