"""Store which parts of the public file an earlier audit found safe, so that they are not audited again.

See `System.fingerprint` for the content of a fingerprint: bounds, questions and equations, everything that the answer depends on.

The file contains only safe parts: leaks are computed each time. Other code than that which wrote it ignores it, and an unreadable
file counts as none. It contains hashes of hidden figures, so only the owner may read it.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np

from expectations.disclosure.intervals.feasibility_intervals import Intervals, intervals
from expectations.disclosure.intervals.linear_programs import solver_version
from expectations.disclosure.intervals.linear_system import TOLERANCE, Floats, System
from warehouse.files import write_atomically
from warehouse.fingerprint import file_sha256, text_sha256


class AuditCache:
    """Safe parts, by fingerprint. `file` None: nothing is stored."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._made_by = _made_by() if file else ""
        self._before = self._read()
        self._now: set[str] = set()

    def intervals(self, system: System, truth: Floats) -> tuple[System, Intervals]:
        """The system without the questions of parts that were found safe before, and its intervals.

        An independent part is safe, and stored, if all of its intervals are as wide as required and it is not contradictory.
        """
        if self._file is None:
            return system, intervals(system, truth)
        wanted, new = system.wanted.copy(), []
        for cells, equations in system.components():
            if system.asked[cells].any():
                part = system.part(cells, equations).fingerprint()
                if part in self._before:
                    wanted[cells] = np.nan
                    self._now.add(part)
                else:
                    new.append((cells, part))
        audited = dataclasses.replace(system, wanted=wanted)
        answer = intervals(audited, truth)
        is_open = answer.contradicted | (answer.width < wanted - TOLERANCE)
        self._now |= {part for cells, part in new if not is_open[cells].any()}
        return audited, answer

    def keep(self) -> None:
        """Write the safe parts of this run; parts that are no longer published are removed."""
        if self._file is not None:
            write_atomically(self._file, json.dumps({"made_by": self._made_by, "safe": sorted(self._now)}), mode=0o600)

    def _read(self) -> frozenset[str]:
        if self._file is None:
            return frozenset()
        try:
            parts = json.loads(self._file.read_text(encoding="utf-8"))
            return frozenset(parts["safe"]) if parts["made_by"] == self._made_by else frozenset()
        except (OSError, ValueError, KeyError, TypeError):
            return frozenset()


def _made_by() -> str:
    """A hash over the audit's code and the libraries that it uses."""
    package = Path(__file__).parents[1]
    files = [f"{file.relative_to(package)} {file_sha256(file)}" for file in sorted(package.rglob("*.py"))]
    parts = [*files, f"numpy {np.__version__}", f"highs {solver_version()}"]
    return text_sha256("\n".join(parts))
