"""Read the file that lists cities with their homes, refuse what cannot be run, and read what each home records of its runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator

from ingest.city import FILE_NAME, city_named_in
from ingest.contract import Identifier
from ingest.contract.registry import ContractError, Problem, problems_in, read_keys
from ingest.contract.words import ENVIRONMENT_NAME, matching
from ingest.contract.yaml_source import Location
from orchestration.runs.city_choice import LIVE, SAMPLE
from orchestration.runs.record import HELD_BACK, RELEASED, STALE, UNCHANGED, RunRecord, RunStore
from orchestration.runs.reports import standing_gates
from orchestration.settings import ConfigurationError, Settings, variable_names
from warehouse.lock import holder, is_held
from warehouse.paths import Home
from warehouse.printable import did_you_mean
from warehouse.releases import ReleaseCorrupt, current

# each city has its own, or the machine that runs it has
NOT_OF_A_CITY = ("LEVELGROUND_HOME", "LEVELGROUND_CITY", "LEVELGROUND_DELIVERIES", "LEVELGROUND_CITIES")
SHARED = "LEVELGROUND_SHARED_BATCHES"  # a folder, relative to the file as the others
SECRETS = ("LEVELGROUND_HASH_KEY", "LEVELGROUND_ALERTS", "LEVELGROUND_UI_TOKEN")

# YAML reads `4` and `true` as other types than the texts of an environment
SettingText = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else value)]


class CityEntry(BaseModel, extra="forbid", frozen=True):
    """A city as the file lists it. `settings`: variables of its own runs. `hash_key_env`: the variable with its hash key."""

    name: Identifier
    home: str = Field(min_length=1)
    deliveries: str | None = Field(default=None, min_length=1)
    layer: str | None = Field(default=None, min_length=1)
    settings: Mapping[str, SettingText] = {}
    hash_key_env: Annotated[str, matching(ENVIRONMENT_NAME, "the name of an environment variable", quote=False)] | None = None

    @field_validator("settings")
    @classmethod
    def _known(cls, settings: Mapping[str, str]) -> Mapping[str, str]:
        allowed = [name for name in variable_names() if name not in (*NOT_OF_A_CITY, *SECRETS)]
        for name in settings:
            if name in SECRETS:
                raise ValueError(f"{name} is a secret; set it in the environment, for one city with hash_key_env")
            if name not in allowed:
                raise ValueError(
                    f"{name} is no setting of a city's run. {did_you_mean(name, allowed)}See docs/deploy/settings.md"
                )
        return settings


class HomesFile(BaseModel, extra="forbid", frozen=True):
    """The whole file."""

    cities: tuple[CityEntry, ...]

    @field_validator("cities")
    @classmethod
    def _some(cls, cities: tuple[CityEntry, ...]) -> tuple[CityEntry, ...]:
        if not cities:
            raise ValueError("the file lists no city; write `cities: [{name: …, home: …}]`")
        return cities


@dataclass(frozen=True)
class CityHome:
    """A city of the file, with absolute paths. `where`: the file and line that list it, for messages."""

    name: str
    home: Home
    deliveries: str | None
    layer: Path | None
    settings: Mapping[str, str]
    hash_key_env: str | None
    where: str

    @property
    def recorded_city(self) -> str | None:
        """The city that the home holds; None before its first run, or if this account may not read it."""
        try:
            found = json.loads(self.home.home_json.read_bytes())["city"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return str(found)

    @property
    def holds_another(self) -> bool:
        """Whether the home holds another city than the one that the file lists."""
        return self.recorded_city not in (None, self.name)


def read_homes(path: Path) -> tuple[CityHome, ...]:
    """The cities of a file; `ContractError` with file, line and remedy. Relative paths are relative to the file."""
    try:
        source = read_keys(path, "a list of cities belongs here: `cities: [{name: …, home: …}]`")
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error.strerror}); write a file with `cities: [{{name: …, home: …}}]` (docs/scale.md)"
        ) from None
    try:
        file = HomesFile.model_validate(source.data)
    except ValidationError as error:
        raise ContractError(problems_in(error, path, source.line_of)) from None
    problems = list(_problems(file.cities, path, source.line_of))
    if problems:
        raise ContractError(problems)
    folder = path.absolute().parent
    return tuple(_city_home(entry, folder, f"{path}:{source.line_of(('cities', n))}") for n, entry in enumerate(file.cities))


def check_runnable(homes: Sequence[CityHome]) -> None:
    """`ConfigurationError` if a folder is missing, a setting is invalid, or a home holds another city. Only a run needs them."""
    problems = [f"{city.where}: {problem}" for city in homes if (problem := _problem_of(city))]
    if problems:
        raise ConfigurationError("\n".join(problems))


def _problem_of(city: CityHome) -> str | None:
    held = city.recorded_city
    if city.holds_another:
        return f"the home {city.home.root} holds the city {held}, not {city.name}; correct the name or the home"
    if held is None and city.deliveries is None:
        return (
            f"{city.name} has no deliveries, and its home {city.home.root} has none recorded; write `deliveries:` with a folder, "
            f"`{LIVE}` or `{SAMPLE}`"
        )
    if city.deliveries not in (None, LIVE, SAMPLE) and not Path(city.deliveries or "").is_dir():
        return (
            f"there is no folder {city.deliveries} with the deliveries of {city.name}; name a folder with one folder per source, "
            f"or `{SAMPLE}`, or `{LIVE}`"
        )
    if city.layer is not None and (problem := _problem_of_layer(city.layer, city.name)):
        return problem
    try:
        Settings.from_environment(city.settings)
    except ConfigurationError as error:
        return str(error)
    return None


def _problems(cities: Sequence[CityEntry], path: Path, line_of: Callable[[Location], int]) -> Iterator[Problem]:
    """Cities that have a name or a home of an earlier one."""
    names: dict[str, int] = {}
    homes: dict[Path, str] = {}
    for number, city in enumerate(cities):
        where, home = ("cities", number), _resolved(path.absolute().parent, city.home).resolve()
        if city.name in names:
            message = f"{city.name} is listed in line {names[city.name]} already; list each city once"
            yield Problem(path, line_of((*where, "name")), f"cities.{number}.name", message)
        if home in homes:
            message = f"{homes[home]} has this home already; a home holds one city: name another folder"
            yield Problem(path, line_of((*where, "home")), f"cities.{number}.home", message)
        names.setdefault(city.name, line_of(where))
        homes.setdefault(home, city.name)


def _problem_of_layer(layer: Path, name: str) -> str | None:
    named = city_named_in(layer)
    if named is None:
        return f"{layer / FILE_NAME} is missing or has no key city; `levelground cities new` writes a layer"
    return None if named == name else f"{layer / FILE_NAME} names the city {named}, not {name}"


def _city_home(entry: CityEntry, folder: Path, where: str) -> CityHome:
    deliveries = entry.deliveries
    if deliveries not in (None, LIVE, SAMPLE):
        deliveries = str(_resolved(folder, deliveries or ""))
    layer = _resolved(folder, entry.layer) if entry.layer is not None else None
    home = Home(_resolved(folder, entry.home))
    settings = {name: str(_resolved(folder, value)) if name == SHARED else value for name, value in entry.settings.items()}
    return CityHome(entry.name, home, deliveries, layer, settings, entry.hash_key_env, where)


def _resolved(folder: Path, path: str) -> Path:
    return folder / Path(path).expanduser()


NO_HOME, NO_RUN, RUNNING, INTERRUPTED, NOT_READABLE = "no home", "no run yet", "running", "interrupted", "not readable"


@dataclass(frozen=True)
class CityStatus:
    """A city: its release, its last run, and what is wrong. `last_run`: an outcome, or a state of the home.

    `as_of`: the time that the last run used as now. `late`: sources held back or stale. `criticals`: critical findings that hold.
    """

    city: str
    home: str
    release_id: str | None
    released_at: str | None
    data_as_of: str | None
    last_run: str
    started_at: str | None
    as_of: str | None
    late: tuple[str, ...]
    criticals: int | None
    problem: str | None

    @property
    def is_done(self) -> bool:
        """Whether the city has a release, and its last run released it or found nothing new."""
        return self.release_id is not None and self.last_run in (RELEASED, UNCHANGED) and self.problem is None

    @property
    def is_complete(self) -> bool:
        """Whether the city has a release, its last run succeeded or goes on, and no source is late."""
        return self.release_id is not None and not self.late and self.problem is None


def city_status(city: CityHome) -> CityStatus:
    """The state of a city; a home that is missing or damaged is a state too."""
    home = city.home
    problem, release = None, None
    try:
        release = current(home)
    except ReleaseCorrupt as error:
        problem = str(error)
    if city.holds_another:
        problem = f"the home holds the city {city.recorded_city}"
    is_readable = not home.runs.is_dir() or os.access(home.runs, os.R_OK | os.X_OK)
    records = RunStore(home.runs).all() if is_readable else []
    ended = [record for record in records if record.outcome]
    last = ended[-1] if ended else None
    if problem is None and last is not None and last.exit_code not in (0, 4):
        problem = last.message
    return CityStatus(
        city=city.name,
        home=str(home.root),
        release_id=release.release_id if release else None,
        released_at=release.created_at.strftime("%Y-%m-%dT%H:%M:%SZ") if release else None,
        data_as_of=release.data_as_of.isoformat() if release and release.data_as_of else None,
        last_run=_last_run(home, records) if is_readable else NOT_READABLE,
        started_at=records[-1].started_at if records else None,
        as_of=records[-1].as_of if records else None,
        late=tuple(s.source for s in last.sources.values() if s.verdict in (HELD_BACK, STALE)) if last else (),
        criticals=sum(len(gate.result.failed_critical) for gate in standing_gates(ended)) if is_readable else None,
        problem=problem,
    )


def _last_run(home: Home, records: list[RunRecord]) -> str:
    if not home.root.is_dir():
        return NO_HOME
    last = records[-1] if records else None
    if last is None or last.outcome is None:
        if holder(home) is not None and is_held(home):
            return RUNNING
        return NO_RUN if last is None else INTERRUPTED
    return INTERRUPTED if last.was_interrupted else str(last.outcome)
