"""A signal ends a run's process within seconds, whatever its threads do, and any other command by unwinding its stack."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from tests.conftest import ROOT

START = """
import subprocess, sys, threading, time, types
from orchestration.cli.interrupts import stop_run_on_signals
stop_run_on_signals()
"""
BUSY = {
    "computing in DuckDB": """
        import duckdb
        threading.Timer(0.3, print, ["ready"], {"flush": True}).start()
        duckdb.execute("select sum(a.range * b.range) from range(1000000) a, range(10000000) b")
        """,
    "swallowing every exception": """
        print("ready", flush=True)
        while True:
            try:
                time.sleep(60)
            except BaseException:
                pass
        """,
    "waiting for a thread": """
        print("ready", flush=True)
        worker = threading.Thread(target=time.sleep, args=[60])
        worker.start()
        worker.join()
        """,
    "with handlers of a library": """
        import signal
        signal.signal(signal.SIGINT, lambda *_: None)
        print("ready", flush=True)
        time.sleep(60)
        """,
    "with its output in a file, as in a step": """
        import os
        print("ready", flush=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        time.sleep(60)
        """,
    "reading a workbook in a library that never returns": """
        from ingest.contract import Format
        from ingest.readers import child_reader
        import os
        code = "from ingest.readers.child_reader import end_first; end_first(%d); sum(range(10**15))" % os.getpid()
        child_reader.COMMAND = (sys.executable, "-c", code)  # one call in C, which no signal interrupts
        threading.Timer(3, print, ["ready"], {"flush": True}).start()
        try:
            child_reader.open_table(Format(kind="excel"), b"a workbook", ValueError)
        except ValueError:  # the child is killed first
            time.sleep(60)
        """,
    "with a record that hangs": """
        sys.modules["orchestration.runs.process.interruption"] = types.SimpleNamespace(interrupt=lambda code: time.sleep(60))
        print("ready", flush=True)
        time.sleep(60)
        """,
}


def default_signals() -> None:
    """Undo what a test run in the background, or under nohup, passes on to its processes."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def started(work: str, prepare: Callable[[], object] = default_signals) -> subprocess.Popen[str]:
    """A process that does this work, from the moment at which it does."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", START + textwrap.dedent(work)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=pipe,
        stderr=pipe,
        text=True,
        preexec_fn=prepare,  # noqa: PLW1509 - one system call, which no lock can block
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ended(process: subprocess.Popen[str], number: int, seconds: float = 5) -> tuple[int, str, str]:
    """How the process ends after a signal, within so many seconds."""
    began = time.monotonic()
    process.send_signal(number)
    try:
        stdout, stderr = process.communicate(timeout=seconds + 5)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert time.monotonic() - began < seconds
    return process.returncode, stdout, stderr


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WORKS = [name for name in BUSY if name != "with a record that hangs"]
# each work ends by a signal, and one of them by each: the same handler gets all three
ENDED = dict.fromkeys([*zip(WORKS, cycle(SIGNALS), strict=False), *(("waiting for a thread", number) for number in SIGNALS)])


@pytest.mark.parametrize(("work", "number"), ENDED)
def test_a_signal_ends_a_run_at_once(work: str, number: signal.Signals) -> None:
    message = "levelground: interrupted, nothing was published, run again\n"
    assert ended(started(BUSY[work]), number) == (128 + number, "", message)


def test_a_second_signal_does_not_wait_for_the_record() -> None:
    process = started(BUSY["with a record that hangs"])
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    assert ended(process, signal.SIGINT, seconds=2) == (130, "", "")


def test_a_record_that_hangs_does_not_keep_the_process() -> None:
    assert ended(started(BUSY["with a record that hangs"]), signal.SIGTERM, seconds=5) == (143, "", "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGHUP, None)])
def test_a_background_job_accepts_sigint_and_nohup_ignores_sighup(number: signal.Signals, code: int | None) -> None:
    process = started(BUSY["waiting for a thread"], lambda: signal.signal(number, signal.SIG_IGN))
    if code is None:
        process.send_signal(number)
        time.sleep(0.3)
        assert process.poll() is None
        number, code = signal.SIGTERM, 143
    assert ended(process, number)[0] == code


def test_the_processes_that_a_run_started_end_with_it() -> None:
    """They would keep its output open, so that its reader would wait for ever."""
    work = """
        inner = "import subprocess, time; print(subprocess.Popen(['sleep', '99']).pid, flush=True); time.sleep(99)"
        child = subprocess.Popen([sys.executable, "-c", inner], stdout=subprocess.PIPE, text=True)
        grandchild = child.stdout.readline().strip()
        print("ready", flush=True)
        print(child.pid, grandchild, flush=True)
        time.sleep(60)
        """
    process = started(work)
    assert process.stdout is not None
    children = process.stdout.readline().split()
    assert len(children) == 2
    assert ended(process, signal.SIGINT)[0] == 130
    end = time.monotonic() + 5
    while any(_runs(pid) for pid in children):
        assert time.monotonic() < end
        time.sleep(0.02)


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_processes_that_a_run_starts_can_be_ended_by_signals() -> None:
    """Dagster ends the processes that copy its logs by SIGTERM; a blocked signal would be inherited."""
    work = """
        child = subprocess.Popen(["sleep", "99"])
        child.terminate()
        print("ready" if child.wait(5) == -15 else "still running", flush=True)
        time.sleep(60)
        """
    assert ended(started(work), signal.SIGINT)[0] == 130


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_another_command_unwinds_its_stack(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """So that it deletes its temporary files; `except Exception` does not stop it."""
    program = """
        import sys, tempfile, time
        from unittest import mock
        from orchestration import cli

        def work(**_):
            with tempfile.TemporaryDirectory(dir=sys.argv[2]):
                print("ready", flush=True)
                try:
                    time.sleep(60)
                except Exception:
                    pass

        with mock.patch("orchestration.cli.application.application", lambda *_: work):
            cli.main()
        """
    command = [sys.executable, "-c", textwrap.dedent(program), "docs", str(tmp_path)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, preexec_fn=default_signals)  # noqa: PLW1509
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert ended(process, number) == (code, "", "levelground: interrupted\n")
    assert list(tmp_path.iterdir()) == []
