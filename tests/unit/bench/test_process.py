"""What a process cost, its children included."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.bench.city.process import CommandFailed, measured

# A child that holds 64 MB and uses processor time, and a parent that only waits for it.
CHILD = "import time; held = bytearray(64 << 20); ended = time.process_time() + 0.3\nwhile time.process_time() < ended: pass"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}], check=True); print('done')"


def test_children_count(tmp_path: Path) -> None:
    cost = measured([sys.executable, "-c", PARENT], environment=os.environ, log=tmp_path / "log", cwd=tmp_path)
    assert cost.stdout == "done\n"
    assert cost.peak_mb > 64
    assert cost.cpu >= 0.3
    assert cost.wall >= 0.3


def test_an_unexpected_code_is_reported_with_the_last_output(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('it broke')"]
    with pytest.raises(CommandFailed, match=r"ended with 1(.|\n)*it broke"):
        measured(command, environment=os.environ, log=tmp_path / "log", cwd=tmp_path)
    assert measured(command, environment=os.environ, log=tmp_path / "log", cwd=tmp_path, good=(1,)).exit_code == 1
