"""Draft a new source for `levelground sources new`: check the delivery, write the contract, generate the models from it.

See `ingest.contract_draft` for the draft itself, `codegen.source_models` for the files of the models.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ingest.contract import Contract
from ingest.contract.registry import SOURCES, Registry, layer_vocabularies, load_registry, read_contract
from ingest.contract.vocabularies import folded, load_vocabulary, read_labels
from ingest.contract_draft import NO_ANSWERS, Answers, DeliveredSample, Draft, DraftError, draft, guesses, write_draft
from ingest.layers import ROWS, SEEDS, VOCABULARY, Content, appended_rows, layered_seed, rows_of_seed
from orchestration.codegen.existing_source import Fit, fitting_source, generate_successor, mapped_to, predecessor, succeeding
from orchestration.codegen.folders import Folders, find_contract, state_layers
from orchestration.codegen.model_plan import plan_models
from orchestration.codegen.source_models import Written, generate, render
from orchestration.runs.delivery_location import home_city, home_registry
from orchestration.settings import SHARED_SEEDS, ConfigurationError, Settings
from orchestration.stewardship.audit_delivery import CROSSWALK
from orchestration.stewardship.check_delivery import DeliveryCheck, check_delivery
from orchestration.transform.macros.registrations import MODELS
from orchestration.transform.model_files import read_models
from warehouse.connection import scratch
from warehouse.temporary import scratch_folder

MEANING = ("race_ethnicity_set", "race_ethnicity_code", "missing_reason")


def write_label_rows(layer: Path, crosswalk: Content, vocabulary: str, labels: Iterable[str]) -> tuple[Path, int, int]:
    """Add the missing labels that can be proposed; return the file, how many were, and how many labels still have no row.

    `crosswalk` is the seed as the city's layers leave it. The file is there also where a person has to write all rows.
    """
    rows = rows_of_seed(crosswalk)
    known = {folded(row["reported_label"]) for row in rows if row["vocabulary"] == vocabulary}
    missing = {folded(label): label for label in labels if folded(label) not in known}
    proposed = [row for label in missing.values() if (row := _proposal(label, vocabulary, rows)) is not None]
    path = layer / SEEDS / ROWS / f"{CROSSWALK}.csv"
    if missing:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(appended_rows(path, crosswalk, proposed), encoding="utf-8")
    return path, len(proposed), len(missing) - len(proposed)


def _proposal(label: str, vocabulary: str, rows: list[dict[str, str]]) -> dict[str, str] | None:
    """The row of the label with the meaning that most vocabularies of the same standard give it, else most vocabularies."""
    standards = {name: one.race_standard for name, one in load_vocabulary().race.items()}
    same = [row for row in rows if folded(row["reported_label"]) == folded(label)]
    near = [row for row in same if standards.get(row["vocabulary"]) == standards.get(vocabulary)] or same
    if not near:
        return None
    meaning, _ = Counter(tuple(row[key] for key in MEANING) for row in near).most_common(1)[0]
    chosen = next(row for row in near if tuple(row[key] for key in MEANING) == meaning)
    note = f"Proposed: as in {chosen['vocabulary']}; check it"
    return {**chosen, "vocabulary": vocabulary, "reported_label": label, "note": note}


@dataclass(frozen=True)
class NewSource:
    """The contract, the open questions, and the check of the delivery it was made from (None for a database).

    `staging` is the staging model next to a contract that belongs to no layer yet; `fits` a shared source of the same columns.
    """

    contract: Path
    staging: Path | None
    questions: tuple[str, ...]
    check: DeliveryCheck | None
    is_complete: bool
    fits: Fit | None = None


def replaced_contract(settings: Settings, name: str, folders: Folders) -> Contract | None:
    """The shared contract that a draft of this name in a layer replaces; `ConfigurationError` if it has one of its own."""
    shared, written = _shared_contracts(settings), find_contract(settings, folders, name)
    existing = shared[name] if name in shared and folders.is_layer else None
    is_own = written is not None and not (existing and written.parent in _shipped(settings))
    if is_own or (existing is None and name in home_registry(settings)):
        raise ConfigurationError(f"{name} has a contract already; leave --from out to generate its models")
    return existing


def draft_source(
    settings: Settings,
    name: str,
    delivered: DeliveredSample,
    folders: Folders,
    answers: Answers = NO_ANSWERS,
    existing: Contract | None = None,
) -> NewSource:
    """Draft a source and check its delivery; `existing`: the shared contract of this name, which maps the delivery's columns.

    A draft that lacks a key is written into `folders.drafts`, a complete one into `folders.sources`. `DraftError` if a
    file exists.
    """
    city = home_city(settings)
    crosswalk = layered_seed(CROSSWALK, SHARED_SEEDS, city.layers)
    added = layer_vocabularies(folders.layer / VOCABULARY) if folders.is_layer else ()
    vocabulary = load_vocabulary().of_layer(added, crosswalk)
    labels = {of: known for of, known in read_labels(crosswalk).items() if of in vocabulary.race}
    with scratch_folder(settings.home, "draft-") as own, scratch(own) as con:
        new_draft = draft(name, delivered, labels, city.place_geoid, con, answers, vocabulary)
    fits = None
    if earlier := predecessor(settings, folders, name):
        new_draft = succeeding(new_draft, name, home_registry(settings)[earlier])
    elif existing is not None:
        new_draft = mapped_to(new_draft, existing)
    else:
        if folders.is_layer and folders.layer in [layer.folder for layer in city.layers]:
            new_draft = _with_label_rows(new_draft, folders.layer, crosswalk)
        fits = fitting_source(new_draft, _shared_contracts(settings))
    checked = Contract.model_validate(new_draft.complete, context=vocabulary)
    check = None if delivered.path is None else check_delivery(settings, name, delivered.path, checked)
    is_complete = not new_draft.not_asked
    plan = plan_models(checked)
    staging = folders.staging(plan) if folders.is_flat else None
    if staging is not None and staging.exists():
        raise DraftError(f"{staging} is there already; draft into another folder with --out, or remove it")
    contract = write_draft(new_draft, folders.sources if is_complete else folders.drafts)
    if staging is not None:
        staging.write_text(render("staging.sql", plan=plan), encoding="utf-8")
    questions = (*new_draft.not_asked, *guesses()["open_decisions"], *new_draft.questions)
    return NewSource(contract, staging, questions, check, is_complete, fits)


def _with_label_rows(new_draft: Draft, layer: Path, crosswalk: Content) -> Draft:
    """The draft whose columns of race name their vocabulary, after the labels that it lacks got rows in the layer."""
    columns, questions = [dict(column) for column in new_draft.complete["columns"]], list(new_draft.questions)
    for name, vocabulary, labels in new_draft.unmapped:
        path, proposed, left = write_label_rows(layer, crosswalk, vocabulary, labels)
        column = next(one for one in columns if one["name"] == name)
        column.update(role="race", vocabulary=vocabulary)
        questions = [question for question in questions if not question.startswith(f"{name}: it seems to hold race")]
        questions.append(f"{name}: {guesses()['questions']['offered']}")
        if proposed:
            questions.append(f"{name}: {proposed} labels that {vocabulary} lacks got rows in {path}; check each proposal")
        if left:
            questions.append(
                f"{name}: {left} labels have no row; `levelground try {new_draft.source}` lists them; add them to {path}, "
                f"below the rows that {vocabulary} has: the rows of this file replace all that the vocabulary had"
            )
    return dataclasses.replace(new_draft, complete=new_draft.complete | {"columns": columns}, questions=tuple(questions))


def generate_source(settings: Settings, contract: Path, folders: Folders, fact: str | None = None) -> Written:
    """Generate the models of a contract. A contract that no run reads moves to `folders.sources` first.

    `ContractError` if a decision is missing.
    """
    read = read_contract(contract)
    of_states = [layer.folder for layer in state_layers(settings)]
    if contract.parent.absolute() not in (folders.sources, settings.further_sources, *_shipped(settings)):
        final = folders.sources / contract.name
        if final.exists():
            raise DraftError(f"{final} exists already; remove it, or the draft {contract}")
        folders.sources.mkdir(parents=True, exist_ok=True)
        shutil.move(contract, final)
    models = read_models((MODELS, *(folder / "models" for folder in of_states), folders.models))
    if earlier := predecessor(settings, folders, read.source):
        return generate_successor(read, earlier, folders, models)
    own = {f"stg_{read.source}"} | {name for name, model in models.items() if f"ref('stg_{read.source}')" in model.sql}
    return generate(read, folders, frozenset(models) - own, fact)


def _shared_contracts(settings: Settings) -> Registry:
    """The contracts that the layer of a city may replace: the shared ones and those of its state."""
    return load_registry(layered=[path for layer in state_layers(settings) for path in layer.contracts])


def _shipped(settings: Settings) -> tuple[Path, ...]:
    """Their folders."""
    return (SOURCES, *(layer.folder / "sources" for layer in state_layers(settings)))
