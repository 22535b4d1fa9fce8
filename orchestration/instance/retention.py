"""How long things are kept: deliveries that nothing stems from any more, receipts, Dagster's runs and their events, logs.

Here: what goes after a run, so that a home that runs every night stops growing. Not here: releases, which a run prunes when it
makes one (`warehouse.releases.prune`); ticks of schedules and sensors (dagster.yaml).
"""

from __future__ import annotations

import datetime as dt
import logging
import shutil
from pathlib import Path

import dagster as dg

from ingest.delivery.integrity import prune
from ingest.delivery.write_batch import DeliveryStore
from orchestration.runs.context import RunSession, now
from orchestration.runs.record import RELEASED, RunStore, built, newest
from orchestration.settings import Settings

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
LOG_BYTES = 1_000_000
_log = logging.getLogger("levelground.retention")


def keep_house(session: RunSession, instance: dg.DagsterInstance) -> None:
    """Remove what is older than the settings say. It is not worth a run: what fails is named on the log, and tried again."""
    settings = session.settings
    try:
        for contract in session.reading.registry:
            store = DeliveryStore(settings.home.deliveries, contract.source)
            prune(session.con, contract, store, now(), settings.keep_deliveries)
        limit = now() - dt.timedelta(days=settings.keep_runs)
        stay = remove_receipts(session.runs, limit)
        remove_runs(instance, settings, limit, stay)
        for log in settings.home.logs.glob("*.log"):
            shorten(log)
    except Exception as error:  # noqa: BLE001 - whatever it is, the next run tries again
        _log.error("what is too old could not be removed (%s); the next run tries again", type(error).__name__)


def remove_receipts(runs: RunStore, limit: dt.datetime) -> set[str]:
    """Remove the receipts of runs that began before `limit`; the ids of those whose receipts stay.

    The newest ending, build and release stay whatever their age: they tell the next run what it need not do, and the UI what is
    out.
    """
    receipts = runs.all()
    needed = (lambda run: run.outcome is not None, built, lambda run: run.outcome == RELEASED)
    kept = {receipt.run_id for receipt in (newest(receipts, wanted) for wanted in needed) if receipt}
    kept |= {receipt.run_id for receipt in receipts if dt.datetime.fromisoformat(receipt.started_at) >= limit}
    kept |= {receipt.run_id for receipt in receipts if receipt.outcome is None}
    for path in runs.folder.glob("*.json"):
        changed = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).replace(tzinfo=None)
        if path.stem not in kept and (path.stem in {receipt.run_id for receipt in receipts} or changed < limit):
            path.unlink()
    return kept


def remove_runs(instance: dg.DagsterInstance, settings: Settings, limit: dt.datetime, stay: set[str]) -> list[str]:
    """Remove Dagster's finished runs of before `limit`, their events, checks, tags and captured output; their ids."""
    filters = dg.RunsFilter(statuses=FINISHED, created_before=limit.replace(tzinfo=dt.UTC))
    gone = [record.dagster_run.run_id for record in instance.get_run_records(filters)]
    gone = [run_id for run_id in gone if run_id not in stay]
    for run_id in gone:
        instance.delete_run(run_id)
        shutil.rmtree(settings.home.dagster / "storage" / run_id, ignore_errors=True)
    return gone


def shorten(log: Path) -> None:
    """Of a log that has grown too long, only the newer half stays, from the beginning of a line."""
    if log.stat().st_size <= LOG_BYTES:
        return
    newer = log.read_bytes()[-LOG_BYTES // 2 :]
    log.write_bytes(newer[newer.find(b"\n") + 1 :])
