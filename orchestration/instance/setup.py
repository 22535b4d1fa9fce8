"""Set up a home's Dagster instance, and name the job, the schedule and run tags that are stored in it, and addresses of the UI.

Importing this module does not import Dagster, so the doctor and the command line can use the names.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from orchestration.settings import IS_CHECKOUT, PROJECT, Settings

REFRESH_JOB = "refresh"
RERUN_JOB = "rerun_period"
CITIES_JOB = "run_cities"
CITY_PARTITIONS = "city"
NIGHTLY_SCHEDULE = "nightly"
CODE_LOCATION = "orchestration.definitions"  # the module that the UI and the daemon load
REPOSITORY = "__repository__"  # Dagster's name for the definitions of a module
SCHEDULE_TAG = "dagster/schedule_name"

PROCESS_TAG = ".dagster/levelground_pid"  # Dagster's UI hides tags with this prefix
TRIGGER_TAG = "levelground/trigger"
OUTCOME_TAG = "levelground/outcome"
RELEASE_TAG = "levelground/release"
DELIVERED_TAG = "levelground/delivered"

CLI_TRIGGER = "cli"
DOCS, SCORECARD = "/levelground/docs", "/levelground/scorecard"  # the addresses of the home's two sites behind the UI

CONFIGURATION = (PROJECT if IS_CHECKOUT else Path(__file__).parent) / "dagster.yaml"


def prepare_instance(settings: Settings) -> None:
    """Copy dagster.yaml into the home and set DAGSTER_HOME to its folder, for this process and its children."""
    settings.home.ensure()
    configured = settings.home.dagster / "dagster.yaml"
    if not configured.is_file() or configured.read_bytes() != CONFIGURATION.read_bytes():
        shutil.copyfile(CONFIGURATION, configured)
    os.environ["DAGSTER_HOME"] = str(settings.home.dagster)
    os.environ["LEVELGROUND_HOME"] = str(settings.home.root)
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")  # of planned events, which `event_log_storage` stores at once
