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
from collections.abc import Iterator
from multiprocessing.connection import Connection, Pipe
from typing import Any

import pyarrow as pa

from ingest.contract import Format
from ingest.readers.child_process import BATCH, DONE, FAILED, HEADER
from ingest.readers.reader_types import Fail, OpenTable

COMMAND = (sys.executable, "-P", "-m", "ingest.readers.child_process")
SECONDS = 600.0  # without an answer: the largest workbook that fits into memory takes about two minutes
_lock = threading.Lock()
_child: _Child | None = None


class _ChildEnded(Exception):
    """The child has ended or was ended before its answer was complete; the text says how."""


def open_table(how: Format, data: bytes, fail: Fail) -> OpenTable:
    """Read a workbook or GeoJSON in the child."""
    header, batches = _ask({"how": how.model_dump(mode="json")}, data, fail)
    return OpenTable(tuple(header["header"]), tuple(header["second_header"]), iter(batches), header["crs"])


def list_sheets(data: bytes, fail: Fail) -> list[str]:
    """The sheets of a workbook; none of a file that is no workbook."""
    header, _ = _ask({}, data, fail)
    return list(header["sheets"])


def _ask(request: dict[str, Any], data: bytes, fail: Fail) -> tuple[dict[str, Any], list[pa.RecordBatch]]:
    global _child  # noqa: PLW0603 - one child per process
    with _lock:
        if _child is None or not _child.is_usable:
            _child = _Child()
        child, is_complete = _child, False
        try:
            child.send(request, data)
            answer = _read_answer(child, fail)
            is_complete = True
            return answer
        except _ChildEnded as ended:
            remedy = "export the table as csv and deliver it again; docs/formats.md has the limits"
            raise fail(str(ended), remedy) from None
        finally:
            if not is_complete and not child.is_at_end:
                child.end()  # also when a signal unwinds this process


def _read_answer(child: _Child, fail: Fail) -> tuple[dict[str, Any], list[pa.RecordBatch]]:
    header: dict[str, Any] = {}
    batches: list[pa.RecordBatch] = []
    for kind, content in child.answers():
        if kind == HEADER:
            header = json.loads(content)
        elif kind == BATCH:
            batches += pa.ipc.open_stream(content)
        elif kind == FAILED:
            failure = json.loads(content)
            raise fail(failure["problem"], failure["remedy"])
    return header, batches


class _Child:
    """The child process and the pipe to it."""

    def __init__(self) -> None:
        self.is_at_end = True  # of an answer
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

    def send(self, request: dict[str, Any], data: bytes) -> None:
        """Write the request and the file."""
        self.is_at_end = False
        try:
            self._pipe.send_bytes(json.dumps(request).encode())
            self._pipe.send_bytes(data)
        except OSError:
            raise _ChildEnded(self._describe_end()) from None

    def answers(self) -> Iterator[tuple[bytes, bytes]]:
        """The parts of the answer, each with its kind."""
        while (kind := self._receive()) != DONE:
            content = self._receive()
            self.is_at_end = kind == FAILED
            yield kind, content
            if self.is_at_end:
                return
        self.is_at_end = True

    def _receive(self) -> bytes:
        try:
            if self._pipe.poll(SECONDS):
                return self._pipe.recv_bytes()
        except (EOFError, OSError):
            raise _ChildEnded(self._describe_end()) from None
        self.end()
        raise _ChildEnded(f"it could not be read within {SECONDS:g} seconds")

    def _describe_end(self) -> str:
        code = self._process.wait(10)
        how = f"signal {-code}" if code < 0 else f"exit {code}"
        return f"reading it ended the process that reads such files ({how}), probably because memory was missing"

    def end(self) -> None:
        """Kill the child."""
        self._process.kill()
        self._process.wait(10)
