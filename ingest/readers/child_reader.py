"""Read workbooks and GeoJSON in a child process, which ends with this one, and which a time limit ends.

Their libraries read a whole file in one call that no signal interrupts: a run ignored SIGTERM for 37 seconds. The other formats
are read in pieces. One child serves this process, one file after another; a child that is killed because memory is missing
holds back its source only. A request is JSON and the file. An answer is JSON and the rows as an Arrow stream, which is empty if
the JSON names a problem.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.contract import Format
from ingest.errors import DeliveryError
from ingest.readers.formats.excel import open_excel, sheet_names
from ingest.readers.formats.maps import open_geojson
from ingest.readers.reader_types import Fail, OpenTable
from ingest.readers.refusals import refuse_unreadable
from warehouse.processes.child_process import end_with_parent

COMMAND = (sys.executable, "-P", "-m", "ingest.readers.child_reader")
SECONDS = 600.0  # without an answer: the largest workbook that fits into memory takes about two minutes
_lock = threading.Lock()
_child: _Child | None = None


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
            answer, rows = child.ask(request, data, fail)
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

    def ask(self, request: dict[str, Any], data: bytes, fail: Fail) -> tuple[dict[str, Any], bytes]:
        """Send the request and the file, and wait for both parts of the answer."""
        remedy = "export the table as csv and deliver it again; docs/formats.md has the limits"
        try:
            self._pipe.send_bytes(json.dumps(request).encode())
            self._pipe.send_bytes(data)
            if self._pipe.poll(SECONDS):
                return json.loads(self._pipe.recv_bytes()), self._pipe.recv_bytes()
        except (EOFError, OSError):
            code = self._process.wait(10)
            how = f"signal {-code}" if code < 0 else f"exit {code}"
            problem = f"reading it ended the process that reads such files ({how}), probably because memory was missing"
            raise fail(problem, remedy) from None
        raise fail(f"it could not be read within {SECONDS:g} seconds", remedy)

    def end(self) -> None:
        """Kill the child."""
        self._process.kill()
        self._process.wait(10)


def main() -> None:
    """The child: answer requests until the pipe is closed."""
    end_first(int(sys.argv[1]))
    pipe = Connection(int(sys.argv[2]))
    with suppress(EOFError):
        while True:
            request = json.loads(pipe.recv_bytes())
            _answer(request, pipe.recv_bytes(), pipe)


def end_first(parent: int) -> None:
    """Be killed when the parent ends, and before it when memory is missing (Linux)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the parent decides
    end_with_parent(parent, signal.SIGKILL)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _answer(request: dict[str, Any], data: bytes, pipe: Connection) -> None:
    batches: list[pa.RecordBatch] = []
    try:
        if "how" in request:
            how, fail = Format.model_validate(request["how"]), partial(DeliveryError, "", "")
            with refuse_unreadable(how, fail):
                opened = {"excel": open_excel, "geojson": open_geojson}[how.kind](how, io.BytesIO(data), fail)
                batches = list(opened.batches)
            answer: dict[str, Any] = {"header": opened.header, "second_header": opened.second_header, "crs": opened.crs}
        else:
            answer = {"sheets": sheet_names(data)}
    except DeliveryError as error:
        answer = {"problem": error.problem, "remedy": error.remedy}
    except Exception as error:  # noqa: BLE001 - its text may quote a cell
        remedy = "export the table as csv and deliver it again"
        answer = {"problem": f"it could not be read ({type(error).__name__})", "remedy": remedy}
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batches[0].schema if batches else pa.schema([])) as writer:
        for batch in batches:
            writer.write_batch(batch)
    # both at once: the reader has no time limit between them
    pipe.send_bytes(json.dumps(answer).encode())
    pipe.send_bytes(sink.getvalue())


if __name__ == "__main__":
    main()
