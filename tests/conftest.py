"""What all tests share: homes, the sample city, the command line, and the rule that nothing is skipped.

Tests on real deliveries are marked `real` and deselected without LEVELGROUND_REAL_DELIVERIES. A skipped test fails the run:
what a test needs, `make test` installs.
"""

from __future__ import annotations

import contextlib
import gc
import io
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest
from hypothesis import settings
from xdist.scheduler import LoadGroupScheduling

from ingest.sample import write_sample
from orchestration.cli import main
from orchestration.cli.query.process import write_result
from tests.support.canaries import Canary, Seeder
from tests.support.empty_warehouse import EmptyWarehouse, building_empty
from tests.support.fuzzing import DEEP, QUICK, SEARCH, SOME
from tests.support.interrupts import accept_interrupts
from tests.support.kept_readers import kept_reader
from tests.support.published_files import MakeRelease, sealed
from tests.support.shared import made_once, parse_project
from tests.support.shipped import shipped_registry
from tests.support.warm_process import PARSED, run_warm
from warehouse.connection import open_reader
from warehouse.paths import Home

gc.disable()  # while tests are collected, which creates little garbage: the collector took a third of the time
ROOT = Path(__file__).resolve().parent.parent
REAL = "LEVELGROUND_REAL_DELIVERIES"
SAMPLE_ROWS = 6_000
# The terminal of the tests and of the processes that they start, whatever that of the developer or of CI is.
TERMINAL = {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
FORCED = (
    "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "CLICOLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "GITHUB_ACTIONS",
    "TERMINAL_WIDTH", "COLORTERM",
)  # fmt: skip
os.environ.update(TERMINAL)
for _name in FORCED:
    os.environ.pop(_name, None)
accept_interrupts()
_NUMBERS = itertools.count()

# Repeatable: a search with another start each time would fail at random during other work.
# `pytest --hypothesis-profile search tests/unit` starts at random.
settings.register_profile("known", derandomize=True, deadline=None)
settings.register_profile(QUICK, derandomize=True, deadline=None, max_examples=25)
settings.register_profile(SOME, derandomize=True, deadline=None, max_examples=50)
settings.register_profile(SEARCH, deadline=None)
settings.register_profile(DEEP, deadline=None, print_blob=True)
settings.load_profile("known")


# Long tests start first, so that no worker is idle at the end: whole runs, then what needs a warehouse, then the rest. One worker
# parses the dbt project and runs the real deliveries, while another runs a second city and makes the release of which others have
# copies.
LONGEST_FIRST = (
    "tests/e2e/test_real_deaths.py", "tests/e2e/test_real_second_city.py", "tests/e2e/test_real_",
    "tests/e2e/test_other_cities.py", "tests/e2e/test_later_runs.py", "tests/e2e/test_ui.py",
    "tests/integration/dbt/", "tests/e2e/", "tests/integration/",
)  # fmt: skip


class ByFileOrGroup(LoadGroupScheduling):
    """Keep a file of tests on one worker, which makes its fixtures once, and tests of a group, whatever their files."""

    def _split_scope(self, nodeid: str) -> str:
        scope: str = super()._split_scope(nodeid)
        return nodeid.partition("::")[0] if scope == nodeid else scope


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadGroupScheduling | None:
    return ByFileOrGroup(config, log) if config.getoption("dist") == "loadgroup" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    last = len(LONGEST_FIRST)
    items.sort(key=lambda item: next((n for n, path in enumerate(LONGEST_FIRST) if item.nodeid.startswith(path)), last))
    if os.environ.get(REAL):
        return
    real = [item for item in items if item.get_closest_marker("real")]
    if real:
        config.hook.pytest_deselected(items=real)
        items[:] = [item for item in items if item not in real]


def pytest_collection_finish(session: pytest.Session) -> None:
    """A group that is not kept together costs a run of the whole job on every worker, unnoticed.

    What was imported and collected stays until the end: Python's garbage collector need not traverse it again and again, which
    took a tenth of the time of the tests.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    gc.enable()
    if getattr(session.config.option, "loadgroup", False):
        ungrouped = [item.nodeid for item in session.items if item.get_closest_marker("xdist_group") and "@" not in item.nodeid]
        if ungrouped:
            raise pytest.UsageError(
                f"this pytest-xdist does not keep groups together: {ungrouped[0]} and {len(ungrouped) - 1} others"
            )


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    report = (yield).get_result()
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: install what it needs instead"


@pytest.fixture(scope="session", autouse=True)
def _frugal() -> Iterator[None]:
    """Load `spatial` unverified, 0.2 s of CPU per database; compute in one thread, a quarter less CPU; wait for no disk.

    DuckDB wants the same configuration of all connections to a file, so every connection of this process has the settings, but
    readers for users' SQL load nothing. Runs in processes of their own verify the signature, as for users.
    """
    connect = duckdb.connect

    def connect_frugally(
        database: str | Path = ":memory:", read_only: bool = False, config: dict[str, Any] | None = None
    ) -> duckdb.DuckDBPyConnection:
        given = config or {}
        unverified = {} if "enable_external_access" in given else {"allow_unsigned_extensions": "true"}
        return connect(database, read_only=read_only, config={"threads": 1} | unverified | given)

    with mock.patch.object(duckdb, "connect", connect_frugally), mock.patch.object(os, "fsync", lambda _file: None):
        yield


@pytest.fixture(autouse=True)
def _own_environment(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No setting of the machine reaches a test, and no test reaches the project's own home.

    A folder is made only for tests that ask for `tmp_path`: making one for each of 5,000 tests took 3 % of their time.
    """
    for name in [name for name in os.environ if name.startswith(("LEVELGROUND_", "DAGSTER_")) and name != REAL]:
        monkeypatch.delenv(name)
    has_folder = "tmp_path" in request.fixturenames
    folder = request.getfixturevalue("tmp_path") if has_folder else tmp_path_factory.getbasetemp() / f"none-{next(_NUMBERS)}"
    monkeypatch.setenv("LEVELGROUND_HOME", str(folder / "home"))
    monkeypatch.setenv("LEVELGROUND_CACHE", "none")


@pytest.fixture(scope="session")
def real_deliveries() -> Path:
    return Path(os.environ[REAL])


@pytest.fixture(scope="session")
def parsed_dbt_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dbt folder of a home in which dbt has parsed the project. Copied into another home, it saves ten seconds there."""
    home = Home(made_once(tmp_path_factory, "parsed", lambda folder: parse_project(Home(folder))))
    PARSED.append(home.root)
    return home.dbt


@pytest.fixture(scope="session")
def empty_warehouse(parsed_dbt_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmptyWarehouse]:
    """A warehouse with every table and no row. Tests that use it are in the group `dbt`, so that it is built once."""
    with building_empty(tmp_path_factory.mktemp("dbt") / "home", parsed_dbt_folder) as warehouse:
        yield warehouse


@pytest.fixture(scope="session")
def seeded_city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Canary]]:
    """The sample city, small, and the canaries in its private columns: two records of each source are marked. Read only."""

    def make(folder: Path) -> None:
        write_sample(folder / "city", rows=SAMPLE_ROWS)
        marked = Seeder(list(shipped_registry())).few(folder / "city")
        (folder / "canaries.json").write_text(json.dumps([asdict(canary) for canary in marked]), encoding="utf-8")

    seeded_folder = made_once(tmp_path_factory, "sample", make)
    return seeded_folder / "city", [
        Canary(**canary) for canary in json.loads((seeded_folder / "canaries.json").read_text(encoding="utf-8"))
    ]


@pytest.fixture(scope="session")
def sample_city(seeded_city: tuple[Path, list[Canary]]) -> Path:
    """The sample city, small. Read only: tests that change a delivery copy it."""
    return seeded_city[0]


def free_port() -> int:
    """A port without a listener."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


OWN_PROCESS = ("run", "try", "ui")


@dataclass(frozen=True)
class CommandLine:
    """The command line on a home of its own.

    Runs and the UI have their own process, as for users: from then on a signal ends it. Other commands are called in the test's
    process, which imports the libraries once and not for every call.

    cold: start a run from nothing, as a shell does, instead of forking a process that has imported everything
    patience: after so many seconds a run is killed
    """

    home: Path
    cold: bool = False
    patience: float = 540

    def __call__(
        self, *arguments: object, env: dict[str, str] | None = None, timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        timeout = timeout or self.patience
        command = [str(Path(sys.executable).parent / "levelground"), *map(str, arguments)]
        # the scorecard has tests of its own: a run of another test writes none
        environment = {"LEVELGROUND_HOME": str(self.home), "LEVELGROUND_SCORECARD": "none"}
        if command[1] == "run" and not self.cold:
            environment["LEVELGROUND_THREADS"] = "1"  # the other cores run other tests
        environment |= env or {}
        if command[1] not in OWN_PROCESS:
            return called(command, environment)
        if command[1] == "run" and not self.cold:
            return run_warm(command, os.environ | environment, timeout)
        return subprocess.run(
            command, env=os.environ | environment, text=True, capture_output=True, timeout=timeout, check=False, cwd=ROOT
        )

    def json(self, *arguments: object, expect: int = 0, env: dict[str, str] | None = None) -> Any:
        result = self(*arguments, env=env)
        assert result.returncode == expect, f"exit {result.returncode}, expected {expect}\n{result.stdout}\n{result.stderr}"
        return json.loads(result.stdout)

    def ask(self, sql: str, *, public: bool = False) -> list[dict[str, Any]]:
        """The rows that `levelground query` writes, by the same code in this process: its own process takes 0.2 s of CPU."""
        home = Home(self.home)
        with tempfile.TemporaryDirectory(prefix="levelground-") as folder:
            written = Path(folder) / "rows.json"
            file = home.published_public if public else home.published_analyst
            with kept_reader(self.home, file) or open_reader(file, temp_directory=Path(folder)) as reader:
                write_result(reader.execute(sql), written, "json", spreadsheet=False, terminal_width=None)
            rows: list[dict[str, Any]] = json.loads(written.read_text(encoding="utf-8"))
        return rows


def called(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The output and exit code of the command, run in this process."""
    stdout, stderr = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    code: object = 0
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(sys, "argv", command),
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        except Exception:  # as Python does with unforeseen errors
            traceback.print_exc()
            code = 1
    assert isinstance(code, int)
    texts = [stream.buffer.getvalue().decode() for stream in (stdout, stderr)]  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(command, code, *texts)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with its folders and nothing in them."""
    empty_home = Home(tmp_path / "home")
    empty_home.ensure()
    return empty_home


@pytest.fixture
def make_release(home: Home) -> MakeRelease:
    """Builds and seals a release of so many rows."""
    return partial(sealed, home)


@pytest.fixture
def levelground(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """No bytes in a test's name: archives hold the second in which they were made, and each worker makes its own."""
    return argname if isinstance(val, bytes) else None
