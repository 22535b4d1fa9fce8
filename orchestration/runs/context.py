"""One run, from the lock to the receipt: what every step of it shares.

Here: taking the lock, completing what a kill cut off, opening the working warehouse, the receipt, the candidate release,
and letting go of all of it however the run ends. Not here: the steps themselves (`intake`, `build`, `publish`).
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from duckdb import DuckDBPyConnection

from expectations.results import GateResult
from ingest.connectors import DeliveryError
from ingest.landing.tables import ensure_ledger
from orchestration.alerts import notify_run_ended
from orchestration.runs import error_messages
from orchestration.runs.delivery_location import Reading, settle
from orchestration.runs.progress import watcher
from orchestration.runs.record import FAILED, RunReceipt, RunStore, broke_off, next_number
from orchestration.runs.status_report import measured_sources
from orchestration.settings import ConfigurationError, Settings
from orchestration.transform.dbt_runner import DbtError, NodeResult, let_go
from warehouse.disclosure import Suppressed, restore
from warehouse.lock import RunLock
from warehouse.quarantine import open_or_begin_anew
from warehouse.releases import Candidate, Standing, recover
from warehouse.sql import without_values

KILLED = "its process ended before the run did"
# How the folders under tmp/ begin that take what a run downloads.
FETCHED = "fetch-"


@dataclass(frozen=True)
class RunOptions:
    """What a run is asked for: on the command line, in the UI's launchpad, or by the schedule (all defaults)."""

    trigger: str = "ui"
    deliveries: str | None = None
    as_of: str | None = None
    full_refresh: bool = False
    wait_seconds: float | None = None


@dataclass
class RunSession:
    """A run that is going on."""

    settings: Settings
    options: RunOptions
    reading: Reading
    receipt: RunReceipt
    runs: RunStore
    con: DuckDBPyConnection
    as_of: dt.datetime
    candidate: Candidate | None = None
    suppressed: Suppressed | None = None
    standing: dict[str, Standing] = field(default_factory=dict)  # what the tables of the candidate stand as
    grown: dict[str, tuple[str, ...]] = field(default_factory=dict)  # the loads that have come to facts of the current release
    content: str = ""
    created_at: dt.datetime | None = None
    # what each stage gave; None before it has been asked for (`stages`)
    models: list[NodeResult] | None = None
    gates: list[GateResult] | None = None
    quality: list[NodeResult] | None = None
    broke_off: str | None = None  # in which stage, and why, as far as that may be told

    @cached_property
    def earlier(self) -> list[RunReceipt]:
        """The runs that have ended before this one, the newest first."""
        return [receipt for receipt in reversed(self.runs.all()) if receipt.outcome and receipt.run_id != self.receipt.run_id]

    @cached_property
    def measured(self) -> dict[str, dict[str, Any]]:
        """What the release that was out when the run began says of each source."""
        return measured_sources(self.settings.home)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the seconds that a stage takes to the receipt; note what breaks it off."""
        started = time.monotonic()
        try:
            yield
        except DeliveryError:
            raise  # holds one source back, and ends no run
        except Exception as error:
            machine = error_messages.told(error, self.settings.home)
            self.broke_off = f"{stage}: {machine or _told(error)}"
            if machine:
                raise StepError(machine) from None
            raise
        finally:
            self.receipt.seconds[stage] = round(self.receipt.seconds.get(stage, 0.0) + time.monotonic() - started, 3)

    def save(self) -> None:
        """Write the receipt as it stands."""
        self.runs.save(self.receipt)

    def end(self, outcome: str, message: str | None = None) -> None:
        """Close the run with an outcome, and write its receipt."""
        self.receipt.end(outcome, now(), message)
        self.save()


@contextmanager
def without_cells() -> Iterator[None]:
    """Let no cell out with an error of DuckDB's: Dagster keeps what a step raises, and the UI shows it."""
    try:
        yield
    except duckdb.Error as error:
        raise StepError(f"{type(error).__name__}: {without_values(error)}") from None


def _told(error: Exception) -> str:
    """What may be told of an error: our own words and the system's. Others may quote what they failed at."""
    if isinstance(error, OSError):
        return f"{type(error).__name__}: {error.strerror}"
    return str(error) if isinstance(error, StepError | DbtError) else type(error).__name__


class StepError(RuntimeError):
    """A step of a run failed inside DuckDB; the message is DuckDB's, without the cells that it quoted."""


def now() -> dt.datetime:
    """The machine's clock in UTC, without zone: for when things happened, never for what they mean."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


@contextmanager
def run_session(settings: Settings, options: RunOptions, run_id: str) -> Iterator[RunSession]:
    """Open a run and close it, however it ends; a run that came to no end of its own has failed.

    Raises `ConfigurationError` or `ContractError` (nothing touched yet), `LockHeld` or `WarehouseBusy` (somebody else is
    at work), `HomeUnwritable`.
    """
    reading = settle(settings, options.deliveries)
    as_of = as_of_time(options.as_of, reading)
    settings.home.ensure()
    receipt: RunReceipt | None = None
    lock = RunLock(settings.home, options.trigger)
    lock.acquire(settings.wait_seconds if options.wait_seconds is None else options.wait_seconds)
    try:
        recovered = [*recover(settings.home), *restore(settings.home)]
        runs = RunStore(settings.home.runs)
        earlier = runs.all()
        con, damaged = open_or_begin_anew(
            settings.home, suspect=broke_off(earlier), memory_limit=settings.memory_limit, threads=settings.threads
        )
        recovered += [damaged] if damaged else []
        try:
            ensure_ledger(con)
            receipt = RunReceipt(
                run_id=run_id,
                number=next_number(earlier),
                trigger=options.trigger,
                started_at=now().isoformat(timespec="seconds"),
                city=reading.city.city,
                reading=reading.what,
                as_of=as_of.isoformat(),
                unknown_folders=reading.folders_without_contract(),
                notes=tuple(recovered),
            )
            killed = _close_killed_runs(runs, earlier)
            if killed:
                notify_run_ended(settings, killed[-1])
            session = RunSession(settings, options, reading, receipt, runs, con, as_of)
            for left in settings.home.temporary.glob(f"{FETCHED}*"):
                shutil.rmtree(left, ignore_errors=True)  # downloads of a run that was killed
            for note in recovered:
                watcher().stage(note)
            session.save()
            try:
                yield session
            finally:
                with suppress(OSError):  # a full disk takes no receipt either: the next run closes this one
                    session.end(FAILED, f"the run broke off ({session.broke_off or 'its log says where'})")
                if session.candidate is not None:
                    session.candidate.discard()
        finally:
            con.close()
            let_go()
    finally:
        lock.release()
        if receipt is not None:
            notify_run_ended(settings, receipt)


def _close_killed_runs(runs: RunStore, earlier: list[RunReceipt]) -> list[RunReceipt]:
    """This run holds the lock, so a receipt without an end is of a run that a kill cut off; those that there were."""
    killed = [receipt for receipt in earlier if receipt.outcome is None]
    for receipt in killed:
        receipt.end(FAILED, now(), KILLED)
        runs.save(receipt)
    return killed


def as_of_time(text: str | None, reading: Reading) -> dt.datetime:
    """The run's only clock for meaning: the option, else the deliveries' own, else now; the city's wall clock, no zone."""
    if text is None:
        return reading.city.local_as_of() or reading.city.local_now().replace(microsecond=0)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--as-of {text!r} is no time; write it like 2025-12-01T00:00:00") from None
    return moment.astimezone(ZoneInfo(reading.city.time_zone)).replace(tzinfo=None) if moment.tzinfo else moment
