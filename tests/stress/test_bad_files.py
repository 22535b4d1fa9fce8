"""One bad file of several, in each load mode; `tests/integration/test_one_bad_file.py` has the most common case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.runs.decisions import Acceptance, accept_load
from tests.support.dropped_files import BY_YEAR, INVALID, SOURCE, UNREADABLE, Department, records


@pytest.mark.parametrize("load", [{"mode": "append"}, BY_YEAR], ids=["append", "replace_period"])
@pytest.mark.parametrize("bad", [UNREADABLE, INVALID], ids=["unreadable", "invalid"])
def test_the_other_files_are_ingested_and_the_repaired_one_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: dict[str, Any], bad: str
) -> None:
    department = Department(tmp_path, monkeypatch, load)
    department.delivers(a_2022=records(2022, 1, 2), b_2023=records(2023, 3))
    assert department.run()[1] == ["1", "2", "3"]
    # b_2023 of the first delivery stays; its new state is bad; c_2024 is new and good
    department.delivers(b_2023=bad, c_2024=records(2024, 5, 6))
    status, landed = department.run()
    assert (status.verdict, landed) == ("held_back", ["1", "2", "3", "5", "6"])
    assert status.reason is not None and status.reason.startswith(f"{SOURCE}")
    assert status.reason.endswith("; only b_2023.csv is held back, the other 2 files are ingested")
    assert department.check().endswith("; a run would hold back b_2023.csv and ingest the other 2 files")
    loads = department.loads
    # the same files again change nothing
    again, landed = department.run()
    assert (again.verdict, again.reason, department.loads) == ("held_back", status.reason, loads)
    department.delivers(b_2023=records(2023, 3, 7, 8))
    status, landed = department.run()
    assert status.verdict == "landed_only"
    # append adds each distinct file once, so that the first state of b_2023 stays
    assert landed == (
        ["1", "2", "3", "3", "5", "6", "7", "8"] if load["mode"] == "append" else ["1", "2", "3", "5", "6", "7", "8"]
    )
    assert department.check() == "fits its contract"


def test_an_accepted_delivery_is_promoted_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    department = Department(tmp_path, monkeypatch, {"mode": "append"})
    department.delivers(a=records(2022, 1, 2), b=INVALID + "9,2023-01-01,9\n")
    status, landed = department.run()
    assert (status.verdict, landed) == ("held_back", ["1", "2"])
    assert status.load_id is not None
    accept_load(department.store, status.load_id, Acceptance(accepted_by="me", reason="it is so", at="2025-12-01"))
    assert department.run()[1] == ["1", "2", "9"]
    loads = department.loads
    assert (department.run()[1], department.loads) == (["1", "2", "9"], loads)


@pytest.mark.parametrize(
    ("load", "files", "why"),
    [
        ({"mode": "replace"}, {"a": records(2022, 1), "b": UNREADABLE}, "load mode replace takes the table whole"),
        (BY_YEAR, {"a": records(2022, 1), "b": UNREADABLE}, "it is unknown which years b.csv contains, and a year without it"),
        (BY_YEAR, {"a": records(2023, 1), "b": INVALID}, "a.csv and b.csv contain the same years, which are replaced together"),
        (
            {"mode": "replace_partition", "partition_by": ["on_day"]},
            {"a": "k,on_day,n\n1,2023-05-05,1\n", "b": INVALID},
            "a.csv and b.csv contain the same partitions (on_day), which are replaced together",
        ),
    ],
    ids=["replace", "unknown", "same period", "same partition"],
)  # fmt: skip
def test_the_whole_source_is_held_back_where_a_missing_file_would_be_a_wrong_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: dict[str, Any], files: dict[str, str], why: str
) -> None:
    department = Department(tmp_path, monkeypatch, load)
    department.delivers(**files)
    status, landed = department.run()
    assert (status.verdict, landed) == ("held_back", [])
    assert f"; the whole source is held back, because {why}" in (status.reason or "")
    assert f"a run would hold it back, the whole source, because {why}" in department.check()
