"""A real disk that fills up during the first run of a home, at ten sizes: whatever stage meets it, the message names the disk.
With room again, the same home comes to the content of an undisturbed one.

As root on Linux the disk is a tmpfs of that size. Elsewhere `test_faults.py::test_disk_full` limits the size of files.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stress.small import SmallHome

SHARES = (0.005, 0.02, 0.06, 0.12, 0.2, 0.3, 0.42, 0.55, 0.7, 0.85)  # of what an undisturbed home takes
CAN_MOUNT = sys.platform == "linux" and os.geteuid() == 0


@contextmanager
def disk_of(folder: Path, size: int) -> Iterator[None]:
    """A file system of so many bytes."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=750", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.timeout(2 * 3600)
def test_a_disk_that_is_full_on_the_first_run_is_named(undisturbed: SmallHome, tmp_path: Path, record_property: object) -> None:
    assert CAN_MOUNT, "run this test as root on Linux"
    whole = sum(path.stat().st_blocks * 512 for path in undisturbed.home.rglob("*") if path.is_file())
    for share in SHARES:
        size = max(int(whole * share), 200_000)
        home = tmp_path / f"disk-{share}" / "home"
        small = SmallHome(home, undisturbed.deliveries)
        with disk_of(home, size), small.start() as run:
            output = run.communicate()[0]
            stage = next((line for line in reversed(output.splitlines()) if not line.startswith("levelground:")), "at its start")
            record_property(f"{size / 1e6:.1f} MB", f"exit {run.returncode}, last: {stage}")  # type: ignore[operator]
            assert run.returncode in (1, 2), output
            assert "Traceback" not in output, output
            assert re.search(rf"(the disk of {home} (is full|failed) .*room|cannot write to {home})", output), (
                f"{stage}\n{output}"
            )
            if share == SHARES[-3]:
                subprocess.run(["mount", "-o", f"remount,size={whole * 4}", home], check=True)
                small.run()
                assert small.content() == undisturbed.content()
