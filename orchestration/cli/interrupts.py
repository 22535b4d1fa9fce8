"""End a command on Ctrl-C (SIGINT), SIGTERM or SIGHUP, with the exit code that shells use: 128 and the signal's number.

`stop_run_on_signals` ends a run at once, see `orchestration.runs.process.interruption`. In every other command, `Interrupted`
unwinds the stack, so that temporary files are deleted.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

SECONDS_TO_RECORD = 4.5  # of the five in which a run ends
SECONDS_TO_STOP_DISPLAY = 0.3
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# each ends a display on the terminal before the message of a signal is written
stop_displays: list[Callable[[], object]] = []


class Interrupted(BaseException):
    """A signal asks this process to end. No `except Exception` catches it, and Typer does not handle it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise `Interrupted` in the main thread when a signal arrives. Ignored signals stay ignored (nohup)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number, handler in before.items():
            if handler != signal.SIG_IGN:
                signal.signal(number, _raise)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)


def stop_run_on_signals() -> None:
    """From now on, signals end this process's run, whatever its main thread does.

    Python runs a handler only between two instructions of the main thread, and libraries replace handlers. So the signal's number
    is written to a pipe, which Python's own code in C does at once, and a thread reads it. Blocking the signals for `sigwait`
    would be simpler, but child processes would inherit that, and Dagster ends its own by SIGTERM.
    """
    # Dagster sends what a step prints to a file, which a process copies to the terminal; it is killed before the message.
    terminal = os.dup(sys.__stderr__.fileno()) if sys.__stderr__ is not None else os.open(os.devnull, os.O_WRONLY)
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    for number in SIGNALS:
        # A shell ignores SIGINT for background jobs, but `kill -INT` means this run; nohup ignores SIGHUP on purpose.
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    threading.Thread(target=_await_signal, args=(read, terminal), daemon=True, name="signals").start()


def _next_signal(read: int) -> int:
    while (number := os.read(read, 1)[0]) not in SIGNALS:
        pass
    return number


def _await_signal(read: int, terminal: int) -> None:
    exit_code = 128 + _next_signal(read)
    threading.Thread(target=_end_on_second_signal, args=(read, exit_code), daemon=True).start()
    hanging = threading.Timer(SECONDS_TO_RECORD, _end, args=(exit_code,))
    hanging.daemon = True
    hanging.start()
    message = "interrupted, nothing was published, run again"
    interruption = sys.modules.get("orchestration.runs.process.interruption")
    if interruption is not None:  # else the run has not begun
        message = interruption.interrupt(exit_code)
    _kill_descendants()
    for stop in stop_displays:
        # in a thread: the display may wait for a thread that never ends
        stopping = threading.Thread(target=_call, args=(stop,), daemon=True)
        stopping.start()
        stopping.join(SECONDS_TO_STOP_DISPLAY)
    with suppress(OSError):  # a closed terminal
        in_place = "\x1b[2K\r\x1b[?25h" if os.isatty(terminal) else ""  # of the spinner; the cursor is visible again
        os.write(terminal, f"{in_place}levelground: {message}\n".encode())
    os._exit(exit_code)


def _call(stop: Callable[[], object]) -> None:
    with suppress(Exception):
        stop()


def _end_on_second_signal(read: int, exit_code: int) -> None:
    """End without waiting for the record, which the next run closes."""
    _next_signal(read)
    _end(exit_code)


def _end(exit_code: int) -> NoReturn:
    _kill_descendants()
    os._exit(exit_code)


def _kill_descendants() -> None:
    """Kill the processes that this one has started, such as those that copy Dagster's logs and keep its output open."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):  # elsewhere than on Linux there is none, and Dagster ends its own
        with suppress(OSError, IndexError, ValueError):
            # the process name in parentheses may itself contain blanks and parentheses
            parents[int(folder.name)] = int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    ended = {os.getpid()}
    while found := {pid for pid, parent in parents.items() if parent in ended} - ended:
        for pid in found:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        ended |= found
