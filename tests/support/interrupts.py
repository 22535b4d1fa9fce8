"""Accept SIGINT in the tests and in the processes that they start, however the tests were started."""

from __future__ import annotations

import signal


def accept_interrupts() -> None:
    """Undo that a shell starts a background job with SIGINT ignored: tests that interrupt a process would wait for minutes."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
