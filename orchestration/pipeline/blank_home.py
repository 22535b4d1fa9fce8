"""Begin a home as a copy of a blank home, in which every model is built on no data: its first run builds what has a row.

dbt takes 40 ms per model whatever its rows, and seconds to parse the project. `start_from_blank` keeps the blank home of this
version in the cache of the account. It is no release: no ledger, no history, no current release, no secret of keys. See
`transform.fingerprints` for which of its tables are those of a city.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from functools import cache as cached
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from filelock import Timeout

from expectations.marts.marts_gate import gate_build
from expectations.marts.suites import read_suites
from ingest.city import NO_PLACE, City, city_registry
from orchestration.pipeline.build import CANDIDATE_DATABASES, begin_candidate
from orchestration.pipeline.lifecycle import open_run
from orchestration.pipeline.stages import finish_ingest
from orchestration.runs.context import RunOptions
from orchestration.runs.delivery_location import DeliveryLocation
from orchestration.settings import DBT_PROJECT, ConfigurationError, Settings
from orchestration.transform.dbt_project import files_fingerprint, prepare_project
from orchestration.transform.dbt_runner import MANIFEST, PARTIAL_PARSE, parsed_project
from orchestration.transform.fingerprints import BUILD_VERSION
from orchestration.transform.gate_cache import save_results
from orchestration.transform.incremental import build_changed_models, mark_blank
from orchestration.transform.release_inputs import code_version, versions
from orchestration.transform.run_inputs import write_build_inputs
from warehouse.connection import SMALL_BLOCKS, WORKING_STORAGE, create_empty, detach
from warehouse.files import private_files
from warehouse.fingerprint import json_sha256
from warehouse.lock import private_lock
from warehouse.packed import PACKED
from warehouse.paths import ANALYST_FILE, Home
from warehouse.sql import compile_queries

UNFINISHED = ".unfinished-"
KEPT = 2  # blank homes of other versions, those that were used last: a cache can serve several installations
BLANK = City(city="blank", title="-", place_geoid=NO_PLACE)
SECONDS = 600.0  # to wait for another process that makes the blank home
# what a new home gets of dbt's folder: the parsed project, and the SQL by which the UI shows lineage
PARSED = (f"{MANIFEST}{PACKED}", "manifest.fingerprint", f"{PARTIAL_PARSE}{PACKED}", "compiled")


def start_from_blank(settings: Settings, *, make: bool = False) -> bool:
    """Make a home without a warehouse a copy of the blank home of this version; whether it is one now.

    If the cache has none, `make` it, which takes as long as a first run, or leave the home as it is. Other processes may use the
    cache at the same time: one makes the blank home, the others wait for it.
    """
    home, cache = settings.home, settings.cache
    # facts of a lake are views, and a home with a release has its own tables
    if cache is None or settings.lake is not None or home.warehouse.exists() or home.current_json.exists():
        return False
    blank = _blank_home(cache)
    if not make and not blank.warehouse.exists():
        return False
    with private_files(), suppress(Timeout):
        cache.mkdir(parents=True, exist_ok=True)
        with private_lock(cache / "blank.lock").acquire(timeout=SECONDS):
            if not blank.warehouse.exists():
                _make(blank)
            os.utime(blank.root)
            _copy(blank, home)
            _prune(blank)
            return True
    return False


def parse_blank_project(environment: Mapping[str, str]) -> None:
    """Parse the dbt project of the blank home and compile queries once, for runs that this process forks with these variables.

    The project of a city that adds no model is the same. Without a blank home nothing is parsed.
    """
    # the run reports a wrong variable, and parses itself if another process has just deleted the blank home
    with suppress(ConfigurationError, OSError):
        folder = Settings.from_environment(environment).cache
        if folder is not None and _blank_home(folder).warehouse.exists():
            _parse(_blank_home(folder))


@cached
def _parse(blank: Home) -> None:
    compile_queries()
    with TemporaryDirectory() as temporary:
        home = Home(Path(temporary))
        _copy_parsed(blank, home)
        prepare_project(home, city_registry(BLANK))
        parsed_project(home)


def _blank_home(folder: Path) -> Home:
    return Home(folder / _version())


@cached  # of the process and its forks: it reads all code
def _version() -> str:
    return json_sha256([BUILD_VERSION, code_version(), versions(), files_fingerprint(DBT_PROJECT), str(DBT_PROJECT)])[:32]


def _make(blank: Home) -> None:
    """Run all models of the shared project without a delivery, and keep what a home can begin from. It appears when whole."""
    made = Home(blank.root.with_name(f"{UNFINISHED}{uuid4().hex}"))
    location = DeliveryLocation(str(made.sample), made.sample, BLANK, city_registry(BLANK))
    made.ensure()
    create_empty(made.warehouse, WORKING_STORAGE, SMALL_BLOCKS)
    prepare_project(made, location.registry)
    with open_run(Settings.from_environment({"LEVELGROUND_HOME": str(made.root)}), RunOptions(), "blank", location) as run:
        finish_ingest(run)
        begin_candidate(run)
        write_build_inputs(run)
        mark_blank(run, build_changed_models(run, lambda _result: None))
        suites = read_suites()
        save_results(run, suites, gate_build(made.warehouse, suites))
        for alias in CANDIDATE_DATABASES:
            detach(run.con, alias)
        if run.candidate is not None:
            run.candidate.analyst_path.rename(made.blank / ANALYST_FILE)
    for path in {*made.root.iterdir()} - {made.blank, made.warehouse, made.dbt}:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    made.root.rename(blank.root)


def _copy(blank: Home, home: Home) -> None:
    """The warehouse comes last: a home that has it was copied whole."""
    home.ensure()
    shutil.copytree(blank.blank, home.blank, dirs_exist_ok=True)
    _copy_parsed(blank, home)
    unfinished = home.warehouse.with_suffix(".unfinished")
    shutil.copyfile(blank.warehouse, unfinished)
    unfinished.rename(home.warehouse)


def _copy_parsed(blank: Home, home: Home) -> None:
    home.dbt.mkdir(parents=True, exist_ok=True)
    for source in (blank.dbt / name for name in PARSED):
        if source.is_dir():
            shutil.copytree(source, home.dbt / source.name, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, home.dbt / source.name)


def _prune(blank: Home) -> None:
    """Delete what killed processes left, and the blank homes of other versions but those that were used last."""
    others = [path for path in blank.root.parent.iterdir() if path.is_dir() and path != blank.root]
    whole = sorted((path for path in others if not path.name.startswith(UNFINISHED)), key=lambda path: path.stat().st_mtime)
    for path in {*others} - {*whole[-KEPT:]}:
        shutil.rmtree(path)
