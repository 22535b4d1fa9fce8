"""Kills at random moments of the run: nothing is lost, and the next run that is left alone comes to the same content."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stress.small import SmallHome, deliver_other_state

KILLS = int(os.environ.get("STRESS_KILLS", "50"))
# A run that is left alone costs as much as two kills. Several kills in a row are harder on a home than one.
KILLS_IN_A_ROW = 5
SEED = 20_260_101
OLDER = "--accept-older"  # each state replaces the other one, again and again
STAGES = ("building", "choosing", "recording", "auditing", "releasing", "writing")


def stage_of(output: str) -> str:
    """The last stage that a run spoke of."""
    found = [word for line in output.splitlines() for word in STAGES if line.startswith(word)]
    return found[-1] if found else "ingesting" if "deliver" in output else "starting"


@pytest.mark.timeout(4 * 3600)
def test_random_kills(
    undisturbed: SmallHome, expected: str, small_root: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    home = undisturbed.copy(small_root / "home", small_root / "city")
    other = undisturbed.copy(tmp_path / "elsewhere", tmp_path / "second").deliveries
    shutil.rmtree(tmp_path / "elsewhere")
    deliver_other_state(other)
    earlier, later = SmallHome(home.home, home.deliveries), SmallHome(home.home, other)
    chance = random.Random(SEED)
    began = time.monotonic()
    output = later.run()
    assert {stage_of(line) for line in output.splitlines()} >= {*STAGES}, "a stage has another name now"
    seconds = [time.monotonic() - began]
    assert later.content() == expected
    # the earlier deliveries again: the later snapshot of the staff stays, so the content is not that of the first release
    earlier.run(OLDER)
    states = [(earlier, earlier.content()), (later, expected)]
    stages: Counter[str] = Counter()
    survived = converged = 0
    for number in range(KILLS):
        small, _ = states[number % 2]
        with small.start(OLDER) as run:
            wait = chance.uniform(0, seconds[-1])
            try:
                output = run.communicate(timeout=wait)[0]
                survived += 1
            except subprocess.TimeoutExpired:  # the moment has come
                run.send_signal(signal.SIGKILL)
                output = run.communicate()[0]
                stages[stage_of(output)] += 1
        if not small.is_between_releases():
            assert small.content() in {content for _, content in states}, f"kill {number} at {stage_of(output)}"
        if (number + 1) % KILLS_IN_A_ROW == 0:
            left_alone, content = states[number // KILLS_IN_A_ROW % 2]
            began = time.monotonic()
            left_alone.run(OLDER)
            seconds.append(time.monotonic() - began)
            assert left_alone.content() == content, f"after kill {number}, the last at {stage_of(output)}"
            assert not [receipt for receipt in left_alone.receipts() if receipt["outcome"] is None]
            converged += 1
    assert sum(stages.values()) >= KILLS / 2, "most runs ended before their kill: they have become faster than was measured"
    record_property("kills", f"{sum(stages.values())} of {KILLS} ({survived} runs ended before): {dict(stages)}")
    record_property("runs left alone that converged", f"{converged} of {KILLS // KILLS_IN_A_ROW}")
