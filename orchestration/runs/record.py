"""The receipt of a run: what came, what became of it, and how it ended. `runs/<run_id>.json`.

Here: the record itself, its file, its exit code. Not here: making any of it happen (`session`, `intake`, `build`).

`status`, `sources` and `check` read these files and never the working warehouse, so they answer while a run is going on.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from expectations.results import GateResult
from warehouse.files import write_atomically

RELEASED, UNCHANGED, BLOCKED, FAILED = "released", "unchanged", "blocked", "failed"
FRESH, STALE, HELD_BACK, NOT_DELIVERED, LANDED_ONLY = "fresh", "stale", "held_back", "not_delivered", "landed_only"
EXIT_OK, EXIT_UNEXPECTED, EXIT_BAD_ARGUMENTS, EXIT_BLOCKED, EXIT_INCOMPLETE, EXIT_BUSY = 0, 1, 2, 3, 4, 5


@dataclasses.dataclass
class SourceStatus:
    """One source after a run: a row of `quality.source_status` as far as Python knows it.

    Row counts are of the load `load_id`; they are None for a load that was held back, since nothing of it was taken in.
    """

    source: str
    department: str
    platform: str
    cadence: str
    race_vocabulary: str | None
    verdict: str = NOT_DELIVERED
    reason: str | None = None
    load_id: str | None = None
    data_as_of: str | None = None
    rows_delivered: int | None = 0
    rows_staged: int | None = 0
    rows_rejected: int | None = 0
    rows_blank: int | None = 0
    rows_duplicate: int | None = 0
    rows_superseded: int | None = 0
    rows_withdrawn: int | None = 0
    run_id: str | None = None
    seconds: float = 0.0


@dataclasses.dataclass
class RunReceipt:
    """One run, from the lock to the end. Times are UTC in ISO format."""

    run_id: str
    trigger: str
    started_at: str
    city: str
    reading: str
    as_of: str
    number: int = 0  # the order of runs: the machine's clock may be set back
    ended_at: str | None = None
    outcome: str | None = None
    exit_code: int | None = None
    release_id: str | None = None
    message: str | None = None
    fingerprint: str | None = None
    due_at: str | None = None
    sources: dict[str, SourceStatus] = dataclasses.field(default_factory=dict)
    gates: list[GateResult] = dataclasses.field(default_factory=list)
    unknown_folders: tuple[str, ...] = ()
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what was put right at its start

    @property
    def held_or_stale(self) -> bool:
        """Whether a source is not as it should be, so that the run is not complete."""
        return any(status.verdict in (HELD_BACK, STALE) for status in self.sources.values())

    def end(self, outcome: str, now: dt.datetime, message: str | None = None) -> None:
        """Close the receipt; the first ending stands."""
        if self.outcome is not None:
            return
        self.outcome, self.ended_at, self.message = outcome, now.isoformat(timespec="seconds"), message
        good = EXIT_INCOMPLETE if self.held_or_stale else EXIT_OK
        self.exit_code = {RELEASED: good, UNCHANGED: good, BLOCKED: EXIT_BLOCKED, FAILED: EXIT_UNEXPECTED}[outcome]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        gates = [gate.to_dict() for gate in self.gates]
        return dataclasses.asdict(dataclasses.replace(self, gates=[])) | {"gates": gates}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> RunReceipt:
        """The receipt that `to_dict` wrote; ValueError, KeyError, TypeError or AttributeError if it is none."""
        data = dict(data)
        data["sources"] = {name: SourceStatus(**status) for name, status in data["sources"].items()}
        data["gates"] = [GateResult.from_dict(gate) for gate in data["gates"]]
        data["unknown_folders"] = tuple(data["unknown_folders"])
        data["notes"] = tuple(data.get("notes", ()))
        return cls(**data)


class RunStore:
    """The receipts in `runs/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, receipt: RunReceipt) -> None:
        """Write a receipt, whole or not at all."""
        # for people once it is closed; until then it is written after every source, and indenting costs ten times the writing
        text = json.dumps(receipt.to_dict(), indent=1 if receipt.outcome else None)
        write_atomically(self.folder / f"{receipt.run_id}.json", text)

    def all(self) -> list[RunReceipt]:
        """Every readable receipt, oldest first; a run that is going on, or was killed, has no outcome."""
        # written by another version, cut off, or too old and gone meanwhile: history, not state
        found = [receipt for path in self.folder.glob("*.json") if (receipt := _read(path)) is not None]
        return sorted(found, key=lambda receipt: (receipt.number, receipt.started_at, receipt.run_id))

    def unreadable(self) -> list[Path]:
        """Files that are no receipts which this version reads."""
        return sorted(path for path in self.folder.glob("*.json") if _read(path) is None)

    def last_ended(self) -> RunReceipt | None:
        """The newest run that came to an end."""
        return newest(self.all(), lambda receipt: receipt.outcome is not None)

    def last_built(self) -> RunReceipt | None:
        """The newest run after which the release says what the landing tables hold."""
        return newest(self.all(), built)


def newest(receipts: Sequence[RunReceipt], wanted: Callable[[RunReceipt], bool]) -> RunReceipt | None:
    """The newest of receipts in their order that is wanted."""
    return next((receipt for receipt in reversed(receipts) if wanted(receipt)), None)


def built(receipt: RunReceipt) -> bool:
    """Whether after that run the release said what landing held."""
    return receipt.outcome in (RELEASED, UNCHANGED) and receipt.fingerprint is not None


def next_number(receipts: Sequence[RunReceipt]) -> int:
    """The number of a run that starts after these; under the run lock."""
    return max((receipt.number for receipt in receipts), default=0) + 1


def broke_off(receipts: Sequence[RunReceipt]) -> bool:
    """Whether the newest run failed, or came to no end."""
    return bool(receipts) and receipts[-1].outcome in (None, FAILED)


def _read(path: Path) -> RunReceipt | None:
    try:
        return RunReceipt.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None
