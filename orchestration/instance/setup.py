"""Dagster's instance of a home: its folder, its configuration, its environment.

Here: making `dagster/` ready in a home. Not here: what is stored in it.
"""

from __future__ import annotations

import os
import shutil

from orchestration.settings import PROJECT, Settings


def prepare_instance(settings: Settings) -> None:
    """Put dagster.yaml into the home and point DAGSTER_HOME at it, for this process and those it starts."""
    settings.home.ensure()
    configured = settings.home.dagster / "dagster.yaml"
    wanted = PROJECT / "dagster.yaml"
    if not configured.is_file() or configured.read_bytes() != wanted.read_bytes():
        shutil.copyfile(wanted, configured)
    os.environ["DAGSTER_HOME"] = str(settings.home.dagster)
    os.environ["LEVELGROUND_HOME"] = str(settings.home.root)
    os.environ["DO_NOT_TRACK"] = "1"
