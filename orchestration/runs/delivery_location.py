"""What a home reads, decided once: the sample city, the live systems, or a folder of deliveries.

Here: `home.json`, the choice between option, environment and home, and the refusal to mix two cities in one home. Not here:
what a city may say (`ingest.city`), how a folder is read (`ingest.connectors`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ingest.city import City, read_city
from ingest.contract.registry import Registry, load_registry
from ingest.sample import is_current_sample, write_sample
from orchestration.settings import ConfigurationError, Settings

SAMPLE, LIVE = "sample", "live"


@dataclass(frozen=True)
class DeliveryLocation:
    """Where this run's deliveries come from. `folder` is None for live systems."""

    name: str
    folder: Path | None
    city: City
    registry: Registry

    def folders_without_contract(self) -> tuple[str, ...]:
        """Folders among the deliveries that no contract knows: named, and left alone."""
        if self.folder is None:
            return ()
        return tuple(
            sorted(
                p.name for p in self.folder.iterdir() if p.is_dir() and p.name not in self.registry and not p.name.startswith(".")
            )
        )


def resolve_delivery_location(settings: Settings, option: str | None = None) -> DeliveryLocation:
    """Decide what to read: the option, else LEVELGROUND_DELIVERIES, else what the home keeps, else the sample city.

    The first decision is kept in home.json. `ConfigurationError` for a folder that is none, and for another city than the
    home's; `ContractError` for contracts or a city.yml that cannot be used.
    """
    kept = _kept(settings)
    what = option or settings.deliveries or kept.get("deliveries") or SAMPLE
    registry = load_registry(settings.further_sources)
    folder: Path | None = None
    if what == SAMPLE:
        folder = settings.home.sample
    elif what != LIVE:
        folder = Path(what).expanduser().absolute()
        if not folder.is_dir():
            raise ConfigurationError(
                f"there is no folder {folder}; name a folder with one folder a source, or `sample`, or `live`"
            )
        what = str(folder)
    if what == SAMPLE and not is_current_sample(settings.home.sample):
        settings.home.ensure()
        write_sample(settings.home.sample)
    city = read_city(folder)
    if kept and kept["city"] != city.city:
        raise ConfigurationError(
            f"the home {settings.home.root} holds the city {kept['city']}, and {what} is of {city.city}; "
            "numbers of two cities do not mix: set LEVELGROUND_HOME to another folder for it"
        )
    registry = registry.for_city(city.sources, (folder / "city.yml") if folder else Path("city.yml"))
    needing = [contract.source for contract in registry if contract.hash_key_needed]
    if needing and settings.hash_key is None:
        raise ConfigurationError(
            f"LEVELGROUND_HASH_KEY is not set, and {', '.join(needing)} keeps identifiers as keyed hashes; "
            "set it to a long random text and keep it safe"
        )
    if not kept:
        settings.home.ensure()
        settings.home.home_json.write_text(json.dumps({"deliveries": what, "city": city.city}, indent=1) + "\n", encoding="utf-8")
    return DeliveryLocation(what, folder, city, registry)


def _kept(settings: Settings) -> dict[str, str]:
    path = settings.home.home_json
    if not path.is_file():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {"deliveries": str(data["deliveries"]), "city": str(data["city"])}
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(f'{path} cannot be read; write it again like {{"deliveries": "sample", "city": "…"}}') from None


def configured_deliveries(settings: Settings) -> str:
    """What the home reads, as far as it has settled on it: `sample`, `live`, or a folder."""
    return settings.deliveries or _kept(settings).get("deliveries") or SAMPLE


def delivery_folder(settings: Settings) -> Path | None:
    """The folder of deliveries that the home reads, as far as it has settled on one; None for live systems."""
    what = configured_deliveries(settings)
    return settings.home.sample if what == SAMPLE else None if what == LIVE else Path(what).expanduser().absolute()


def home_city(settings: Settings) -> City:
    """The city whose clock the schedule goes by: the home's, as far as it has settled on one."""
    folder = delivery_folder(settings)
    return read_city(folder if folder and folder.is_dir() else None)
