"""Keep Ctrl-C from the processes that copy what a step prints to the output of its run.

Dagster starts `tail` and a watcher for each stream. Ctrl-C reaches them with the run, and the watchers print a traceback over its
message. This module replaces how Dagster starts them, tested with Dagster 1.13.27; see `orchestration.cli` for what ends them.
"""

from __future__ import annotations

import subprocess
from functools import partial
from types import SimpleNamespace

from dagster._core.execution import compute_logs


def keep_ctrl_c_from_log_copies() -> None:
    """From now on, this process starts the copies of its log in sessions of their own."""
    vars(compute_logs)["subprocess"] = SimpleNamespace(Popen=partial(subprocess.Popen, start_new_session=True))
