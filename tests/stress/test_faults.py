"""What can break, breaks: each run that meets a fault names it and the remedy, readers keep a whole release, and the next
run comes to the content hash that an undisturbed one comes to.

The table of these faults, and of those that other tests hold to, is in docs/runbook.md.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from tests.stress.small import MERGED, SmallHome, copy_of_the_code

pytestmark = pytest.mark.usefixtures("disturbed")


def write_noise(path: Path, at: float, size: int = 64) -> None:
    """Overwrite bytes at a share of the file's length."""
    mode = path.stat().st_mode
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(int(path.stat().st_size * at))
        file.write(os.urandom(size))
    path.chmod(mode)


def test_truncated_working_warehouse(disturbed: SmallHome, converges: Callable[[], None]) -> None:
    warehouse = disturbed.home / "warehouse.duckdb"
    os.truncate(warehouse, warehouse.stat().st_size // 2)
    converges()
    assert len(list(disturbed.home.glob("warehouse.damaged-*.duckdb"))) == 1


def test_damaged_block_in_the_working_warehouse(disturbed: SmallHome, converges: Callable[[], None]) -> None:
    """Opening does not read it: the run that comes upon it breaks off, and the next one looks for it."""
    warehouse = disturbed.home / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        (block,) = connection.execute(
            f"select min(block_id) from pragma_storage_info('landing.{MERGED}') where block_id >= 0"
        ).fetchone() or (0,)
    with warehouse.open("r+b") as file:
        file.seek(3 * 4096 + block * 262_144 + 100)
        file.write(os.urandom(64))
    output = disturbed.run("--full-refresh", expect=1)
    assert "does not read back as it was written" in output
    converges()
    assert len(list(disturbed.home.glob("warehouse.damaged-*.duckdb"))) == 1


def test_deleted_working_warehouse(disturbed: SmallHome, converges: Callable[[], None]) -> None:
    (disturbed.home / "warehouse.duckdb").unlink()
    converges()


def test_damaged_kept_delivery_that_is_not_needed_any_more(disturbed: SmallHome, converges: Callable[[], None]) -> None:
    for batch in (disturbed.home / "deliveries").glob("*/*/batch.parquet"):
        write_noise(batch, 0.5)
    converges()


def test_damaged_kept_delivery_when_landing_is_missing(disturbed: SmallHome, converges: Callable[[], None]) -> None:
    """The stops merge: rows of the first delivery are nowhere else. Nothing is released without them."""
    (disturbed.home / "warehouse.duckdb").unlink()
    (batch,) = (disturbed.home / "deliveries" / MERGED).glob("*/batch.parquet")
    whole = batch.read_bytes()
    write_noise(batch, 0.5)
    output = disturbed.run(expect=1)
    assert f"{MERGED}: landing lacks 900 rows that only {batch} has" in output
    assert "Restore the file from a backup" in output
    batch.write_bytes(whole)
    converges()


def test_damaged_kept_delivery_that_is_still_in_its_folder(disturbed: SmallHome, undisturbed: SmallHome) -> None:
    """The same delivery is read again from its origin, and nothing has changed."""
    (disturbed.home / "warehouse.duckdb").unlink()
    for batch in (disturbed.home / "deliveries").glob("*/*/batch.parquet"):
        write_noise(batch, 0.5)
    before = disturbed.content()
    same = SmallHome(disturbed.home, undisturbed.deliveries)
    same.run("--full-refresh")
    assert same.last()["outcome"] == "unchanged"
    assert same.content() == before


@pytest.mark.parametrize("megabytes", [1, 6, 18])
def test_disk_full(disturbed: SmallHome, converges: Callable[[], None], megabytes: int) -> None:
    """No file may grow beyond so much: what first wants to is another one each time."""
    limit = megabytes * 1_000_000
    command = disturbed.command("run", "--deliveries", disturbed.deliveries, "--full-refresh")
    result = subprocess.run(
        command,
        env=disturbed.environment(),
        cwd=disturbed.code,
        text=True,
        capture_output=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert result.returncode == 1, result.stdout + result.stderr
    # SQLite does not report why it could not write
    assert re.search(rf"the disk of {disturbed.home} (is full|failed) .* room", result.stderr), result.stderr
    assert "Traceback" not in result.stderr
    converges()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing in the folder can be written to: by a mount where that may be made, else by modes."""
    if os.geteuid() == 0:
        subprocess.run(["mount", "--bind", folder, folder], check=True)
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", folder], check=True)
        return
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def test_read_only_disk(disturbed: SmallHome, converges: Callable[[], None]) -> None:
    with read_only(disturbed.home):
        output = disturbed.run(expect=2)
        assert f"cannot write to {disturbed.home}" in output
        assert "mounted read-only" in output
        assert disturbed.content()
    converges()


@pytest.mark.parametrize("limit", ["4MB", "24MB"])
def test_memory_limit(disturbed: SmallHome, converges: Callable[[], None], limit: str) -> None:
    output = disturbed.run("--full-refresh", expect=1, LEVELGROUND_MEMORY_LIMIT=limit)
    assert "raise LEVELGROUND_MEMORY_LIMIT" in output
    assert not any(status["verdict"] == "held_back" for status in disturbed.last()["sources"].values())
    converges()


def test_second_run_at_once_from_the_command_line(disturbed: SmallHome, converges: Callable[[], None]) -> None:
    with disturbed.start() as first:
        assert first.stdout is not None
        for line in first.stdout:
            if line.startswith("building"):
                break
        output = disturbed.run(expect=5)
        assert f"pid {first.pid}" in output
        assert "--wait" in output
        first.stdout.read()
    assert first.returncode == 0
    converges()


UI_RUN = """
import dagster as dg
from orchestration.definitions import defs
with dg.DagsterInstance.get() as instance:
    result = defs.resolve_job_def("refresh").execute_in_process(instance=instance, raise_on_error=False)
    failures = [event.event_specific_data.error for event in result.all_events if event.is_failure]
    print([error.cause.message if error.cause else error.message for error in failures if error], result.success)
"""


@pytest.mark.parametrize(("wait", "success"), [("1", False), ("1200", True)])
def test_second_run_at_once_from_the_ui(disturbed: SmallHome, converges: Callable[[], None], wait: str, success: bool) -> None:
    with disturbed.start() as first:
        assert first.stdout is not None
        for line in first.stdout:
            if line.startswith("building"):
                break
        environment = disturbed.environment(
            DAGSTER_HOME=str(disturbed.home / "dagster"),
            LEVELGROUND_WAIT_SECONDS=wait,
            LEVELGROUND_DELIVERIES=str(disturbed.deliveries),
        )
        command = [sys.executable, "-c", UI_RUN]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        second = subprocess.Popen(command, env=environment, cwd=disturbed.code, text=True, **streams)
        first.stdout.read()
        output = second.communicate()[0]
    assert first.returncode == 0
    assert output.strip().endswith(str(success)), output
    if not success:
        assert f"another run holds the lock of this home (pid {first.pid}" in output
    converges()


def test_somebody_holds_the_working_warehouse(disturbed: SmallHome, converges: Callable[[], None]) -> None:
    with duckdb.connect(str(disturbed.home / "warehouse.duckdb")):
        output = disturbed.run(expect=5)
    assert f"pid {os.getpid()}" in output
    converges()


@pytest.mark.parametrize("file", ["levelground.duckdb", "levelground_public.duckdb", "exports/SHA256SUMS", "manifest.json"])
def test_damaged_release(disturbed: SmallHome, undisturbed: SmallHome, file: str) -> None:
    """Nothing new was delivered: the release is made again because it is damaged."""
    (release,) = [path for path in (disturbed.home / "releases").iterdir() if path.is_dir()]
    good = disturbed.content()
    write_noise(release / file, 0.5)
    same = SmallHome(disturbed.home, undisturbed.deliveries)
    output = same.run()
    assert f"The published release {release.name} was damaged" in output
    assert same.last()["outcome"] == "released"
    assert same.content() == good
    same.run()
    assert same.last()["outcome"] == "unchanged"


def test_damaged_release_with_an_older_one(disturbed: SmallHome, expected: str) -> None:
    """Readers get the older one at once, and the run that follows makes the newer one again."""
    older = disturbed.content()
    disturbed.run()
    current = json.loads((disturbed.home / "published" / "current.json").read_text())
    write_noise(disturbed.home / "releases" / current["release_id"] / "levelground.duckdb", 0.5)
    with disturbed.start() as run:
        assert run.stdout is not None
        for line in run.stdout:
            if line.startswith("building"):
                break
        assert disturbed.content() == older
        run.stdout.read()
    assert run.returncode == 0
    assert disturbed.content() == expected


@pytest.mark.parametrize("content", [b"", b"{", os.urandom(200)], ids=["empty", "cut off", "noise"])
def test_damaged_current_json(disturbed: SmallHome, converges: Callable[[], None], content: bytes) -> None:
    (disturbed.home / "published" / "current.json").write_bytes(content)
    converges()


def test_half_swap(disturbed: SmallHome, converges: Callable[[], None]) -> None:
    """A run is killed while it swaps: the intent is written, `current.json` is not."""
    with disturbed.start() as run:
        while run.poll() is None and not (disturbed.home / "releases" / "swap.json").exists():
            time.sleep(0.001)
        run.send_signal(signal.SIGKILL)
        run.communicate()
    assert (disturbed.home / "releases" / "swap.json").exists()
    converges()


def test_killed_before_its_release_was_out(disturbed: SmallHome, undisturbed: SmallHome, tmp_path: Path) -> None:
    """No reader saw the figures of the unfinished ledger: the next run reports its own, and freezes none of these."""
    new = tmp_path / "new"
    with SmallHome(new, disturbed.deliveries).start() as run:
        while run.poll() is None and not list(new.glob("releases/.candidate-*/disclosure/reported.parquet")):
            time.sleep(0.001)
        run.send_signal(signal.SIGKILL)
        run.communicate()
    assert not list(new.glob("releases/swap.json"))
    renamed_home = SmallHome(new, undisturbed.deliveries)
    renamed_home.run()
    assert renamed_home.content() == undisturbed.content()


def test_clock_going_back(disturbed: SmallHome, converges: Callable[[], None]) -> None:
    """Everything so far was written by a clock that was years ahead."""
    for path in (disturbed.home / "runs").glob("*.json"):
        path.write_text(path.read_text().replace("2026-", "2031-").replace("2025-", "2031-"))
    for path in (disturbed.home / "deliveries").rglob("*.json"):
        receipt = path.read_text()
        path.write_text(receipt.replace('"delivered_at": "20', '"delivered_at": "21'))
    ahead = time.time() + 5 * 365 * 86_400
    for path in disturbed.home.rglob("*"):
        os.utime(path, (ahead, ahead))
    converges()
    assert disturbed.last()["started_at"] < "2031"
    status = json.loads(disturbed.levelground("status", "--json").stdout)
    assert status["run_id"] == disturbed.last()["run_id"]
    disturbed.run()
    assert disturbed.last()["outcome"] == "unchanged"


@pytest.mark.parametrize("seed", ["strata", "race_ethnicity_crosswalk"])
def test_missing_seed(disturbed: SmallHome, converges: Callable[[], None], tmp_path: Path, seed: str) -> None:
    code = copy_of_the_code(tmp_path / "code")
    (code / "dbt_project" / "seeds" / "reference" / f"{seed}.csv").unlink()
    output = SmallHome(disturbed.home, disturbed.deliveries, code).run(expect=1)
    assert seed in output
    converges()


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("select * from {{ ref('stg_fpc__police_stops') }} where no_such", "no_such"),
        ("{% if %}", "fct_police_stops"),
    ],
    ids=["SQL", "Jinja"],
)
def test_broken_model(disturbed: SmallHome, converges: Callable[[], None], tmp_path: Path, broken: str, words: str) -> None:
    code = copy_of_the_code(tmp_path / "code")
    (model,) = (code / "dbt_project" / "models").rglob("fct_police_stops.sql")
    model.write_text(broken)
    output = SmallHome(disturbed.home, disturbed.deliveries, code).run(expect=1)
    assert "fct_police_stops" in output
    assert words in output
    converges()


def test_damaged_storage_of_dagster(disturbed: SmallHome, converges: Callable[[], None]) -> None:
    """The message names the remedy, which the test applies."""
    for database in (disturbed.home / "dagster").rglob("runs.db"):
        database.write_bytes(os.urandom(50_000))
    output = disturbed.run(expect=1)
    assert "move history/, schedules/ and storage/ out of that folder" in output
    for folder in ("history", "schedules", "storage"):
        shutil.rmtree(disturbed.home / "dagster" / folder)
    converges()
