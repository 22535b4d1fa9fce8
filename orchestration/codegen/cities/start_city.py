"""Write what a city of the gazetteer needs for its first run: layer, deliveries with national tables, entry of the homes file.

All cities of an installation are in one folder: `cities.yml`, and per city `<name>/layer`, `<name>/deliveries` and `<name>/home`.
What exists already is left as it is, so that a second start goes on with the first.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ingest.city import FILE_NAME
from ingest.contract import TimeZone
from ingest.layers import SEEDS, STATES, city_layer, layer_names
from orchestration.cities import CityHome, read_homes
from orchestration.cities.gazetteer import Place, city_name, places
from orchestration.cities.homes_file import SHARED
from orchestration.codegen.cities.city_layer import LayerKeys, new_layer
from orchestration.settings import IS_CHECKOUT, PROJECT, ConfigurationError
from warehouse.files import write_atomically
from warehouse.paths import Home

HOMES_FILE, SHARED_FOLDER = "cities.yml", "shared"
OWN_FOLDER = "start"  # of a home that has its city's files inside


@dataclass(frozen=True)
class CityPlan:
    """A city to write: its place, and the keys of its `city.yml` that a person confirms."""

    place: Place
    county_geoid: str
    time_zone: str

    @classmethod
    def suggested(cls, place: Place) -> CityPlan:
        """The city with the county and the time zone of the gazetteer."""
        return cls(place, place.county_geoid, place.time_zone)

    @classmethod
    def checked(cls, place: Place, county_geoid: str, time_zone: str) -> CityPlan:
        """The city with what a person chose; `ConfigurationError` if it cannot be right."""
        if not re.fullmatch(r"\d{5}", county_geoid) or county_geoid[:2] != place.geoid[:2]:
            raise ConfigurationError(
                f"{county_geoid!r} is no county of {place.state}; write its GEOID, 5 digits that begin with {place.geoid[:2]}, "
                f"like {place.county_geoid} ({place.county})"
            )
        try:
            TypeAdapter(TimeZone).validate_python(time_zone)
        except ValidationError:
            raise ConfigurationError(f"{time_zone!r} is no time zone; write it like {place.time_zone}") from None
        return cls(place, county_geoid, time_zone)


def default_folder() -> Path:
    """The folder of all cities without --out: `cities` in the checkout, or in the current folder."""
    return (PROJECT if IS_CHECKOUT else Path.cwd()) / "cities"


def decided_file(place: Place, own: Path) -> Path | None:
    """The city.yml that has county and time zone already, of an earlier start or of a layer that ships with Levelground."""
    shipped = city_layer(city_name(place))
    file = (shipped.folder if shipped else own / "layer") / FILE_NAME
    return file if file.is_file() else None


def write_city(plan: CityPlan, folder: Path, tables: Mapping[str, Path]) -> CityHome:
    """Write layer, deliveries and entry of a city below `folder`, and return its entry; see `write_cities`."""
    return write_cities([plan], folder, tables)[0]


def write_home_city(plan: CityPlan, home: Home, tables: Mapping[str, Path]) -> CityHome:
    """Write layer and deliveries of a city into a home that a setting names, and return its entry, which no homes file has."""
    name, own = city_name(plan.place), home.root / OWN_FOLDER
    layer = None if city_layer(name) else own / "layer"
    entry = CityHome(name, home, str(own / "deliveries"), layer, {}, None, "LEVELGROUND_HOME")
    if entry.holds_another:
        raise ConfigurationError(
            f"the home {home.root} holds the city {entry.recorded_city}, not {name}; set LEVELGROUND_HOME to another folder, or "
            "unset it"
        )
    home.ensure()
    _write_files(plan, name, own, tables)
    return entry


def write_cities(plans: Sequence[CityPlan], folder: Path, tables: Mapping[str, Path]) -> list[CityHome]:
    """Write layer, deliveries and entry of cities below `folder`, and return their entries.

    `tables`: by source, the folder with the files of a national table, which the deliveries link to.
    """
    known = places()
    names = [city_name(plan.place, known) for plan in plans]
    has_layer = {name: _write_files(plan, name, folder / name, tables) for plan, name in zip(plans, names, strict=True)}
    return _listed(folder / HOMES_FILE, has_layer)


def _write_files(plan: CityPlan, name: str, own: Path, tables: Mapping[str, Path]) -> bool:
    """Write the folder of a city, and return whether it has a layer of its own."""
    layer = None if city_layer(name) else own / "layer"
    if layer is not None and not (layer / FILE_NAME).is_file():
        state = plan.place.state.lower().replace(" ", "_")
        keys = LayerKeys(
            plan.place.title, plan.place.geoid, plan.county_geoid, plan.time_zone, state if state in layer_names(STATES) else None
        )
        _name_places(new_layer(name, layer, keys).folder, plan)
    deliveries = own / "deliveries"
    deliveries.mkdir(parents=True, exist_ok=True)
    if not (deliveries / FILE_NAME).is_file():
        write_atomically(deliveries / FILE_NAME, f"city: {name}\n")
    for source, target in tables.items():
        _link(deliveries / source, target.resolve())
    return layer is not None


def _name_places(layer: Path, plan: CityPlan) -> None:
    """The names of state and county, which no national table has."""
    place, file = plan.place, layer / SEEDS / "geographies.csv"
    named = [("state", place.geoid[:2], place.state)]
    named += [("county", place.county_geoid, place.county)] if plan.county_geoid == place.county_geoid else []
    with file.open("a", encoding="utf-8", newline="") as seed:
        csv.writer(seed, lineterminator="\n").writerows(
            [place.geoid, kind, "current", geoid, name, ""] for kind, geoid, name in named
        )


def _link(link: Path, target: Path) -> None:
    """A link to the files of a table; a folder of the city's own comes first."""
    if link.is_symlink():
        if link.readlink() == target:
            return
        link.unlink()
    if not link.exists():
        link.symlink_to(target)


def _listed(file: Path, has_layer: Mapping[str, bool]) -> list[CityHome]:
    """The entries of cities in the homes file, to which those that it lacks are added; the rest of the file stays as it is."""
    before = file.read_text(encoding="utf-8") if file.is_file() else "cities:\n"
    known = {city.name: city for city in read_homes(file)} if file.is_file() else {}
    shared = f"settings: {{{SHARED}: {SHARED_FOLDER}}}"
    added = [
        f"- {{name: {name}, home: {name}/home, deliveries: {name}/deliveries{f', layer: {name}/layer' if has else ''}, {shared}}}"
        for name, has in has_layer.items()
        if name not in known
    ]
    if not added:
        return [known[name] for name in has_layer]
    indent = next((line[: line.index("-")] for line in before.splitlines() if line.lstrip().startswith("- ")), "")
    write_atomically(file, "\n".join([before.rstrip(), *(f"{indent}{entry}" for entry in added)]) + "\n")
    try:
        known = {city.name: city for city in read_homes(file)}
        return [known[name] for name in has_layer]
    except (ValueError, KeyError):
        write_atomically(file, before)
        raise ConfigurationError(f"{file} has a form to which no entry can be added; add it under cities: `{added[0]}`") from None
