"""Decide what a home reads: the sample city, the live systems, or a folder of deliveries; record the choice in `home.json`.

See `runs.city_choice` for the city of a home, `ingest.city` for `city.yml`, `ingest.connectors` for reading a folder.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ingest.city import FILE_NAME, City, city_registry
from ingest.contract import Contract
from ingest.contract.registry import Registry
from ingest.delivery.removals import sources_with_removals
from ingest.layers import LayerSnapshot, read_snapshots, write_snapshots
from ingest.readers import delivered_files, readable_name
from orchestration.runs.city_choice import LIVE, SAMPLE, HomeRecord, choose_city, home_record, own_folder
from orchestration.runs.hash_key import check_erased, checked_fingerprint
from orchestration.runs.record import RunRecord, RunStore
from orchestration.settings import ConfigurationError, Settings
from warehouse.files import write_atomically
from warehouse.paths import PRIVATE, Home
from warehouse.printable import printable
from warehouse.releases import ReleaseCorrupt, known_releases, read_manifest

SUMMER_TIME = dt.timedelta(hours=2)
READINGS = 3  # of a layer that changes while it is read
LEFT_OUT = "the sample city leaves out this live feed"  # why a source of the sample is not delivered


@dataclass(frozen=True)
class DeliveryLocation:
    """Where a run reads deliveries from. `name` is `sample`, `live` or the folder's path; `folder` is None for live systems.

    In a folder, a source with `delivered_by: live` is fetched from its system all the same; in the sample city none is.
    `snapshots`: the files of the city's layers as they were when the contracts were read.
    """

    name: str
    folder: Path | None
    city: City
    registry: Registry
    snapshots: tuple[LayerSnapshot, ...] = ()

    def is_live(self, contract: Contract) -> bool:
        """Whether a run fetches the source from the system that its contract names."""
        return self.folder is None or (contract.delivered_by == "live" and self.name != SAMPLE)

    def folder_of(self, contract: Contract) -> Path | None:
        """The folder with the source's files; None if the source is fetched live."""
        if self.folder is None or self.is_live(contract):
            return None
        names = (contract.source, *contract.formerly)  # a department may go on with the folder that it had
        return next((self.folder / name for name in names if (self.folder / name).is_dir()), self.folder / contract.source)

    def unread_files(self, contract: Contract) -> tuple[Path, ...]:
        """The files in the folder of a source that is fetched live, which no run reads."""
        if self.folder is None or not self.is_live(contract) or not (self.folder / contract.source).is_dir():
            return ()
        return delivered_files(self.folder / contract.source, contract.ignore_files)

    def with_fixed_layers(self, home: Home) -> DeliveryLocation:
        """The location whose layers are copies in the home: what people change in a layer is for the next run."""
        if not self.snapshots:
            return self
        layers = write_snapshots(self.snapshots, home.layers)
        return dataclasses.replace(self, city=self.city.model_copy(update={"layers": layers}))

    def with_original_paths(self, text: str) -> str:
        """A message with the paths of the layers' own files in place of those of the copies."""
        for snapshot, layer in zip(self.snapshots, self.city.layers, strict=True):
            text = text.replace(f"{layer.folder}/", f"{snapshot.layer.folder}/")
        return text

    def folders_without_contract(self) -> tuple[str, ...]:
        """The names of delivered folders without a contract. The run reports them and does not read them."""
        if self.folder is None:
            return ()
        read = {folder.name for contract in self.registry if (folder := self.folder_of(contract)) is not None}
        names = (p.name for p in self.folder.iterdir() if p.is_dir())
        unknown = (name for name in names if name not in self.registry and name not in read and not name.startswith("."))
        found = ((printable(readable_name(name)), self.registry.current_name(name)) for name in unknown)
        return tuple(sorted(name if now not in self.registry else f"{name} (now {now})" for name, now in found))


def configured_deliveries(settings: Settings) -> str:
    """What the next run reads without an option: `sample`, `live`, or a folder."""
    recorded = home_record(settings)
    return settings.deliveries or (recorded.deliveries if recorded else SAMPLE)


def configured_location(settings: Settings, name: str) -> str:
    """What the location of this name in LEVELGROUND_LOCATIONS reads: `sample`, `live`, or a folder."""
    if name not in settings.locations:
        known = ", ".join(settings.locations) or "none"
        raise ConfigurationError(f"there is no location {name!r}; LEVELGROUND_LOCATIONS names {known}")
    return settings.locations[name]


def delivery_folder(settings: Settings) -> Path | None:
    """The folder that the next run reads without an option; None for live systems."""
    return _folder(settings, configured_deliveries(settings))


def _folder(settings: Settings, deliveries: str) -> Path | None:
    if deliveries == LIVE:
        return None
    return settings.home.sample if deliveries == SAMPLE else Path(deliveries).expanduser().absolute()


def home_city(settings: Settings) -> City:
    """The home's city, whose time zone the schedule uses."""
    return choose_city(settings, configured_deliveries(settings), _existing_folder(settings))


def home_registry(settings: Settings) -> Registry:
    """The contracts of the home's city, with what its deliveries' city.yml changes."""
    return city_registry(home_city(settings), _existing_folder(settings), settings.further_sources)


def _existing_folder(settings: Settings) -> Path | None:
    folder = delivery_folder(settings)
    return folder if folder and folder.is_dir() else None


def resolve_delivery_location(settings: Settings, option: str | None = None) -> DeliveryLocation:
    """Decide what to read: the option, else LEVELGROUND_DELIVERIES, else what home.json records, else the sample city.

    The first decision is recorded in home.json. `ConfigurationError` if the folder does not exist or belongs to another city than
    the home; `ContractError` for contracts or a city.yml that cannot be used.
    """
    if (option or configured_deliveries(settings)) == SAMPLE:
        from ingest.sample import is_current_sample, write_sample  # noqa: PLC0415 - runs on real deliveries load no generator

        settings.home.ensure()
        settings.home.sample.chmod(PRIVATE)  # earlier versions left it open to the group
        if not is_current_sample(settings.home.sample):
            write_sample(settings.home.sample)
    location, hash_key = _resolve(settings, option)
    record = home_record(settings) or HomeRecord(deliveries=location.name, city=location.city.city)
    _record(settings, record, layer=own_folder(location.city), hash_key=hash_key)
    return location


def remember_location(settings: Settings, name: str) -> None:
    """Make a location what the home reads without an option: `levelground run --remember`."""
    recorded = home_record(settings)
    if recorded is not None:
        _record(settings, recorded, deliveries=name)


def _record(settings: Settings, record: HomeRecord, **changes: str | None) -> None:
    """Write `home.json` if it changes; a change without a value is none."""
    record = record.model_copy(update={name: value for name, value in changes.items() if value})
    if record != home_record(settings):
        settings.home.ensure()
        write_atomically(settings.home.home_json, record.model_dump_json(indent=1, exclude_none=True) + "\n")


def check_default_location(settings: Settings, option: str | None) -> None:
    """`ConfigurationError` if a run without an option would read another location than the newest release was made from.

    The home remembers what its first run read. Years later that folder is old, and its figures would replace newer ones.
    """
    recorded = home_record(settings)
    if option or settings.deliveries or recorded is None:
        return
    newest = _newest_release(settings)
    if newest is not None and newest.deliveries != recorded.deliveries:
        raise ConfigurationError(
            f"without --deliveries this home reads {recorded.deliveries}, but its newest release was made from "
            f"{newest.deliveries}; name the folder (`levelground run --deliveries {newest.deliveries}`), and add --remember to "
            "make it the home's"
        )


def check_clock(settings: Settings, as_of: dt.datetime) -> None:
    """`ConfigurationError` if a run's clock is before that of the newest release; two hours are the end of summer time.

    Rows would leave the public file, and records past their last day would come back.
    """
    newest = _newest_release(settings)
    if newest is not None and as_of < dt.datetime.fromisoformat(newest.as_of) - SUMMER_TIME:
        raise ConfigurationError(
            f"the clock of this run is {as_of}, before {newest.as_of}, that of the newest release {newest.release_id}; "
            "leave out --as-of or give a later one, or go back on purpose with --accept-older"
        )


def _newest_release(settings: Settings) -> RunRecord | None:
    """The record of the run that made the newest readable release; None without one."""
    for release_id in reversed(known_releases(settings.home)):
        with suppress(ReleaseCorrupt):
            return RunStore(settings.home.runs).find(read_manifest(settings.home, release_id).run_id)
    return None


def read_delivery_location(settings: Settings, file: Path | None = None) -> DeliveryLocation:
    """Return what the next run would read, without recording a choice or writing the sample city.

    A home without a choice takes the city of the folder of deliveries that holds `file`, if there is one.
    """
    option = None
    if file is not None and not settings.deliveries and home_record(settings) is None:
        parents = file.absolute().parents[:2]
        option = next((str(parent) for parent in parents if (parent / FILE_NAME).is_file()), None)
    return _resolve(settings, option)[0]


def _resolve(settings: Settings, option: str | None) -> tuple[DeliveryLocation, str | None]:
    """Return the location, and the fingerprint of the hash key to record."""
    name = option or configured_deliveries(settings)
    folder = _folder(settings, name)
    if name not in (SAMPLE, LIVE):
        name = str(folder)
        if folder is None or not folder.is_dir():
            raise ConfigurationError(
                f"there is no folder {folder}; name a folder with one folder per source, or `sample`, or `live`"
            )
    city, registry, snapshots = _one_state(settings, name, folder)
    if name == LIVE:
        _check_live(registry)
    hashed = [contract.source for contract in registry if contract.hash_key_needed]
    check_erased(settings.hash_key, sources_with_removals(settings.home.deliveries))
    recorded = home_record(settings)
    known = recorded.hash_key if recorded else None
    hash_key = checked_fingerprint(settings.hash_key, known, hashed, settings.home.deliveries)
    return DeliveryLocation(name, folder, city, registry, snapshots), hash_key


def _one_state(settings: Settings, name: str, folder: Path | None) -> tuple[City, Registry, tuple[LayerSnapshot, ...]]:
    """The city, its contracts and the files of its layers, read while no layer changed."""
    for _ in range(READINGS):
        city = choose_city(settings, name, folder)
        snapshots = read_snapshots(city.layers)
        registry = city_registry(city, folder, settings.further_sources)
        if read_snapshots(city.layers) == snapshots:
            return city, registry, snapshots
    folders = ", ".join(str(layer.folder) for layer in city.layers)
    raise ConfigurationError(f"files changed in {folders} while the command read them; run it again")


def _check_live(registry: Registry) -> None:
    """`ConfigurationError` if a contract waits for files, of which a home that reads live systems has no folder."""
    by_folder = [contract.source for contract in registry if contract.delivered_by == "folder"]
    if by_folder:
        raise ConfigurationError(
            f"{', '.join(by_folder)} has delivered_by: folder, and `live` names no folder; name it with --deliveries FOLDER, and "
            "write delivered_by: live into the contracts (or into its city.yml) of the sources that the same run fetches"
        )
