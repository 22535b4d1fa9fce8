"""What is wrong after a run, as far as somebody should be told.

Here: from a receipt to conditions, and what it says nothing of. Not here: whether they are new (`memory`), the words (`text`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from orchestration.runs.record import BLOCKED, FAILED, HELD_BACK, RELEASED, STALE, UNCHANGED, RunReceipt

RUN, NIGHTLY = "run", "nightly"
NOT_STARTED, MISSED = "not_started", "missed"
# What a condition is about, in the order in which a message names them; the rest are sources.
FIRST = (RUN, NIGHTLY)


@dataclass(frozen=True)
class Condition:
    """Something that is wrong: of what (`run`, `nightly`, or a source), in which way, why, and in which run it was seen.

    Two conditions of the same subject and kind are the same state, whatever their reasons say.
    """

    subject: str
    kind: str
    reason: str
    run_id: str | None = None
    load_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def after_run(receipt: RunReceipt, before: Mapping[str, Condition]) -> dict[str, Condition]:
    """What is wrong once a run has ended, by subject. Of what the run did not look at, it is what it was."""
    found = dict(before)
    if receipt.outcome in (FAILED, BLOCKED):
        found[RUN] = Condition(RUN, receipt.outcome, receipt.message or "its log says why", receipt.run_id)
    elif receipt.outcome == RELEASED or (receipt.outcome == UNCHANGED and receipt.fingerprint):
        found.pop(RUN, None)  # a run that only took deliveries in says nothing of the release
    found.pop(NIGHTLY, None)
    for status in receipt.sources.values():
        if status.verdict in (HELD_BACK, STALE):
            load = status.load_id if status.verdict == HELD_BACK else None
            found[status.source] = Condition(status.source, status.verdict, status.reason or "", receipt.run_id, load)
        else:
            found.pop(status.source, None)
    return found
