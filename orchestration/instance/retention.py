"""Delete what is older than the settings keep: deliveries, run records, Dagster's runs and events, log lines.

A run calls this at its end, so that a home that runs every night stops growing. See `warehouse.releases.prune` for releases,
and dagster.yaml for ticks of schedules and sensors.
"""

from __future__ import annotations

import datetime as dt
import logging
import shutil
from pathlib import Path

import dagster as dg

from ingest.delivery import DeliveryStore
from ingest.landing import prune_deliveries
from orchestration.cities.batch import LOG_PREFIX
from orchestration.instance.question_log import collect
from orchestration.runs.clock import utc_now
from orchestration.runs.context import RunContext
from orchestration.runs.record import RELEASED, RunStore, newest, release_matches_landing
from orchestration.runs.reports import standing_gates
from orchestration.settings import Settings

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
LOG_BYTES = 1_000_000
_log = logging.getLogger("levelground.retention")


def delete_expired(run: RunContext, instance: dg.DagsterInstance) -> None:
    """Delete everything that has expired. A failure is logged, never raised: the next run tries again."""
    settings = run.settings
    try:
        for contract in run.location.registry:
            store = DeliveryStore(settings.home.deliveries, contract.source)
            prune_deliveries(run.con, contract, store, utc_now(), settings.keep_deliveries)
        limit = utc_now() - dt.timedelta(days=settings.keep_runs)
        run_ids = delete_run_records(run.runs, limit)
        delete_dagster_runs(instance, settings, limit, run_ids)
        delete_city_logs(settings.home.logs, limit)
        for log in settings.home.logs.glob("*.log"):
            truncate_log(log)
        collect(settings.home)
    except Exception as error:  # noqa: BLE001 - no expired file is worth failing a run for
        _log.error("expired data could not be deleted (%s); the next run tries again", type(error).__name__)


def delete_run_records(runs: RunStore, limit: dt.datetime) -> set[str]:
    """Delete the records of runs that started before `limit`; return the ids of the runs whose records are kept.

    The newest finished run, build and release are kept at any age: the next run reads from them what it can skip, and the UI
    reads which release is published. So are the runs whose gate results hold now.
    """
    records = runs.all()
    needed = (lambda run: run.outcome is not None, release_matches_landing, lambda run: run.outcome == RELEASED)
    run_ids = {record.run_id for record in (newest(records, wanted) for wanted in needed) if record}
    run_ids |= {record.run_id for record in records if dt.datetime.fromisoformat(record.started_at) >= limit}
    run_ids |= {record.run_id for record in records if record.outcome is None}
    run_ids |= {gate.run.run_id for gate in standing_gates([record for record in records if record.outcome])}
    for path in runs.folder.glob("*.json"):
        changed = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).replace(tzinfo=None)
        if path.stem not in run_ids and (path.stem in {record.run_id for record in records} or changed < limit):
            path.unlink()
    return run_ids


def delete_dagster_runs(instance: dg.DagsterInstance, settings: Settings, limit: dt.datetime, run_ids: set[str]) -> list[str]:
    """Delete Dagster's finished runs from before `limit` with their events, checks, tags and output; return their ids."""
    filters = dg.RunsFilter(statuses=FINISHED, created_before=limit.replace(tzinfo=dt.UTC))
    expired = [record.dagster_run.run_id for record in instance.get_run_records(filters)]
    expired = [run_id for run_id in expired if run_id not in run_ids]
    for run_id in expired:
        instance.delete_run(run_id)
        shutil.rmtree(settings.home.dagster / "storage" / run_id, ignore_errors=True)
    return expired


def delete_city_logs(folder: Path, limit: dt.datetime) -> None:
    """Delete the logs of `levelground cities run` that were last written before `limit`, in UTC: each run leaves one."""
    for log in folder.glob(f"{LOG_PREFIX}*.log"):
        if dt.datetime.fromtimestamp(log.stat().st_mtime, dt.UTC).replace(tzinfo=None) < limit:
            log.unlink()


def truncate_log(log: Path) -> None:
    """Keep the newer half of a log that has grown too long, from the start of a line."""
    if log.stat().st_size <= LOG_BYTES:
        return
    newer = log.read_bytes()[-LOG_BYTES // 2 :]
    log.write_bytes(newer[newer.find(b"\n") + 1 :])
