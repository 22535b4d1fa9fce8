"""Name the files of a source or a measure: in the layer of a city, in this repository, or in a folder for drafts.

See `ingest.layers` for the layout of a layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from expectations.marts.suites import SUITES
from ingest.contract import Contract
from ingest.contract.registry import SOURCES, read_contract
from ingest.layers import ROWS, STATES, Layer
from orchestration.codegen.model_plan import FOLDERS, ModelPlan
from orchestration.runs.city_choice import named_layer
from orchestration.runs.delivery_location import home_city, home_registry
from orchestration.settings import IS_CHECKOUT, PROJECT, SHARED_SEEDS, ConfigurationError, Settings
from orchestration.transform.macros.registrations import MODELS

# Where a draft goes if nothing names a folder; no run reads it.
DRAFTS = Path("drafts")


@dataclass(frozen=True)
class Folders:
    """The folders that the files of a source or a measure are in.

    `drafts` holds contracts with open decisions, which no run reads. `is_shared`: the repository ships the files, so they need
    planted truth and translations. `is_flat`: one folder for a contract and its staging model, which belongs to no layer yet.
    """

    sources: Path
    drafts: Path
    models: Path
    suites: Path
    seeds: Path
    is_shared: bool = False
    is_flat: bool = False

    @classmethod
    def of_layer(cls, layer: Path) -> Folders:
        """The folders of a city's layer, whose seeds add rows to the shared ones."""
        return cls(layer / "sources", layer / "drafts", layer / "models", layer / "suites", layer / "seeds" / ROWS)

    @classmethod
    def shared(cls) -> Folders:
        """The folders of this repository."""
        return cls(SOURCES, DRAFTS, MODELS, SUITES, SHARED_SEEDS, is_shared=True)

    @classmethod
    def flat(cls, folder: Path) -> Folders:
        """One folder for the contract and the staging model."""
        return cls(folder, folder, folder, folder, folder, is_flat=True)

    @property
    def layer(self) -> Path:
        """The folder of the layer."""
        return self.sources.parent

    @property
    def is_layer(self) -> bool:
        """Whether the folders are those of a city's layer."""
        return not self.is_shared and not self.is_flat

    def staging(self, plan: ModelPlan) -> Path:
        """The file of the staging model."""
        folder = self.models if self.is_flat else self.models / "staging" / plan.contract.department
        return folder / f"{plan.staging}.sql"

    def fact(self, plan: ModelPlan) -> Path:
        """The file of the fact: where it is, if the policy area has changed since."""
        facts = self.models / "marts" / "facts"
        return next(facts.rglob(f"{plan.fact}.sql"), facts / FOLDERS[plan.contract.policy_area] / f"{plan.fact}.sql")

    def suite(self, plan: ModelPlan) -> Path:
        """The file of the fact's suite."""
        return self.suites / f"{plan.fact}.yml"

    def counts(self, measure_id: str) -> Path:
        """The file of the counts model of a measure."""
        return self.models / "measures" / "counts" / f"int_{measure_id}__counts.sql"

    def seed(self, name: str) -> Path:
        """The file with the rows of a seed."""
        return self.seeds / f"{name}.csv"

    def described(self, model: Path, what: str = "models") -> Path:
        """The YAML that describes a model, or has its unit tests: of its folder in this repository, its own in a layer.

        A file of a layer replaces the shared one of the same path, so that a layer never has the YAML of a shared folder.
        """
        return model.parent / f"_{model.parent.name if self.is_shared else model.stem}__{what}.yml"


def choose_folders(settings: Settings, to: Path | None, layer: Path | None, shared: bool) -> Folders:
    """The folders that the options name, else the layer of LEVELGROUND_CITY, else LEVELGROUND_SOURCES, else `drafts`."""
    if sum((to is not None, layer is not None, shared)) > 1:
        raise ConfigurationError("--out, --layer and --shared each name where files are written; use one of them")
    if shared:
        return shared_folders()
    if to is not None:
        return Folders.flat(to)
    if layer is not None:
        return Folders.of_layer(layer.expanduser().absolute())
    named, _ = named_layer(settings.city)
    return Folders.of_layer(named.folder) if named else Folders.flat(settings.further_sources or DRAFTS)


def shared_folders() -> Folders:
    """The folders of this repository, of which this must be a checkout."""
    if not (PROJECT / ".git").exists():
        raise ConfigurationError(f"--shared writes into a checkout of the repository, and {PROJECT} is none; use --layer FOLDER")
    return Folders.shared()


def refuse_installed(folder: Path) -> None:
    """`ConfigurationError` if the folder belongs to an installed package, whose files the next upgrade replaces."""
    if not IS_CHECKOUT and folder.absolute().is_relative_to(PROJECT):
        raise ConfigurationError(
            f"{folder} is in the installed package, and an upgrade would remove what is written there; name a layer of your own "
            "with --layer FOLDER, or in LEVELGROUND_CITY (`levelground cities new NAME` writes one)"
        )


def state_layers(settings: Settings) -> tuple[Layer, ...]:
    """The layers below that of the home's city. Its own layer may replace their contracts, as it may the shared ones."""
    return tuple(layer for layer in home_city(settings).layers if layer.folder.parent == STATES)


def find_contract(settings: Settings, folders: Folders, name: str) -> Path | None:
    """The contract of a source, drafts included; None if there is none."""
    layered = [layer.folder / "sources" for layer in reversed(home_city(settings).layers)]
    places = (folders.sources, folders.drafts, settings.further_sources, *layered, SOURCES, DRAFTS)
    return next((file for place in places if place and (file := place / f"{name}.yml").is_file()), None)


def read_draft(settings: Settings, folders: Folders, name: str) -> Contract | None:
    """The contract of a draft, which the registry does not have; `ContractError` names the decisions that it lacks."""
    file = find_contract(settings, folders, name)
    if file is None or file.parent in (SOURCES, settings.further_sources) or name in home_registry(settings):
        return None
    return read_contract(file)
