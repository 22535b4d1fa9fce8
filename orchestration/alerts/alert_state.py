"""Keep the active conditions, and what each channel was notified of, in the home's `alerts.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import Timeout

from orchestration.alerts.conditions import Condition
from warehouse.files import write_atomically
from warehouse.lock import private_lock

# A run and the UI's daemon may notify at the same moment; sending takes less than this.
LOCK_SECONDS = 60


@dataclass
class AlertState:
    """Active conditions by subject, and per channel the kind and the cause last notified for each subject."""

    active: dict[str, Condition] = field(default_factory=dict)
    notified: dict[str, dict[str, str]] = field(default_factory=dict)
    causes: dict[str, dict[str, str]] = field(default_factory=dict)

    def changes_for(self, channel: str) -> tuple[list[Condition], list[tuple[str, str]]]:
        """Return the conditions that the channel has not been notified of, and the resolved ones as (subject, kind)."""
        notified, causes = self.notified.get(channel, {}), self.causes.get(channel, {})
        started = [
            condition
            for subject, condition in self.active.items()
            # an earlier version recorded no cause
            if notified.get(subject) != condition.kind or causes.get(subject, condition.cause) != condition.cause
        ]
        resolved = [(subject, kind) for subject, kind in notified.items() if subject not in self.active]
        return started, resolved

    def mark_notified(self, channel: str) -> None:
        """Record that the channel was notified of every active condition."""
        self.notified[channel] = {subject: condition.kind for subject, condition in self.active.items()}
        self.causes[channel] = {subject: condition.cause for subject, condition in self.active.items()}

    def drop_channels_except(self, channels: Mapping[str, object]) -> None:
        """Drop what was recorded for channels that are no longer configured."""
        self.notified = {channel: kinds for channel, kinds in self.notified.items() if channel in channels}
        self.causes = {channel: causes for channel, causes in self.causes.items() if channel in channels}


@contextmanager
def open_alert_state(path: Path) -> Iterator[AlertState]:
    """Read the state from `path` and write it back at the end; one process at a time.

    An unreadable file counts as empty: an alert sent twice is better than one never sent.
    """
    lock = private_lock(path.with_suffix(".lock"))
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise OSError(f"{path} is in use") from None
    try:
        state = _read(path)
        try:
            yield state
        finally:
            # the file keeps the keys `now` and `told` that homes already have
            active = [condition.to_dict() for condition in state.active.values()]
            write_atomically(path, json.dumps({"now": active, "told": state.notified, "causes": state.causes}, indent=1))
    finally:
        lock.release()


def _read(path: Path) -> AlertState:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        conditions = [Condition(**condition) for condition in stored["now"]]
        notified, causes = (
            {str(channel): {str(s): str(k) for s, k in of_subjects.items()} for channel, of_subjects in per_channel.items()}
            for per_channel in (stored["told"], stored.get("causes", {}))
        )
        return AlertState({condition.subject: condition for condition in conditions}, notified, causes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return AlertState()
