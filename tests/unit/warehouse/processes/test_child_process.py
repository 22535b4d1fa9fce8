"""A child process ends with the process that started it, also if that one is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def test_a_child_process_ends_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import signal, subprocess; from warehouse.processes.child_process import ends_with_this_process as prepare; "
        f"subprocess.run(['sh', '-c', 'echo $$ > {tmp_path}/pid; exec sleep 90'], preexec_fn=prepare(signal.SIGTERM))"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as worker:
        ends = time.monotonic() + 60
        while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()) and time.monotonic() < ends:
            time.sleep(0.02)
        worker.kill()
    pid, ends = int((tmp_path / "pid").read_text()), time.monotonic() + 20
    while time.monotonic() < ends and Path(f"/proc/{pid}").exists():
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()
