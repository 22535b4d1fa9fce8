"""A home with incremental facts equals one that was built from scratch: over random histories of deliveries, and
when a crosswalk, a contract, the address index, a boundary or a rule of typing in Python changes on the way.

`STRESS_HISTORIES` sets how many histories, `STRESS_HISTORY_NIGHTS` how many nights each has.
"""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from ingest.sample import write_sample
from tests.stress import histories
from tests.stress.small import ROWS, SmallHome, copy_of_the_code

HISTORIES = int(os.environ.get("STRESS_HISTORIES", "5"))
NIGHTS = int(os.environ.get("STRESS_HISTORY_NIGHTS", "4"))
CHANGES = ("crosswalk", "contract", "index", "boundary", "typing")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> SmallHome:
    """The whole sample city, released once."""
    folder = tmp_path_factory.mktemp("growth")
    write_sample(folder / "city", rows=ROWS)
    home = SmallHome(folder / "home", folder / "city")
    home.run()
    return home


def run_night(home: SmallHome, *arguments: str) -> str:
    """A run; what it held back, if anything. A delivery at random may look cut off, and then nothing of it is new."""
    with home.start(*arguments) as process:
        output = process.communicate()[0]
    assert process.returncode in (0, 4), output
    return f"held back: {[name for name, source in home.last()['sources'].items() if source['verdict'] == 'held_back']}"


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(HISTORIES))
def test_an_incremental_build_equals_a_full_rebuild(first: SmallHome, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    # dbt has already parsed the project in the folder of the other tests' home
    home = first.copy(tmp_path / "home", tmp_path / "city")
    code = copy_of_the_code(tmp_path / "code")
    change, changed_on = CHANGES[seed % len(CHANGES)], chance.randrange(NIGHTS)
    log, incremental_nights = [], 0
    for number in range(NIGHTS):
        night = tmp_path / f"night-{number}"
        log.append(f"night {number}: {histories.deliver(home.deliveries, night, number, chance)}")
        if number == changed_on:
            log.append(f"and another {change}")
            if change == "index":
                log.append(histories.another_index(night, home.deliveries, chance))
            elif change == "boundary":
                log.append(histories.another_boundary(night, home.deliveries, chance))
            else:
                {
                    "crosswalk": histories.another_crosswalk,
                    "contract": histories.another_contract,
                    "typing": histories.another_typing,
                }[change](code)
        as_of = f"2026-01-{number + 2:02d}T00:00:00"
        log.append(run_night(SmallHome(home.home, night, code), "--as-of", as_of, "--accept-older"))
        incremental_nights += any(
            source["verdict"] == "fresh" and source["rows_delivered"] < ROWS // 10 for source in home.last()["sources"].values()
        )
    assert incremental_nights, log
    last = SmallHome(home.home, tmp_path / f"night-{NIGHTS - 1}", code)
    before = last.content()
    run_night(last, "--as-of", as_of, "--accept-older", "--full-refresh")
    assert (last.content(), last.last()["outcome"]) == (before, "unchanged"), "\n".join(log)
    shutil.rmtree(tmp_path)
