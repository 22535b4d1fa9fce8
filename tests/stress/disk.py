"""Measure what a home uses on the disk, and draw it over time."""

from __future__ import annotations

import os
from pathlib import Path

# a folder for tables of figures, for plots
FIGURES = os.environ.get("STRESS_FIGURES")
FOLDERS = ("deliveries", "releases", "runs", "dagster", "dbt", "logs", "tmp")


def used(home: Path) -> dict[str, float]:
    """Megabytes on the disk by folder, a file with several names once; `warehouse` with what was moved aside."""
    inodes: set[int] = set()
    sizes = dict.fromkeys((*FOLDERS, "warehouse", "other"), 0)
    for path in (found for found in sorted(home.rglob("*")) if found.is_file()):
        status = path.stat()
        if status.st_ino in inodes:
            continue
        inodes.add(status.st_ino)
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
