"""Ctrl-C and SIGTERM at every stage of a run: it ends within five seconds, publishes nothing, sends no alert, and the next run
comes to the content of an undisturbed one."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.integration.test_interrupts import BUSY, started
from tests.stress.small import SmallHome

# a line that the run prints, the seconds after it, and the signal
MOMENTS = (
    ("", 0.5, signal.SIGINT),
    ("reading", 0.0, signal.SIGTERM),
    ("ucc__service_requests: deliver", 0.1, signal.SIGINT),
    ("building models", 0.3, signal.SIGINT),
    ("built fct_police_stops", 0.0, signal.SIGHUP),
    ("built int_disclosure__planned", 0.1, signal.SIGTERM),  # then the suppressor works
    ("auditing the build", 0.2, signal.SIGINT),
    ("auditing the build", 1.5, signal.SIGTERM),
    ("building quality tables", 0.2, signal.SIGINT),
)
# A file that the run makes in its home, and the signal. Exports are written before the swap, which begins with its intent file.
SWAP = "releases/swap.json"
FILES = (
    ("releases/.candidate-*/exports/*", signal.SIGTERM),
    (SWAP, signal.SIGINT),
    (SWAP, signal.SIGTERM),
    (SWAP, signal.SIGHUP),
)
SECONDS = 5
NOTHING_PUBLISHED = "levelground: interrupted, nothing was published, run again"


def interrupted(small: SmallHome, line: str, delay: float, number: signal.Signals) -> tuple[int, str, float]:
    """The exit code of a run that gets a signal, its output, and the seconds it took to end."""
    with small.start(LEVELGROUND_ALERTS="json://127.0.0.1:9/none") as run:
        assert run.stdout is not None
        output = ""
        while line not in output:
            read = run.stdout.readline()
            assert read, output
            output += read
        time.sleep(delay)
        began = time.monotonic()
        run.send_signal(number)
        output += run.communicate(timeout=60)[0]
        return run.returncode, output, time.monotonic() - began


def processes_of(home: Path) -> list[str]:
    """The processes with this home in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"LEVELGROUND_HOME={home}".encode() in (folder / "environ").read_bytes() and int(folder.name) != os.getpid():
                found.append((folder / "cmdline").read_text())
        except OSError:
            pass
    return [command for command in found if command]


def test_a_signal_ends_a_run_at_any_stage(
    disturbed: SmallHome, converges: Callable[[], None], record_property: Callable[[str, object], None]
) -> None:
    before = disturbed.content()
    for line, delay, number in MOMENTS:
        code, output, seconds = interrupted(disturbed, line, delay, number)
        moment = f"{number.name} {delay:g} s after {line!r}"
        record_property(moment, f"exit {code} after {seconds:.2f} s")
        assert code == 128 + number, f"{moment}\n{output}"
        assert seconds < SECONDS, moment
        assert output.splitlines()[-1] == NOTHING_PUBLISHED, f"{moment}\n{output}"
        assert "Traceback" not in output and "Aborted" not in output and "dbt stopped" not in output, output
        assert disturbed.content() == before
        assert processes_of(disturbed.home) == []
        alerts = disturbed.home / "alerts.json"
        assert not alerts.exists() or "run" not in {found["subject"] for found in json.loads(alerts.read_text())["now"]}
        if line not in ("", "reading"):
            status = json.loads(disturbed.levelground("status", "--json").stdout)
            assert (status["outcome"], status["exit_code"]) == ("failed", code)
            assert "interrupted" in disturbed.levelground("status").stdout
    converges()


def interrupted_at_file(small: SmallHome, pattern: str, number: signal.Signals) -> tuple[int, str, float]:
    """The same for a signal in the moment in which the run makes a file."""
    with small.start(LEVELGROUND_ALERTS="json://127.0.0.1:9/none") as run:
        folder, _, name = pattern.partition("/")
        while not any((small.home / folder).glob(name)) and run.poll() is None:
            time.sleep(0.0005)
        began = time.monotonic()
        run.send_signal(number)
        output = run.communicate(timeout=60)[0]
        return run.returncode, output, time.monotonic() - began


@pytest.mark.parametrize(("pattern", "number"), FILES, ids=[f"{pattern} {number.name}" for pattern, number in FILES])
def test_a_signal_while_releasing_leaves_a_whole_release(
    disturbed: SmallHome,
    undisturbed: SmallHome,
    expected: str,
    pattern: str,
    number: signal.Signals,
    record_property: Callable[[str, object], None],
) -> None:
    """It waits for the swap, which takes less than a second, and the message is true either way."""
    code, output, seconds = interrupted_at_file(disturbed, pattern, number)
    last = disturbed.last()
    record_property(f"{number.name} at {pattern}", f"exit {code} after {seconds:.2f} s, {last['outcome']}")
    assert (code, seconds < SECONDS) == (128 + number, True), output
    assert "Traceback" not in output and processes_of(disturbed.home) == []
    alerts = disturbed.home / "alerts.json"
    assert not alerts.exists() or "run" not in {found["subject"] for found in json.loads(alerts.read_text())["now"]}
    status = json.loads(disturbed.levelground("status", "--json").stdout)
    if pattern == SWAP:
        assert (
            output.splitlines()[-1] == f"levelground: interrupted when the run had ended: released, release {last['release_id']}"
        )
        assert (status["outcome"], status["exit_code"]) == ("released", 0)
        assert disturbed.content() == expected
    else:
        assert output.splitlines()[-1] == NOTHING_PUBLISHED
        assert (status["outcome"], status["exit_code"]) == ("failed", code)
        assert disturbed.content() == undisturbed.content()
    disturbed.run()
    assert disturbed.content() == expected
    assert not (disturbed.home / SWAP).exists()


def test_the_child_that_reads_a_workbook_ends_with_a_run_that_is_killed() -> None:
    process = started(BUSY["reading a workbook in a library that never returns"])
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) == 1
    process.kill()
    process.communicate(timeout=30)
    gone, alive = psutil.wait_procs(children, 30)
    assert (len(gone), alive) == (1, [])
