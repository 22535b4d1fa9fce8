"""End the open run of this process at once, when a user or the system asks the process to stop.

A run cannot unwind within seconds: dbt, Dagster and native code catch or delay exceptions, and worker threads go on. A kill at
any moment loses nothing (`tests/stress/test_kills.py`), so the process ends as if it were killed, but records why. Only the
swap of the published files is awaited.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from orchestration.runs.clock import utc_now
from orchestration.runs.context import RunContext
from orchestration.runs.record import FAILED, NOTHING_PUBLISHED

# Together below the five seconds in which a run ends.
SECONDS_FOR_SWAP = 3.0
SECONDS_FOR_LISTENERS = 0.7
STILL_SWAPPING = "interrupted while a release was being published; the next run completes it, run again"

_run: RunContext | None = None
_listeners: list[Callable[[], object]] = []


def let_interrupt(run: RunContext) -> None:
    """Let `interrupt` end this run, or report how it has ended: a signal may arrive while the command prints its result."""
    global _run  # noqa: PLW0603 - a process has one run, and its signals no owner
    _run = run


@contextmanager
def when_interrupted(listener: Callable[[], object]) -> Iterator[None]:
    """Call `listener` if the process is interrupted inside the block. It has a fraction of a second."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextmanager
def without_handlers() -> Iterator[None]:
    """Let no handler of a library raise in the block, as that of Dagster does. `interrupt` gets signals nevertheless."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    changed = {number: handler for number, handler in before.items() if handler not in (None, signal.SIG_IGN)}
    for number in changed:
        signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        for number, handler in changed.items():
            signal.signal(number, handler)


def interrupt(exit_code: int) -> str:
    """Record that the run was interrupted, and return the message. The process must end now: its run cannot go on."""
    run = _run
    if run is None:
        return NOTHING_PUBLISHED
    if not run.ending.acquire(timeout=SECONDS_FOR_SWAP):
        return STILL_SWAPPING
    # never released: no other thread can publish or record anything from here on
    if run.record.outcome is not None and not run.record.was_interrupted:
        return f"interrupted when the run had ended: {run.record.outcome}, release {run.record.release_id or 'none'}"
    run.record.end(FAILED, utc_now(), NOTHING_PUBLISHED, exit_code)  # unless Dagster's own handler was faster
    with suppress(OSError):  # a full disk: the next run closes the record
        run.save()
    run.settings.home.run_lock_holder.unlink(missing_ok=True)  # this process holds the lock until its end
    threads = [Thread(target=_call, args=(listener,), daemon=True) for listener in _listeners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS_FOR_LISTENERS / len(threads))
    return NOTHING_PUBLISHED


def _call(listener: Callable[[], object]) -> None:
    with suppress(Exception):
        listener()
