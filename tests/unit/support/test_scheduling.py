"""How pytest-xdist distributes the tests, and folders that all workers share."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from tests import suite
from tests.conftest import ByFileOrGroup, pytest_collection_modifyitems
from tests.support.interrupts import accept_interrupts
from tests.support.shared import made_once


@pytest.mark.parametrize(
    ("test", "unit"),
    [
        ("tests/unit/ingest/test_city.py::test_a[x]", "tests/unit/ingest/test_city.py"),
        ("tests/contract/test_seeds.py::test_b", "tests/contract/test_seeds.py"),
        ("tests/integration/dbt/test_rules.py::test_rule[a@b]@dbt", "dbt"),
        ("tests/e2e/test_run.py::test_c", "tests/e2e/test_run.py"),
        ("tests/e2e/test_real_facts.py::test_d@real", "real"),
    ],
)
def test_a_worker_runs_a_file_or_a_group(test: str, unit: str) -> None:
    scheduler = object.__new__(ByFileOrGroup)
    assert scheduler._split_scope(test) == unit


class Collected:
    def __init__(self, nodeid: str) -> None:
        self.nodeid = nodeid

    def get_closest_marker(self, name: str) -> None: ...


def test_whole_runs_start_first_and_unit_tests_last() -> None:
    tests = ["contract/test_a.py", "e2e/test_real_b.py", "unit/test_c.py", "e2e/test_other_cities.py", "integration/test_d.py"]
    items = [Collected(f"tests/{path}::test") for path in tests]
    pytest_collection_modifyitems(cast(pytest.Config, None), cast(Any, items))
    assert [item.nodeid.removeprefix("tests/").removesuffix("::test") for item in items] == [
        "e2e/test_real_b.py", "e2e/test_other_cities.py", "integration/test_d.py", "contract/test_a.py", "unit/test_c.py",
    ]  # fmt: skip


def test_python_keeps_compiled_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in suite.environment()
    assert suite.environment()["PATH"]


def test_a_background_job_accepts_interrupts() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        accept_interrupts()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_shared_folder_is_made_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    calls = []

    def make(folder: Path) -> None:
        assert not list(folder.iterdir())
        calls.append(folder)
        (folder / "whole").touch()

    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: made_once(tmp_path_factory, "of_a_test", make), range(4)))
    assert calls == [folders[0]]
    assert all((folder / "whole").is_file() for folder in folders)


def test_what_could_not_be_made_is_made_by_the_next(tmp_path_factory: pytest.TempPathFactory) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError

    with pytest.raises(OSError):
        made_once(tmp_path_factory, "of_a_failed_test", fail)
    folder = made_once(tmp_path_factory, "of_a_failed_test", lambda folder: (folder / "whole").touch())
    assert [path.name for path in folder.iterdir()] == ["whole"]
