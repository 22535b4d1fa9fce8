"""Derive alert conditions from a run record, and keep in the home's `alerts.json` those that hold and what each channel was sent.

They are a failed or blocked run, a missed night, a scorecard that was not written,
a held-back or stale source, an agreement that ends, and a quarter of which no release is pinned.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout
from pydantic import BaseModel, Field

from orchestration.runs.record import BLOCKED, FAILED, HELD_BACK, RELEASED, STALE, UNCHANGED, RunRecord
from warehouse.files import write_atomically
from warehouse.lock import private_lock

RUN, NIGHTLY, SCORECARD, EDITION = "run", "nightly", "scorecard", "edition"
NOT_PINNED = "not_pinned"
NOT_WRITTEN = "not_written"
NOT_STARTED, MISSED = "not_started", "missed"
AGREEMENT_ENDS, AGREEMENT_ENDED = "agreement_ends_soon", "agreement_ended"
# The subject of an agreement: a source can be stale, too.
AGREEMENT_OF = "agreement of "
# Subjects that a message lists first, with their names; every other subject is a source.
LISTED_FIRST = {RUN: "the run", NIGHTLY: "the nightly run", SCORECARD: "the scorecard", EDITION: "the edition"}
_FIGURES = re.compile(r"\d[\d.,:]*")
# A run with a clock this far ahead tries what would be; as-of is on the city's wall clock, the start of a run in UTC.
AHEAD = dt.timedelta(days=1)


@dataclass(frozen=True)
class Condition:
    """A problem: its subject (`run`, `nightly`, `scorecard` or a source), kind and reason, and the run that found it.

    Two conditions with the same subject and kind are the same problem; of a source only if their reasons differ by figures alone.
    `as_of` is the clock of a stale source, `data_as_of` the end of its data.
    """

    subject: str
    kind: str
    reason: str
    run_id: str | None = None
    load_id: str | None = None
    as_of: str | None = None
    data_as_of: str | None = None

    @property
    def cause(self) -> str:
        """The reason of a source without its figures, or the quarter of an edition: another one is a new problem."""
        if self.subject == EDITION:
            return self.reason.partition(" ")[0]
        return "" if self.subject in LISTED_FIRST else " ".join(_FIGURES.sub("#", self.reason).split())


def conditions_after_run(record: RunRecord, before: Mapping[str, Condition]) -> dict[str, Condition]:
    """Return the active conditions by subject after a run; a subject that the run did not check keeps its condition."""
    found = dict(before)
    if record.was_interrupted:
        return found  # a user or the system ended it on purpose
    found.pop(EDITION, None)
    if record.unpinned:  # the oldest quarter without a pinned release
        found[EDITION] = Condition(EDITION, NOT_PINNED, record.unpinned[0], record.run_id)
    if record.outcome in (FAILED, BLOCKED):
        found[RUN] = Condition(RUN, record.outcome, record.message or "the reason is in its log", record.run_id)
    elif record.outcome == RELEASED or (record.outcome == UNCHANGED and record.fingerprint):
        found.pop(RUN, None)  # a run that only ingested deliveries has not checked the release
    found.pop(NIGHTLY, None)
    if record.scorecard_problem:
        found[SCORECARD] = Condition(SCORECARD, NOT_WRITTEN, record.scorecard_problem, record.run_id)
    elif record.outcome in (RELEASED, UNCHANGED):
        found.pop(SCORECARD, None)
    is_ahead = dt.datetime.fromisoformat(record.as_of) > dt.datetime.fromisoformat(record.started_at) + AHEAD
    for status in record.sources.values():
        earlier = before.get(status.source)
        if status.verdict == HELD_BACK:
            found[status.source] = Condition(status.source, HELD_BACK, status.reason or "", record.run_id, status.load_id)
        elif status.verdict == STALE and not is_ahead:
            found[status.source] = stale_condition(status.source, status.reason or "", record, status.data_as_of)
        elif status.verdict != STALE and not (earlier and _stays_stale(earlier, record, status.data_as_of)):
            found.pop(status.source, None)
    if record.outcome in (RELEASED, UNCHANGED, BLOCKED):
        found = {subject: one for subject, one in found.items() if not subject.startswith(AGREEMENT_OF)}
    for terms in record.agreements:
        subject, kind = AGREEMENT_OF + terms.source, AGREEMENT_ENDED if terms.has_ended else AGREEMENT_ENDS
        found[subject] = Condition(subject, kind, terms.reason, record.run_id)
    return found


def stale_condition(source: str, reason: str, record: RunRecord, data_as_of: str | None, as_of: str | None = None) -> Condition:
    """Return the condition of a stale source; `as_of` is the clock, by default that of the run."""
    return Condition(source, STALE, reason, record.run_id, as_of=as_of or record.as_of, data_as_of=data_as_of)


def _stays_stale(earlier: Condition, record: RunRecord, data_as_of: str | None) -> bool:
    """Whether a source is fresh only because the run has an earlier clock: its data are still those that were stale."""
    return (
        earlier.kind == STALE and earlier.as_of is not None and record.as_of < earlier.as_of and data_as_of == earlier.data_as_of
    )


# A run and the UI's daemon may notify at the same moment; sending takes less than this.
LOCK_SECONDS = 60


class AlertState(BaseModel):
    """Active conditions, and per channel the kind and the cause last notified for each subject, as `alerts.json` has them."""

    now: list[Condition] = []
    notified: dict[str, dict[str, str]] = Field(default={}, alias="told")
    causes: dict[str, dict[str, str]] = {}

    @property
    def active(self) -> dict[str, Condition]:
        """The active conditions by subject."""
        return {condition.subject: condition for condition in self.now}

    def changes_for(self, channel: str) -> tuple[list[Condition], list[tuple[str, str]]]:
        """Return the conditions that the channel has not been notified of, and the resolved ones as (subject, kind)."""
        notified, causes = self.notified.get(channel, {}), self.causes.get(channel, {})
        started = [
            condition
            for condition in self.now
            # an earlier version recorded no cause
            if notified.get(condition.subject) != condition.kind
            or causes.get(condition.subject, condition.cause) != condition.cause
        ]
        resolved = [(subject, kind) for subject, kind in notified.items() if subject not in self.active]
        return started, resolved

    def mark_notified(self, channel: str) -> None:
        """Record that the channel was notified of every active condition."""
        self.notified[channel] = {condition.subject: condition.kind for condition in self.now}
        self.causes[channel] = {condition.subject: condition.cause for condition in self.now}


@contextmanager
def open_alert_state(path: Path) -> Iterator[AlertState]:
    """Read the state from `path` and write it back at the end; one process at a time.

    An unreadable file counts as empty: an alert sent twice is better than one never sent.
    """
    try:
        lock = private_lock(path.with_suffix(".lock")).acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise OSError(f"{path} is in use") from None
    with lock:
        try:
            state = AlertState.model_validate_json(path.read_bytes())
        except (OSError, ValueError):
            state = AlertState()
        try:
            yield state
        finally:
            write_atomically(path, state.model_dump_json(indent=1, by_alias=True))
