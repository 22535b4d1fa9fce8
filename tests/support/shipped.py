"""What this repository ships: the shared contracts and models, and those of the layers of states."""

from __future__ import annotations

from pathlib import Path

from ingest.contract.registry import SOURCES, Registry, load_registry
from ingest.layers import STATES, layer_names, state_layer
from orchestration.transform.macros.registrations import MODELS

STATE_LAYERS = tuple(state_layer(name) for name in layer_names(STATES))
CONTRACT_FILES = sorted(
    (*SOURCES.glob("*.yml"), *(path for layer in STATE_LAYERS for path in layer.contracts)), key=lambda path: path.name
)
# the folders of models; those of one layer are in the homes of its cities only
MODEL_FOLDERS: tuple[Path, ...] = (MODELS, *(layer.folder / "models" for layer in STATE_LAYERS))


def shipped_registry() -> Registry:
    """The contracts of the repository: the shared ones, and those of each state."""
    return load_registry(layered=tuple(path for layer in STATE_LAYERS for path in layer.contracts))
