"""What the stages of one open run share: settings, the open warehouse, the run record, the candidate release, results.

`pipeline.lifecycle.open_run` creates it. Put no behaviour of a stage here; see `orchestration.pipeline`.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from duckdb import DuckDBPyConnection

from expectations.results import GateResult
from ingest.contract import Contract
from ingest.delivery import AcceptedLoad
from ingest.errors import DeliveryError
from ingest.landing import last_load
from orchestration.runs.clock import utc_now
from orchestration.runs.delivery_location import DeliveryLocation
from orchestration.runs.errors import StepError, explain, public_message
from orchestration.runs.process.exit_codes import EXIT_INTERRUPTED
from orchestration.runs.progress import NodeResult, current_reporter
from orchestration.runs.record import FAILED, NOTHING_PUBLISHED, RunRecord, RunStore
from orchestration.runs.reports import published_source_quality
from orchestration.settings import Settings
from warehouse.disclosure import SuppressionSummary
from warehouse.lock import announce_stage
from warehouse.releases import Candidate, NodeFingerprint, PartRecord

# DuckDB's message in place of an exception that a signal handler raised during a query.
DUCKDB_INTERRUPTED = "Query interrupted"


@dataclass(frozen=True)
class RunOptions:
    """What the command line or the UI's launchpad requests of a run; the schedule uses the defaults."""

    trigger: str = "ui"
    deliveries: str | None = None
    as_of: str | None = None
    full_refresh: bool = False
    wait_seconds: float | None = None
    sources: tuple[str, ...] = ()  # to ingest; empty: all
    period: str | None = None  # months whose kept deliveries are ingested again, like 2024-03 or 2024-03..2024-05
    accept_older: bool = False  # go back on purpose: an earlier clock, a load that newer ones have replaced

    @property
    def is_trial(self) -> bool:
        """Whether the run is that of `levelground try`, on a copy of a home."""
        return self.trigger == "try"

    def ingests(self, source: str) -> bool:
        """Whether the run ingests this source; the others keep what they have."""
        return not self.sources or source in self.sources

    @property
    def rebuilds(self) -> bool:
        """Whether everything is built, even if no delivery is new."""
        return self.full_refresh or self.period is not None


@dataclass
class RunContext:
    """An open run. The results of a stage (`models`, `gates`, `quality`) are None until the stage has run."""

    settings: Settings
    options: RunOptions
    location: DeliveryLocation
    record: RunRecord
    runs: RunStore
    con: DuckDBPyConnection
    as_of: dt.datetime
    delivered: str | None = None  # `detect_changes.ingest_fingerprint` before the run read anything
    candidate: Candidate | None = None
    suppressed: SuppressionSummary | None = None
    urgent_refused: bool = False  # urgent corrections stay out: the audit found what they would disclose
    # dbt's manifest of the project that this run builds; another home's run may parse the project with other contracts meanwhile
    manifest: Mapping[str, Any] = field(default_factory=dict)
    # of the tables in the candidate, by dbt's id
    fingerprints: dict[str, NodeFingerprint] = field(default_factory=dict)
    # the states that tables had in the blank home that this home began from, of those that are kept, by dbt's id
    blank_states: dict[str, str] = field(default_factory=dict)
    # the new loads of each incremental fact that otherwise has the rows of the current release, by the fact's name
    incremental_loads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # the parts of the facts in the lake, by `schema.table` of the candidate
    parts: dict[str, tuple[PartRecord, ...]] = field(default_factory=dict)
    # the dbt tests that the build runs, by the id of the model that they test
    tests: Mapping[str, AbstractSet[str]] = field(default_factory=dict)
    content_hash: str = ""
    public_hash: str = ""
    created_at: dt.datetime | None = None
    models: list[NodeResult] | None = None
    gates: list[GateResult] | None = None
    quality: list[NodeResult] | None = None
    rendered: Any = None  # the `scorecard.Site` of the candidate, which a gate has checked
    failure: str | None = None  # the stage that failed, and its error as far as it may be shown
    was_interrupted: bool = False  # Dagster raised an interrupt in a stage
    # to the log of the step that runs
    log: Callable[[str], object] = field(default=lambda _text: None, repr=False)
    # held while the published files are swapped; a thread that ends the run keeps it, so that no other thread records an outcome
    ending: threading.RLock = field(default_factory=threading.RLock)

    @cached_property
    def earlier_runs(self) -> list[RunRecord]:
        """The runs that ended before this one, newest first."""
        return [record for record in reversed(self.runs.all()) if record.outcome and record.run_id != self.record.run_id]

    @cached_property
    def source_quality(self) -> dict[str, dict[str, Any]]:
        """What the release that was current at the start of the run measured of each source."""
        return published_source_quality(self.settings.home)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the seconds of a stage to the run record, and remember its error if it fails."""
        started = time.monotonic()
        announce_stage(self.settings.home, stage)
        try:
            yield
        except DeliveryError:
            raise  # holds one source back and does not end the run
        except Exception as error:
            self.was_interrupted = str(error) == DUCKDB_INTERRUPTED
            explained = explain(error, self.settings.home)
            self.failure = f"{stage}: {explained or public_message(error)}"
            if explained:
                raise StepError(explained) from None
            raise
        except BaseException:
            self.was_interrupted = True
            raise
        finally:
            self.record.seconds[stage] = round(self.record.seconds.get(stage, 0.0) + time.monotonic() - started, 3)

    def last_load(self, contract: Contract) -> AcceptedLoad | None:
        """The load of a source that was promoted last, with the end of its data on the day of the run."""
        return last_load(self.con, contract, self.as_of.date(), self.location.city.time_zone)

    def note(self, text: str) -> None:
        """Report something that the run has found, and keep it in its record."""
        self.record.notes += (text,)
        current_reporter().note(text)

    def save(self) -> None:
        """Write the run record as it is now."""
        with self.ending:
            self.runs.save(self.record)

    def end(self, outcome: str, message: str | None = None) -> None:
        """Close the run with an outcome, and write its record."""
        with self.ending:
            self.record.end(outcome, utc_now(), message)
            self.save()

    def end_unfinished(self) -> None:
        """Close the run, if no stage has ended it, as failed or interrupted."""
        with self.ending:
            if self.was_interrupted:
                self.record.end(FAILED, utc_now(), NOTHING_PUBLISHED, EXIT_INTERRUPTED)
            self.end(FAILED, f"the run failed ({self.failure or 'see its log'})")
