"""End a child process when the process that started it ends, however that happens."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def end_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Return what a child calls before exec: it accepts SIGINT, and receives the signal when this process ends (Linux only)."""
    parent, libc = os.getpid(), ctypes.CDLL(None)

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell starts background jobs with SIGINT ignored
        if sys.platform == "linux":
            libc.prctl(_PR_SET_PDEATHSIG, number)
            if os.getppid() != parent:
                os._exit(1)  # the parent ended before prctl was called

    return prepare
