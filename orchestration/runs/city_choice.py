"""Choose the city of a home from LEVELGROUND_CITY, the deliveries' `city.yml` and `home.json`, which must agree.

A home holds one city. See `ingest.layers` for what a city's layer contains.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ingest.city import FILE_NAME, SAMPLE_CITY, City, city_named_in, live_city, read_city
from ingest.layers import CITIES, Layer, LayerError, city_layer, layer_names
from orchestration.settings import ConfigurationError, Settings
from warehouse.printable import did_you_mean

SAMPLE, LIVE = "sample", "live"
ELSEWHERE = "set LEVELGROUND_HOME to another folder for it"


def choose_city(settings: Settings, deliveries: str, folder: Path | None, recorded: Mapping[str, str]) -> City:
    """The city of a home that reads these deliveries; `recorded` is home.json.

    `ConfigurationError` if two of the three name different cities, or none names one.
    """
    layer, wanted = named_layer(settings.city)
    held = recorded.get("city")
    delivered = _delivered_city(deliveries, folder, {wanted, held})
    _check_agreement(settings, deliveries, wanted, delivered, held)
    name = wanted or delivered or held
    if name is None:
        raise ConfigurationError(
            f"{deliveries} does not name its city: it has no {FILE_NAME} with the key city; write `city: NAME` into "
            f"{Path(deliveries) / FILE_NAME}, or set LEVELGROUND_CITY (`levelground cities list` lists the cities with a layer, "
            "docs/city.md describes the file)"
        )
    if wanted and layer is None and wanted not in (delivered, held):
        raise ConfigurationError(unknown_city(wanted))
    if layer is None and recorded.get("layer"):
        layer, _ = named_layer(recorded["layer"])
    try:
        return read_city(folder, name, layer)
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


def layer_to_record(city: City) -> dict[str, str]:
    """What home.json records of a layer that is not in `ingest/cities`: its folder."""
    own = [layer for layer in city.layers if layer.name == city.city]
    return {"layer": str(own[0].folder)} if own and own[0].folder.parent != CITIES else {}


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


def _check_agreement(settings: Settings, deliveries: str, wanted: str | None, delivered: str | None, held: str | None) -> None:
    if len({name for name in (wanted, delivered, held) if name}) < 2:
        return
    if wanted is None:
        raise ConfigurationError(
            f"the home {settings.home.root} holds the city {held}, but {deliveries} contains {delivered}; "
            f"a home holds one city: {ELSEWHERE}"
        )
    named = [f"LEVELGROUND_CITY is {settings.city}"]
    named += [f"{deliveries} contains {delivered}"] if delivered else []
    named += [f"the home {settings.home.root} holds {held}"] if held else []
    raise ConfigurationError(f"{', but '.join(named)}; they must name one city: change or unset LEVELGROUND_CITY, or {ELSEWHERE}")


def unknown_city(name: str) -> str:
    """The message about a city that has no layer."""
    known = layer_names()
    return (
        f"no city called {name!r} has a layer. {did_you_mean(name, known)}"
        f"Known: {', '.join(known)}; `levelground cities new NAME` writes a layer, and LEVELGROUND_CITY may be its folder"
    )
