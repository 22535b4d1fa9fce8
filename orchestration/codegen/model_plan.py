"""Plan the staging model and the fact of a source from its contract: names, columns, types, descriptions.

See `codegen.model_text` for their SQL and YAML.
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
# A ZIP code that is a number has lost its zeros, which `zip_sql` gives back.
PLACE_TYPES = {"address": ("text",), "longitude": ("decimal",), "latitude": ("decimal",), "zip_code": ("text", "integer")}
RACE_ROLES = ("race", "race_flag", "ethnicity")
TRACT = re.compile(r"(^|_)tract")


@dataclass(frozen=True)
class PlannedColumn:
    """A column of staging and fact: its name, its SQL in staging, its type and description."""

    name: str
    sql: str
    data_type: str
    description: str
    contract_column: Column | None = None


@dataclass(frozen=True)
class ModelPlan:
    """The two models of a source.

    `race` are the contract's columns about race, `race_by_hand` is why no SQL is generated for them.
    """

    contract: Contract
    staging: str
    fact: str
    event: str
    folder: str
    columns: tuple[PlannedColumn, ...]
    date_sql: str | None
    race: tuple[Column, ...]
    race_by_hand: str | None

    @property
    def names(self) -> frozenset[str]:
        """The names of the planned columns."""
        return frozenset(column.name for column in self.columns)

    @property
    def tract(self) -> str | None:
        """The delivered code of the tract, if there is one."""
        return next((c.name for c in self.columns if c.contract_column and _is_tract(c.contract_column)), None)

    @property
    def places(self) -> tuple[str, ...]:
        """The columns of staging by which a record is geocoded: address, longitude, latitude, zip_code."""
        roles = Counter(_role(c) for c in self.columns)
        named = [c for c in self.columns if c.name == PLACE_ROLES.get(_role(c) or "") and roles[_role(c)] == 1]
        names = tuple(c.name for c in named if c.contract_column and c.contract_column.type in PLACE_TYPES[c.name])
        has_point = {"longitude", "latitude"} <= set(names)
        return tuple(name for name in names if has_point or name not in ("longitude", "latitude"))

    def zip_sql(self, relation: str) -> str | None:
        """SQL of the five digits of the ZIP code; None without one."""
        if "zip_code" not in self.places:
            return None
        is_text = next(c.data_type for c in self.columns if c.name == "zip_code") == "varchar"
        name = f"{relation}.zip_code"
        return f"left({name}, 5)" if is_text else f"lpad(cast({name} as varchar), 5, '0')"

    @property
    def is_placed(self) -> bool:
        """Whether the records carry a place that Levelground can find."""
        return bool(self.places) or self.tract is not None

    @property
    def counts_places(self) -> bool:
        """Whether a row is a count of a tract, not a record with an address."""
        return self.contract.statistical_unit == "aggregate" and self.tract is not None

    @property
    def has_race(self) -> bool:
        """Whether the fact has columns of race."""
        return bool(self.race) and self.race_by_hand is None

    @property
    def has_key(self) -> bool:
        """Whether a key names a row of the fact; a record of a stock is a row per snapshot."""
        return bool(self.contract.load.key) and not self.is_stock

    @property
    def is_stock(self) -> bool:
        """Whether the source keeps snapshots."""
        return self.contract.snapshot is not None

    @property
    def time(self) -> PlannedColumn | None:
        """The column with the time of day of the event."""
        return next((c for c in self.columns if c.data_type == "timestamp" and _role(c) == "event_time"), None)


def plan_models(contract: Contract, fact: str | None = None) -> ModelPlan:
    """The plan of both models; `fact` names the fact, which is otherwise called after the source's data set."""
    dataset = re.sub(r"\d+", "", contract.source.split("__")[1])
    dataset = re.sub(r"_+", "_", dataset).strip("_") or contract.department
    race = tuple(column for column in contract.kept_columns if column.role in RACE_ROLES)
    columns = tuple(_columns(contract, race))
    plan = ModelPlan(
        contract, f"stg_{contract.source}", f"fct_{dataset}", _singular(dataset), FOLDERS[contract.policy_area], columns,
        _date_sql(contract), race, _why_by_hand(race),
    )  # fmt: skip
    name = fact or (f"fct_{dataset}_by_tract" if plan.counts_places and not dataset.endswith("_by_tract") else f"fct_{dataset}")
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
        delivered = " or ".join(str(part) for part in column.delivered_names)
        if column in race:
            # the crosswalk reads the label; the fact has it as race_ethnicity_reported
            yield PlannedColumn(column.name, f"typed.{column.name}", "varchar", f"Label as delivered in {delivered}", column)
            continue
        data_type = MONEY if column.type == "decimal" and column.currency else TYPES[column.type]
        if column.unit:
            described = f"{_words(column.name)}, in {column.unit}, as delivered in {delivered}"
        else:
            described = f"{_words(column.name)}, as delivered in {delivered}"
        yield PlannedColumn(name, f"typed.{column.name}", data_type, described, column)
        has_reason = not column.required and column.name not in contract.deciding_columns and not column.is_label
        if has_reason and (column.type in ("integer", "decimal", "boolean") or column.role == "address"):
            why = f"Why there is no {_words(column.name).lower()}"
            yield PlannedColumn(f"{name}_missing_reason", f"typed.{column.name}_missing_reason", "varchar", why)


def _date_sql(contract: Contract) -> str | None:
    """SQL of the day of a row in staging; None where rows have none."""
    event = contract.event_column
    if contract.snapshot is not None:
        return "{{ snapshot_on() }}"
    if event is None:
        return None
    return f"typed.{event.name}" if event.type == "date" else f"cast(typed.{event.name} as date)"


def _why_by_hand(race: tuple[Column, ...]) -> str | None:
    labels = [column for column in race if column.role == "race"]
    names = {name for column in race for name in column.vocabulary_names()}
    if any(isinstance(column.vocabulary, dict) for column in race):
        return "the vocabulary depends on another column"
    if len(labels) > 1:
        return f"{', '.join(column.name for column in labels)} all have the role race"
    return "the columns about race name several vocabularies" if len(names) > 1 else None


def _is_tract(column: Column) -> bool:
    return column.role == "geoid" and column.type == "text" and bool(TRACT.search(column.name))


def _role(column: PlannedColumn) -> str | None:
    return column.contract_column.role if column.contract_column else None


def _singular(name: str) -> str:
    if name.endswith("_by_tract"):
        return name
    for ending, singular in ((r"ies$", "y"), (r"(?<=[^aeiou]ch|.sh|..x|.ss)es$", ""), (r"(?<!s)s$", "")):
        if re.search(ending, name):
            return re.sub(ending, singular, name)
    return name


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
