"""Runs that a kill left behind in Dagster's instance, where they would stand as going on for ever, and keep the queue waiting.

Here: telling them from runs that are going on, and reporting them as failed. Not here: their receipts, which the next run closes
(`session`), and what they leave on disk (`warehouse.releases.recover`).
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import dagster as dg

PID_TAG = ".dagster/levelground_pid"  # a tag that begins like this is not shown
# A run tells its process id once its resource opens, seconds after it starts.
SECONDS_TO_TELL = 300
GOING_ON = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def report_killed_runs(instance: dg.DagsterInstance, own_run_id: str | None = None) -> list[str]:
    """Report runs whose process is gone as failed; their ids. One whose process lives may be waiting for the lock."""
    killed = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=GOING_ON)):
        run, pid = record.dagster_run, record.dagster_run.tags.get(PID_TAG)
        told = pid is not None or time.time() - record.update_timestamp.timestamp() > SECONDS_TO_TELL
        if run.run_id != own_run_id and told and not alive(pid):
            instance.report_run_failed(
                run, "its process ended before the run did; the next run started from what it had finished"
            )
            killed.append(run.run_id)
    return killed


def clear_the_queue() -> None:
    """Report what a power cut or a kill left, before a daemon starts: it would wait for it until the watch's first look."""
    with dg.DagsterInstance.get() as instance:
        report_killed_runs(instance)


def going_on(instance: dg.DagsterInstance) -> bool:
    """Whether a run is going on, or waits for another one to end."""
    return instance.get_runs_count(dg.RunsFilter(statuses=GOING_ON)) > 0


def process_tag() -> str:
    """This process: its id, and when it started, since after a restart of the machine ids come again."""
    return f"{os.getpid()} {_started(os.getpid())}"


def alive(process: str | None) -> bool:
    """Whether the process of a tag is there."""
    pid, _, started = (process or "").partition(" ")
    if not pid.isdigit() or (started and _started(int(pid)) != started):
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    """When a process started, in ticks since the machine did; empty where the system does not say."""
    try:
        # the name in brackets may hold anything, also spaces and brackets
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
