"""The fuzz campaign: contracts, deliveries, queries and GraphQL requests, other cases each time, within a box of time.

FUZZ_SECONDS is the time of all targets together, an hour by default; FUZZ_SEED repeats a campaign.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stress.targets import TARGETS
from tests.stress.watched_process import run_watched

SECONDS = float(os.environ.get("FUZZ_SECONDS") or 3600) / len(TARGETS)
SEED = os.environ.get("FUZZ_SEED") or str(int(time.time()))
MEMORY = 4 << 30


@pytest.mark.timeout(SECONDS + 900)
@pytest.mark.parametrize("target", TARGETS)
def test_no_input_breaks_a_target(target: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    command = ["nice", "-n", "19", sys.executable, "-m", "tests.stress.campaign", target, str(SECONDS), SEED, str(tmp_path)]
    output = tmp_path / "output.txt"
    code, most = run_watched(command, output, MEMORY)
    report = output.read_text()
    record_property(f"{target}, seed {SEED}", report.splitlines()[-1] if report else "")
    record_property(f"{target}, most memory, MB", most >> 20)
    assert most <= MEMORY, f"{report[-2000:]}; the case is in {tmp_path / 'current'}"
    assert code == 0, f"{report[-8000:]}; findings are in {tmp_path}, the last case is {tmp_path / 'current'}"
