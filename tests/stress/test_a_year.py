"""A home that runs every night for a year takes no more disk at its end than after the first months.

`STRESS_NIGHTS` sets how many nights; what is kept is set before each to the time that the last 90 of 365 took, so that a night
stands for a day however long it takes. The nights are run in this process: what is measured is disk, and a night without news
takes two seconds then. The curve is printed, and written as CSV to the folder STRESS_FIGURES if that is set.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import called
from tests.stress.small import SmallHome, deliver_other_state, write_figures

NIGHTS = int(os.environ.get("STRESS_NIGHTS", "365"))
FIGURES = os.environ.get("STRESS_FIGURES")
# Of a year's nights, the share that stays: what LEVELGROUND_KEEP_DELIVERIES and LEVELGROUND_KEEP_RUNS keep by default.
KEPT = 90 / 365
KEPT_RELEASES = 5
NIGHTS_BETWEEN_DELIVERIES = 3
FOLDERS = ("deliveries", "releases", "runs", "dagster", "dbt", "logs", "tmp")
FIRST_NIGHT = datetime(2026, 1, 1, 2)


def used(home: Path) -> dict[str, float]:
    """Megabytes on the disk by folder, a file with several names once; `warehouse` with what was moved aside."""
    seen: set[int] = set()
    sizes = dict.fromkeys((*FOLDERS, "warehouse", "other"), 0)
    for path in (found for found in sorted(home.rglob("*")) if found.is_file()):
        status = path.stat()
        if status.st_ino in seen:
            continue
        seen.add(status.st_ino)
        top = path.relative_to(home).parts[0]
        name = top if top in FOLDERS else "releases" if top == "published" else "warehouse" if "warehouse" in top else "other"
        sizes[name] += status.st_blocks * 512
    return {name: size / 1e6 for name, size in sizes.items()}


def curve(totals: list[float], height: int = 8, width: int = 60) -> str:
    """A curve in characters, from the first night to the last, from 0 to the highest."""
    top = max(totals)
    picked = [totals[number * (len(totals) - 1) // (width - 1)] for number in range(width)]
    rows = ["".join("█" if value >= top * (level - 0.5) / height else " " for value in picked) for level in range(height, 0, -1)]
    return "\n".join(f"{top * level / height:6.0f} MB |{row}" for level, row in zip(range(height, 0, -1), rows, strict=True))


@pytest.mark.timeout(10 * 3600)
def test_a_year_of_nights(
    undisturbed: SmallHome, small_root: Path, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    small = undisturbed.copy(small_root / "home", small_root / "city")
    rows: list[tuple[object, ...]] = []
    totals: list[float] = []
    began: list[float] = []
    for night in range(NIGHTS):
        began.append(time.monotonic())
        first_kept = night - round(NIGHTS * KEPT)
        days = (began[-1] - began[first_kept]) / 86_400 if first_kept >= 0 else 90.0
        keep = f"{days:.6f}"
        if night % NIGHTS_BETWEEN_DELIVERIES == 0:
            shutil.rmtree(small.deliveries)
            shutil.copytree(undisturbed.deliveries, small.deliveries)
            deliver_other_state(small.deliveries, night + 1)
        environment = {
            "LEVELGROUND_HOME": str(small.home),
            "LEVELGROUND_KEEP_RUNS": keep,
            "LEVELGROUND_KEEP_DELIVERIES": keep,
            "LEVELGROUND_KEEP_RELEASES": str(KEPT_RELEASES),
        }
        as_of = (FIRST_NIGHT + timedelta(days=night)).isoformat()
        done = called(["levelground", "run", "--deliveries", str(small.deliveries), "--as-of", as_of], environment)
        assert done.returncode in (0, 4), done.stdout + done.stderr  # what nobody delivers goes stale
        sizes = used(small.home)
        totals.append(sum(sizes.values()))
        rows.append((night + 1, small.last()["outcome"], *(round(size, 2) for size in sizes.values()), round(totals[-1], 2)))
        if FIGURES:
            write_figures(Path(FIGURES) / "disk.csv", ("night", "outcome", *sizes, "total"), rows)
    with capsys.disabled():
        print(f"\n{curve(totals)}\n           1 to {NIGHTS} nights")
    half = NIGHTS // 2
    record_property("nights", f"{NIGHTS}, released {sum(row[1] == 'released' for row in rows)}")
    record_property(
        "MB after the first night, at most in the first half, at most in the second",
        f"{totals[0]:.0f}, {max(totals[:half]):.0f}, {max(totals[half:]):.0f}",
    )
    assert max(totals[half:]) <= max(totals[:half]) * 1.1
    assert len(small.receipts()) < NIGHTS * (KEPT + 0.15) + 3
    assert len([path for path in (small.home / "releases").iterdir() if path.is_dir()]) <= KEPT_RELEASES
