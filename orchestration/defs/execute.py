"""The job `refresh`, executed in this process and left in the instance for the UI to show.

Here: the call and what came of it. Not here: definitions, the run's receipt.
"""

from __future__ import annotations

import logging
import re

import dagster as dg

from orchestration.defs.build import definitions
from orchestration.defs.jobs import REFRESH
from orchestration.defs.resources import CLI, TRIGGER_TAG
from orchestration.instance.setup import prepare_instance
from orchestration.runs import error_messages
from orchestration.settings import Settings

CLASS_NAME = re.compile(r"^[\w.]*(?:Error|Exception|Lost|Held|Busy|Corrupt|Unwritable): ")


def execute_refresh(
    settings: Settings, run_id: str, *, deliveries: str | None, as_of: str | None, full_refresh: bool, sources: list[str]
) -> str | None:
    """Run the job; None if every step succeeded, else what the first failed step said. The receipt has the outcome."""
    prepare_instance(settings)
    # a run without anything new skips its gate on purpose, of which Dagster would warn for every check
    logging.getLogger("dagster").setLevel(logging.ERROR)
    job = definitions(settings, with_lineage=False).resolve_job_def(REFRESH)
    config = {
        "resources": {
            "run": {"config": {"deliveries": deliveries, "as_of": as_of, "full_refresh": full_refresh, "wait_seconds": 0.0}}
        },
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    selection = [
        key for key in job.asset_layer.executable_asset_keys if key.path[0] != "landing" or not sources or key.path[-1] in sources
    ]
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(
            run_config=config,
            instance=instance,
            run_id=run_id,
            tags={TRIGGER_TAG: CLI},
            asset_selection=selection,
            raise_on_error=False,
        )
        if result.success:
            return None
        # a step's failure first; a run that could not open has none
        for event in sorted([e for e in result.all_events if e.is_failure], key=lambda e: not e.is_step_failure):
            error = getattr(event.event_specific_data, "error", None)
            while error is not None and error.cause is not None:
                error = error.cause
            if error is not None:
                said = _plain(error.message, settings)
                return f"{event.step_key}: {said}" if event.step_key else said
        return "the run failed; open it in the UI for its log"


def _plain(message: str, settings: Settings) -> str:
    """A step's error without the name of its class; trouble of the machine's in words that say what to do."""
    text = CLASS_NAME.sub("", message.strip())
    return error_messages.told(RuntimeError(text), settings.home) or text
