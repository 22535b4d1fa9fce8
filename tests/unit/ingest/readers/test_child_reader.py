"""Workbooks are read in a child process: what it answers, and what holds back a source when it hangs or ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ingest.errors import DeliveryError
from ingest.readers import child_reader
from tests.support.hostile_files import many_sheets, workbook

COLUMNS = [{"name": "a", "from": "A"}, {"name": "b", "from": "B"}]


@pytest.fixture(autouse=True)
def new_child() -> Iterator[None]:
    """A child of each test's own."""
    child_reader._child = None
    yield
    if child_reader._child is not None:
        child_reader._child.end()
        child_reader._child = None


def read(read_file: Any, data: bytes) -> Any:
    (table,) = read_file(data, name="a.xlsx", format={"kind": "excel"}, columns=COLUMNS)
    return table.rows


def refused(read_file: Any, data: bytes) -> str:
    with pytest.raises(DeliveryError) as raised:
        read(read_file, data)
    return raised.value.problem


def process_id() -> int:
    assert child_reader._child is not None
    return child_reader._child._process.pid


def test_one_child_reads_one_file_after_another_and_refused_ones_too(read_file: Any) -> None:
    assert read(read_file, workbook({})) == [("1", "2")]
    first = process_id()
    assert refused(read_file, b"no workbook") == "this is not an Excel workbook, or it is damaged"
    assert read(read_file, workbook({})) == [("1", "2")]
    assert process_id() == first


def test_a_child_that_hangs_is_ended_and_the_next_file_is_read(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as hanging:
        hanging.setattr(child_reader, "COMMAND", (sys.executable, "-c", "import time; time.sleep(60)"))
        hanging.setattr(child_reader, "SECONDS", 0.5)
        assert refused(read_file, workbook({})) == "it could not be read within 0.5 seconds"
    assert read(read_file, workbook({})) == [("1", "2")]


def test_a_child_that_is_killed_holds_back_its_file_only(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(child_reader, "COMMAND", (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"))
        problem = refused(read_file, workbook({}))
    assert problem == "reading it ended the process that reads such files (signal 9), probably because memory was missing"
    assert read(read_file, workbook({})) == [("1", "2")]


def test_a_signal_that_unwinds_this_process_ends_the_child(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unwinds(BaseException):
        pass

    def unwind(_number: int, _frame: object) -> None:
        raise Unwinds

    monkeypatch.setattr(child_reader, "COMMAND", (sys.executable, "-c", "import time; time.sleep(60)"))
    before = signal.signal(signal.SIGUSR1, unwind)
    try:
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        with pytest.raises(Unwinds):
            read(read_file, workbook({}))
    finally:
        signal.signal(signal.SIGUSR1, before)
    with pytest.raises(ProcessLookupError):
        os.kill(process_id(), 0)


def test_a_child_outlives_the_thread_that_needed_it(read_file: Any) -> None:
    thread = threading.Thread(target=read, args=(read_file, workbook({})))
    thread.start()
    thread.join()
    first = process_id()
    time.sleep(0.2)
    assert read(read_file, workbook({})) == [("1", "2")]
    assert process_id() == first


def test_a_forked_process_gets_a_child_of_its_own(read_file: Any) -> None:
    assert read(read_file, workbook({})) == [("1", "2")]
    assert child_reader._child is not None and child_reader._child.is_usable
    child_reader._child._owner = os.getpid() + 1
    assert not child_reader._child.is_usable


def test_a_message_names_twenty_of_many_sheets(read_file: Any) -> None:
    problem = refused(read_file, many_sheets())
    assert problem.startswith("it has several sheets; there are s1, s2, ")
    assert problem.endswith("s20 and 1,999,980 more")


def test_an_unexpected_error_quotes_no_cell(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (
        "import sys; from ingest.readers import child_reader as child\n"
        "def fail(*_): raise LookupError('a cell')\n"
        "child.open_excel = fail; child.main()"
    )
    monkeypatch.setattr(child_reader, "COMMAND", (sys.executable, "-c", broken))
    assert refused(read_file, workbook({})) == "it could not be read (LookupError)"
