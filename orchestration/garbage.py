"""Python's search for garbage in cycles of objects, put off while a run goes on.

Here: putting it off. Not here: memory that DuckDB takes (`settings`).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles inside; it goes on afterwards if it did before.

    A run is one process that holds dbt's manifest, Dagster's definitions and a gate's expectations until it ends. Python looked
    through all of them again and again: a tenth of a nightly run's CPU, to find 70 MB.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
