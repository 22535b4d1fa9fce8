"""Write a new measure: its seed rows, counts model, description and unit test, into a city's layer or this repository.

`missing_steps` lists what is left. See docs/add-a-measure.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.contract import Contract
from ingest.layers import appended_rows, rows_of_seed
from orchestration.codegen.folders import Folders
from orchestration.codegen.source_models import render
from orchestration.settings import DBT_PROJECT, SHARED_SEEDS, ConfigurationError
from orchestration.transform.model_files import ModelFile
from warehouse.connection import in_memory
from warehouse.files import write_atomically
from warehouse.printable import did_you_mean
from warehouse.sql import quoted

RACE = "race_ethnicity_code"
# of a fact whose records are geocoded: the columns of the macro piece_columns
PLACED = ("tract_geoid", "aldermanic_district_geoid", "neighborhood_geoid")
NO_COLUMN = re.compile(r'Referenced column "([^"]+)" not found')
COUNTS = Path("measures") / "counts"
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{2,59}")
NOT_RECORDED = "Not recorded"
# the reason of a plan row that publishes nothing; `measures todo` lists it
UNDECIDED = "Not decided yet"
NOT_YET = -1  # no count: the test of a skeleton fails until a person has written what they expect
PERSONS = ("person", "household")
# days after the end of a period until the public file has it
LAG_DAYS = "30"
CITY_GEOID = 7  # digits


@dataclass(frozen=True)
class NewMeasure:
    """What a measure counts, its texts and its decisions. `counted` and `among` are SQL conditions over a row of the fact.

    `contract` is that of the source of the numerator, `population` a population of `population_bases`.
    """

    measure_id: str
    kind: str
    fact: ModelFile
    contract: Contract
    name: str
    question: str
    caveat: str
    numerator: str
    denominator: str = ""
    counted: str | None = None
    among: str | None = None
    direction: str = "none"
    population: str = "residents"
    race_level: str = ""  # empty: not published yet

    @property
    def model(self) -> str:
        """The name of its counts model."""
        return f"int_{self.measure_id}__counts"

    @property
    def has_race(self) -> bool:
        """Whether the records of the fact carry race."""
        return RACE in self.fact.columns

    @property
    def has_place(self) -> bool:
        """Whether the records are geocoded: a source of a county or state has one place, which it covers."""
        is_of_city = len(self.contract.jurisdiction) == CITY_GEOID
        return is_of_city and all(column in self.fact.columns for column in PLACED)

    @property
    def places(self) -> str:
        """The types of place with their finest period, as the registry has them."""
        named = "neighborhood" if self.fact.meta.get("counts_of_places") else "aldermanic_district"
        return f"city:month|{named}:year" if self.has_place else ""

    @property
    def is_share(self) -> bool:
        """Whether the model counts a denominator: that of a rate is a population, and a count has none."""
        return self.kind in ("proportion", "composition")

    @property
    def is_of_persons(self) -> bool:
        """Whether small counts of it could disclose a person."""
        return self.contract.statistical_unit in PERSONS or self.contract.agreement.classification == "confidential"


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


def seed_rows(measure: NewMeasure) -> dict[str, list[dict[str, str]]]:
    """The rows of each seed that a measure needs."""
    fixed = {"lag_days": LAG_DAYS, "not_recorded": NOT_RECORDED, "undecided": UNDECIDED}
    rows: dict[str, list[dict[str, str]]] = json.loads(render("measure_rows.json", measure=measure, **fixed))
    return rows


def write_measure(folders: Folders, measure: NewMeasure, place_geoid: str) -> tuple[Path, ...]:
    """Write all files of a measure, or none; return them. `ConfigurationError` for an id that is taken or no identifier."""
    if not IDENTIFIER.fullmatch(measure.measure_id):
        raise ConfigurationError(
            f"{measure.measure_id!r} is no id of a measure: lower case letters, digits and underscores, 3 to 60 characters"
        )
    model = folders.counts(measure.measure_id)
    seeds = dict.fromkeys((SHARED_SEEDS / "measure_registry.csv", folders.seed("measure_registry")))
    taken = any(row["measure_id"] == measure.measure_id for seed in seeds if seed.is_file() for row in rows_of_seed(seed))
    if taken or model.exists():
        raise ConfigurationError(
            f"there is a measure {measure.measure_id} already; `levelground measures todo` lists what it lacks"
        )
    texts = {
        folders.seed(name): appended_rows(folders.seed(name), SHARED_SEEDS / f"{name}.csv", new)
        for name, new in seed_rows(measure).items()
    }
    texts[model] = render("counts.sql", measure=measure)
    properties, tests = folders.described(model), folders.described(model, "unit_tests")
    described = render("counts.yml", measure=measure, columns=None if folders.is_shared else _columns())
    unit_test = render("counts_unit_test.yml", measure=measure, place_geoid=place_geoid, not_yet=NOT_YET)
    for file, key, entry in ((properties, "models", described), (tests, "unit_tests", unit_test)):
        before = f"{file.read_text(encoding='utf-8').rstrip()}\n\n" if file.is_file() else f"version: 2\n\n{key}:\n"
        texts[file] = before + entry
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    return tuple(texts)


def about_lag(folders: Folders) -> str:
    """What the planned `lag_days` do, and where to change them."""
    return (
        f"the public file has a period from {LAG_DAYS} days after its end, the analyst file at once: set lag_days in "
        f"{folders.seed('publication_plan')} to the days that the source needs until a period is complete"
    )


def _columns() -> str:
    """The columns of a counts model as the shared models describe them."""
    text = (DBT_PROJECT / "models" / COUNTS / "_counts__models.yml").read_text(encoding="utf-8")
    return "\n".join(line for line in text.partition("&counted\n")[2].partition("\n\n")[0].splitlines() if line.strip())
