"""Make a folder once for all pytest workers of a session.

Use it for what takes a run or a parse of the dbt project. Every worker reads the folder; a test that changes it copies it first.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from ingest.city import city_registry, read_city
from orchestration.runs.process.gc_paused import gc_paused
from orchestration.settings import Settings
from orchestration.transform.dbt_project import prepare_project
from orchestration.transform.dbt_runner import manifest
from warehouse.paths import Home

MADE = "made"
CACHE = "cache"
PARSED_CITY = "sampleton"


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder that `make` has filled. The first worker that asks makes it, the others wait for it."""
    base = factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    root.mkdir(exist_ok=True)
    folder, finished = root / name, root / f"{name}.{MADE}"
    with FileLock(root / f"{name}.lock"):
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
            folder.mkdir()
            make(folder)
            finished.touch()
    return folder


def parse_project(home: Home) -> None:
    """Let dbt parse the project in a new home; its dbt folder serves others."""
    city = read_city(None, PARSED_CITY)
    with gc_paused():
        prepare_project(home, city_registry(city), city.layers)
        manifest(home)


def make_blank(folder: Path) -> None:
    """Make the blank home of this version, in a cache in this folder."""
    from orchestration.pipeline.blank_home import start_from_blank  # noqa: PLC0415 - imports all stages

    with gc_paused():
        where = {"LEVELGROUND_HOME": str(folder / "first"), "LEVELGROUND_CACHE": str(folder / CACHE)}
        assert start_from_blank(Settings.from_environment(where), make=True)
    shutil.rmtree(folder / "first")


def copy_parse(parsed: Path, home: Home) -> None:
    """Copy the dbt folder of another home into a new one, in which dbt then does not parse the project again."""
    home.ensure()
    shutil.copytree(parsed, home.dbt, symlinks=True, dirs_exist_ok=True)
