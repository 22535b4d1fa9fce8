"""A process that has imported modules runs a command in a copy of itself, as `python -m` would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from warehouse.processes import preloaded

COMMAND = """
import atexit, json, os, signal, sys, tempfile
from pathlib import Path
at_exit = Path(sys.path[0], "at_exit")
atexit.register(at_exit.write_text, "done")
print(json.dumps([sys.argv[1:], dict(os.environ), sys.stdin.read(), "decimal" in sys.modules, tempfile.gettempdir()]))
sys.stdout.flush()
print("a warning", file=sys.stderr)
if "wait" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f"ended by {os.getppid()}"))
    signal.pause()
if "kill" in sys.argv:
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(len(sys.argv))
"""
SERVER = """
import json, sys, tempfile
from pathlib import Path
from warehouse.processes import preloaded
from warehouse.processes.preloaded import preload, run_module
assert tempfile.gettempdir()
preload(["decimal"])
assert preloaded.can_fork
sys.path.insert(0, sys.argv[1])
for line in sys.stdin:
    arguments, environment = json.loads(line)
    with Path(sys.argv[1], "errors").open("wb") as errors:
        print(json.dumps(run_module(["a_command", *arguments], environment, errors)), flush=True)
"""


@pytest.fixture
def server(tmp_path: Path) -> subprocess.Popen[str]:
    (tmp_path / "a_command.py").write_text(COMMAND)
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "OF_THE_SERVER": "1"},
    )  # fmt: skip


def send(server: subprocess.Popen[str], *arguments: str, **environment: str) -> None:
    assert server.stdin is not None
    server.stdin.write(json.dumps([arguments, environment]) + "\n")
    server.stdin.flush()


def test_a_command_has_its_own_arguments_environment_and_files(server: subprocess.Popen[str], tmp_path: Path) -> None:
    (tmp_path / "spill").mkdir()
    with server:
        for arguments, code in ((["run", "--json"], 3), (["kill"], -signal.SIGKILL), ([], 1)):
            send(server, *arguments, LEVELGROUND_HOME="one", TMPDIR=str(tmp_path / "spill"))
            assert server.stdout is not None
            found, output = json.loads(server.stdout.readline())
            assert found == code
            seen = json.loads(output)
            assert seen == [
                arguments, {"LEVELGROUND_HOME": "one", "TMPDIR": str(tmp_path / "spill")}, "", True, str(tmp_path / "spill")
            ]  # fmt: skip
            assert (tmp_path / "errors").read_text() == "a warning\n"
            assert (tmp_path / "at_exit").exists() is (code > 0)
            (tmp_path / "at_exit").unlink(missing_ok=True)
        server.communicate()
    assert server.returncode == 0


def test_a_command_is_asked_to_end_when_its_server_is_killed(server: subprocess.Popen[str], tmp_path: Path) -> None:
    with server:
        send(server, "wait")
        errors, end = tmp_path / "errors", time.monotonic() + 60
        while not (errors.is_file() and errors.read_text()) and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.1)
        server.kill()
        with suppress(BrokenPipeError):
            server.communicate()
    while "ended by" not in errors.read_text() and time.monotonic() < end:
        time.sleep(0.02)
    assert errors.read_text().startswith("a warning\nended by")


def test_a_process_with_threads_does_not_fork() -> None:
    script = (
        "import threading; from warehouse.processes import preloaded;"
        "threading.Thread(target=threading.Event().wait, daemon=True).start();"
        "preloaded.preload(['decimal']); print(preloaded.can_fork)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_process_in_which_preparing_starts_a_thread_does_not_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preloaded, "can_fork", True)
    monkeypatch.setattr(preloaded.gc, "freeze", lambda: None)
    seen, end = [], threading.Event()
    thread = threading.Thread(target=end.wait)
    assert preloaded.prepare(seen.append, {"LEVELGROUND_CITY": "one"})
    assert not preloaded.prepare(lambda _environment: thread.start(), {})
    assert not preloaded.can_fork
    end.set()
    thread.join()
    assert seen == [{"LEVELGROUND_CITY": "one"}]
