"""Start a run when files in the delivery folders are new or changed and have been written completely.

Each state of a folder starts one run. The run reads the files itself, and recognises by their bytes what it has ingested before.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import dagster as dg

from ingest.contract import FileConnector
from ingest.contract.registry import ContractError, Registry
from ingest.readers import delivered_files, is_delivered_file, is_remote, readable_name
from orchestration.defs.project import current_project
from orchestration.instance.setup import DELIVERED_TAG, REFRESH_JOB
from orchestration.runs.delivery_location import delivery_folder, home_registry
from orchestration.runs.record import RunStore
from orchestration.settings import ConfigurationError, Settings
from warehouse.fingerprint import text_sha256

DROP_FOLDER = "drop_folder"
SECONDS_BETWEEN_TICKS = 30
# A file whose size and time have not changed for this long counts as complete; slow uploads pause for seconds.
SETTLED_SECONDS = 60


@dataclass(frozen=True)
class FolderState:
    """What the sensor remembers of one source's folder: its fingerprint, since when, and the one last requested a run for."""

    fingerprint: str
    since: float
    requested: str | None


@dg.definitions
def defs() -> dg.Definitions:
    """Return the sensor of the home's deliveries."""
    project = current_project()
    return dg.Definitions(sensors=[drop_folder_sensor(project.contracts, project.settings)])


def drop_folder_sensor(registry: Registry, settings: Settings) -> dg.SensorDefinition:
    """Return the sensor that starts the job once per state of the folders, after files have stopped changing."""

    @dg.sensor(
        name=DROP_FOLDER,
        job_name=REFRESH_JOB,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a run for new files in a delivery folder, once they have stopped changing.",
    )
    def evaluate(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        before = _states_from(context.cursor)
        folder = delivery_folder(settings)
        if folder == settings.home.sample:
            return dg.SkipReason("the home reads the generated sample city, which has no drop folder")
        try:
            contracts = home_registry(settings)
        except (ConfigurationError, ContractError):
            contracts = registry  # a run reports the error
        folders = watched_folders(contracts, folder)
        states, ready, changing = evaluate_folders(
            folders, before, _last_run_started(settings), time.time(), {one.source: one.ignore_files for one in contracts}
        )
        cursor = json.dumps({source: vars(state) for source, state in states.items()})
        if not ready:
            context.update_cursor(cursor)
            waiting = f"waiting for {', '.join(changing)} to stop changing" if changing else "nothing new"
            return dg.SkipReason(waiting)
        # the run key keeps the same files in the same state from starting a second run, even if the cursor was lost
        key = "".join(f"{source} {states[source].fingerprint} {states[source].since}\n" for source in ready)
        request = dg.RunRequest(run_key=text_sha256(key)[:16], tags={DELIVERED_TAG: ", ".join(ready)[:250]})
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return evaluate


def watched_folders(registry: Registry, folder: Path | None) -> dict[str, Path]:
    """Return the folder per source: below the home's deliveries or, for a live source, that of its file connector."""
    folders = {}
    for contract in registry:
        if folder is not None and contract.delivered_by != "live":
            folders[contract.source] = folder / contract.source
        elif isinstance(contract.connector, FileConnector) and contract.connector.path and not is_remote(contract.connector.path):
            folders[contract.source] = Path(contract.connector.path).expanduser()
    return folders


def evaluate_folders(
    folders: Mapping[str, Path],
    before: Mapping[str, FolderState],
    last_run: float,
    now: float,
    ignored: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[dict[str, FolderState], list[str], list[str]]:
    """Return (state per source, sources that are ready, sources whose files still change).

    `ignored` are the globs of each source for files that are no delivery (`ignore_files`).
    A folder without an earlier state that has not changed since the last run started was ingested by that run.
    """
    ignored = ignored or {}
    states: dict[str, FolderState] = {}
    ready: list[str] = []
    changing: list[str] = []
    for source, folder in folders.items():
        fingerprint, newest = _fingerprint(folder, ignored.get(source, ()))
        known = before.get(source)
        if known is None:
            ingested = not fingerprint or newest < last_run
            known = FolderState(fingerprint, min(newest, now), fingerprint if ingested else None)
        since = known.since if known.fingerprint == fingerprint else now
        requested = known.requested
        if not fingerprint:
            requested = fingerprint  # an emptied folder starts no run: what was delivered stays
        elif fingerprint != requested:
            # another machine's clock may be ahead; it must not delay a file for ever
            if now - since >= SETTLED_SECONDS and (now - newest >= SETTLED_SECONDS or newest > now):
                requested = fingerprint
                ready.append(source)
            else:
                changing.append(source)
        states[source] = FolderState(fingerprint, since, requested)
    return states, ready, changing


def _fingerprint(folder: Path, ignored: Iterable[str] = ()) -> tuple[str, float]:
    """Return (hash of the names, sizes and times of all files, the newest time); an empty text if there are no files."""
    lines, newest = [], 0.0
    try:
        if folder.is_dir():
            files = delivered_files(folder, ignored)
        else:
            files = tuple(sorted(folder.parent.glob(folder.name))) if folder.parent.is_dir() else ()
            files = tuple(file for file in files if is_delivered_file(PurePosixPath(file.name), ignored))
        for file in files:
            found = file.lstat()  # a link is a file to report, wherever it leads
            lines.append(f"{readable_name(str(file))} {found.st_size} {found.st_mtime_ns}")
            newest = max(newest, found.st_mtime)
    except OSError:
        return "", 0.0  # a file was renamed meanwhile: the next tick sees it
    return (text_sha256("\n".join(lines))[:16] if lines else ""), newest


def _states_from(cursor: str | None) -> dict[str, FolderState]:
    try:
        return {source: FolderState(**state) for source, state in json.loads(cursor or "{}").items()}
    except (ValueError, TypeError, AttributeError):
        return {}  # another version wrote the cursor: the run key keeps a state from starting two runs


def _last_run_started(settings: Settings) -> float:
    last = RunStore(settings.home.runs).last_ended()
    return dt.datetime.fromisoformat(last.started_at).replace(tzinfo=dt.UTC).timestamp() if last else 0.0
