"""Alerts: who is told when something goes wrong, and when it is well again. Once for each change, and never again every night.

Here: what is wrong (`conditions`), what has been said of it (`memory`), how it is said (`text`), and to whom (`channels`). Not
here: judging anything: alerts read the receipts of runs, and a run goes on whatever becomes of its alerts.
"""

from orchestration.alerts.channels import unusable as unusable_channels
from orchestration.alerts.notify import send_test, tell, tell_changed, tell_not_started

__all__ = ["send_test", "tell", "tell_changed", "tell_not_started", "unusable_channels"]
