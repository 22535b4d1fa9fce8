"""Copy what a run reads of a home into a folder of its own, for a trial. Nothing is written to the home itself."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from ingest.contract.registry import Registry
from ingest.layers import seed_rows
from orchestration.runs.delivery_location import DeliveryLocation
from orchestration.settings import SHARED_SEEDS, ConfigurationError, Settings
from warehouse.lock import LockHeld, RunLock, holder, private_lock
from warehouse.paths import PRIVATE, Home
from warehouse.record_keys import copy_secret
from warehouse.releases import current

MARK = "levelground-try"  # a file in every copy: only a folder with it is replaced
STAYS = {MARK, Home(Path()).run_lock.name, Home(Path()).run_lock_holder.name}  # the locks are held by the trial
KEPT = ("releases", "published")  # after a trial that built something


@contextmanager
def empty_copy(folder: Path, home: Home, wait_seconds: float = 0) -> Iterator[Home]:
    """A home without files, for one trial at a time; `LockHeld` while another trial has the folder.

    `home`: the home that is tried. What a killed trial has left in its folder `try` is replaced.
    """
    _refuse_other_files(folder, home)
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    lock = RunLock(Home(folder), "try")
    try:
        lock.acquire(wait_seconds)
    except LockHeld as error:
        raise LockHeld(error.holder, f"another trial uses {folder}; --keep names another folder") from None
    try:
        (folder / MARK).touch()  # first: a process that is killed now leaves a folder of a trial
        clear(Home(folder))
        Home(folder).ensure()
        folder.chmod(PRIVATE)
        yield Home(folder)
    finally:
        lock.release()


def settings_of_copy(settings: Settings, copy: Home) -> Settings:
    """The settings of a run on a copy: a lake belongs to one home, what is tried is small, and no one outside learns of it."""
    return dataclasses.replace(settings, home=copy, engine=None, lake=None, alerts=(), scorecard_languages=())


def clear(copy: Home, kept: Collection[str] = ()) -> None:
    """Delete everything of a copy but its locks and what is named."""
    for path in copy.root.iterdir():
        if path.name in STAYS or path.name in kept:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def copy_home(home: Home, copy: Home, wait_seconds: float = 0) -> bool:
    """Copy the warehouse, the deliveries and the current release; False without a release. `LockHeld` while a run is active."""
    if home.is_removal_pending:
        raise ConfigurationError("a removal of records is not complete; `levelground run` completes it, then try again")
    if not home.warehouse.is_file():
        return False
    try:
        run_lock = private_lock(home.run_lock).acquire(timeout=wait_seconds)
    except Timeout:
        raise LockHeld(holder(home)) from None
    with run_lock:
        published = current(home)
        if published is None:
            return False
        for file in home.root.glob(f"{home.warehouse.name}*"):
            shutil.copyfile(file, copy.root / file.name)
        if home.record_key_secret.is_file():  # equal keys: no fact is built again
            copy_secret(home.record_key_secret, copy.record_key_secret)
        for folder in (home.disclosure, home.dbt, home.runs):
            _copy_folder(home, copy, folder, shutil.copyfile)
        for folder in (home.deliveries, home.release(published.release_id), home.published):
            _copy_folder(home, copy, folder, _link)
    return True


def delivered_to_trial(
    copy: Home, location: DeliveryLocation, source: str, file: Path | None, *, is_first: bool
) -> tuple[DeliveryLocation, tuple[str, ...]]:
    """What to read, and the sources to ingest: the tried one, and if a home has no release the maps and addresses.

    `ConfigurationError` if the source has nothing to read.
    """
    contract, folder = location.registry[source], location.folder
    maps = {row["source"] for row in seed_rows("reference_sources", SHARED_SEEDS, location.city.layers)} if is_first else set()
    others = sorted(name for name in maps if folder and name != source and name in location.registry and (folder / name).is_dir())
    if file is None:
        delivered = location.folder_of(contract)
        if delivered is not None and not delivered.exists():
            raise ConfigurationError(f"{delivered} does not exist; name the file or folder to try with --from")
        return location, (*others, source)
    own = copy.root / "delivered"
    own.mkdir(mode=PRIVATE)
    for name in others:
        (own / name).symlink_to((folder or Path()).absolute() / name)
    if file.is_dir():
        (own / source).symlink_to(file.absolute())
    else:
        (own / source).mkdir()
        _link(str(file.resolve()), str(own / source / file.name))
    # the file is tried, although the contract may name a live system
    tried = contract.model_copy(update={"delivered_by": "folder"})
    registry = Registry(tried if each.source == source else each for each in location.registry)
    return dataclasses.replace(location, name=str(own), folder=own, registry=registry), (*others, source)


def _refuse_other_files(folder: Path, home: Home) -> None:
    """`ConfigurationError` if the folder has files, and no trial has written them."""
    if not folder.exists() or (folder / MARK).is_file():
        return
    names = {path.name for path in folder.iterdir()} - STAYS
    # of `try` in a home, a trial of an earlier version may have lost the mark; home.json is of a home that runs have written
    is_own = folder == home.tried.absolute() and Home(folder).home_json.name not in names
    if names and not is_own:
        raise ConfigurationError(
            f"{folder} has files that are of no trial; name a new or an empty folder with --keep, or delete this one if its "
            "files are not needed"
        )


def _copy_folder(home: Home, copy: Home, folder: Path, copy_function: Callable[[str, str], object]) -> None:
    target = copy.root / folder.relative_to(home.root)
    ignored = shutil.ignore_patterns(home.published_scorecard.name, "*.wal")
    if folder.is_dir():
        shutil.copytree(folder, target, symlinks=True, ignore=ignored, copy_function=copy_function, dirs_exist_ok=True)


def _link(source: str, target: str) -> None:
    """Link a batch or a released file, which no command changes in place; copy a record, and where links are not possible."""
    if not source.endswith(".json"):
        with suppress(OSError):  # another file system, or one without hard links
            os.link(source, target)
            return
    shutil.copyfile(source, target)
