"""Define what a new measure counts, and check its conditions against its fact, before a run that takes minutes.

See `measure_files` for its files, and docs/add-a-measure.md for the choices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from orchestration.settings import ConfigurationError
from orchestration.transform.model_files import ModelFile
from warehouse.connection import in_memory
from warehouse.printable import did_you_mean
from warehouse.sql import quoted

RACE = "race_ethnicity_code"
# of a fact whose records are geocoded: the columns of the macro piece_columns
PLACED = ("tract_geoid", "aldermanic_district_geoid", "neighborhood_geoid")
NO_COLUMN = re.compile(r'Referenced column "([^"]+)" not found')


@dataclass(frozen=True)
class Definition:
    """What a measure counts. `counted` and `among` are SQL conditions over a row of the fact."""

    measure_id: str
    kind: str
    fact: ModelFile
    source: str
    counted: str | None
    among: str | None
    numerator: str
    denominator: str
    is_of_city: bool = True  # a source of a county or state has one place, which it covers

    @property
    def model(self) -> str:
        """The name of its counts model."""
        return f"int_{self.measure_id}__counts"

    @property
    def grain(self) -> str:
        """What one row of the counts model is."""
        parts = ["period", *(["place"] if self.has_place else []), *(["race"] if self.has_race else [])]
        return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]

    @property
    def is_counted(self) -> str:
        """SQL of whether a record counts in the numerator."""
        return f"coalesce({self.counted}, false)" if self.counted and self.kind == "proportion" else "true"

    @property
    def conditions(self) -> list[str]:
        """SQL of the records that the model counts."""
        counted = [f"({self.counted})"] if self.counted and self.kind != "proportion" else []
        return ["occurred_on is not null", *([f"({self.among})"] if self.among else []), *counted]

    @property
    def has_race(self) -> bool:
        """Whether the records of the fact carry race."""
        return RACE in self.fact.columns

    @property
    def has_place(self) -> bool:
        """Whether the records of the fact are geocoded."""
        return self.is_of_city and all(column in self.fact.columns for column in PLACED)

    @property
    def places(self) -> str:
        """The types of place with their finest period, as the registry has them."""
        named = "neighborhood" if self.fact.meta.get("counts_of_places") else "aldermanic_district"
        return f"city:month|{named}:year" if self.has_place else ""

    @property
    def is_share(self) -> bool:
        """Whether the model counts a denominator: that of a rate is a population, and a count has none."""
        return self.kind in ("proportion", "composition")


def find_fact(name: str, models: Mapping[str, ModelFile], kind: str) -> ModelFile:
    """The fact of this name, if a measure of this kind can count its rows; `ConfigurationError` otherwise."""
    facts = {n: model for n, model in models.items() if model.folder.startswith("marts/facts") and "source" in model.columns}
    if name not in facts:
        raise ConfigurationError(f"no fact is called {name!r}. {did_you_mean(name, facts)}`levelground tables` lists them")
    fact = facts[name]
    has_counts = fact.meta.get("counts_of_places") and any(column.endswith("_count") for column in fact.columns)
    if not fact.meta.get("dated") or fact.meta.get("is_stock") or has_counts:
        raise ConfigurationError(
            f"{name} is no fact of dated records (meta `dated`): its rows are snapshots or counts, which are not counted. "
            "Write its counts model by hand, from one of dbt_project/models/measures/counts"
        )
    if kind == "composition" and RACE not in fact.columns:
        raise ConfigurationError(f"{name} has no column {RACE}, so it has no composition by race; choose another --kind")
    return fact


def check_conditions(fact: ModelFile, conditions: Mapping[str, str | None]) -> None:
    """Raise `ConfigurationError` for a condition, by its option, that the fact's columns do not satisfy or that is no SQL."""
    types = {name: column.get("data_type") for name, column in fact.columns.items()}
    if not types or not all(types.values()):
        return
    with in_memory() as con:
        con.execute("set enable_external_access = false")
        con.execute(f"create table facts ({', '.join(f'{quoted(name)} {kind}' for name, kind in types.items())})")
        for option, condition in conditions.items():
            if not condition or "{{" in condition:
                continue
            try:
                con.execute(f"select count(*) filter (where ({condition})) from facts")
            except duckdb.CatalogException:  # a function of the project exists only in a run
                continue
            except duckdb.Error as error:
                raise ConfigurationError(f"{option} {condition!r}: {_reason(fact, str(error))}") from None


def _reason(fact: ModelFile, message: str) -> str:
    missing = NO_COLUMN.search(message)
    if missing is None:
        return message.splitlines()[0]
    known = f"`levelground tables {fact.name}` lists its columns"
    return f"{fact.name} has no column {missing[1]}. {did_you_mean(missing[1], fact.columns)}{known}"
