"""Run `levelground` in a process of its own whose libraries are imported already.

Importing Dagster, dbt and Great Expectations takes five seconds of CPU, more than many runs in tests need for their work. A
server imports them once per pytest worker and forks for each command, which has its own process, environment and exit code, as
for users. It also reads the parsed dbt project, which takes each run two to three seconds. Tests that start `levelground` as a
shell does, like the first release of `tests/e2e`, test the imports and the reading, too.
"""

from __future__ import annotations

import atexit
import faulthandler
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import duckdb

from orchestration.transform.dbt_runner import parsed_project
from warehouse.paths import Home

ROOT = Path(__file__).resolve().parents[2]
IMPORTED = (
    "orchestration.cli.run.run",
    "orchestration.defs.project",
    "orchestration.defs.execute",
    "dbt.cli.main",
    "great_expectations",
)
# A fork waits forever for a thread that a native library of its parent had.
WITHOUT_THREADS = {"JE_ARROW_MALLOC_CONF": "background_thread:false", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
STACK_SECONDS = 5
_servers: list[subprocess.Popen[str]] = []
# homes in which dbt has parsed the project; a server that starts later reads the first one for all its commands
PARSED: list[Path] = []


def run_warm(command: list[str], environment: dict[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a command line of `levelground` in exactly this environment.

    After `timeout` seconds it prints the stack of each of its threads, is killed, and the test fails with what it printed.
    """
    server = _server()
    with tempfile.TemporaryDirectory(prefix="levelground-") as folder:
        outputs = [Path(folder) / name for name in ("stdout", "stderr")]
        message = {"command": command, "environment": environment, "outputs": [str(path) for path in outputs], "timeout": timeout}
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(json.dumps(message) + "\n")
        server.stdin.flush()
        try:
            reply = server.stdout.readline()
        except BaseException:  # a test that is stopped would leave its reply to the next command
            _servers.remove(server)
            server.kill()
            raise
        assert reply, "the process that forks commands has ended; pytest shows what it printed"
        texts = [path.read_text(encoding="utf-8") for path in outputs]
    code: int | None = json.loads(reply)
    if code is None:
        raise AssertionError(f"no end after {timeout:.0f} seconds: {command}\n{texts[0]}\n{texts[1]}")
    return subprocess.CompletedProcess(command, code, *texts)


def _server() -> subprocess.Popen[str]:
    if not _servers:
        settings = {name: text for name, text in os.environ.items() if not name.startswith(("LEVELGROUND_", "DAGSTER_"))}
        settings |= WITHOUT_THREADS
        command = [sys.executable, "-m", "tests.support.warm_process", *map(str, PARSED[:1])]
        pipe = subprocess.PIPE
        server = subprocess.Popen(command, cwd=ROOT, env=settings, stdin=pipe, stdout=pipe, text=True, start_new_session=True)
        _servers.append(server)
        atexit.register(server.communicate)  # closes its input, at which it ends
    return _servers[0]


def serve() -> bool:
    """Fork for each line of input and answer with the exit code. True in a forked process, False at the end of the input."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an import prints is no reply
    for module in IMPORTED:
        import_module(module)
    duckdb.default_connection().execute("set threads = 1")  # the import of duckdb starts a thread per other core
    if sys.argv[1:]:
        parsed_project(Home(Path(sys.argv[1])))
    if len(list(Path("/proc/self/task").glob("*"))) > 1:
        # dbt had to parse, as another test changed the sources, and its static parser has started threads; now there is a parse
        os.dup2(replies.fileno(), 1)
        os.execv(sys.executable, [sys.executable, "-m", "tests.support.warm_process", *sys.argv[1:]])
    gc.freeze()  # collecting would copy the memory that the forks share
    for line in sys.stdin:
        message: dict[str, Any] = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(message)
            return True
        replies.write(json.dumps(_exit_code(child, message["timeout"])) + "\n")
        replies.flush()
    return False


def _become(message: dict[str, Any]) -> None:
    """Give a forked process the arguments, environment and files of its command."""
    files = [os.open(os.devnull, os.O_RDONLY), *(os.open(path, os.O_WRONLY | os.O_CREAT) for path in message["outputs"])]
    for number, file in enumerate(files):
        os.dup2(file, number)
    sys.argv = message["command"]
    os.environ.clear()
    os.environ.update(message["environment"])
    tempfile.tempdir = None  # found again by the environment of the command
    time.tzset()
    faulthandler.dump_traceback_later(message["timeout"] - STACK_SECONDS, file=sys.__stderr__ or sys.stderr)


def _exit_code(child: int, timeout: float) -> int | None:
    """The exit code of a process, negative if a signal ended it, None if it was killed after `timeout` seconds."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return None


def _run_to_its_end() -> NoReturn:
    """Run the command and end as Python ends a process that multiprocessing has forked.

    An ordinary exit would also run the destructors of native libraries, and these crash: they wait for threads of the server.
    """
    from orchestration.cli import program  # noqa: PLC0415 - imports nothing more in the server

    code = 1
    try:
        program()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__" and serve():
    _run_to_its_end()
