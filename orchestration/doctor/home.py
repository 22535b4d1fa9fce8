"""Check the home: deliveries, lock, working warehouse, damaged files, run records.

See `access` for permissions, `published` for the published files and `machine` for free disk space.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from ingest.contract.registry import ContractError
from ingest.delivery import DeliveryStore
from ingest.erasure.plan import is_pending
from orchestration.doctor.check_result import CheckResult, error, ok, warning
from orchestration.doctor.installation import Installation
from orchestration.instance.processes import is_running
from orchestration.runs.city_choice import LIVE, undecided_keys
from orchestration.runs.delivery_location import configured_deliveries, delivery_folder, home_city
from orchestration.runs.record import RunStore
from orchestration.settings import ConfigurationError
from warehouse.lock import holder, is_held
from warehouse.quarantine import ASIDE
from warehouse.releases import PinsDamaged, pins
from warehouse.releases.recovery import DAMAGED_PREFIX

MAGIC = slice(8, 12), b"DUCK"  # position and value of the magic bytes of a DuckDB file


def deliveries(installation: Installation) -> Iterator[CheckResult]:
    """Check that the deliveries that the home reads still exist."""
    settings = installation.settings
    try:
        what, folder, city = configured_deliveries(settings), delivery_folder(settings), home_city(settings)
    except (ConfigurationError, ContractError) as refused:
        yield error(settings.home.home_json, str(refused))
        return
    if folder is not None and folder != settings.home.sample and not folder.is_dir():
        remedy = "mount or create the folder, or set LEVELGROUND_DELIVERIES to its new path"
        yield error(folder, "this folder of deliveries does not exist", remedy)
    elif folder is not None and folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        yield error(folder, "this user may not read it", f"give user {os.getuid()} read access", "a run would find no source")
    else:
        yield ok(settings.home.home_json, f"the city {city.city}, from {'live systems' if what == LIVE else folder}")
        for key in undecided_keys(city):
            yield warning("city.yml", key, "write the key into city.yml", "every release contains it")


def removals(installation: Installation) -> Iterator[CheckResult]:
    """Check that no removal of records was interrupted."""
    if is_pending(installation.settings.home):
        yield warning(installation.settings.home.root, "a removal was interrupted")


def lock(installation: Installation) -> Iterator[CheckResult]:
    """Check which process runs in the home now, and whether an earlier run was killed."""
    home = installation.settings.home
    owner = holder(home)
    if owner is not None and is_held(home):
        yield ok(home.run_lock, f"process {owner.pid} has held it since {owner.started_at}, started by {owner.trigger}")
    elif owner is not None:
        reused = "; another program has that process id now" if is_running(str(owner.pid)) else ""
        yield warning(home.run_lock_holder, f"the run of process {owner.pid}, started {owner.started_at}, was killed{reused}")


def warehouse(installation: Installation) -> Iterator[CheckResult]:
    """Check that the working warehouse is a DuckDB file. It is not opened, since that would block a run."""
    path = installation.settings.home.warehouse
    if path.exists():
        with path.open("rb") as file:
            header = file.read(MAGIC[0].stop)
        if header[MAGIC[0]] != MAGIC[1]:
            yield warning(path, "is not a DuckDB file, or is damaged")


def damaged_files(installation: Installation) -> Iterator[CheckResult]:
    """List the damaged files that runs moved away; no run deletes them."""
    home = installation.settings.home
    for path in sorted([*home.root.glob(f"{ASIDE}*"), *home.releases.glob(f"{DAMAGED_PREFIX}*")]):
        yield warning(path, "was damaged, and a run moved it away")


def delivery_records(installation: Installation) -> Iterator[CheckResult]:
    """Check that the records of the kept deliveries, the lists of accepted ones, and the list of pinned releases, can be read."""
    home = installation.settings.home
    for folder in sorted(path for path in home.deliveries.glob("*") if path.is_dir()):
        store = DeliveryStore(home.deliveries, folder.name)
        for path in store.unreadable():
            yield error(path, "the record of a delivery cannot be read")
        if store.accepted() is None:
            why = "landing of this source could not be restored if the working warehouse were lost"
            yield warning(store.accepted_file, "cannot be read", "start a run, which writes it again", why)
    try:
        pins(home)
    except PinsDamaged as damaged:
        yield error(home.pins, "cannot be read", str(damaged), "no old release is deleted")


def runs(installation: Installation) -> Iterator[CheckResult]:
    """Check that every run record can be read, and how the last run ended."""
    store = RunStore(installation.settings.home.runs)
    for path in store.unreadable():
        yield warning(path, "is not a readable run record")
    last = store.last_ended()
    if last is not None and last.exit_code not in (0, 4):
        why = last.message or "the reason is in its log"
        what, remedy = f"the last run ended as {last.outcome}", "`levelground status` shows the details"
        yield warning(store.folder / f"{last.run_id}.json", what, remedy, why)
    elif last is not None:
        yield ok(store.folder, f"the last run ended as {last.outcome} at {last.ended_at} UTC")
