"""Check an installation and its home, and name what to fix.

Each check only reads and returns results; the next run or the operator fixes them. No check takes the run lock for longer than a
read, opens the working warehouse or changes the home, so the doctor also answers during a run. Gates check whether data is good.
"""

from __future__ import annotations

from orchestration.doctor.installation import CheckResult, Installation, Verdict
from orchestration.doctor.run_checks import run_all_checks
