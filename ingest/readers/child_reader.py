"""Read workbooks and GeoJSON in a child process, which ends with this one, and which a time limit ends.

Their libraries read a whole file in one call that no signal interrupts: a run ignored SIGTERM for 37 seconds. The other formats
are read in pieces. See `ingest.readers.child_process` for what the two send each other. One child serves this process, one file
after another; a child that is killed because memory is missing holds back its source only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from multiprocessing.connection import Connection, Pipe
from typing import Any

import pyarrow as pa

from ingest.contract import Format
from ingest.readers.reader_types import Fail, OpenTable

COMMAND = (sys.executable, "-P", "-m", "ingest.readers.child_process")
SECONDS = 600.0  # without an answer: the largest workbook that fits into memory takes about two minutes
_lock = threading.Lock()
_child: _Child | None = None


class _ChildEnded(Exception):
    """The child has ended or was ended before its answer was complete; the text says how."""


def open_table(how: Format, data: bytes, fail: Fail) -> OpenTable:
    """Read a workbook or GeoJSON in the child."""
    answer, rows = _ask({"how": how.model_dump(mode="json")}, data, fail)
    return OpenTable(tuple(answer["header"]), tuple(answer["second_header"]), iter(pa.ipc.open_stream(rows)), answer["crs"])


def list_sheets(data: bytes, fail: Fail) -> list[str]:
    """The sheets of a workbook; none of a file that is no workbook."""
    return list(_ask({}, data, fail)[0]["sheets"])


def _ask(request: dict[str, Any], data: bytes, fail: Fail) -> tuple[dict[str, Any], bytes]:
    global _child  # noqa: PLW0603 - one child per process
    with _lock:
        if _child is None or not _child.is_usable:
            _child = _Child()
        child, answer = _child, None
        try:
            answer, rows = child.ask(request, data)
        except _ChildEnded as ended:
            remedy = "export the table as csv and deliver it again; docs/formats.md has the limits"
            raise fail(str(ended), remedy) from None
        finally:
            if answer is None:
                child.end()  # also when a signal unwinds this process
    if "problem" in answer:
        raise fail(answer["problem"], answer["remedy"])
    return answer, rows


class _Child:
    """The child process and the pipe to it."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._pipe, given = Pipe()
        started = threading.Event()
        # the system ends the child with the thread that started it, so that thread lives as long as the child
        threading.Thread(target=self._start, args=(started, given), daemon=True, name="child reader").start()
        started.wait()

    def _start(self, started: threading.Event, given: Connection) -> None:
        command = (*COMMAND, str(os.getpid()), str(given.fileno()))
        nothing = subprocess.DEVNULL  # what a library prints may quote a cell
        self._process = subprocess.Popen(  # noqa: S603 - no word is from outside
            command, stdin=nothing, stdout=nothing, stderr=nothing, pass_fds=[given.fileno()]
        )
        given.close()
        started.set()
        self._process.wait()

    @property
    def is_usable(self) -> bool:
        """Whether it runs, and is a child of this process and not of the one that this was forked from."""
        return self._owner == os.getpid() and self._process.poll() is None

    def ask(self, request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Send the request and the file, and wait for both parts of the answer."""
        try:
            self._pipe.send_bytes(json.dumps(request).encode())
            self._pipe.send_bytes(data)
            if self._pipe.poll(SECONDS):
                return json.loads(self._pipe.recv_bytes()), self._pipe.recv_bytes()
        except (EOFError, OSError):
            code = self._process.wait(10)
            how = f"signal {-code}" if code < 0 else f"exit {code}"
            problem = f"reading it ended the process that reads such files ({how}), probably because memory was missing"
            raise _ChildEnded(problem) from None
        self.end()
        raise _ChildEnded(f"it could not be read within {SECONDS:g} seconds")

    def end(self) -> None:
        """Kill the child."""
        self._process.kill()
        self._process.wait(10)
