"""Run a command, and end it when it needs more memory than it may."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.conftest import ROOT


def run_watched(command: Sequence[str], output: Path, limit: int) -> tuple[int, int]:
    """The exit code of the command and the most resident memory in bytes; all of its output is in the file."""
    most = 0
    with output.open("w") as out, subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            most = max(most, watched.memory_info().rss)
            if most > limit:
                process.kill()
            time.sleep(0.2)
    return process.returncode, most
