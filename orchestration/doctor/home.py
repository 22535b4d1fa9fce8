"""Check the home: permissions, deliveries, lock, working warehouse, damaged files, run records.

See `published` for the published files and `machine` for free disk space.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from ingest.contract.registry import ContractError
from ingest.delivery import JOURNAL, DeliveryStore
from ingest.erasure.plan import is_pending
from ingest.landing import read_journal
from orchestration.doctor.check_result import CheckResult, error, ok, warning
from orchestration.doctor.installation import Installation
from orchestration.instance.processes import is_running
from orchestration.runs.city_choice import LIVE, undecided_keys
from orchestration.runs.delivery_location import configured_deliveries, delivery_folder, home_city
from orchestration.runs.record import RunStore
from orchestration.settings import ConfigurationError
from warehouse.lock import holder, is_held
from warehouse.paths import Home
from warehouse.quarantine import ASIDE
from warehouse.releases import PinsDamaged, pins
from warehouse.releases.recovery import DAMAGED_PREFIX

MAGIC = slice(8, 12), b"DUCK"  # position and value of the magic bytes of a DuckDB file
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def permissions(installation: Installation) -> Iterator[CheckResult]:
    """Check that this user can write where a run writes, and that only the owner can read private folders."""
    home = installation.settings.home
    if not home.root.is_dir():
        yield from _missing_home(home)
        return
    folders = [folder for folder in (*home.shared, *home.private) if folder.is_dir()]
    closed = [folder for folder in folders if not os.access(folder, os.R_OK | os.W_OK | os.X_OK)]
    for folder in closed:
        remedy = f"run Levelground as the owner of the home, or `chown -R {_user()} {home.root}`"
        yield error("permissions", folder, "this user may not write here", "no run can start", remedy)
    exposed = [
        path
        for path in (*home.private, home.internal_scorecard, home.tried, home.warehouse)
        if path.exists() and path.stat().st_mode & OTHERS
    ]
    for path in exposed:
        mode = "600" if path.is_file() else "700"
        why = "deliveries, landing and run internals hold private columns"
        yield warning("permissions", path, "users other than its owner may read it", why, f"`chmod {mode} {path}`")
    for folder in home.shared:
        if folder.is_dir() and folder.stat().st_mode & stat.S_IWOTH:
            why = "any user could replace the published files"
            yield error("permissions", folder, "every user may write here", why, f"`chmod o-w {folder}`")
    if not closed and not exposed:
        yield ok("permissions", home.root, f"{len(folders)} folders are writable, private ones are readable by their owner only")


def _missing_home(home: Home) -> Iterator[CheckResult]:
    parent = next(folder for folder in home.root.parents if folder.exists())
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        yield ok("permissions", home.root, "does not exist yet; the first run creates it")
    else:
        why = "the first run cannot create the home"
        remedy = "set LEVELGROUND_HOME to a folder that this user may write to, or create it: `install -d -m 750 -o USER FOLDER`"
        yield error("permissions", parent, f"this user may not create {home.root} here", why, remedy)


def deliveries(installation: Installation) -> Iterator[CheckResult]:
    """Check that the deliveries that the home reads still exist."""
    settings = installation.settings
    try:
        what, folder, city = configured_deliveries(settings), delivery_folder(settings), home_city(settings)
    except (ConfigurationError, ContractError) as refused:
        yield error(
            "deliveries", settings.home.home_json, str(refused), "no run starts with it", "write it as the message describes"
        )
        return
    if folder is not None and folder != settings.home.sample and not folder.is_dir():
        remedy = "mount or create the folder, or set LEVELGROUND_DELIVERIES to its new path"
        yield error("deliveries", folder, "this folder of deliveries does not exist", "no run starts without it", remedy)
    elif folder is not None and folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        why = "a run would find no source"
        yield error("deliveries", folder, "this user may not read it", why, f"give user {_user()} read access")
    else:
        where = "live systems" if what == LIVE else str(folder)
        yield ok("deliveries", settings.home.home_json, f"the city {city.city}, from {where}")
        for what in undecided_keys(city):
            yield warning("deliveries", "city.yml", what, "every release contains it", "write the key into city.yml")


def removals(installation: Installation) -> Iterator[CheckResult]:
    """Check that no removal of records was interrupted."""
    home = installation.settings.home
    if is_pending(home):
        why = "records that must go may still be in the home"
        yield warning("removals", home.root, "a removal was interrupted", why, "`levelground erase --resume`, or the next run")
    else:
        yield ok("removals", home.root, "no removal was interrupted")


def lock(installation: Installation) -> Iterator[CheckResult]:
    """Check which process runs in the home now, and whether an earlier run was killed."""
    home = installation.settings.home
    owner = holder(home)
    if owner is None:
        yield ok("lock", home.run_lock, "free")
    elif is_held(home):
        yield ok("lock", home.run_lock, f"process {owner.pid} has held it since {owner.started_at}, started by {owner.trigger}")
    else:
        what = f"the run of process {owner.pid}, started {owner.started_at}, was killed"
        reused = "; another program has that process id now" if is_running(str(owner.pid)) else ""
        why = f"the next run completes or removes what it left{reused}"
        remedy = "start a run; if the machine kills it again, check its memory and disk"
        yield warning("lock", home.run_lock_holder, what, why, remedy)


def warehouse(installation: Installation) -> Iterator[CheckResult]:
    """Check that the working warehouse is a DuckDB file. It is not opened, since that would block a run."""
    path = installation.settings.home.warehouse
    if not path.exists():
        yield ok("warehouse", path, "does not exist yet; the next run creates it")
        return
    with path.open("rb") as file:
        header = file.read(MAGIC[0].stop)
    if header[MAGIC[0]] != MAGIC[1]:
        why = "the next run moves it away and rebuilds it from deliveries/; published files stay readable"
        yield warning(
            "warehouse", path, "is not a DuckDB file, or is damaged", why, "start a run; docs/runbook.md describes what it does"
        )
    else:
        yield ok("warehouse", path, "has the header of a DuckDB file")


def damaged_files(installation: Installation) -> Iterator[CheckResult]:
    """List the damaged files that runs moved away; no run deletes them."""
    home = installation.settings.home
    for path in sorted([*home.root.glob(f"{ASIDE}*"), *home.releases.glob(f"{DAMAGED_PREFIX}*")]):
        what = "was damaged, and a run moved it away"
        why = "it takes space, and a disk or a program has damaged it"
        yield warning("damaged files", path, what, why, "check the disk's error messages, then delete the file")


def delivery_records(installation: Installation) -> Iterator[CheckResult]:
    """Check that the records and journals of the kept deliveries, and the list of pinned releases, can be read."""
    home = installation.settings.home
    found = 0
    for folder in sorted(path for path in home.deliveries.glob("*") if path.is_dir()):
        store = DeliveryStore(home.deliveries, folder.name)
        for path in store.unreadable():
            found += 1
            why = "no run reads another delivery of this source, because the order of its loads is unknown"
            remedy = "send that delivery again and start a run, or restore the file from a backup"
            yield error("delivery records", path, "the record of a delivery cannot be read", why, remedy)
        if read_journal(store) is None:
            found += 1
            why = "landing of this source could not be restored if the working warehouse were lost"
            yield warning("delivery records", folder / JOURNAL, "cannot be read", why, "start a run, which writes it again")
    try:
        pins(home)
    except PinsDamaged as damaged:
        found += 1
        yield error("delivery records", home.pins, "cannot be read", "no old release is deleted", str(damaged))
    if not found:
        yield ok("delivery records", home.deliveries, "all can be read")


def runs(installation: Installation) -> Iterator[CheckResult]:
    """Check that every run record can be read, and how the last run ended."""
    home = installation.settings.home
    store = RunStore(home.runs)
    for path in store.unreadable():
        why = "`status` cannot list that run; if it was the last one, the next run builds everything again"
        yield warning("runs", path, "is not a readable run record", why, "restore it from a backup, or move it away")
    last = store.last_ended()
    if last is None:
        yield ok("runs", home.runs, "no run has ended yet")
    elif last.exit_code not in (0, 4):
        why = last.message or "the reason is in its log"
        record = home.runs / f"{last.run_id}.json"
        yield warning("runs", record, f"the last run ended as {last.outcome}", why, "`levelground status` shows the details")
    else:
        yield ok("runs", home.runs, f"the last run ended as {last.outcome} at {last.ended_at} UTC")


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "this user"
