"""Compare ratios with baseline.json, and write it. Seconds differ from machine to machine, ratios hardly do.

A folder of one's own (`--keep FOLDER`) holds seconds as well, for before and after on one machine.

See `figures` for the ratios.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BASELINE = Path(__file__).resolve().parent / "baseline.json"
WORSE_BY = 0.15  # a ratio that rose by more than this is reported


@dataclass(frozen=True)
class Worse:
    """A ratio that has risen too far."""

    name: str
    before: float
    now: float

    def __str__(self) -> str:
        return f"{self.name}: {self.now:.3g}, was {self.before:.3g}, {self.now / self.before - 1:+.0%}"


def worse(now: Mapping[str, float], before: Mapping[str, float]) -> list[Worse]:
    """The ratios in both that rose by more than WORSE_BY."""
    return [
        Worse(name, before[name], value)
        for name, value in now.items()
        if name in before and value > before[name] * (1 + WORSE_BY)
    ]


def read(path: Path = BASELINE) -> dict[str, float]:
    """The stored ratios; empty before the first."""
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def keep(now: Mapping[str, float], path: Path = BASELINE) -> None:
    """Store these figures, and keep those of other sizes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = read(path) | {name: round(value, 4) for name, value in now.items()}
    path.write_text(json.dumps(dict(sorted(stored.items())), indent=1) + "\n")
