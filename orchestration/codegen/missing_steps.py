"""List what a source still lacks on its way to a fact, from its files alone: no dbt, no run, no delivery.

Contract tests require that a source of this repository lacks nothing; `levelground sources todo` prints the same list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from expectations.delivery.unmapped_labels import read_labels
from expectations.marts.suites import Suite
from ingest.contract import Contract
from ingest.contract_draft import RACE
from ingest.layers import Layer, seed_file
from orchestration.codegen.model_plan import PLACE_ROLES
from orchestration.settings import SHARED_SEEDS
from orchestration.stewardship.audit_delivery import CROSSWALK
from orchestration.transform.macros.registrations import missing_meta
from orchestration.transform.model_files import ModelFile

MARK = "# decide"


@dataclass(frozen=True)
class Step:
    """Something that a source lacks: in which part, what, and the file or command that resolves it.

    `is_required`: a source without it reaches no fact, or reaches it wrongly; the other steps are decisions of the office.
    """

    part: str
    missing: str
    remedy: str
    is_required: bool = True


def open_decisions(contract: Path) -> Iterator[Step]:
    """The marks that a draft left in a contract."""
    lines = contract.read_text(encoding="utf-8").splitlines()
    written = {line.partition(":")[0] for line in lines}
    for number, line in enumerate(lines, 1):
        text, mark, detail = line.partition(f"  {MARK}")
        if not mark:
            continue
        key, _, choices = text.strip("# ").partition(":")
        is_missing = "not asked" in detail and key not in written
        missing = f"{key}: not decided, {choices.strip()}" if is_missing else f"{key}: decide{detail}, then take the mark out"
        yield Step("contract", missing, f"{contract}:{number}", is_missing)


def steps_of_contract(contract: Contract, layers: Sequence[Layer] = ()) -> Iterator[Step]:
    """What the contract lacks for the mapping of its labels."""
    labels, shared = (read_labels(seed_file(CROSSWALK, SHARED_SEEDS, each)) for each in (layers, ()))
    for name in dict.fromkeys(name for column in contract.columns for name in column.vocabulary_names()):
        if "" not in labels.get(name, ()):
            yield Step("labels", f"{name}: no row for the empty label", "race_ethnicity_crosswalk.csv")
        lost = len(shared.get(name, frozenset()) - labels.get(name, frozenset()))
        if lost:
            missing = f"{name}: the layer's rows replace all of the vocabulary, and {lost} of its labels are not among them"
            yield Step("labels", missing, f"seeds/rows/{CROSSWALK}.csv", is_required=False)
    for role in PLACE_ROLES:
        same = [column.name for column in contract.kept_columns if column.role == role]
        if len(same) > 1:
            missing = f"{', '.join(same)}: all have the role {role}, so no record is geocoded by it; leave it to one of them"
            yield Step("places", missing, "the contract", is_required=False)
    unread = [c.name for c in contract.kept_columns if RACE.search(c.name) and not c.is_label and c.type == "text"]
    if unread and not any(column.is_label for column in contract.columns):
        missing = f"{', '.join(unread)}: no role race with a vocabulary that has a row per label, so no figure by race follows"
        yield Step("labels", missing, "the contract, and race_ethnicity_crosswalk")
    if any(column.is_label for column in contract.columns) and not contract.offered_labels():
        yield Step(
            "labels", "offered: the answers of the form; without them an absent group is not_collected, and none is zero",
            "the race column of the contract",
        )  # fmt: skip


def staging_of(contract: Contract, models: Mapping[str, ModelFile]) -> ModelFile | None:
    """The staging model that reads the landing table: the source's own, one of several sources of a form, or that of all maps."""
    own = models.get(f"stg_{contract.source}")
    reading = (m for m in models.values() if m.folder.startswith("staging") and f"'{contract.source}'" in m.sql)
    is_map = any(column.role == "geometry" for column in contract.columns)
    return own or next(reading, None) or (models.get("stg_city__boundaries") if is_map else None)


def steps_of_models(contract: Contract, models: Mapping[str, ModelFile], suites: Mapping[str, Suite]) -> Iterator[Step]:
    """What lacks from staging to the suite of each fact that reads it; `models` and `suites` of the city, by name."""
    command = f"levelground sources new {contract.source}"
    staging = staging_of(contract, models)
    if staging is None:
        yield Step("staging", "no model reads the source: it is landed only", command)
        return
    yield from _steps_of_staging(contract, staging)
    addresses = [column.name for column in contract.kept_columns if column.role == "address"]
    if addresses and "address" not in staging.columns and staging.declared_in is not None:
        what = f"{staging.name} has no column address, of {', '.join(addresses)}: its records get no place"
        yield Step("places", what, f"{staging.path}: join the parts as address; addresses: true in {_properties(staging)}")
    readers = [model for model in models.values() if f"ref('{staging.name}')" in model.sql]
    united = [models[model.meta["fact"]] for model in (staging, *readers) if model.meta.get("fact") in models]
    # maps reach dim_geography by macros
    if not readers and not united and not any(column.type == "geometry" for column in contract.columns):
        yield Step("fact", f"no model reads {staging.name}", command)
    facts = [*(model for model in readers if model.folder.startswith("marts/facts")), *united]
    missing = missing_meta({model.name: model for model in (staging, *facts)})
    for model in (staging, *facts):
        yield from _undescribed(model)
        if model.name in missing:
            keys = ", ".join(missing[model.name])
            yield Step("registrations", f"{model.name}: config.meta lacks {keys}", str(_properties(model)))
    for fact in facts:
        if fact.name not in suites:
            yield Step("suite", f"{fact.name} has no suite", f"expectations/suites/{fact.name}.yml, or the layer's suites")
        untyped = [name for name, column in fact.columns.items() if not column.get("data_type")]
        if untyped:
            yield Step("columns", f"{fact.name}: no data_type for {', '.join(untyped)}", str(_properties(fact)))
    yield from _measures(facts, models)


def _steps_of_staging(contract: Contract, staging: ModelFile) -> Iterator[Step]:
    """The vocabulary is in the contract, for the gate, and in the staging model; the two must agree."""
    wanted = {name for column in contract.columns for name in column.vocabulary_names()}
    used = {name for name in contract.vocabulary.race if f"'{name}'" in staging.sql and "race_conformed" in staging.sql}
    is_shared = staging.name != f"stg_{contract.source}"
    if wanted != used and not (is_shared and wanted < used):
        in_contract, in_sql = (", ".join(sorted(names)) or "no vocabulary" for names in (wanted, used))
        yield Step("staging", f"the contract names {in_contract}, {staging.name} {in_sql}", str(staging.path))


def _undescribed(model: ModelFile) -> Iterator[Step]:
    if model.declared_in is None:
        yield Step("columns", f"{model.name} has no entry", str(_properties(model)))
        return
    silent = [name for name, column in model.columns.items() if not column.get("description")]
    if silent or not model.description or not model.columns:
        what = ", ".join(silent) or ("the model" if not model.description else "its columns")
        yield Step("columns", f"{model.name}: no description of {what}", str(_properties(model)))


def _measures(facts: list[ModelFile], models: Mapping[str, ModelFile]) -> Iterator[Step]:
    measures = [model.sql for model in models.values() if model.folder.startswith("measures")]
    for fact in facts:
        if not any(f"ref('{fact.name}')" in sql for sql in measures):
            yield Step(
                "measures", f"no measure reads {fact.name}", f"levelground measures new ID --fact {fact.name}", is_required=False
            )


def _properties(model: ModelFile) -> Path:
    return model.declared_in or model.path.parent / f"_{model.path.parent.name}__models.yml"
