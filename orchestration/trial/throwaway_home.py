"""Make the throw-away home of a trial: a private copy of what a build reads, and the delivery to try.

The copy holds the working warehouse (landing, boundaries, addresses, populations), the current release, the records of published
cells and the parsed dbt project. Nothing is written to the home itself.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import Timeout

from ingest.contract.registry import Registry
from ingest.layers import seed_rows
from orchestration.runs.delivery_location import DeliveryLocation
from orchestration.settings import SHARED_SEEDS, ConfigurationError
from warehouse.lock import LockHeld, RunLock, holder, private_lock
from warehouse.paths import PRIVATE, Home
from warehouse.releases import current

MARK = "levelground-try"  # a file in every throw-away home: only a folder with it is replaced
DELIVERED = "delivered"
LOCKS = {Home(Path()).run_lock.name, Home(Path()).run_lock_holder.name}  # held by the trial that uses the folder
# of no use once the throw-away release is built: the rest of the copy holds private columns
COPIED = ("warehouse.duckdb", "warehouse.duckdb.wal", "deliveries", "disclosure", "dbt", "tmp", "dagster", "sample", DELIVERED)


@contextmanager
def throwaway_home(folder: Path, home: Home, wait_seconds: float = 0) -> Iterator[Home]:
    """An empty throw-away home for one trial at a time; `LockHeld` while another trial has the folder.

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
        yield prepare(folder)
    finally:
        lock.release()


def _refuse_other_files(folder: Path, home: Home) -> None:
    """`ConfigurationError` if the folder has files, and no trial has written them."""
    if not folder.exists() or (folder / MARK).is_file():
        return
    names = {path.name for path in folder.iterdir()} - LOCKS
    # of `try` in a home, a trial of an earlier version may have lost the mark; home.json is of a home that runs have written
    is_own = folder == home.tried.absolute() and Home(folder).home_json.name not in names
    if names and not is_own:
        raise ConfigurationError(
            f"{folder} has files that are of no trial; name a new or an empty folder with --keep, or delete this one if its "
            "files are not needed"
        )


def prepare(folder: Path) -> Home:
    """Create an empty throw-away home, in place of that of the last trial. The locks of a folder stay."""
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    (folder / MARK).touch()  # first: a process that is killed now leaves a folder of a trial
    for path in folder.iterdir():
        if path.name == MARK or path.name in LOCKS:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    throwaway = Home(folder)
    throwaway.ensure()
    folder.chmod(PRIVATE)
    return throwaway


def copy_home(home: Home, throwaway: Home, source: str, wait_seconds: float = 0) -> bool:
    """Copy what a build of `source` reads; whether the home has a release to build on. `LockHeld` while a run is active."""
    if home.is_removal_pending:
        raise ConfigurationError("a removal of records is not complete; `levelground run` completes it, then try again")
    if not home.warehouse.is_file():
        return False
    with _not_running(home, wait_seconds):
        published = current(home)
        if published is None:
            return False
        for path in (home.warehouse, home.warehouse.with_name(f"{home.warehouse.name}.wal")):
            if path.is_file():
                shutil.copyfile(path, throwaway.root / path.name)
        _copy_release(home, throwaway, published.release_id)
        _copy_folder(home.disclosure, throwaway.disclosure)
        _copy_folder(home.dbt, throwaway.dbt)
        for folder in home.deliveries.iterdir() if home.deliveries.is_dir() else ():
            # of other sources only the records: their rows are in the copied warehouse
            skip = () if folder.name == source else ("*.parquet",)
            if folder.is_dir():
                _copy_folder(folder, throwaway.deliveries / folder.name, skip)
    return True


def lay_out_deliveries(
    throwaway: Home, location: DeliveryLocation, source: str, file: Path | None, *, is_seeded: bool
) -> tuple[DeliveryLocation, tuple[str, ...]]:
    """Lay out what the trial ingests: the delivery of the source; without a release, the maps and addresses as well.

    Returns the location to read and the sources to ingest. `ConfigurationError` if the source has nothing to read.
    """
    contract, folder = location.registry[source], location.folder
    is_live = file is None and location.is_live(contract)
    if is_live and (folder is None or is_seeded):
        return location, (source,)
    delivered = throwaway.root / DELIVERED
    delivered.mkdir(mode=PRIVATE)
    registry = location.registry
    if not is_live:
        _lay_out_source(delivered / source, file if file is not None else (folder or Path()) / source)
        # the file is tried, although the contract may name a live system
        tried = contract.model_copy(update={"delivered_by": "folder"})
        registry = Registry(tried if each.source == source else each for each in registry)
    sources = [source]
    if not is_seeded and folder is not None:
        maps = seed_rows("reference_sources", SHARED_SEEDS, location.city.layers)
        for name in (row["source"] for row in maps if row["source"] in registry):
            if name != source and (folder / name).is_dir():
                (delivered / name).symlink_to((folder / name).absolute())
                sources.append(name)
    return dataclasses.replace(location, name=str(delivered), folder=delivered, registry=registry), tuple(sources)


def _lay_out_source(folder: Path, delivery: Path) -> None:
    if not delivery.exists():
        raise ConfigurationError(f"{delivery} does not exist; name the file or folder to try with --from")
    if delivery.is_dir():
        folder.symlink_to(delivery.absolute())
    else:
        folder.mkdir()
        _link(delivery.resolve(), folder / delivery.name)


def keep_release_only(throwaway: Home, *, is_built: bool) -> None:
    """Delete everything but the record of the trial and the throw-away release; if none was built, the copied one too."""
    for name in COPIED if is_built else (*COPIED, "releases", "published"):
        path = throwaway.root / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _not_running(home: Home, wait_seconds: float) -> Iterator[None]:
    lock = private_lock(home.run_lock)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise LockHeld(holder(home)) from None
    try:
        yield
    finally:
        lock.release()


def _copy_release(home: Home, throwaway: Home, release_id: str) -> None:
    shutil.copytree(home.release(release_id), throwaway.release(release_id), copy_function=_link)
    shutil.copyfile(home.current_json, throwaway.current_json)
    for folder, copied in ((home.published, throwaway.published), (home.published_exports, throwaway.published_exports)):
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.is_file() and path.name != home.current_json.name and not path.name.endswith(".wal"):
                _link(path, copied / path.name)


def _copy_folder(folder: Path, target: Path, skip: tuple[str, ...] = ()) -> None:
    if folder.is_dir():
        ignore = shutil.ignore_patterns(*skip) if skip else None
        shutil.copytree(folder, target, symlinks=True, ignore=ignore, copy_function=_copy, dirs_exist_ok=True)


def _copy(source: str, target: str) -> None:
    """Copy a file; a batch, which no command changes in place, is linked if it can be."""
    if source.endswith(".parquet") and "deliveries" in Path(source).parts:
        _link(source, target)
    else:
        shutil.copyfile(source, target)


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(source, target)
