"""Read which city a set of deliveries is of: its layer, and what the `city.yml` next to the deliveries changes.

See `ingest.layers` for layers, `ingest.contract.registry.Registry.for_city` for the effect on contracts, and
`orchestration.runs.delivery_location` for the choice of a home's city.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, ValidationError, model_validator

from ingest.contract import FIGURES, IDENTIFIER, TEAM, Geoid, Identifier, TimeZone
from ingest.contract.registry import SOURCES, ContractError, Problem, Registry, load_registry, problems_in, read_keys
from ingest.contract.vocabularies import CROSSWALK
from ingest.contract.words import EnvironmentName, matching
from ingest.contract.yaml_source import Location
from ingest.layers import (
    CITIES,
    CITY_FILE,
    Layer,
    LayerError,
    city_layer,
    layer_names,
    seed_rows,
    state_layer,
    state_with_contract,
)
from warehouse.printable import did_you_mean

FILE_NAME = CITY_FILE
SAMPLE_CITY = "sampleton"  # what `levelground sample` writes
# The audiences of records that every city has; its city.yml may add others, and gives them groups and keys.
AUDIENCES = ("safety", "staff", "health", "housing", "services", "money", "engagement")
# A city without a layer may leave these out. No place has the code, so that no figure is taken for one of a real place.
NO_PLACE, NO_COUNTY, NO_TIME_ZONE = "0000000", "00000", "UTC"


class Audience(BaseModel, extra="forbid", frozen=True):
    """The readers of one released file: a group of the operating system, and the variable with the key that encrypts the file."""

    group: Annotated[str, matching(re.compile(r"[a-z_][a-z0-9_.-]{0,31}"), "the name of a group of this machine")] | None = None
    key_env: EnvironmentName | None = None


_ADDRESS = matching(re.compile(r"https?://[^\s@?#\"<>]+"), "an address like https://city.example/scorecard, without ? and #")
_Line = Annotated[str, matching(re.compile(r"[^\n]*\S[^\n]*"), "one line of text")]


class CouncilMember(BaseModel, extra="forbid", frozen=True):
    """Who represents a district, and the phone of the office."""

    member: _Line
    phone: _Line | None = None


class PublicSite(BaseModel, extra="forbid", frozen=True):
    """What the public site says of its office, and at which addresses readers find it. No figure depends on it."""

    address: Annotated[str, _ADDRESS] | None = None  # that serves `scorecard/`; LEVELGROUND_SCORECARD_URL comes first
    files: Annotated[str, _ADDRESS] | None = None  # that serves the public file and `exports/`
    office: _Line | None = None
    email: Annotated[str, matching(re.compile(r"[^@\s\"<>]+@[^@\s\"<>]+\.[^@\s\"<>]+"), "an e-mail address")] | None = None
    phone: _Line | None = None
    post: _Line | None = None
    council: Mapping[Annotated[str, Field(coerce_numbers_to_str=True)], CouncilMember] = {}  # by district


class City(BaseModel, extra="forbid", frozen=True):
    """A city: its name, its place GEOID, its time zone, and how its sources differ from their contracts."""

    city: Identifier
    title: str
    place_geoid: Geoid
    time_zone: TimeZone = NO_TIME_ZONE
    county_geoid: Geoid | None = None
    state: Identifier | None = None
    state_tables: Identifier | None = None
    is_default_of_live: bool = False
    as_of: dt.datetime | dt.date | None = None
    sources: Mapping[str, Mapping[str, Any]] = {}
    site: PublicSite = PublicSite()
    # settings of the audiences of this city, and names of further ones
    audiences: Mapping[Identifier, Audience | None] = {}
    # of its state and of the city, in the order in which each replaces the one before
    layers: tuple[Layer, ...] = Field(default=(), exclude=True)

    @model_validator(mode="after")
    def _readable(self) -> City:
        if self.audience(TEAM).key_env:
            raise ValueError("audiences: team reads the analyst file, which the next run needs; leave its key_env out")
        return self

    @property
    def all_audiences(self) -> dict[str, Audience]:
        """The audiences of records of this city by name: the usual ones, and those that its city.yml adds."""
        names = dict.fromkeys((*AUDIENCES, *self.audiences))
        return {name: self.audience(name) for name in names if name not in (TEAM, FIGURES)}

    def audience(self, name: str) -> Audience:
        """The settings of an audience, `figures` and `team` among them."""
        return self.audiences.get(name) or Audience()

    @property
    def undecided(self) -> tuple[str, ...]:
        """The keys that no city.yml of this city contains, although figures depend on them."""
        missing = {"place_geoid": self.place_geoid == NO_PLACE, "time_zone": self.time_zone == NO_TIME_ZONE}
        return tuple(key for key, is_missing in missing.items() if is_missing)

    @property
    def places(self) -> dict[str, str]:
        """The GEOIDs that contracts call `city`, `county` and `state`."""
        return {"city": self.place_geoid, "county": self.county_geoid or NO_COUNTY, "state": self.place_geoid[:2]}

    def local_now(self) -> dt.datetime:
        """The time on the city's wall clock, without zone."""
        return dt.datetime.now(ZoneInfo(self.time_zone)).replace(tzinfo=None)

    def local_as_of(self) -> dt.datetime | None:
        """The deliveries' own as-of time on the city's wall clock."""
        if isinstance(self.as_of, dt.datetime):
            return self.as_of.astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None) if self.as_of.tzinfo else self.as_of
        return dt.datetime.combine(self.as_of, dt.time()) if self.as_of else None


def city_named_in(folder: Path) -> str | None:
    """The city that the `city.yml` of a deliveries folder names; None without file or key."""
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    data, line_of = _data(path)
    name = data.get("city")
    if name is not None and not isinstance(name, str):
        raise ContractError([Problem(path, line_of(("city",)), "city", "the name of the city is a text, like city: milwaukee")])
    return name


def live_city() -> str | None:
    """The city that `live` reads if nothing else names one: the layer whose city.yml has `is_default_of_live`."""
    return next((name for name in layer_names() if _data(CITIES / name / FILE_NAME)[0].get("is_default_of_live")), None)


def read_city(folder: Path | None, name: str | None = None, layer: Layer | None = None) -> City:
    """The city of a deliveries folder; raises `ContractError` with the file, line and field of an error in a city.yml.

    `name`: the city, if it was chosen already; else city.yml names it. `layer`: its layer, if that is not in `ingest/cities`.
    Without a folder, the city's layer alone.
    """
    path = folder / FILE_NAME if folder else None
    data, line_of = _data(path) if path and path.is_file() else ({}, lambda _place: 1)
    name = name or (city_named_in(folder) if folder else live_city())
    if name is None:
        raise LayerError(f"{folder} has no {FILE_NAME} that names its city")
    layer = layer or city_layer(name)
    base = {"title": name.replace("_", " ").title(), "place_geoid": NO_PLACE} | (_layer_data(layer) if layer else {})
    merged = base | {"city": name} | data
    try:
        city = City.model_validate(merged)
    except ValidationError as error:
        raise ContractError(problems_in(error, path or Path(FILE_NAME), line_of)) from None
    return city.model_copy(update={"layers": (*_state_layers(city, layer), *([layer] if layer else []))})


def _state_layers(city: City, layer: Layer | None) -> tuple[Layer, ...]:
    """The layer of the city's state, and the tables of another state that the city names.

    A city without either has the tables of the state whose contracts the city.yml of its deliveries changes.
    """
    tables_of = city.state_tables
    if not city.state and not tables_of:
        own = {path.stem for path in (*SOURCES.glob("*.yml"), *(layer.contracts if layer else ()))}
        tables_of = state_with_contract(set(city.sources) - own)
    own_state = (state_layer(city.state),) if city.state else ()
    tables = (dataclasses.replace(state_layer(tables_of), tables_only=True),) if tables_of and tables_of != city.state else ()
    return (*own_state, *tables)


def city_registry(city: City, folder: Path | None = None, further: Path | None = None) -> Registry:
    """The contracts of a city: shared ones, those of its layers, those of `further`, with what each city.yml changes.

    ContractError for a contract whose audience the city does not have.
    """
    contracts = tuple(path for layer in city.layers for path in layer.contracts)
    renamed = {row["formerly"]: row["source"] for row in seed_rows("renamed_sources", CROSSWALK.parent, city.layers)}
    registry = load_registry(further, contracts, renamed)
    for layer in city.layers:
        registry = registry.for_city(changes_of(layer), layer.settings_file, of_layer=True)
    file = (folder / FILE_NAME) if folder else Path(FILE_NAME)
    registry = registry.for_city(city.sources, file)
    known = {*city.all_audiences, FIGURES, TEAM}
    problems = [
        Problem(file, 1, f"{contract.source}: audience", _unknown_audience(contract.readers, known))
        for contract in registry
        if contract.readers not in known
    ]
    if problems:
        raise ContractError(problems)
    return registry.with_places(city.places)


def _unknown_audience(name: str, known: Collection[str]) -> str:
    return (
        f"{name!r} is no audience of this city. {did_you_mean(name, known)}Choose one of {', '.join(sorted(known))}, or add it "
        f"under audiences in {CITY_FILE}"
    )


def changes_of(layer: Layer) -> Mapping[str, Mapping[str, Any]]:
    """By source, the keys of contracts that a layer changes; a state has them in its state.yml."""
    file = layer.settings_file
    is_changing = file.is_file() and not layer.tables_only
    changes: Mapping[str, Mapping[str, Any]] = _data(file)[0]["sources"] if is_changing else {}
    return changes


def read_layer_city(layer: Layer) -> City:
    """The city of a layer as its city.yml describes it."""
    return read_city(None, layer.name, layer)


def _layer_data(layer: Layer) -> dict[str, Any]:
    """The keys of a layer's city.yml but `sources`, whose changes apply before those of the deliveries."""
    path = layer.folder / FILE_NAME
    data, line_of = _data(path)
    try:
        City.model_validate({"title": "-", "place_geoid": NO_PLACE} | data)
    except ValidationError as error:
        raise ContractError(problems_in(error, path, line_of)) from None
    return {key: value for key, value in data.items() if key not in ("sources", "as_of")}


def _data(path: Path) -> tuple[dict[str, Any], Callable[[Location], int]]:
    """The keys of a city.yml, and their lines. Sources are under `sources`, or directly under their names."""
    source = read_keys(path, "a city.yml is a mapping of keys, like city: milwaukee")
    sources = {key: value for key, value in source.data.items() if "__" in str(key) and IDENTIFIER.fullmatch(str(key))}
    data = {str(key): value for key, value in source.data.items() if key not in sources}
    listed = data.get("sources") or {}
    data["sources"] = listed | sources if isinstance(listed, dict) else listed
    return data, source.line_of
