"""Choose the city of a home from LEVELGROUND_CITY, the deliveries' `city.yml` and `home.json`, which must agree.

A home holds one city. See `ingest.layers` for what a city's layer contains.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ValidationError

from ingest.city import FILE_NAME, SAMPLE_CITY, City, city_named_in, live_city, read_city
from ingest.layers import CITIES, Layer, LayerError, city_layer, layer_names
from orchestration.settings import ConfigurationError, Settings
from warehouse.metadata.home_version import HomeOfNewerVersion, check_version
from warehouse.printable import did_you_mean

SAMPLE, LIVE = "sample", "live"
ELSEWHERE = "set LEVELGROUND_HOME to another folder for it"


class HomeRecord(BaseModel, frozen=True):
    """`home.json`: what a home reads, its city, the folder of a layer that is not ours, hash key, newest version."""

    deliveries: str
    city: str
    layer: str | None = None
    hash_key: str | None = None
    version: str | None = None  # the newest version that worked on the home (`warehouse.metadata.home_version`)


def home_record(settings: Settings) -> HomeRecord | None:
    """What `home.json` records; None in a new home."""
    path = settings.home.home_json
    if not path.is_file():
        return None
    try:
        check_version(settings.home)
    except HomeOfNewerVersion as error:
        raise ConfigurationError(str(error)) from None
    try:
        return HomeRecord.model_validate_json(path.read_bytes())
    except ValidationError:
        raise ConfigurationError(f'{path} cannot be read; replace it by {{"deliveries": "sample", "city": "…"}}') from None


def choose_city(settings: Settings, deliveries: str, folder: Path | None) -> City:
    """The city of a home that reads these deliveries.

    `ConfigurationError` if the setting, the deliveries and home.json name different cities, or none names one.
    """
    layer, wanted = named_layer(settings.city)
    record = home_record(settings)
    held, held_layer = (record.city, record.layer) if record else (None, None)
    delivered = _delivered_city(deliveries, folder, {wanted, held})
    others = [(f"the home {settings.home.root} holds the city {held}", held), (f"{deliveries} contains {delivered}", delivered)]
    named = [(f"LEVELGROUND_CITY is {settings.city}", wanted), *(reversed(others) if wanted else others)]
    if len({name for _, name in named if name}) > 1:
        remedy = "they must name one city: change or unset LEVELGROUND_CITY, or" if wanted else "a home holds one city:"
        raise ConfigurationError(f"{', but '.join(text for text, name in named if name)}; {remedy} {ELSEWHERE}")
    name = wanted or delivered or held
    if name is None:
        raise ConfigurationError(
            f"{deliveries} does not name its city: it has no {FILE_NAME} with the key city; write `city: NAME` into "
            f"{Path(deliveries) / FILE_NAME}, or set LEVELGROUND_CITY (`levelground cities list` lists the cities with a layer, "
            "docs/city.md describes the file)"
        )
    if wanted and layer is None and wanted not in (delivered, held):
        raise ConfigurationError(unknown_city(wanted))
    try:
        return read_city(folder, name, layer or named_layer(held_layer)[0])
    except LayerError as error:
        raise ConfigurationError(str(error)) from None


def named_layer(named: str | None) -> tuple[Layer | None, str | None]:
    """The layer and the name of the city that LEVELGROUND_CITY names, by its name or by the folder of its layer."""
    if named is None:
        return None, None
    path = Path(named).expanduser().absolute()
    if path.parent == CITIES or (not {"/", "\\", "."} & set(named) and not (path / FILE_NAME).is_file()):
        return city_layer(path.name), path.name
    name = city_named_in(path)
    if name is None:
        raise ConfigurationError(
            f"LEVELGROUND_CITY is {named!r}, but {path / FILE_NAME} is missing or has no key city; name a city, or the folder of "
            "its layer (`levelground cities new NAME` writes one)"
        )
    return Layer(name, path), name


def own_folder(city: City) -> str | None:
    """The folder of the city's own layer, if it is not in `ingest/cities`: home.json records it."""
    return next((str(each.folder) for each in city.layers if each.name == city.city and each.folder.parent != CITIES), None)


def undecided_keys(city: City) -> tuple[str, ...]:
    """What follows from keys that no city.yml of the city contains, as sentences."""
    effects = {
        "place_geoid": f"its figures are published for the place {city.place_geoid}, which is none",
        "time_zone": f"times without a zone are read as {city.time_zone}",
    }
    return tuple(
        f"no city.yml of {city.title} has {key}: {effects[key]}; docs/city.md describes the key" for key in city.undecided
    )


def _delivered_city(deliveries: str, folder: Path | None, named: set[str | None]) -> str | None:
    """The city that the deliveries are of; None if they leave that to the setting or the home, which name `named`."""
    if deliveries == SAMPLE:
        return SAMPLE_CITY
    if deliveries == LIVE:  # the systems of any city but the sample city, which has none
        return None if named - {None, SAMPLE_CITY} else live_city()
    return city_named_in(folder) if folder else None


def unknown_city(name: str) -> str:
    """The message about a city that has no layer."""
    known = layer_names()
    return (
        f"no city called {name!r} has a layer. {did_you_mean(name, known)}"
        f"Known: {', '.join(known)}; `levelground cities new NAME` writes a layer, and LEVELGROUND_CITY may be its folder"
    )
