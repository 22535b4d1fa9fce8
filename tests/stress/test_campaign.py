"""The fuzz campaign: contracts, deliveries, queries and GraphQL requests, other cases each time, within a box of time.

FUZZ_SECONDS is the time of all targets together, an hour by default; FUZZ_SEED repeats a campaign.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT
from tests.stress.targets import TARGETS

SECONDS = float(os.environ.get("FUZZ_SECONDS") or 3600) / len(TARGETS)
SEED = os.environ.get("FUZZ_SEED") or str(int(time.time()))
MEMORY = 4 << 30


@pytest.mark.timeout(SECONDS + 900)
@pytest.mark.parametrize("target", TARGETS)
def test_no_input_breaks_a_target(target: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    command = ["nice", "-n", "19", sys.executable, "-m", "tests.stress.campaign", target, str(SECONDS), SEED, str(tmp_path)]
    output, most = tmp_path / "output.txt", 0
    with output.open("w") as out, subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            most = max(most, watched.memory_info().rss)
            if most > MEMORY:
                process.kill()
            time.sleep(0.2)
    report = output.read_text()
    record_property(f"{target}, seed {SEED}", report.splitlines()[-1] if report else "")
    record_property(f"{target}, most memory, MB", most >> 20)
    assert most <= MEMORY, f"{report[-2000:]}; the case is in {tmp_path / 'current'}"
    assert process.returncode == 0, f"{report[-8000:]}; findings are in {tmp_path}, the last case is {tmp_path / 'current'}"
