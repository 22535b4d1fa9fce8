"""The drop folder: a run for what has been put there, once it has been written to its end.

Here: which folders are watched, when a file counts as written, and that each state of them starts one run. Not here: reading
what lies there: the run does that, and finds by the bytes what it has already.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from ingest.connectors import delivered_files
from ingest.contract import FileConnector
from ingest.contract.registry import Registry
from ingest.readers.files import is_remote
from orchestration.runs.delivery_location import home_folder
from orchestration.runs.record import RunStore
from orchestration.settings import Settings
from warehouse.fingerprint import text_sha256

DROP_FOLDER = "drop_folder"
SECONDS_BETWEEN_LOOKS = 30
# A file that has kept its size and its time for so long has been written to its end; slow uploads pause for seconds.
SETTLED_SECONDS = 60


@dataclass(frozen=True)
class Seen:
    """What a look at one source's folder remembers: the state it is in, since when, and the state a run was last asked for."""

    state: str
    since: float
    taken: str | None


def drop_folder(job: dg.UnresolvedAssetJobDefinition, registry: Registry, settings: Settings) -> dg.SensorDefinition:
    """Starts the job when files of a source have come or changed, and have stopped growing; each state of them once."""

    @dg.sensor(
        name=DROP_FOLDER,
        job=job,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Takes in what is put into a delivery folder, once it has stopped growing.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        before = _remembered(context.cursor)
        folder = home_folder(settings)
        if folder == settings.home.sample:
            return dg.SkipReason("the home reads the sample city, into which nobody puts anything")
        folders = watched(registry, folder)
        seen, ready, growing = look_at(folders, before, _last_run_started(settings), time.time())
        cursor = json.dumps({source: vars(one) for source, one in seen.items()})
        if not ready:
            context.update_cursor(cursor)
            waiting = f"waiting for {', '.join(growing)} to stop growing" if growing else "nothing new"
            return dg.SkipReason(waiting)
        # the same files in the same state never start a second run, even if this was not remembered
        states = "".join(f"{source} {seen[source].state} {seen[source].since}\n" for source in ready)
        request = dg.RunRequest(run_key=text_sha256(states)[:16], tags={"levelground/delivered": ", ".join(ready)[:250]})
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return look


def watched(registry: Registry, folder: Path | None) -> dict[str, Path]:
    """The folder of each source: below the home's deliveries, or with live systems that of its file connector."""
    if folder is not None:
        return {contract.source: folder / contract.source for contract in registry}
    paths = {
        contract.source: contract.connector.path
        for contract in registry
        if isinstance(contract.connector, FileConnector) and contract.connector.path
    }
    return {source: Path(path).expanduser() for source, path in paths.items() if not is_remote(path)}


def look_at(
    folders: Mapping[str, Path], before: Mapping[str, Seen], last_run: float, now: float
) -> tuple[dict[str, Seen], list[str], list[str]]:
    """(what is remembered, sources that are ready, sources that are growing).

    A folder that is seen for the first time and has not changed since the last run started was taken in by that run.
    """
    seen: dict[str, Seen] = {}
    ready: list[str] = []
    growing: list[str] = []
    for source, folder in folders.items():
        state, newest = _state(folder)
        known = before.get(source)
        if known is None:
            known = Seen(state, min(newest, now), state if not state or newest < last_run else None)
        since = known.since if known.state == state else now
        taken = known.taken
        if not state:
            taken = state  # an emptied folder says nothing: what was delivered stays
        elif state != taken:
            # a clock that runs ahead on the other machine must not hold a file back for ever
            if now - since >= SETTLED_SECONDS and (now - newest >= SETTLED_SECONDS or newest > now):
                taken = state
                ready.append(source)
            else:
                growing.append(source)
        seen[source] = Seen(state, since, taken)
    return seen, ready, growing


def _state(folder: Path) -> tuple[str, float]:
    """(names, sizes and times of all files as one short text, the newest time); nothing for no files."""
    told, newest = [], 0.0
    try:
        if folder.is_dir():
            files = delivered_files(folder)
        else:
            files = tuple(sorted(folder.parent.glob(folder.name))) if folder.parent.is_dir() else ()
        for file in files:
            found = file.stat()
            told.append(f"{file} {found.st_size} {found.st_mtime_ns}")
            newest = max(newest, found.st_mtime)
    except OSError:
        return "", 0.0  # renamed while it was looked at: the next look sees it
    return (text_sha256("\n".join(told))[:16] if told else ""), newest


def _remembered(cursor: str | None) -> dict[str, Seen]:
    try:
        return {source: Seen(**one) for source, one in json.loads(cursor or "{}").items()}
    except (ValueError, TypeError, AttributeError):
        return {}  # written by another version: the run key keeps a state from being taken twice


def _last_run_started(settings: Settings) -> float:
    last = RunStore(settings.home.runs).last_ended()
    return dt.datetime.fromisoformat(last.started_at).replace(tzinfo=dt.UTC).timestamp() if last else 0.0
