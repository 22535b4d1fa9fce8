"""Python's search for garbage in cycles of objects, put off while a run goes on in a process that is not its own.

Here: putting it off. Not here: the process of a command, which ends with it (`cli.program`), the memory of DuckDB (`settings`).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles inside; it goes on afterwards if it did before."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
