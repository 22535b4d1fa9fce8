"""Execute the job `refresh` in this process and record it in the Dagster instance, where the UI displays it."""

from __future__ import annotations

import re
from functools import partial

import dagster as dg
import pyarrow as pa

from orchestration.defs.asset_specs import RELEASE_KEY, SCORECARD_KEY
from orchestration.defs.project import load_defs
from orchestration.defs.resources import CommandLineRun
from orchestration.instance.dagster_runs import keep_ctrl_c_from_log_copies, record_in_code_location, record_schedule_tick
from orchestration.instance.processes import current_process
from orchestration.instance.setup import (
    CLI_TRIGGER,
    NIGHTLY_SCHEDULE,
    PROCESS_TAG,
    REFRESH_JOB,
    SCHEDULE_TAG,
    TRIGGER_TAG,
    prepare_instance,
)
from orchestration.pipeline.detect_changes import nothing_to_ingest
from orchestration.runs.context import RunOptions
from orchestration.runs.delivery_location import DeliveryLocation
from orchestration.runs.errors import explain, explain_full_disk
from orchestration.runs.process.interruption import when_interrupted
from orchestration.runs.progress import current_reporter
from orchestration.runs.record import NOTHING_PUBLISHED
from orchestration.settings import Settings

CLASS_NAME = re.compile(r"^[\w.]*(?:Error|Exception|Lost|Held|Busy|Corrupt|Unwritable): ")


def execute_refresh(
    settings: Settings, run_id: str, options: RunOptions, location: DeliveryLocation, *, scheduled: bool = False
) -> str | None:
    """Run the job; return None if every step succeeded, else the first failed step's error. The run record has the outcome.

    Without anything to ingest only the release and its site are selected: their stages build what has changed otherwise.
    `scheduled`: a timer started the run in place of the daemon.
    """
    current_reporter().stage("start", "loading Dagster, parsing the dbt project")
    prepare_instance(settings)
    pa.enable_signal_handlers(False)  # Arrow's own would swallow a signal while it reads a file
    # The folder is no run config: the UI would offer to run with another one.
    resources = {"run": CommandLineRun.configure_at_launch(deliveries=options.deliveries)}
    job = load_defs(settings, with_column_lineage=False, resources=resources).resolve_job_def(REFRESH_JOB)
    given = {name: getattr(options, name) for name in ("as_of", "full_refresh", "period", "accept_older")}
    config = {
        "resources": {"run": {"config": {**given, "sources": list(options.sources), "wait_seconds": 0.0}}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    selection = [
        key for key in job.asset_layer.executable_asset_keys if key.path[0] != "landing" or options.ingests(key.path[-1])
    ]
    if nothing_to_ingest(settings, options, location):
        selection = [RELEASE_KEY, SCORECARD_KEY]
    # recorded with the run: a process that dies at once leaves no run that blocks the queue
    tags = {TRIGGER_TAG: CLI_TRIGGER, PROCESS_TAG: current_process()} | ({SCHEDULE_TAG: NIGHTLY_SCHEDULE} if scheduled else {})
    with dg.DagsterInstance.get() as instance, when_interrupted(partial(_report_canceled, instance, run_id)):
        record_in_code_location(instance)
        keep_ctrl_c_from_log_copies()
        if scheduled:
            record_schedule_tick(instance, run_id)
        result = job.execute_in_process(
            run_config=config, instance=instance, run_id=run_id, tags=tags, asset_selection=selection, raise_on_error=False
        )
        if result.success:
            return None
        # a failed step comes first; a run that could not open has no failed step
        for event in sorted([e for e in result.all_events if e.is_failure], key=lambda e: not e.is_step_failure):
            error = getattr(event.event_specific_data, "error", None)
            while error is not None and error.cause is not None:
                error = error.cause
            if error is not None:
                message = _without_class_name(error.message, settings)
                return f"{event.step_key}: {message}" if event.step_key else message
        return explain_full_disk(settings.home) or "the run failed; open it in the UI for its log"


def _report_canceled(instance: dg.DagsterInstance, run_id: str) -> None:
    """Show an interrupted run as canceled in the UI at once; otherwise the next run reports it as failed."""
    run = instance.get_run_by_id(run_id)
    if run is not None and not run.is_finished:
        instance.report_run_canceled(run, NOTHING_PUBLISHED)


def _without_class_name(message: str, settings: Settings) -> str:
    """Return a step's error without its class name; an error of disk, memory or locks as a message with a remedy."""
    text = CLASS_NAME.sub("", message.strip())
    return explain(RuntimeError(text), settings.home) or text
