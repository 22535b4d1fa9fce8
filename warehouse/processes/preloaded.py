"""Import modules once, in a process that forks for each command which needs them: importing Dagster, dbt and more takes seconds.

A fork waits forever for a thread that a native library of its parent had, so that a process with one does not fork.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import duckdb

from warehouse.processes.child_process import ends_with_this_process

# These libraries start threads when they are loaded; the processes that are forked get the variables as they were.
WITHOUT_THREADS = {"JE_ARROW_MALLOC_CONF": "background_thread:false", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
can_fork = False  # whether this process may call `run_module`


def preload(modules: Sequence[str]) -> None:
    """Import modules, before this process starts a thread."""
    global can_fork  # noqa: PLW0603 - of the process
    before = dict(os.environ)
    os.environ.update(WITHOUT_THREADS)
    for module in modules:
        importlib.import_module(module)
    duckdb.default_connection().execute("set threads = 1")  # the import of duckdb starts a thread per other core
    _become(before)
    can_fork = _threads() == 1
    gc.freeze()  # a collection would copy the memory that the forks share


def prepare(function: Callable[[Mapping[str, str]], object], environment: Mapping[str, str]) -> bool:
    """Call what makes a state that all forks share, with the variables of the next one; whether this process may still fork."""
    global can_fork  # noqa: PLW0603 - of the process
    threads = _threads()
    function(environment)
    can_fork = _threads() == threads
    gc.freeze()
    return can_fork


def _threads() -> int:
    tasks = Path("/proc/self/task")  # of Linux
    return len(list(tasks.iterdir())) if tasks.is_dir() else 0


def run_module(arguments: Sequence[str], environment: Mapping[str, str], errors: BinaryIO) -> tuple[int, str]:
    """Run `python -m` in a copy of this process: its exit code, negative if a signal ended it, and its output.

    It ends with this process. `errors`: the file that gets its other output.
    """
    read, write = os.pipe()
    given = (arguments, environment, (write, errors.fileno()), ends_with_this_process(signal.SIGTERM))
    process = multiprocessing.get_context("fork").Process(target=_run, args=given)  # its input is empty
    process.start()
    os.close(write)
    try:
        with os.fdopen(read, encoding="utf-8", errors="replace") as written:
            output = written.read()
        process.join()
    except BaseException:
        process.terminate()
        process.join()
        raise
    assert process.exitcode is not None
    return process.exitcode, output


def _run(arguments: Sequence[str], environment: Mapping[str, str], files: Sequence[int], prepare: Callable[[], None]) -> None:
    """Be the command. It ends as processes of `multiprocessing` do: destructors of native libraries would await lost threads."""
    prepare()
    for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), *files)):
        os.dup2(file, number)
    sys.argv = list(arguments)
    _become(environment)
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=False)
    finally:
        atexit._run_exitfuncs()  # `multiprocessing` leaves them out: the folder into which DuckDB spills would stay


def _become(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    tempfile.tempdir = None  # found again
