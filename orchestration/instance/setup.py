"""Set up a home's Dagster instance: its folder, configuration and environment variables."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from orchestration.settings import IS_CHECKOUT, PROJECT, Settings

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
