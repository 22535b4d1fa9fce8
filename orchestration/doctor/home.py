"""The home: who may write and read it, what it reads, who works in it, what lies in `runs/`.

Here: looking. Not here: the published files (`published`), room on the disk (`machine`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from ingest.contract.registry import ContractError
from orchestration.doctor.findings import Finding, Installation, ok, warning, wrong
from orchestration.instance.orphaned_runs import alive
from orchestration.runs.delivery_location import LIVE, home_city, home_folder, reads
from orchestration.runs.record import RunStore
from orchestration.settings import ConfigurationError
from warehouse.lock import holder, is_held
from warehouse.paths import Home
from warehouse.quarantine import ASIDE
from warehouse.releases.recovery import DAMAGED_PREFIX

MAGIC = slice(8, 12), b"DUCK"  # where a DuckDB file says that it is one
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def permissions(installation: Installation) -> Iterator[Finding]:
    """Whether this user can write where a run writes, and nobody else sees what only the owner may."""
    home = installation.settings.home
    if not home.root.is_dir():
        yield from _not_made_yet(home)
        return
    folders = [folder for folder in (*home.shared, *home.private) if folder.is_dir()]
    closed = [folder for folder in folders if not os.access(folder, os.R_OK | os.W_OK | os.X_OK)]
    for folder in closed:
        remedy = f"run Levelground as the owner of the home, or `chown -R {_user()} {home.root}`"
        yield wrong("permissions", folder, "this user may not write here", "a run ends before it begins", remedy)
    seen = [path for path in (*home.private, home.warehouse) if path.exists() and path.stat().st_mode & OTHERS]
    for path in seen:
        mode = "600" if path.is_file() else "700"
        why = "deliveries, landing and run internals hold private columns"
        yield warning("permissions", path, "others than its owner may look into it", why, f"`chmod {mode} {path}`")
    for folder in home.shared:
        if folder.is_dir() and folder.stat().st_mode & stat.S_IWOTH:
            why = "anybody could replace what people open"
            yield wrong("permissions", folder, "everybody may write here", why, f"`chmod o-w {folder}`")
    if not closed and not seen:
        yield ok("permissions", home.root, f"{len(folders)} folders can be written, what is private is the owner's alone")


def _not_made_yet(home: Home) -> Iterator[Finding]:
    parent = next(folder for folder in home.root.parents if folder.exists())
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        yield ok("permissions", home.root, "is not made yet; the first run makes it")
    else:
        why = "the first run cannot make the home"
        remedy = "set LEVELGROUND_HOME to a folder that this user may write to, or make it: `install -d -m 750 -o USER FOLDER`"
        yield wrong("permissions", parent, f"this user may not make {home.root} here", why, remedy)


def reading(installation: Installation) -> Iterator[Finding]:
    """What the home has settled on, and whether that is still there."""
    settings = installation.settings
    try:
        what, folder, city = reads(settings), home_folder(settings), home_city(settings)
    except (ConfigurationError, ContractError) as error:
        yield wrong("what it reads", settings.home.home_json, str(error), "no run starts with it", "write it as the message says")
        return
    if folder is not None and folder != settings.home.sample and not folder.is_dir():
        remedy = "mount or make the folder, or set LEVELGROUND_DELIVERIES to where it went"
        yield wrong("what it reads", folder, "this folder of deliveries is not there", "no run starts without it", remedy)
    elif folder is not None and folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        why = "every source would be missing"
        yield wrong("what it reads", folder, "this user may not read it", why, f"let user {_user()} read it")
    else:
        where = "live systems" if what == LIVE else str(folder)
        yield ok("what it reads", settings.home.home_json, f"the city {city.city}, from {where}")


def lock(installation: Installation) -> Iterator[Finding]:
    """Who works in the home now, or was cut off."""
    home = installation.settings.home
    who = holder(home)
    if who is None:
        yield ok("lock", home.run_lock, "free")
    elif is_held(home):
        yield ok("lock", home.run_lock, f"process {who.pid} has worked since {who.started_at}, started by {who.trigger}")
    else:
        what = f"the run of process {who.pid}, started {who.started_at}, was cut off"
        there = "; another program has that number now" if alive(str(who.pid)) else ""
        why = f"what it left is put right by the next run{there}"
        remedy = "start a run; if the machine kills it again, look at its memory and disk"
        yield warning("lock", home.run_lock_holder, what, why, remedy)


def warehouse(installation: Installation) -> Iterator[Finding]:
    """Whether the working warehouse looks like one; it is not opened, which would keep a run out."""
    path = installation.settings.home.warehouse
    if not path.exists():
        yield ok("warehouse", path, "is not made yet; the next run makes it")
        return
    with path.open("rb") as file:
        begins = file.read(MAGIC[0].stop)
    if begins[MAGIC[0]] != MAGIC[1]:
        why = "the next run moves it aside and makes it again from deliveries/; what is published stays readable"
        yield warning(
            "warehouse", path, "is no DuckDB file, or is damaged", why, "start a run; docs/runbook.md says what it does"
        )
    else:
        yield ok("warehouse", path, "begins like a DuckDB file")


def moved_aside(installation: Installation) -> Iterator[Finding]:
    """Damaged files that runs moved out of the way; nobody removes them but people."""
    home = installation.settings.home
    for path in sorted([*home.root.glob(f"{ASIDE}*"), *home.releases.glob(f"{DAMAGED_PREFIX}*")]):
        what = "was damaged, and a run moved it aside"
        why = "it takes room, and tells of a disk or a program that damages files"
        yield warning("moved aside", path, what, why, "look at the disk's own messages, then delete it")


def runs(installation: Installation) -> Iterator[Finding]:
    """Receipts that cannot be read, and the last run."""
    home = installation.settings.home
    store = RunStore(home.runs)
    for path in store.unreadable():
        why = "`status` does not know that run; if it was the last one, the next run builds anew"
        yield warning("runs", path, "is no receipt that can be read", why, "restore it from a backup, or move it away")
    last = store.last_ended()
    if last is None:
        yield ok("runs", home.runs, "no run has ended yet")
    elif last.exit_code not in (0, 4):
        why = last.message or "its log says why"
        receipt = home.runs / f"{last.run_id}.json"
        yield warning("runs", receipt, f"the last run ended as {last.outcome}", why, "`levelground status` shows what to do")
    else:
        yield ok("runs", home.runs, f"the last run ended as {last.outcome} at {last.ended_at} UTC")


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "this user"
