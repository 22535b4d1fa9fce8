"""Check the home: deliveries, lock, working warehouse, damaged files, run records, lake, published files; and the machine.

See `access` for permissions, and `levelground lake verify` for the content of the parts of the lake.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingest.contract.registry import ContractError
from ingest.delivery import DeliveryStore
from orchestration.doctor.installation import CheckResult, Installation, error, ok, warning
from orchestration.instance.processes import is_running
from orchestration.runs.city_choice import LIVE, undecided_keys
from orchestration.runs.delivery_location import configured_deliveries, delivery_folder, home_city
from orchestration.runs.record import RunStore
from orchestration.settings import ConfigurationError
from warehouse.connection import WarehouseError, check_extension
from warehouse.fingerprint import file_sha256
from warehouse.lake_files import part_files
from warehouse.lake_files.object_store import StoreUnusable, is_object
from warehouse.lock import holder, is_held
from warehouse.paths import CURRENT_FILE, EXPORTS, Home
from warehouse.quarantine import ASIDE
from warehouse.releases import (
    Manifest,
    PinsDamaged,
    ReleaseCorrupt,
    UnknownRelease,
    current,
    known_releases,
    missing_part,
    pins,
    read_manifest,
    release_moment,
    verify,
)
from warehouse.releases.lake import OWNER
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
        yield error(folder, "this folder of deliveries does not exist", "deliveries/missing")
    elif folder is not None and folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        yield error(folder, "this user may not read it", "deliveries/unreadable", user=os.getuid())
    else:
        yield ok(settings.home.home_json, f"the city {city.city}, from {'live systems' if what == LIVE else folder}")
        for key in undecided_keys(city):
            yield warning("city.yml", key, "deliveries/undecided")


def removals(installation: Installation) -> Iterator[CheckResult]:
    """Check that no removal of records was interrupted."""
    if installation.settings.home.is_removal_pending:
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
            yield warning(store.accepted_file, "cannot be read", "delivery records/accepted")
    try:
        pins(home)
    except PinsDamaged as damaged:
        yield error(home.pins, "cannot be read", "delivery records/pins", problem=damaged)


def runs(installation: Installation) -> Iterator[CheckResult]:
    """Check that every run record can be read, and how the last run ended."""
    store = RunStore(installation.settings.home.runs)
    for path in store.unreadable():
        yield warning(path, "is not a readable run record")
    last = store.last_ended()
    if last is not None and last.exit_code not in (0, 4):
        where, why = store.folder / f"{last.run_id}.json", last.message or "the reason is in its log"
        yield warning(where, f"the last run ended as {last.outcome}", "runs/failed", why=why)
    elif last is not None:
        yield ok(store.folder, f"the last run ended as {last.outcome} at {last.ended_at} UTC")


PROBE = "doctor.txt"


def lake(installation: Installation) -> Iterator[CheckResult]:
    """Write and delete a test object, and compare the sizes of the parts of the current release."""
    location, home = installation.settings.lake, installation.settings.home
    if location is None and not home.lakes.exists():
        yield ok("LEVELGROUND_LAKE", "not set: facts are tables of the release")
        return
    try:
        problem = _unusable(location, home) if location else None
        yield from _parts(home) if problem is None else [problem]
    except StoreUnusable as unusable:
        yield error(location or home.lakes, str(unusable))


def _unusable(location: str, home: Home) -> CheckResult | None:
    owner = part_files.read_text(f"{location}/{OWNER}")
    if owner is not None and owner.strip() != str(home.root):
        return error(location, f"is the lake of the home {owner.strip()}", "lake/other home")
    if is_object(location):
        part_files.write_text(f"{location}/{PROBE}", "levelground doctor writes and deletes this object\n")
        part_files.delete(f"{location}/{PROBE}")
        try:
            check_extension("httpfs")
        except WarehouseError as refused:
            return error(location, f"duckdb-extension-httpfs does not load: {refused}", "lake/extension")
        return None
    folder = next(path for path in (Path(location), *Path(location).parents) if path.exists())
    if folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return None
    return error(folder, "this user cannot write to it", "lake/unwritable")


def _parts(home: Home) -> Iterator[CheckResult]:
    try:
        release = current(home)
        manifest = read_manifest(home, release.release_id) if release else None
    except (ReleaseCorrupt, UnknownRelease):
        return  # the check `published` reports it
    if manifest is None or not manifest.parts:
        yield ok("the current release", "has no parts in a lake")
    elif (what := missing_part(manifest)) is not None:
        yield error(manifest.release_id, what, "lake/part")
    else:
        size = sum(part.size for part in manifest.all_parts)
        where = ", ".join(sorted({part.file.rpartition("/")[0] for part in manifest.all_parts}))
        yield ok(where, f"the {len(manifest.all_parts)} parts of {manifest.release_id} exist ({size / 1e6:,.1f} MB)")


def published(installation: Installation) -> Iterator[CheckResult]:
    """Compare the published files with the manifest of the current release."""
    home = installation.settings.home
    where: Path = home.current_json
    try:
        release = current(home)
        if release is None:
            yield ok(home.published, "no release is published yet")
            return
        if home.swap_intent.exists():
            if is_held(home):
                yield ok(home.published, "a run is publishing a new release; check again when it has ended")
                return
            yield error(home.swap_intent, "a run was killed while it published a release", "published/killed")
        where = home.release(release.release_id)
        manifest = verify(home, release.release_id)
    except (ReleaseCorrupt, UnknownRelease) as corrupt:
        yield error(where, str(corrupt))
        return
    damaged, foreign = list(_differing(home, manifest)), list(_foreign(home, manifest))
    for path, what in damaged:
        yield error(path, what)
    for path in foreign:
        if path.suffix == ".wal":
            yield error(path, "is the write-ahead log of another program", "published/log")
        else:
            yield warning(path, "is not part of the release", "published/foreign")
    if not damaged and not foreign:
        yield ok(home.published, f"{release.release_id}, complete: bytes, tables and rows match the manifest")


def _differing(home: Home, manifest: Manifest) -> Iterator[tuple[Path, str]]:
    files = {name: manifest.files[name].sha256 for name in manifest.databases}
    files |= {f"{EXPORTS}/{name}": record.sha256 for name, record in manifest.exports.items()}
    for name, sealed in files.items():
        path = home.published / name
        if not path.is_file():
            yield path, "is missing"
        elif not path.samefile(home.release(manifest.release_id) / name) and file_sha256(path) != sealed:
            yield path, f"differs from {manifest.release_id}"


def _foreign(home: Home, manifest: Manifest) -> Iterator[Path]:
    ours = {*manifest.databases, CURRENT_FILE, EXPORTS, home.published_scorecard.name, home.readers.name} | {
        f"{EXPORTS}/{name}" for name in manifest.exports
    }
    for folder in (home.published, home.published_exports):
        if folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if str(path.relative_to(home.published)) not in ours)


# A run with new rows writes a second pair of release files with exports. The warehouse grows by the landed rows and by rebuilt
# tables, and DuckDB may spill to disk. The check asks for the size of both again, and at least half a gigabyte.
LEAST_FREE = 512 << 20
# Clocks synchronised by NTP differ by less than a second; an unsynchronised one drifts by some seconds per day.
CLOCK_SLACK = dt.timedelta(minutes=2)


def disk(installation: Installation) -> Iterator[CheckResult]:
    """Check that the disk has space for the next run."""
    home = installation.settings.home
    where = next(folder for folder in (home.root, *home.root.parents) if folder.is_dir())
    free = shutil.disk_usage(where).free
    release, used = _size(home.published.glob("*.duckdb")), _size([home.warehouse])
    needed = max(LEAST_FREE, release + used)
    what = f"{_gib(free)} free; a run may need {_gib(needed)}, the release has {_gib(release)}, the warehouse {_gib(used)}"
    if free < needed:
        yield error(where, what)
    else:
        yield warning(where, what, "disk/soon") if free < 2 * needed else ok(where, what)


def clock(installation: Installation) -> Iterator[CheckResult]:
    """Check that the clock is not behind the newest run or release."""
    home = installation.settings.home
    moments = [dt.datetime.fromisoformat(run.ended_at or run.started_at) for run in RunStore(home.runs).all()]
    moments += [release_moment(release_id).replace(tzinfo=None) for release_id in known_releases(home)]
    newest = max(moments, default=None)
    if newest is not None and newest > installation.now + CLOCK_SLACK:
        what = f"the clock is at {utc(installation.now)}, and the last run or release was at {utc(newest)}"
        yield warning("this machine", what)


def time_zone(installation: Installation) -> Iterator[CheckResult]:
    """Check that this machine has data for the city's time zone, which the schedule and every date use."""
    name = home_city(installation.settings).time_zone
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield error(name, "this machine has no data for it")


def utc(moment: dt.datetime) -> str:
    """A moment as results show it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _size(paths: Iterator[Path] | list[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"
