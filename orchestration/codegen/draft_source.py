"""Draft a new source for `levelground sources new`: check the delivery, write the contract, generate the models from it.

See `ingest.contract_draft` for the draft itself, `codegen.source_models` for the files of the models.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from expectations.delivery.unmapped_labels import read_labels
from ingest.contract import Contract
from ingest.contract.layer_vocabulary import layer_vocabularies
from ingest.contract.registry import SOURCES, load_registry, read_contract
from ingest.contract.vocabulary import load_vocabulary
from ingest.contract_draft import ABOUT_OFFERED, OPEN_DECISIONS, Draft, DraftError, draft, read_sample, write_draft
from ingest.layers import VOCABULARY, SeedFile, seed_file
from orchestration.codegen.existing_source import Fit, fitting_source, mapped_to
from orchestration.codegen.label_rows import write_label_rows
from orchestration.codegen.model_plan import plan_models
from orchestration.codegen.render_template import render
from orchestration.codegen.source_folders import SourceFolders, state_layers
from orchestration.codegen.source_models import Generated, generate
from orchestration.runs.delivery_location import home_city
from orchestration.settings import SHARED_SEEDS, Settings
from orchestration.stewardship.audit_delivery import CROSSWALK
from orchestration.stewardship.check_delivery import DeliveryCheck, check_delivery
from orchestration.transform.macros.registrations import MODELS
from orchestration.transform.model_files import read_models
from warehouse.connection import scratch
from warehouse.temporary import scratch_folder


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


def draft_source(
    settings: Settings,
    name: str,
    what: str,
    folders: SourceFolders,
    *,
    table: str | None = None,
    crs: str | None = None,
    sheet: str | None = None,
    basis: str | None = None,
    unit: str | None = None,
    existing: Contract | None = None,
) -> NewSource:
    """Draft the source `name` from a file, a folder, a URL or a database, and check it.

    A draft that lacks a key is written into `folders.drafts`, a complete one into `folders.sources`. `DraftError` if there is
    nothing to draft from, or a file exists. `existing`: the shared contract of this name, which maps the delivery's columns.
    """
    delivered = read_sample(what, os.environ, table=table, crs=crs, sheet=sheet)
    with scratch_folder(settings.home, "draft-") as own, scratch(own) as con:
        city = home_city(settings)
        crosswalk = seed_file(CROSSWALK, SHARED_SEEDS, city.layers)
        added = layer_vocabularies(folders.layer / VOCABULARY) if folders.is_layer else ()
        vocabulary = load_vocabulary().of_layer(added, crosswalk)
        labels = {of: known for of, known in read_labels(crosswalk).items() if of in vocabulary.race}
        new_draft = draft(name, delivered, labels, city.place_geoid, con, basis=basis, unit=unit, vocabulary=vocabulary)
    if existing is None and folders.is_layer and folders.layer in [layer.folder for layer in city.layers]:
        new_draft = _with_label_rows(new_draft, folders.layer, crosswalk)
    of_states = [path for each in state_layers(settings) for path in each.contracts]
    fits = None if existing else fitting_source(new_draft, load_registry(layered=of_states))
    if existing is not None:
        new_draft = mapped_to(new_draft, existing)
    checked = Contract.model_validate(new_draft.complete, context=vocabulary)
    check = None
    if delivered.path is not None:
        check = check_delivery(settings, name, delivered.path, checked)
    is_complete = not new_draft.not_asked
    plan = plan_models(checked)
    staging = folders.staging(plan) if folders.is_flat else None
    if staging is not None and staging.exists():
        raise DraftError(f"{staging} is there already; draft into another folder with --out, or remove it")
    contract = write_draft(new_draft, folders.sources if is_complete else folders.drafts)
    if staging is not None:
        staging.write_text(render("staging.sql", plan=plan), encoding="utf-8")
    questions = (*new_draft.not_asked, *OPEN_DECISIONS, *new_draft.questions)
    return NewSource(contract, staging, questions, check, is_complete, fits)


def _with_label_rows(new_draft: Draft, layer: Path, crosswalk: SeedFile) -> Draft:
    """The draft whose columns of race name their vocabulary, after the labels that it lacks got rows in the layer."""
    columns, questions = [dict(column) for column in new_draft.complete["columns"]], list(new_draft.questions)
    for name, vocabulary, labels in new_draft.unmapped:
        path, proposed, left = write_label_rows(layer, crosswalk, vocabulary, labels)
        column = next(one for one in columns if one["name"] == name)
        column.update(role="race", vocabulary=vocabulary)
        questions = [question for question in questions if not question.startswith(f"{name}: it seems to hold race")]
        questions.append(f"{name}: {ABOUT_OFFERED}")
        if proposed:
            questions.append(f"{name}: {proposed} labels that {vocabulary} lacks got rows in {path}; check each proposal")
        if left:
            questions.append(
                f"{name}: {left} labels have no row; `levelground try {new_draft.source}` lists them; add them to {path}, "
                f"below the rows that {vocabulary} has: the rows of this file replace all that the vocabulary had"
            )
    return dataclasses.replace(new_draft, complete=new_draft.complete | {"columns": columns}, questions=tuple(questions))


def generate_source(settings: Settings, contract: Path, folders: SourceFolders, fact: str | None = None) -> Generated:
    """Generate the models of a contract. A contract that no run reads moves to `folders.sources` first.

    `ContractError` if a decision is missing.
    """
    read = read_contract(contract)
    of_states = [layer.folder for layer in state_layers(settings)]
    shipped = (SOURCES, *(folder / "sources" for folder in of_states))
    if contract.parent.absolute() not in (folders.sources, settings.further_sources, *shipped):
        final = folders.sources / contract.name
        if final.exists():
            raise DraftError(f"{final} exists already; remove it, or the draft {contract}")
        folders.sources.mkdir(parents=True, exist_ok=True)
        shutil.move(contract, final)
    models = read_models((MODELS, *(folder / "models" for folder in of_states), folders.models))
    own = {f"stg_{read.source}"} | {name for name, model in models.items() if f"ref('stg_{read.source}')" in model.sql}
    return generate(read, folders, frozenset(models) - own, fact)
