"""Find and read contracts with the race vocabularies of their layers, and apply a city's changes to them.

Messages name file, line, field and remedy. See `ingest.contract` for the keys of a contract.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ValidationError

from ingest.contract import Contract, Inconsistent
from ingest.contract.vocabularies import PATH, RaceVocabulary, crosswalk_of, load_vocabulary
from ingest.contract.words import Identifier
from ingest.contract.yaml_source import Location, YamlError, YamlSource, file_state, read_yaml
from ingest.layers import VOCABULARY, Content, state_with_contract
from warehouse.printable import did_you_mean

SOURCES = Path(__file__).parents[1] / "sources"
# The keys that a city may change (city.yml): where the records come from, and when they arrive.
CITY_KEYS = ("jurisdiction", "coverage", "delivered_by", "follow_up", "period", "as_of", "freshness", "agreement", "audience")
# Of the agreement, whose other keys the department and the publisher decide, a city may change these.
CITY_KEYS_OF_AGREEMENT = ("republish", "valid_until", "keep_for", "details")
# The layer of a city (`ingest.layers`) may change these as well: how the city's systems are reached, and who answers for them.
LAYER_KEYS = (*CITY_KEYS, "connector", "steward", "title", "platform")
# pydantic's names of union branches in a location; the file has no such names.
BRANCH = re.compile(r".*\[.*\]|str|int|float|date|datetime|rule")
_MAPPING = "keys and their values belong here, like {key: value}"
SAID = {
    "extra_forbidden": "no such key; `levelground docs` has the list of keys (is it misspelled?)",
    "missing": "this key is missing; add it",
    "union_tag_not_found": "the key kind is missing; add it",
    "tuple_type": "a list belongs here, like [one, two]",
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "mapping_type": _MAPPING,
}
# Keys that a draft lacks until a person decides them (`ingest.contract_draft`).
UNDECIDED = (("agreement",), ("statistical_unit",))


class _Keys(BaseModel, extra="forbid", strict=True):
    title: str
    race_standard: Literal["spd15_1997", "spd15_2024"]
    selection: Literal["single", "multiple"]
    open: bool


def _is_new(name: str) -> str:
    if name in load_vocabulary().race:
        raise ValueError(f"{name} is a shared vocabulary; give the one of this layer another name")
    return name


class _Vocabularies(BaseModel, extra="forbid", strict=True):
    race_vocabularies: dict[Annotated[Identifier, AfterValidator(_is_new)], _Keys]


@dataclass(frozen=True)
class Problem:
    """One problem in a file, and its location."""

    file: Path
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


class ContractError(ValueError):
    """Contracts that cannot be used; each problem names file, line, field and remedy."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Registry:
    """All contracts by source name, in the order of their names. `renamed`: former names of sources, and what each became."""

    def __init__(self, contracts: Iterable[Contract], renamed: Mapping[str, str] | None = None) -> None:
        self._contracts = {contract.source: contract for contract in sorted(contracts, key=lambda contract: contract.source)}
        successors = {old: contract.source for contract in self for old in contract.formerly}
        self.renamed: Mapping[str, str] = {**(renamed or {}), **successors}

    def __iter__(self) -> Iterator[Contract]:
        return iter(self._contracts.values())

    def __len__(self) -> int:
        return len(self._contracts)

    def __contains__(self, source: str) -> bool:
        return source in self._contracts

    def __getitem__(self, source: str) -> Contract:
        if source not in self._contracts:
            raise UnknownSource(source, tuple(self._contracts), self.current_name(source))
        return self._contracts[source]

    def current_name(self, source: str) -> str:
        """The present name of a source that people may know under a former one; the name itself if it was never another."""
        for _ in self.renamed:  # a name may have changed more than once
            if source in self._contracts or source not in self.renamed:
                break
            source = self.renamed[source]
        return source

    def names(self) -> tuple[str, ...]:
        """The names of all sources."""
        return tuple(self._contracts)

    def for_city(self, overrides: Mapping[str, Mapping[str, Any]], file: Path, *, of_layer: bool = False) -> Registry:
        """The contracts with a city's changes; raises `ContractError` for a key that a city, or its layer, may not change."""
        contracts, problems = dict(self._contracts), []
        for named, changes in overrides.items():
            source, line_of = self.current_name(named), _city_lines(file, named)
            shown = named if source != named and source in overrides else source
            refused = dict(self._refusals(named, changes, overrides, LAYER_KEYS if of_layer else CITY_KEYS))
            problems += [
                Problem(file, line_of(place), ".".join(("sources", shown, *place)), message) for place, message in refused.items()
            ]
            if refused:
                continue
            data = contracts[source].model_dump(by_alias=True, exclude_unset=True)
            changed = {**data, **changes}
            if "agreement" in changes:
                changed["agreement"] = {**data["agreement"], **changes["agreement"]}
            try:
                contracts[source] = Contract.model_validate(changed, context=contracts[source].vocabulary)
            except ValidationError as error:
                problems += problems_in(error, file, line_of, f"sources.{source}.")
        if problems:
            raise ContractError(problems)
        return Registry(contracts.values(), self.renamed)

    def _refusals(
        self, named: str, changes: Mapping[str, Any], others: Collection[str], allowed: Sequence[str]
    ) -> Iterator[tuple[tuple[str, ...], str]]:
        """What forbids the changes of a source: at which of their keys, and why."""
        source = self.current_name(named)
        if source != named and source in others:
            yield (), f"{named} is called {source} now, which has changes too; keep those of {source}"
        elif source not in self:
            state = state_with_contract((source,))
            of_state = f"it is a source of the state layer {state}: write state_tables: {state} into city.yml (docs/city.md)"
            yield (), of_state if state else f"no such source; known are {', '.join(self._contracts)}"
        elif wrong := sorted(set(changes) - set(allowed)):
            message = f"a city may change only {', '.join(allowed)}; change the contract itself, or leave it out"
            yield from (((key,), message) for key in wrong)
        elif "agreement" in changes:
            decided = changes["agreement"]
            if not isinstance(decided, Mapping) or not decided or not set(decided) <= set(CITY_KEYS_OF_AGREEMENT):
                keys = ", ".join(CITY_KEYS_OF_AGREEMENT)
                yield ("agreement",), f"a city may change only {keys} of the agreement, like {{republish: allowed}}"

    def with_places(self, places: Mapping[str, str]) -> Registry:
        """The contracts with GEOIDs in place of the words `city`, `county` and `state`."""
        placed = (
            contract.model_copy(update={"jurisdiction": places.get(contract.jurisdiction, contract.jurisdiction)})
            for contract in self
        )
        return Registry(placed, self.renamed)


class UnknownSource(LookupError):
    """A source name without a contract; `now`: what the source is called today."""

    def __init__(self, source: str, known: tuple[str, ...], now: str | None = None) -> None:
        meant = f"It is called {now} now. " if now in known else did_you_mean(source, known)
        super().__init__(f"no contract is called {source!r}. {meant}`levelground sources list` lists all")


def load_registry(
    further: Path | None = None, layered: Iterable[Path] = (), renamed: Mapping[str, str] | None = None
) -> Registry:
    """Read the shared contracts, those of layers (`layered`) and of a further folder; `ContractError` lists all problems at once.

    A contract of a layer replaces the one of its name. `renamed`: former and present names of sources (seed `renamed_sources`).
    See `ingest.city.city_registry` for the contracts of a city.
    """
    files = list({file.name: file for file in (*sorted(SOURCES.glob("*.yml")), *layered)}.values())
    if further is not None:
        if not further.is_dir():
            raise ContractError(
                [Problem(further, 1, "LEVELGROUND_SOURCES", "no such folder; unset it, or name a folder of contracts")]
            )
        files += sorted(further.glob("*.yml"))
    contracts: dict[str, Contract] = {}
    places: dict[str, Path] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            contract = read_contract(file)
        except ContractError as error:
            problems += error.problems
            continue
        if contract.source in contracts:
            problems.append(Problem(file, 1, "source", f"{contract.source} has a contract already; each source has one"))
        contracts[contract.source] = contract
        places[contract.source] = file
    problems += _formerly_problems(contracts, places)
    if problems:
        raise ContractError(problems)
    return Registry(contracts.values(), renamed)


def _formerly_problems(contracts: Mapping[str, Contract], places: Mapping[str, Path]) -> Iterator[Problem]:
    successors: dict[str, str] = {}
    for contract in contracts.values():
        for name in contract.formerly:
            other = successors.setdefault(name, contract.source)
            if name in contracts:
                message = f"{name} has a contract too ({places[name]}); delete that one, or leave formerly out"
            elif other != contract.source:
                message = f"{name} is a former name of {other} already; a source has one successor"
            else:
                continue
            yield Problem(places[contract.source], 1, "formerly", message)


def read_keys(file: Path, otherwise: str) -> YamlSource:
    """Read a YAML file with keys and their values; `ContractError`, with the message `otherwise` if it is something else."""
    try:
        source = read_yaml(file)
    except YamlError as error:
        raise ContractError([Problem(file, error.line, "(file)", str(error))]) from None
    if not isinstance(source.data, dict):
        raise ContractError([Problem(file, 1, "(file)", otherwise)])
    return source


def layer_vocabularies(file: Path) -> tuple[RaceVocabulary, ...]:
    """The race vocabularies in a file, none if it does not exist; `ContractError` if it cannot be used."""
    return _read(file, *file_state(file)) if file.is_file() and file != PATH else ()


@lru_cache(maxsize=16)
def _read(file: Path, *_state: int) -> tuple[RaceVocabulary, ...]:
    """Cached by the file's state, because every contract of the layer asks."""
    source = read_keys(file, "a vocabulary.yml has the key race_vocabularies; see docs/city.md")
    try:
        found = _Vocabularies.model_validate(source.data)
    except ValidationError as error:
        raise ContractError(problems_in(error, file, source.line_of)) from None
    return tuple(RaceVocabulary(name=name, **keys.model_dump()) for name, keys in found.race_vocabularies.items())


def read_contract(file: Path) -> Contract:
    """Read one contract; `ContractError` has the line of each problem in it."""
    return _read_contract(file, crosswalk_of(file), layer_vocabularies(file.parent.parent / VOCABULARY), *file_state(file))


@lru_cache(maxsize=256)
def _read_contract(file: Path, crosswalk: Content, added: tuple[RaceVocabulary, ...], *_state: int) -> Contract:
    """Cached by the file's state, because a command reads all contracts three times."""
    source = read_keys(file, "a contract is a mapping of keys; see docs/add-a-source.md")
    try:
        contract = Contract.model_validate(source.data, context=load_vocabulary().of_layer(added, crosswalk))
    except ValidationError as error:
        raise ContractError(problems_in(error, file, source.line_of)) from None
    if contract.source != file.stem:
        message = f"the file is called {file.name}, the source {contract.source}; one name, spelled the same in both"
        raise ContractError([Problem(file, source.line_of(("source",)), "source", message)])
    return contract


def problems_in(error: ValidationError, file: Path, line_of: Callable[[Location], int], within: str = "") -> list[Problem]:
    """The problems that pydantic found, each field once, with their lines; no message quotes a value other than a word."""
    found: dict[Location, dict[str, None]] = {}
    for detail in error.errors(include_url=False):
        cause = detail.get("ctx", {}).get("error")
        problems = cause.problems if isinstance(cause, Inconsistent) else [(_place(detail["loc"]), _message(detail, file))]
        for place, message in problems:
            found.setdefault(place, {})[message] = None
    return [
        Problem(file, line_of(place), within + (".".join(map(str, place)) or "(contract)"), "; or: ".join(messages))
        for place, messages in found.items()
    ]


def _place(location: Location) -> Location:
    place = tuple(part for part in location if not (isinstance(part, str) and BRANCH.fullmatch(part)))
    # the chosen kind of connector is such a branch, too
    return ("connector", *place[2:]) if place[:1] == ("connector",) else place


def _message(error: Any, file: Path) -> str:
    if error["type"] == "string_type" and isinstance(error["input"], (int, float, dt.date)):
        return "this should be a text, but YAML reads it as another type; put it in quotes"
    if error["type"] == "missing" and error["loc"] in UNDECIDED:
        return f"this key is not decided yet; write it (`levelground sources todo {file.stem}` lists what is missing)"
    return SAID.get(error["type"], str(error["msg"]).removeprefix("Value error, "))


def _city_lines(file: Path, source: str) -> Callable[[Location], int]:
    """The lines of a source's keys in a city.yml, under `sources` or at the top; read only for a message."""

    def line_of(place: Location) -> int:
        try:
            lines = read_yaml(file)
        except (OSError, YamlError):
            return 1
        return max(lines.line_of((source, *place)), lines.line_of(("sources", source, *place)))

    return line_of
