"""Run the checks behind `make check`, `make test`, `make lint` and `make stress`.

    python -m tests.suite check|test|lint|stress [pytest arguments …]

`check` runs the linters and the unit and contract tests; `test` adds the integration and end-to-end tests, which need a browser.
Linters run next to pytest with a lower priority: they use the time in which tests wait for processes, pages and locks. What a
linter prints appears in one piece when it has ended, and pytest's closing line comes last. `stress` runs the long tests in
tests/stress, which nothing else runs, one after the other, because they measure time and memory.

The exit code is 0 only if every part passed; a part that fails does not keep the others from running.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
Command = Sequence[str]
FAST_LINTERS: dict[str, Command] = {
    "ruff check": [str(BIN / "ruff"), "check", "."],
    "ruff format": [str(BIN / "ruff"), "format", "--check", "."],
}
# The longest first: without their caches sqlfluff needs 50 s of CPU, mypy 26 s, prose 7 s, import-linter 5 s.
SLOW_LINTERS: dict[str, Command] = {
    "mypy": [str(BIN / "mypy")],
    "sqlfluff": [sys.executable, "-m", "tests.support.sql_lint"],
    "import-linter": [str(BIN / "lint-imports"), "--no-logo"],
    "prose": [sys.executable, "-m", "tests.support.prose"],
}
LINTERS_AT_ONCE = 2
BEHIND_PYTEST = ("nice", "-n", "10")
BROWSER: Command = [sys.executable, "-m", "tests.support.browser"]
MOST_WORKERS = 8  # a worker that runs the pipeline needs up to 2 GB of memory


def workers() -> int:
    """One pytest worker per CPU that this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(max(usable, 1), MOST_WORKERS)


# tests/conftest.py orders the tests and keeps groups and files together. A worker that crashes ends the run: with another in its
# place, pytest-xdist waits forever for the tests of the first.
PARALLEL: Command = ["-q", "-n", str(workers()), "--dist", "loadgroup", "--no-loadscope-reorder", "--max-worker-restart", "0"]
PYTEST: dict[str, Command] = {
    "check": [*PARALLEL, "--hypothesis-profile", "quick", "tests/unit", "tests/contract"],
    "test": [*PARALLEL, "--hypothesis-profile", "some"],
    "stress": ["-v", "-n", "0", "--timeout", "3600", "--durations", "10", "tests/stress"],
}


def main(arguments: Sequence[str]) -> int:
    """Run the part that was asked for; 0 if everything in it passed."""
    part, *more = arguments or ["test"]
    browser = {"browser": BROWSER} if part in ("test", "stress") else {}
    first = browser if part == "stress" else FAST_LINTERS | browser
    later = {} if part == "stress" else SLOW_LINTERS
    failed = [name for name, command in first.items() if not _passes(name, command)]
    with ThreadPoolExecutor(LINTERS_AT_ONCE) as pool:
        linters = {name: pool.submit(_passes, name, command, BEHIND_PYTEST) for name, command in later.items()}

        def wait_for_linters() -> None:
            failed.extend(name for name, linter in linters.items() if not linter.result())
            if failed:
                _print(f"failed: {', '.join(failed)}\n".encode())

        if part == "lint":
            wait_for_linters()
        elif not _pytest([*PYTEST[part], *more], wait_for_linters):
            failed.append("pytest")
    return 1 if failed else 0


_printing = threading.Lock()


def _print(data: bytes) -> None:
    with _printing:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()


def _passes(name: str, command: Command, behind: Command = ()) -> bool:
    """Run a linter, as an argument of `behind` if given; print how it ended and, if it failed, what it printed."""
    started = time.monotonic()
    if shutil.which(command[0]) is None:
        _print(f"{name}: {command[0]} is not installed; run `make test`, which installs it\n".encode())
        return False
    completed = subprocess.run([*behind, *command], cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    passed = completed.returncode == 0
    result = "ok" if passed else "FAILED"
    _print((b"" if passed else completed.stdout) + f"{name}: {result}, {time.monotonic() - started:.1f} s\n".encode())
    return passed


def _pytest(arguments: Command, before_the_last_line: Callable[[], None]) -> bool:
    """Run pytest and show its output line by line; call `before_the_last_line` before the line that counts the tests."""
    command = [sys.executable, "-m", "pytest", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        last = _forward(process.stdout)
    before_the_last_line()
    _print(last)
    return process.returncode == 0


def environment() -> dict[str, str]:
    """Pytest's environment. Python keeps compiled modules in it, which saves each process of a test up to 0.3 s of CPU."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _forward(output: IO[bytes]) -> bytes:
    """Print whole lines as they come; return the last one."""
    unfinished = b""
    while data := os.read(output.fileno(), 65_536):
        head, newline, tail = (unfinished + data).rpartition(b"\n")
        if tail or not newline:
            _print(head + newline)
            unfinished = tail
        else:  # ends with a line end: this line may be the last
            head, newline, tail = head.rpartition(b"\n")
            _print(head + newline)
            unfinished = tail + b"\n"
    return unfinished


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
