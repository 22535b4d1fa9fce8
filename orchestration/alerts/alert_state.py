"""What is wrong and who has been told of it, kept in the home between runs: `alerts.json`.

Here: the file, and the difference between what a channel has been told and what is so. Not here: sending.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.alerts.conditions import Condition
from warehouse.files import write_atomically

# A run and the UI's daemon may have something to tell at once; nobody sends for longer than that.
SECONDS_FOR_THE_OTHER = 60


@dataclass
class Memory:
    """What is wrong now, by subject, and what each channel was last told of each subject (its kind)."""

    now: dict[str, Condition] = field(default_factory=dict)
    told: dict[str, dict[str, str]] = field(default_factory=dict)

    def news(self, channel: str) -> tuple[list[Condition], list[tuple[str, str]]]:
        """(what is wrong and not told, what was told and is well again as subject and kind)."""
        told = self.told.get(channel, {})
        begun = [condition for subject, condition in self.now.items() if told.get(subject) != condition.kind]
        ended = [(subject, kind) for subject, kind in told.items() if subject not in self.now]
        return begun, ended

    def has_told(self, channel: str) -> None:
        """The channel knows everything now."""
        self.told[channel] = {subject: condition.kind for subject, condition in self.now.items()}

    def forget_others(self, channels: Mapping[str, object]) -> None:
        """Of channels that are not there any more nothing is kept."""
        self.told = {channel: told for channel, told in self.told.items() if channel in channels}


@contextmanager
def remembered(path: Path) -> Iterator[Memory]:
    """The memory in `path`, written back at the end; one process at a time. Unreadable is as empty: told twice beats not told."""
    lock = FileLock(path.with_suffix(".lock"))
    try:
        lock.acquire(timeout=SECONDS_FOR_THE_OTHER)
    except Timeout:
        raise OSError(f"{path} is in use") from None
    try:
        memory = _read(path)
        try:
            yield memory
        finally:
            now = [condition.to_dict() for condition in memory.now.values()]
            write_atomically(path, json.dumps({"now": now, "told": memory.told}, indent=1))
    finally:
        lock.release()


def _read(path: Path) -> Memory:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        conditions = [Condition(**condition) for condition in kept["now"]]
        told = {str(channel): {str(s): str(k) for s, k in known.items()} for channel, known in kept["told"].items()}
        return Memory({condition.subject: condition for condition in conditions}, told)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Memory()
