"""Write what a city of the gazetteer needs for its first run: layer, deliveries with national tables, entry of the homes file.

All cities of an installation are in one folder: `cities.yml`, and per city `<name>/layer`, `<name>/deliveries` and `<name>/home`.
What exists already is left as it is, so that a second start goes on with the first. National tables are fetched from their
publishers, or read from a folder with a folder per source.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zoneinfo import available_timezones

from ingest.city import FILE_NAME
from ingest.connectors import FetchRequest
from ingest.contract import NATIONAL, Contract, HttpConnector
from ingest.errors import DeliveryError
from ingest.layers import SEEDS, STATES, city_layer, csv_line, layer_names
from ingest.readers import delivered_files
from orchestration.cities import CityHome, read_homes
from orchestration.cities.gazetteer import Place, city_name, find_place, places
from orchestration.cities.homes_file import SHARED
from orchestration.codegen.cities.city_layer import new_layer
from orchestration.settings import IS_CHECKOUT, PROJECT, ConfigurationError, Settings
from warehouse.files import write_atomically
from warehouse.paths import Home


def chosen_places(top: int | None, file: Path | None) -> list[Place]:
    """The `top` largest places, or those that the lines of `file` name; `ConfigurationError` unless one of both is given."""
    if (top is None) == (file is None):
        raise ConfigurationError("choose the cities by --top N, the largest, or by --file LIST, a name or GEOID per line")
    return places()[:top] if file is None else _read_list(file)


def _read_list(file: Path) -> list[Place]:
    """The places of a list, each once. A line is a name or a GEOID; an empty one, and what follows `#`, is left out."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read ({error}); write a name or GEOID of a city per line, in UTF-8") from None
    known, found, problems = places(), [], []
    for number, line in enumerate(lines, 1):
        if not (text := line.partition("#")[0].strip()):
            continue
        try:
            found.append(find_place(text, known))
        except ConfigurationError as error:
            problems.append(f"{file}:{number}: {error}")
    if problems:
        raise ConfigurationError("\n".join(problems))
    if not found:
        raise ConfigurationError(f"{file} names no city; write a name or GEOID per line, like `Saint Paul, Minnesota`")
    return list(dict.fromkeys(found))


def national(contracts: Iterable[Contract]) -> list[Contract]:
    """The contracts whose deliveries cities share."""
    return [contract for contract in contracts if contract.coverage == NATIONAL]


def tables_in(folder: Path, contracts: Iterable[Contract]) -> dict[str, Path]:
    """By source, the folder of each national table in a folder of deliveries; `ConfigurationError` if it has none."""
    if not folder.is_dir():
        raise ConfigurationError(f"there is no folder {folder}; name one with a folder per national table with --data")
    return _with_files(folder, national(contracts), f"{folder} has no folder with files of a national table. ")


def fetch_tables(settings: Settings, folder: Path, contracts: Iterable[Contract]) -> tuple[dict[str, Path], list[str]]:
    """Fetch the national tables that `folder` lacks; the folder of each, and the problems of those that could not be fetched.

    `ConfigurationError` says where each comes from if none can be had.
    """
    known = national(contracts)
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(len(known)) as several:  # each may wait for its publisher
        problems = [*filter(None, several.map(lambda contract: _fetch(settings, folder, contract), known))]
    return _with_files(folder, known, f"no national table could be fetched: {next(iter(problems), '')}\n"), problems


def _with_files(folder: Path, contracts: Iterable[Contract], problem: str) -> dict[str, Path]:
    """The folders that have files; `ConfigurationError` with the problem and where each table comes from if none has."""
    if found := {c.source: folder / c.source for c in contracts if delivered_files(folder / c.source, c.ignore_files)}:
        return found
    lines = [f"{problem}Put the files of each into a folder of its name, and name the folder above them with --data FOLDER:"]
    for contract in contracts:
        where = contract.connector.url if isinstance(contract.connector, HttpConnector) else contract.platform
        licence = f" ({contract.agreement.licence.attribution})" if contract.agreement.licence else ""
        lines.append(f"  {contract.source}: {where}{licence}")
    raise ConfigurationError("\n".join(lines))


def _fetch(settings: Settings, folder: Path, contract: Contract) -> str | None:
    """Fetch one table, unless the folder has it; returns what is wrong."""
    from ingest.connectors.download import fetch_file  # noqa: PLC0415 - dlt takes half a second to import

    target = folder / contract.source
    if not isinstance(contract.connector, HttpConnector) or delivered_files(target, contract.ignore_files):
        return None
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as temporary:
        request = FetchRequest(os.environ, Path(temporary), hosts=settings.hosts, most_bytes=settings.max_download_bytes)
        complete = Path(temporary) / ".complete"  # a download has no such name
        try:
            file = fetch_file(contract.source, contract.connector, request)
            with file.open() as content, complete.open("wb") as kept:
                shutil.copyfileobj(content, kept)
        except DeliveryError as error:
            return str(error)
        target.mkdir(exist_ok=True)
        complete.replace(target / file.name)
    return None


HOMES_FILE, SHARED_FOLDER = "cities.yml", "shared"
OWN_FOLDER = "start"  # of a home that has its city's files inside


def decided_place(place: Place, county_geoid: str, time_zone: str) -> Place:
    """The place with the county and the time zone that a person chose; `ConfigurationError` if they cannot be right."""
    if not re.fullmatch(r"\d{5}", county_geoid) or county_geoid[:2] != place.geoid[:2]:
        raise ConfigurationError(
            f"{county_geoid!r} is no county of {place.state}; write its GEOID, 5 digits that begin with {place.geoid[:2]}, "
            f"like {place.county_geoid} ({place.county})"
        )
    if time_zone not in available_timezones():
        raise ConfigurationError(f"{time_zone!r} is no time zone; write it like {place.time_zone}")
    county = place.county if county_geoid == place.county_geoid else ""  # the gazetteer has the name of one county
    return place.model_copy(update={"county_geoid": county_geoid, "county": county, "time_zone": time_zone})


def default_folder() -> Path:
    """The folder of all cities without --out: `cities` in the checkout, or in the current folder."""
    return (PROJECT if IS_CHECKOUT else Path.cwd()) / "cities"


def decided_file(place: Place, own: Path) -> Path | None:
    """The city.yml that has county and time zone already, of an earlier start or of a layer that ships with Levelground."""
    shipped = city_layer(city_name(place))
    file = (shipped.folder if shipped else own / "layer") / FILE_NAME
    return file if file.is_file() else None


def write_home_city(place: Place, home: Home, tables: Mapping[str, Path]) -> CityHome:
    """Write layer and deliveries of a city into a home that a setting names, and return its entry, which no homes file has."""
    name, own = city_name(place), home.root / OWN_FOLDER
    layer = None if city_layer(name) else own / "layer"
    entry = CityHome(name, home, str(own / "deliveries"), layer, {}, None, "LEVELGROUND_HOME")
    if entry.holds_another:
        raise ConfigurationError(
            f"the home {home.root} holds the city {entry.recorded_city}, not {name}; set LEVELGROUND_HOME to another folder, or "
            "unset it"
        )
    home.ensure()
    _write_files(place, name, own, tables)
    return entry


def write_cities(chosen: Sequence[Place], folder: Path, tables: Mapping[str, Path]) -> list[CityHome]:
    """Write layer, deliveries and entry of cities below `folder`, and return their entries.

    `tables`: by source, the folder with the files of a national table, which the deliveries link to.
    """
    known = places()
    names = [city_name(place, known) for place in chosen]
    has_layer = {name: _write_files(place, name, folder / name, tables) for place, name in zip(chosen, names, strict=True)}
    return _listed(folder / HOMES_FILE, has_layer)


def _write_files(place: Place, name: str, own: Path, tables: Mapping[str, Path]) -> bool:
    """Write the folder of a city, and return whether it has a layer of its own."""
    layer = None if city_layer(name) else own / "layer"
    if layer is not None and not (layer / FILE_NAME).is_file():
        state = place.state.lower().replace(" ", "_")
        new_layer(
            name, layer, title=place.title, place=place.geoid, county=place.county_geoid, time_zone=place.time_zone,
            state=state if state in layer_names(STATES) else None,
        )  # fmt: skip
        # the names of state and county, which no national table has
        named = [("state", place.geoid[:2], place.state), ("county", place.county_geoid, place.county)]
        with (layer / SEEDS / "geographies.csv").open("a", encoding="utf-8") as seed:
            seed.writelines(csv_line([place.geoid, kind, "current", geoid, name, ""]) for kind, geoid, name in named if name)
    deliveries = own / "deliveries"
    deliveries.mkdir(parents=True, exist_ok=True)
    if not (deliveries / FILE_NAME).is_file():
        write_atomically(deliveries / FILE_NAME, f"city: {name}\n")
    for source, target in tables.items():
        _link(deliveries / source, target.resolve())
    return layer is not None


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
