"""List what one source of a city lacks: its contract, labels, models and suites as the files of the city have them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from expectations.marts.suites import read_suites
from ingest.contract.registry import ContractError, UnknownSource, read_contract
from orchestration.codegen.missing_steps import Step, open_decisions, steps_of_contract, steps_of_models
from orchestration.codegen.source_folders import SourceFolders, find_contract
from orchestration.runs.delivery_location import home_city, home_registry
from orchestration.settings import Settings
from orchestration.transform.macros.registrations import MODELS
from orchestration.transform.model_files import read_models


def todo_of(settings: Settings, name: str, folders: SourceFolders) -> tuple[Step, ...]:
    """Every step, in the order in which people take them. `UnknownSource` without a contract."""
    file = find_contract(settings, folders, name)
    if file is None:
        raise UnknownSource(name, home_registry(settings).names())
    decisions = list(open_decisions(file))
    try:
        contract = read_contract(file)
    except ContractError as error:
        if any(step.is_required for step in decisions):
            return tuple(map(_relative, decisions))
        problems = [Step("contract", f"{one.field}: {one.message}", f"{one.file}:{one.line}") for one in error.problems]
        return tuple(map(_relative, (*problems, *decisions)))
    layers = home_city(settings).layers
    own = [] if folders.is_shared or folders.is_flat else [folders]
    roots = dict.fromkeys((MODELS, *(layer.folder / "models" for layer in layers), *(one.models for one in own)))
    suite_folders = dict.fromkeys((*(layer.folder / "suites" for layer in layers), *(one.suites for one in own)))
    suites = {suite.table: suite for suite in read_suites(layered=suite_folders)}
    steps = [*decisions, *steps_of_contract(contract, layers), *steps_of_models(contract, read_models(roots), suites)]
    if folders.is_shared:
        from ingest.sample.sources import SOURCES as SAMPLED  # noqa: PLC0415 - only work on this repository needs the generator

        missing = "the sample city does not deliver it, so no planted truth tests its figures"
        steps += [] if name in SAMPLED else [Step("sample", missing, "ingest/sample/sources.py")]
    return tuple(map(_relative, steps))


def _relative(step: Step) -> Step:
    """Paths below the current folder as a person types them."""
    here = f"{Path.cwd()}/"
    return dataclasses.replace(step, missing=step.missing.replace(here, ""), remedy=step.remedy.replace(here, ""))
