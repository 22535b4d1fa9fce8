"""Decide what a home reads: the sample city, the live systems, or a folder of deliveries; record the choice in `home.json`.

See `runs.city_choice` for the city of a home, `ingest.city` for `city.yml`, `ingest.connectors` for reading a folder.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.city import FILE_NAME, City, city_registry
from ingest.contract import Contract
from ingest.contract.registry import Registry
from ingest.delivery.removals import SourceRemovals, sources_with_removals
from ingest.layer_snapshot import LayerSnapshot, read_snapshots, write_snapshots
from ingest.readers import delivered_files, readable_name
from orchestration.runs.city_choice import LIVE, SAMPLE, choose_city, layer_to_record
from orchestration.runs.hash_key import checked_fingerprint
from orchestration.settings import ConfigurationError, Settings
from warehouse.files import write_atomically
from warehouse.paths import PRIVATE, Home
from warehouse.printable import printable

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
        return None if self.folder is None or self.is_live(contract) else self.folder / contract.source

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
        names = (p.name for p in self.folder.iterdir() if p.is_dir())
        unknown = (name for name in names if name not in self.registry and not name.startswith("."))
        return tuple(sorted(printable(readable_name(name)) for name in unknown))


def resolve_delivery_location(settings: Settings, option: str | None = None) -> DeliveryLocation:
    """Decide what to read: the option, else LEVELGROUND_DELIVERIES, else what home.json records, else the sample city.

    The first decision is recorded in home.json. `ConfigurationError` if the folder does not exist or belongs to another city than
    the home; `ContractError` for contracts or a city.yml that cannot be used.
    """
    recorded = _recorded(settings)
    if _chosen(settings, option, recorded) == SAMPLE:
        from ingest.sample import is_current_sample, write_sample  # noqa: PLC0415 - runs on real deliveries load no generator

        settings.home.ensure()
        settings.home.sample.chmod(PRIVATE)  # earlier versions left it open to the group
        if not is_current_sample(settings.home.sample):
            write_sample(settings.home.sample)
    location, hash_key = _resolve(settings, option, recorded)
    record = {"deliveries": location.name, "city": location.city.city, **recorded, **layer_to_record(location.city)}
    record |= {"hash_key": hash_key} if hash_key else {}
    if record != recorded:
        settings.home.ensure()
        write_atomically(settings.home.home_json, json.dumps(record, indent=1) + "\n")
    return location


def read_delivery_location(settings: Settings, file: Path | None = None) -> DeliveryLocation:
    """Return what the next run would read, without recording a choice or writing the sample city.

    A home without a choice takes the city of the folder of deliveries that holds `file`, if there is one.
    """
    recorded, option = _recorded(settings), None
    if file is not None and not recorded and not settings.deliveries:
        parents = file.absolute().parents[:2]
        option = next((str(parent) for parent in parents if (parent / FILE_NAME).is_file()), None)
    return _resolve(settings, option, recorded)[0]


def _chosen(settings: Settings, option: str | None, recorded: Mapping[str, str]) -> str:
    return option or settings.deliveries or recorded.get("deliveries") or SAMPLE


def _resolve(settings: Settings, option: str | None, recorded: Mapping[str, str]) -> tuple[DeliveryLocation, str | None]:
    """Return the location, and the fingerprint of the hash key to record."""
    name = _chosen(settings, option, recorded)
    folder: Path | None = None
    if name == SAMPLE:
        folder = settings.home.sample
    elif name != LIVE:
        folder = Path(name).expanduser().absolute()
        if not folder.is_dir():
            raise ConfigurationError(
                f"there is no folder {folder}; name a folder with one folder per source, or `sample`, or `live`"
            )
        name = str(folder)
    city, registry, snapshots = _one_state(settings, name, folder, recorded)
    if name == LIVE:
        _check_live(registry)
    hashed = [contract.source for contract in registry if contract.hash_key_needed]
    check_hash_key(settings, sources_with_removals(settings.home.deliveries))
    hash_key = checked_fingerprint(settings.hash_key, recorded.get("hash_key"), hashed, settings.home.deliveries)
    return DeliveryLocation(name, folder, city, registry, snapshots), hash_key


def _one_state(
    settings: Settings, name: str, folder: Path | None, recorded: Mapping[str, str]
) -> tuple[City, Registry, tuple[LayerSnapshot, ...]]:
    """The city, its contracts and the files of its layers, read while no layer changed."""
    for _ in range(READINGS):
        city = choose_city(settings, name, folder, recorded)
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


def check_hash_key(settings: Settings, removals: Mapping[str, SourceRemovals]) -> None:
    """`ConfigurationError` if records were erased and the key of their hashes is not set, or is another one."""
    for source, found in removals.items():
        if found.records and settings.hash_key is None:
            raise ConfigurationError(
                f"LEVELGROUND_HASH_KEY is not set, but records of {source} were erased, and without it later deliveries bring "
                "them back; set it to the text with which they were erased"
            )
        if found.records and settings.hash_key is not None and not found.fits(settings.hash_key):
            raise ConfigurationError(
                f"LEVELGROUND_HASH_KEY is not the one with which records of {source} were erased, so that a later delivery would "
                "bring them back; set it to that text"
            )


def _recorded(settings: Settings) -> dict[str, str]:
    path = settings.home.home_json
    if not path.is_file():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        optional = {name: str(data[name]) for name in ("layer", "hash_key") if name in data}
        return {"deliveries": str(data["deliveries"]), "city": str(data["city"]), **optional}
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(f'{path} cannot be read; replace it by {{"deliveries": "sample", "city": "…"}}') from None


def configured_location(settings: Settings, name: str) -> str:
    """What the location of this name in LEVELGROUND_LOCATIONS reads: `sample`, `live`, or a folder."""
    if name not in settings.locations:
        known = ", ".join(settings.locations) or "none"
        raise ConfigurationError(f"there is no location {name!r}; LEVELGROUND_LOCATIONS names {known}")
    return settings.locations[name]


def configured_deliveries(settings: Settings) -> str:
    """What the next run reads without an option: `sample`, `live`, or a folder."""
    return settings.deliveries or _recorded(settings).get("deliveries") or SAMPLE


def delivery_folder(settings: Settings) -> Path | None:
    """The folder that the next run reads without an option; None for live systems."""
    name = configured_deliveries(settings)
    return settings.home.sample if name == SAMPLE else None if name == LIVE else Path(name).expanduser().absolute()


def home_city(settings: Settings) -> City:
    """The home's city, whose time zone the schedule uses."""
    folder = delivery_folder(settings)
    return choose_city(
        settings, configured_deliveries(settings), folder if folder and folder.is_dir() else None, _recorded(settings)
    )


def home_registry(settings: Settings) -> Registry:
    """The contracts of the home's city, with what its deliveries' city.yml changes."""
    folder = delivery_folder(settings)
    return city_registry(home_city(settings), folder if folder and folder.is_dir() else None, settings.further_sources)
