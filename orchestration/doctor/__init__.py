"""What is the matter with an installation and its home, and how to mend it.

Here: checks that only look (`installed`, `variables`, `home`, `published`, `machine`, `schedule`), each giving findings. Not
here: mending anything, which the next run or the operator does; whether data is good, which the gates say. Nothing here takes
the run lock for longer than a look, opens the working warehouse, or changes the home, so it answers while a run is going on.
"""

from __future__ import annotations

from orchestration.doctor.findings import Finding, Installation, Verdict
from orchestration.doctor.run_checks import examine

__all__ = ["Finding", "Installation", "Verdict", "examine"]
