"""End a child process when the process that started it ends, however that happens."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_LIBC = ctypes.CDLL(None)  # loaded before a child is forked


def end_with_parent(parent: int, number: signal.Signals) -> None:
    """Let this process, a child of `parent`, receive the signal when the parent ends (Linux only)."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)  # the parent ended before prctl was called


def ends_with_this_process(number: signal.Signals) -> Callable[[], None]:
    """Return what a child calls before exec: it accepts SIGINT, and receives the signal when this process ends."""
    parent = os.getpid()

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell starts background jobs with SIGINT ignored
        end_with_parent(parent, number)

    return prepare
