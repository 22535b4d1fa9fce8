"""One bad file of several holds back itself where the load mode allows it; an older delivery replaces no newer one.

`tests/stress/test_bad_files.py` has the other load modes and faults.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration.runs.decisions import Acceptance, accept_load
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


def test_a_damaged_file_that_is_repaired_byte_for_byte_is_fresh_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other file was accepted alone meanwhile: of that load nothing is newer than the whole delivery."""
    department = Department(tmp_path, monkeypatch, BY_YEAR)
    department.delivers(b_2023=records(2023, 3), c_2024=records(2024, 5, 6))
    assert department.run()[1] == ["3", "5", "6"]
    department.delivers(b_2023=INVALID)
    assert department.run()[0].verdict == "held_back"
    department.delivers(b_2023=records(2023, 3))
    for _ in range(2):
        status, landed = department.run()
        assert (status.verdict, landed) == ("landed_only", ["3", "5", "6"]), status.reason


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


DAY = {"mode": "replace_period", "period_column": "on_day", "period": "day", "key": None}


def of_days(month: int, *days: int) -> str:
    return "k,on_day,n\n" + "".join(f"{month}{day},2025-{month:02}-{day:02},1\n" for day in days)


def test_a_corrected_month_next_to_the_old_file_does_not_count_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The corrected file of May next to that of the year made 1,572 requests of 786, and it "fits its contract"."""
    department = Department(tmp_path, monkeypatch, DAY)
    year = of_days(4, 1, 2, 3, 4) + of_days(5, 1, 2, 3).removeprefix("k,on_day,n\n")
    department.delivers(calls_2025=year)
    assert len(department.run()[1]) == 7
    department.delivers(calls_2025_05_corrected=of_days(5, 1, 2, 3))
    status, landed = department.run()
    assert (status.verdict, len(landed)) == ("held_back", 7)
    assert status.reason is not None
    assert "calls_2025.csv and calls_2025_05_corrected.csv both have the records of 2025-05-01 to 2025-05-03" in status.reason
    assert "take one of them away" in status.reason and "load.files: parts" in status.reason
    # the remedies to their end: the correction alone is smaller than usual and needs a person's word, the old file alone is known
    (department.folder / "calls_2025.csv").unlink()
    status, landed = department.run()
    assert (status.verdict, len(landed)) == ("held_back", 7) and status.load_id and "is it cut off?" in (status.reason or "")
    accept_load(
        department.store, status.load_id, Acceptance(accepted_by="steward", reason="a correction", at="2025-12-01T00:00:00")
    )
    status, landed = department.run()
    assert (status.verdict, len(landed)) == ("landed_only", 7), "the days of May were replaced, those of April stay"


def test_a_few_late_rows_in_the_next_file_are_no_overlap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    department = Department(tmp_path, monkeypatch, DAY)
    many = "".join(f"x{n},2025-05-31,1\n" for n in range(20))
    department.delivers(may=of_days(5, 29, 30, 31) + many, june=of_days(5, 31) + of_days(6, 1, 2).removeprefix("k,on_day,n\n"))
    status, landed = department.run()
    assert (status.verdict, len(landed)) == ("landed_only", 26)


def test_files_that_share_their_days_are_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    department = Department(tmp_path, monkeypatch, {**DAY, "files": "parts"})
    department.delivers(north=of_days(5, 1, 2), south=of_days(5, 1, 2))
    status, landed = department.run()
    assert (status.verdict, len(landed)) == ("landed_only", 4)


def test_two_exports_of_one_day_are_one_stock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """employees_2026-03-31.csv and workday_2026-03-31.csv were 12,100 positions."""
    load = {"mode": "replace_partition", "partition_by": ["_snapshot_on"], "key": None}
    department = Department(tmp_path, monkeypatch, load, snapshot={"from": "file_name"})
    department.delivers(**{"employees_2025-03-31": of_days(1, 1, 2, 3), "workday_2025-03-31": of_days(2, 1, 2, 3, 4)})
    status, landed = department.run()
    assert (status.verdict, landed) == ("held_back", [])
    assert status.reason is not None
    assert "employees_2025-03-31.csv and workday_2025-03-31.csv are exports of the same date" in status.reason
    (department.folder / "employees_2025-03-31.csv").unlink()
    assert len(department.run()[1]) == 4
