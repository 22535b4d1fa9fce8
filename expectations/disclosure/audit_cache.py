"""Which parts of the public file were attacked before and found safe, so that they are not attacked again.

Here: the file of their fingerprints. Not here: what a fingerprint covers (`System.fingerprint`: bounds, questions and
equations, all that the answer depends on).

Only safety is remembered: what leaks is looked at each time. The file is worth nothing to other code than that which wrote it,
and one that cannot be read is as good as none. It holds hashes of hidden figures and is therefore the owner's alone.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from expectations.disclosure.linear_programs import solver_version
from expectations.disclosure.linear_system import System
from warehouse.files import write_atomically
from warehouse.fingerprint import file_sha256, text_sha256


class Memory:
    """What was found safe, by fingerprint. `file` None: nothing is remembered."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._made_by = _made_by()
        self._before = self._read()
        self._now: set[str] = set()

    def is_safe(self, part: System) -> bool:
        """Whether this very part was found safe before; it is then remembered on."""
        found = part.fingerprint()
        if found not in self._before:
            return False
        self._now.add(found)
        return True

    def found_safe(self, part: System) -> None:
        """Remember the part."""
        self._now.add(part.fingerprint())

    def keep(self) -> None:
        """Write down what was asked for in this run and found safe; what is no longer published is forgotten."""
        if self._file is not None:
            write_atomically(self._file, json.dumps({"made_by": self._made_by, "safe": sorted(self._now)}), mode=0o600)

    def _read(self) -> frozenset[str]:
        if self._file is None:
            return frozenset()
        try:
            said = json.loads(self._file.read_text(encoding="utf-8"))
            return frozenset(said["safe"]) if said["made_by"] == self._made_by else frozenset()
        except (OSError, ValueError, KeyError, TypeError):
            return frozenset()


def _made_by() -> str:
    """A hash over the attack's own code and the libraries that compute for it."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    said = [*(f"{file.name} {file_sha256(file)}" for file in files), f"numpy {np.__version__}", f"highs {solver_version()}"]
    return text_sha256("\n".join(said))
