"""Finding contracts and reading them.

Here: the contract folders, messages with file, line, field and remedy, the changes a city makes to a contract, and the
JSON Schema for editors. Not here: what a contract may say (`ingest.contract`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ingest.contract import Contract
from ingest.vocabulary import load_vocabulary
from ingest.yaml_source import YamlError, read_yaml

SOURCES = Path(__file__).with_name("sources")
# What a city may say differently from the contract (city.yml): where the records come from and how their time runs.
CITY_KEYS = ("jurisdiction", "follow_up", "period", "as_of", "freshness")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file, and where."""

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
    """All contracts, by source name, in the order of their names."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self._contracts = {contract.source: contract for contract in sorted(contracts, key=lambda contract: contract.source)}

    def __iter__(self) -> Iterator[Contract]:
        return iter(self._contracts.values())

    def __len__(self) -> int:
        return len(self._contracts)

    def __contains__(self, source: str) -> bool:
        return source in self._contracts

    def __getitem__(self, source: str) -> Contract:
        if source not in self._contracts:
            raise UnknownSource(source, tuple(self._contracts))
        return self._contracts[source]

    def names(self) -> tuple[str, ...]:
        """The names of all sources."""
        return tuple(self._contracts)

    def for_city(self, overrides: Mapping[str, Mapping[str, Any]], file: Path) -> Registry:
        """The contracts with a city's changes; `ContractError` for a key that a city may not change."""
        contracts, problems = dict(self._contracts), []
        for source, changes in overrides.items():
            if source not in contracts:
                problems.append(Problem(file, 1, f"sources.{source}", f"no such source; known are {', '.join(contracts)}"))
                continue
            wrong = sorted(set(changes) - set(CITY_KEYS))
            if wrong:
                message = f"a city may change only {', '.join(CITY_KEYS)}; change the contract itself, or leave it out"
                problems.append(Problem(file, 1, f"sources.{source}.{wrong[0]}", message))
                continue
            data = contracts[source].model_dump(by_alias=True, exclude_unset=True) | dict(changes)
            try:
                contracts[source] = Contract.model_validate(data, context=load_vocabulary())
            except ValidationError as error:
                problems += [Problem(file, 1, f"sources.{source}.{_field(e['loc'])}", _message(e)) for e in error.errors()]
        if problems:
            raise ContractError(problems)
        return Registry(contracts.values())


class UnknownSource(LookupError):
    """A name that no contract has."""

    def __init__(self, source: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no contract is called {source!r}; there are {', '.join(known)}")


def load_registry(further: Path | None = None) -> Registry:
    """Read every contract of the repository and of a further folder; `ContractError` tells all problems at once."""
    files = sorted(SOURCES.glob("*.yml"))
    if further is not None:
        if not further.is_dir():
            raise ContractError(
                [Problem(further, 1, "LEVELGROUND_SOURCES", "no such folder; unset it, or name a folder of contracts")]
            )
        files += sorted(further.glob("*.yml"))
    contracts: dict[str, Contract] = {}
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
    if problems:
        raise ContractError(problems)
    return Registry(contracts.values())


def read_contract(file: Path) -> Contract:
    """Read one contract; `ContractError` with the line of everything that is wrong in it."""
    try:
        source = read_yaml(file)
    except YamlError as error:
        raise ContractError([Problem(file, error.line, "(file)", str(error))]) from None
    except UnicodeDecodeError:
        raise ContractError([Problem(file, 1, "(file)", "not UTF-8; save the file as UTF-8")]) from None
    if not isinstance(source.data, dict):
        raise ContractError([Problem(file, 1, "(file)", "a contract is a mapping of keys; see docs/add-a-source.md")])
    try:
        contract = Contract.model_validate(source.data, context=load_vocabulary())
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        # pydantic names the chosen kind of connector in the location; the file does not
        places = [
            tuple(p for p in e["loc"] if p not in ("file", "database", "ckan", "socrata", "arcgis", "http")) for e in details
        ]
        raise ContractError(
            Problem(file, source.line_of(place), _field(place), _message(e)) for e, place in zip(details, places, strict=True)
        ) from None
    if contract.source != file.stem:
        message = f"the file is called {file.name}, the source {contract.source}; one name, spelled the same in both"
        raise ContractError([Problem(file, source.line_of(("source",)), "source", message)])
    return contract


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a contract, for editors."""
    return Contract.model_json_schema(by_alias=True)


def _field(location: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in location) or "(contract)"


def _message(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        return "no such key; see the list of keys in docs/add-a-source.md (is it misspelled?)"
    if error["type"] == "missing":
        return "this key is missing; add it"
    return message
