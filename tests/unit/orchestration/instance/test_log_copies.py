"""Ctrl-C reaches a run, and not the processes of Dagster that copy its output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import os, signal, sys, time
from dagster._core.execution.compute_logs import tail_to_stream
from orchestration.instance.dagster_runs import keep_ctrl_c_from_log_copies

keep_ctrl_c_from_log_copies()
signal.signal(signal.SIGINT, lambda *_: print("interrupted", flush=True))
with tail_to_stream(sys.argv[1], sys.stdout) as (_, watcher):
    for _ in range(100):
        if "sleep" in open(f"/proc/{watcher}/wchan").read():  # it has started
            break
        time.sleep(0.05)
    os.killpg(0, signal.SIGINT)
    time.sleep(0.5)
"""


def test_ctrl_c_prints_no_traceback_of_a_copy(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("of a step\n")
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "out")]
    ended = subprocess.run(command, start_new_session=True, capture_output=True, text=True, timeout=60, check=True)
    assert sorted(ended.stdout.splitlines()) == ["interrupted", "of a step"]
    assert ended.stderr == ""
