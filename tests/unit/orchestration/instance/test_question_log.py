"""The log of questions: records of accounts, which it neither trusts nor loses."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from orchestration.instance.question_log import LOG, collect, questions, record, select
from warehouse.paths import Home

ASKED = {
    "file": "levelground.duckdb", "release_id": "r1", "tables": ["marts.fct_employees"],
    "rows": 3, "outcome": "done", "statement": "select ?",
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.ensure()
    return home


def statements(rows: list[dict[str, Any]]) -> list[str]:
    return [row["statement"] for row in rows]


def test_a_question_has_its_account_and_is_kept_once(home: Home) -> None:
    record(home, ASKED)
    record(home, ASKED | {"statement": "select ? , ?"})
    before = questions(home)
    assert statements(before) == ["select ?", "select ? , ?"]
    assert {(row["asked_by"], row["rows"], tuple(row["tables"])) for row in before} == {("root", 3, ("marts.fct_employees",))}
    collect(home)
    assert [path.name for path in home.questions.iterdir()] == [LOG]
    collect(home)
    record(home, ASKED | {"statement": "select ? , ? , ?"})
    assert questions(home)[:2] == before
    assert len(questions(home)) == 3


def test_only_the_owner_reads_the_log_and_readers_write_to_the_folder(home: Home) -> None:
    record(home, ASKED)
    (written,) = home.questions.glob("*.json")
    assert (home.questions.stat().st_mode & 0o7777, written.stat().st_mode & 0o7777) == (0o1730, 0o640)
    collect(home)
    assert (home.questions / LOG).stat().st_mode & 0o7777 == 0o600


def test_the_folder_inherits_the_group_of_the_home(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    os.chown(home.root, -1, 54321)
    home.root.chmod(0o2750)
    home.ensure()
    assert (home.questions.stat().st_gid, home.questions.stat().st_mode & 0o7777) == (54321, 0o3730)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"at": 1}', "[" * 9_000, json.dumps({"at": "x", **ASKED, "tables": [1]})])
def test_a_file_that_is_no_record_is_left_out(home: Home, content: str) -> None:
    (home.questions / "1.json").write_text(content)
    record(home, ASKED)
    assert statements(questions(home)) == ["select ?"]
    collect(home)
    assert [path.name for path in home.questions.iterdir()] == [LOG]


def test_a_link_and_a_pipe_are_not_read(home: Home, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"at": "x", **ASKED}))
    (home.questions / "1.json").symlink_to(other)
    os.mkfifo(home.questions / "2.json")
    assert questions(home) == []
    collect(home)
    assert list(home.questions.iterdir()) == []
    assert other.exists()


def test_fields_of_a_record_do_not_replace_its_account(home: Home) -> None:
    record(home, ASKED | {"asked_by": "someone else", "more": "x"})
    (row,) = questions(home)
    assert (row["asked_by"], "more" in row) == ("root", False)


def test_questions_are_selected_by_person_day_and_table() -> None:
    rows = [
        {"asked_by": "ana", "at": "2026-03-02T10:00:00+00:00", "tables": ["marts.fct_employees"]},
        {"asked_by": "ben", "at": "2026-03-02T11:00:00+00:00", "tables": ["published.release"]},
        {"asked_by": "ana", "at": "2026-03-03T10:00:00+00:00", "tables": ["published.release", "marts.fct_employees"]},
    ]
    assert select(rows) == rows
    assert select(rows, person="ana", day="2026-03-02") == rows[:1]
    assert select(rows, table="release") == select(rows, table="published.release") == rows[1:]
    assert select(rows, table="employees") == []
