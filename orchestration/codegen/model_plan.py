"""Plan the staging model and the fact of a source from its contract: what the templates of their SQL, YAML and suite need.

See `codegen.source_models` for the files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest.contract import Column, Contract

# The folder of facts of each policy area.
FOLDERS = {
    "education": "education", "housing": "housing", "workforce": "workforce", "public_safety": "safety",
    "violence_prevention": "safety", "city_services": "services", "health": "health", "arpa": "money", "city_money": "money",
    "engagement": "engagement", "population": "population",
}  # fmt: skip
TYPES = {
    "text": "varchar", "integer": "bigint", "decimal": "double", "boolean": "boolean", "date": "date", "timestamp": "timestamp",
}  # fmt: skip
MONEY = "decimal(18, 4)"
# Columns that every fact has already: a delivered column of such a name gets an ending.
TAKEN = frozenset(
    {
        "source", "jurisdiction", "occurred_on", "period_start", "period_end", "tract_geoid", "aldermanic_district_geoid",
        "aldermanic_district_vintage", "police_district_geoid", "neighborhood_geoid", "geocode_quality", "match_stage",
        "address_standard", "race_ethnicity_reported", "race_ethnicity_set", "race_ethnicity_code", "race_ethnicity_code_1997",
        "race_standard", "collection_mode", "group_name", "is_latest_snapshot",
    }
)  # fmt: skip
# The roles by which `place_conformed` finds a place, with the name of their column in staging.
PLACE_ROLES = {"address": "address", "longitude": "longitude", "latitude": "latitude", "zip": "zip_code"}
# A ZIP code that is a number has lost its zeros, which the templates give back.
PLACE_TYPES = {"address": ("text",), "longitude": ("decimal",), "latitude": ("decimal",), "zip_code": ("text", "integer")}
RACE_ROLES = ("race", "race_flag", "ethnicity")
TRACT = re.compile(r"(^|_)tract")


@dataclass(frozen=True)
class PlannedColumn:
    """A column of staging and fact: its name, that of the landed column, its type and description."""

    name: str
    delivered: str
    data_type: str
    description: str
    contract_column: Column | None = None

    @property
    def role(self) -> str | None:
        """The role in the contract."""
        return self.contract_column.role if self.contract_column else None


GEOCODED = (
    PlannedColumn("address_standard", "", "varchar", "The address in the form of the address index; NULL where it is none"),
    PlannedColumn("match_stage", "", "varchar", "The stage by which the address was found in the index"),
)


@dataclass(frozen=True)
class ModelPlan:
    """The two models of a source. `race` are the contract's columns about race."""

    contract: Contract
    fact: str
    event: str
    columns: tuple[PlannedColumn, ...]
    race: tuple[Column, ...]

    @property
    def staging(self) -> str:
        """The name of the staging model."""
        return f"stg_{self.contract.source}"

    @property
    def own_columns(self) -> tuple[PlannedColumn, ...]:
        """The columns of the fact after those that every fact has."""
        race = {column.name for column in self.race} if self.has_race else set()
        own = tuple(column for column in self.columns if column.name not in race)
        return own + (GEOCODED if "address" in self.places else ())

    @property
    def required_columns(self) -> list[str]:
        """Those of them that every row has."""
        key = self.contract.load.key or ()
        return [c.name for c in self.own_columns if c.contract_column and (c.contract_column.required or c.name in key)]

    @property
    def tract(self) -> str | None:
        """The delivered code of the tract, if there is one."""
        geoids = (c for c in self.columns if c.role == "geoid" and c.data_type == "varchar")
        return next((c.name for c in geoids if TRACT.search(c.delivered)), None)

    @property
    def places(self) -> tuple[str, ...]:
        """The columns of staging by which a record is geocoded: address, longitude, latitude, zip_code."""
        roles = Counter(c.role for c in self.columns)
        named = [c for c in self.columns if c.name == PLACE_ROLES.get(c.role or "") and roles[c.role] == 1]
        names = tuple(c.name for c in named if c.contract_column and c.contract_column.type in PLACE_TYPES[c.name])
        names += ("longitude", "latitude") if self.projected else ()
        has_point = {"longitude", "latitude"} <= set(names)
        return tuple(name for name in names if has_point or name not in ("longitude", "latitude"))

    @property
    def projected(self) -> tuple[str, ...]:
        """The delivered x and y of a record without degrees; staging transforms them by the coordinate system of the file."""
        roles = Counter(c.role for c in self.columns)
        if not (roles["x"] == roles["y"] == 1) or roles["longitude"] or roles["latitude"]:
            return ()
        return tuple(c.delivered for role in ("x", "y") for c in self.columns if c.role == role)

    @property
    def counts_places(self) -> bool:
        """Whether a row is a count of a tract, not a record with an address."""
        return self.contract.statistical_unit == "aggregate" and self.tract is not None

    @property
    def has_race(self) -> bool:
        """Whether the fact has columns of race: one vocabulary reads them all. Otherwise a person completes the staging model."""
        labels = [column for column in self.race if column.role == "race"]
        vocabularies = {name for column in self.race for name in column.vocabulary_names()}
        by_column = any(isinstance(column.vocabulary, dict) for column in self.race)
        return bool(self.race) and not by_column and len(labels) < 2 and len(vocabularies) < 2


def plan_models(contract: Contract, fact: str | None = None) -> ModelPlan:
    """The plan of both models; `fact` names the fact, which is otherwise called after the source's data set."""
    dataset = re.sub(r"\d+", "", contract.source.split("__")[1])
    dataset = re.sub(r"_+", "_", dataset).strip("_") or contract.department
    race = tuple(column for column in contract.kept_columns if column.role in RACE_ROLES)
    plan = ModelPlan(contract, f"fct_{dataset}", dataset, tuple(_columns(contract, race)), race)
    ending = "_by_tract" if plan.counts_places and not dataset.endswith("_by_tract") else ""
    name = fact or f"fct_{dataset}{ending}"
    return replace(plan, fact=name, event=_singular(name.removeprefix("fct_")))


def _columns(contract: Contract, race: tuple[Column, ...]) -> Iterator[PlannedColumn]:
    event = contract.event_column.name if contract.event_column else None
    taken = set(TAKEN)
    roles = Counter(column.role for column in contract.kept_columns)
    # parts of an address, or two addresses: a person decides which is that of the record
    places = {role: name for role, name in PLACE_ROLES.items() if roles[role] == 1}
    for column in contract.kept_columns:
        if column.privacy == "direct_identifier" or column.type == "geometry":
            continue
        if column.name == event and column.type == "date" and contract.snapshot is None:
            continue  # occurred_on
        name = places.get(column.role or "", column.name)
        if name in taken:
            name = f"{column.name}_reported"
        taken.add(name)
        delivered = " or ".join(map(str, column.delivered_names))
        if column in race:
            # the crosswalk reads the label; the fact has it as race_ethnicity_reported
            what = f"{column.description.rstrip('.')}, the label" if column.description else "Label"
            yield PlannedColumn(column.name, column.name, "varchar", f"{what} as delivered in {delivered}", column)
            continue
        words = column.name.replace("_", " ").capitalize()
        unit = f", in {column.unit}" if column.unit else ""
        data_type = MONEY if column.type == "decimal" and column.currency else TYPES[column.type]
        yield PlannedColumn(name, column.name, data_type, f"{column.meaning}{unit}, as delivered in {delivered}", column)
        has_reason = not column.required and column.name not in contract.deciding_columns and not column.is_label
        if has_reason and (column.type in ("integer", "decimal", "boolean") or column.role == "address"):
            why = f"Why there is no {words.lower()}"
            yield PlannedColumn(f"{name}_missing_reason", f"{column.name}_missing_reason", "varchar", why)


def _singular(name: str) -> str:
    if name.endswith("_by_tract"):
        return name
    for ending, singular in ((r"ies$", "y"), (r"(?<=[^aeiou]ch|.sh|..x|.ss)es$", ""), (r"(?<!s)s$", "")):
        if re.search(ending, name):
            return re.sub(ending, singular, name)
    return name
