"""The record of one run: what was delivered, the status of each source, and how the run ended. `runs/<run_id>.json`.

`status`, `sources` and `check` read these files and never the working warehouse, so they answer while a run is active.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, BaseModel, Field, ValidationError

from expectations.results import GateResult
from ingest.contract import Contract
from ingest.contract_terms import AgreementTerms
from orchestration.runs.process.exit_codes import EXIT_BLOCKED, EXIT_INCOMPLETE, EXIT_OK, EXIT_SIGNALS, EXIT_UNEXPECTED
from warehouse.files import write_atomically
from warehouse.releases import PublicCounts

RELEASED, UNCHANGED, BLOCKED, FAILED = "released", "unchanged", "blocked", "failed"
FRESH, STALE, HELD_BACK, NOT_DELIVERED, LANDED_ONLY = "fresh", "stale", "held_back", "not_delivered", "landed_only"
AGREEMENT_ENDED, REMOVED = "agreement_ended", "removed"  # sources that are not read
# The message of a run that a kill or a power cut ended.
INTERRUPTED = "its process ended before the run did"
# The message of a run that Ctrl-C or a request to end stopped.
NOTHING_PUBLISHED = "interrupted, nothing was published, run again"


class SourceStatus(BaseModel, extra="forbid", frozen=True):
    """One source after a run: a row of `quality.source_status`, without what dbt computes.

    Row counts are of the load `load_id`. They are None for a load that was held back, because none of its rows was promoted.
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

    def updated(self, **changes: Any) -> SourceStatus:
        """A copy with other values of some fields."""
        return SourceStatus(**{**self.model_dump(), **changes})

    def held_back(self, reason: str, rows_delivered: int | None = None, **changes: Any) -> SourceStatus:
        """A copy for a delivery that was held back; only the number of delivered rows can be known."""
        counts = dict.fromkeys(name for name in SourceStatus.model_fields if name.startswith("rows_"))
        return self.updated(verdict=HELD_BACK, reason=reason, **{**counts, "rows_delivered": rows_delivered}, **changes)


class RepeatedTask(BaseModel, extra="forbid"):
    """A task that failed at first, its attempts, and the worker that completed it."""

    label: str
    attempts: int
    worker: str


class EngineUse(BaseModel, extra="forbid"):
    """The engine of a run, its tasks, and the attempts that they took: one each, and one more per failure.

    `workers`: the names of the machines that completed tasks. `seconds`: while tasks ran, without the start of the engine.
    `task_seconds` and `task_cpu_seconds`: of all tasks, their failed attempts left out.
    """

    name: str
    tasks: int = 0
    attempts: int = 0
    workers: tuple[str, ...] = ()
    repeated: tuple[RepeatedTask, ...] = ()
    seconds: float = 0.0
    task_seconds: float = 0.0
    task_cpu_seconds: float = 0.0


class RunRecord(BaseModel, extra="forbid"):
    """One run, from the lock to the end. Times are UTC in ISO format; `as_of` and `next_build_at` are the city's local time."""

    run_id: str
    trigger: str
    started_at: str
    city: str
    # `sample`, `live` or a folder; earlier versions wrote `reading`
    deliveries: str = Field(validation_alias=AliasChoices("deliveries", "reading"))
    as_of: str
    # Levelground's version, with a hash of its code; earlier versions did not record it
    code_version: str | None = None
    number: int = 0  # orders the runs: the machine's clock may be set back
    ended_at: str | None = None
    outcome: str | None = None
    exit_code: int | None = None
    release_id: str | None = None
    message: str | None = None
    fingerprint: str | None = None
    # the next time at which a build gives other rows without any delivery; earlier versions wrote `due_at`
    next_build_at: str | None = Field(default=None, validation_alias=AliasChoices("next_build_at", "due_at"))
    ingested: str | None = None  # a hash of what the run read, if every source has ingested it; of the files their state
    sources: dict[str, SourceStatus] = {}
    gates: list[GateResult] = []
    unknown_folders: tuple[str, ...] = ()
    seconds: dict[str, float] = {}
    notes: tuple[str, ...] = ()  # what the run found or repaired at its start
    scorecard_problem: str | None = None  # why the site could not be written
    agreements: tuple[AgreementTerms, ...] = ()  # those that end soon or have ended
    unpinned: tuple[str, ...] = ()  # quarters of which no release was pinned, in words
    # public figures that differ from those of the release that was published before, `compared_with`; None without one
    public_changes: PublicCounts | None = None
    compared_with: str | None = None
    engine: EngineUse | None = None  # None if every model was built in the run's process

    @property
    def held_or_stale(self) -> bool:
        """Whether a source is held back or stale, so that the run is incomplete."""
        return any(status.verdict in (HELD_BACK, STALE) for status in self.sources.values())

    @property
    def was_interrupted(self) -> bool:
        """Whether a user or the system asked the run to end, which is no fault."""
        return self.exit_code is not None and self.exit_code > EXIT_SIGNALS

    def end(self, outcome: str, now: dt.datetime, message: str | None = None, exit_code: int | None = None) -> None:
        """Close the record. Only the first outcome counts. `exit_code`: that of a signal."""
        if self.outcome is not None:
            return
        self.outcome, self.ended_at, self.message = outcome, now.isoformat(timespec="seconds"), message
        complete = EXIT_INCOMPLETE if self.held_or_stale else EXIT_OK
        self.exit_code = (
            exit_code or {RELEASED: complete, UNCHANGED: complete, BLOCKED: EXIT_BLOCKED, FAILED: EXIT_UNEXPECTED}[outcome]
        )


def new_status(contract: Contract, run_id: str) -> SourceStatus:
    """The status of a source before the run has ingested it."""
    return SourceStatus(
        source=contract.source,
        department=contract.department,
        platform=contract.platform,
        cadence=contract.cadence,
        race_vocabulary=", ".join(vocabulary.name for vocabulary in contract.race_vocabularies()) or None,
        run_id=run_id,
    )


class RunStore:
    """The run records in `runs/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, record: RunRecord) -> None:
        """Write a record, whole or not at all."""
        # Indented only once the run has ended: an open run is written after every source.
        write_atomically(self.folder / f"{record.run_id}.json", record.model_dump_json(indent=1 if record.outcome else None))

    def all(self) -> list[RunRecord]:
        """Every readable record, oldest first. A run that is active, or was interrupted, has no outcome.

        Files that this version cannot read, or that were deleted meanwhile, are skipped: records are history, not state.
        """
        found = [record for path in self.folder.glob("*.json") if (record := _read(path)) is not None]
        return sorted(found, key=lambda record: (record.number, record.started_at, record.run_id))

    def find(self, run_id: str) -> RunRecord | None:
        """The record of a run; None if it was deleted, or if this version cannot read it."""
        return _read(self.folder / f"{run_id}.json")

    def unreadable(self) -> list[Path]:
        """The files that this version cannot read as run records."""
        return sorted(path for path in self.folder.glob("*.json") if _read(path) is None)

    def last_ended(self) -> RunRecord | None:
        """The newest run that ended."""
        return newest(self.all(), lambda record: record.outcome is not None)

    def last_built(self) -> RunRecord | None:
        """The newest run after which the release contained what landing held."""
        return newest(self.all(), release_matches_landing)


def newest(records: Sequence[RunRecord], condition: Callable[[RunRecord], bool]) -> RunRecord | None:
    """The newest record that fulfils a condition; `records` are ordered, oldest first."""
    return next((record for record in reversed(records) if condition(record)), None)


def release_matches_landing(record: RunRecord) -> bool:
    """Whether the release contained what landing held after that run."""
    return record.outcome in (RELEASED, UNCHANGED) and record.fingerprint is not None


def next_number(records: Sequence[RunRecord]) -> int:
    """The number of a run that starts after these; call it under the run lock."""
    return max((record.number for record in records), default=0) + 1


def last_run_failed(records: Sequence[RunRecord]) -> bool:
    """Whether the newest run failed, or was interrupted."""
    return bool(records) and records[-1].outcome in (None, FAILED)


def _read(path: Path) -> RunRecord | None:
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
