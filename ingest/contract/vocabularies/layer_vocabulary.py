"""Read the race vocabularies that a layer adds to the shared ones: `vocabulary.yml` next to the layer's `sources`.

See `ingest.contract.vocabularies.vocabulary` for the shared words. The layer's rows of the seed `race_ethnicity_crosswalk` map
the labels.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel

from ingest.contract.vocabularies.vocabulary import PATH, RaceVocabulary, load_vocabulary
from ingest.contract.words import Identifier
from ingest.contract.yaml_source import read_yaml
from ingest.layers import VOCABULARY


class _Keys(BaseModel, extra="forbid", strict=True):
    title: str
    race_standard: Literal["spd15_1997", "spd15_2024"]
    selection: Literal["single", "multiple"]
    open: bool


def _is_new(name: str) -> str:
    if name in load_vocabulary().race:
        raise ValueError(f"{name} is a shared vocabulary; give the one of this layer another name")
    return name


class _Vocabularies(BaseModel, extra="forbid", strict=True):
    race_vocabularies: dict[Annotated[Identifier, AfterValidator(_is_new)], _Keys]


def vocabulary_file(contract: Path) -> Path:
    """The file with the vocabularies of the layer that a contract belongs to, if the layer has one."""
    return contract.parent.parent / VOCABULARY


def layer_vocabularies(file: Path) -> tuple[RaceVocabulary, ...]:
    """The race vocabularies in a file, none if it does not exist; `YamlError` or `ValidationError` if it cannot be used."""
    if not file.is_file() or file == PATH:
        return ()
    state = file.stat()
    return _read(file, state.st_ino, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=16)
def _read(file: Path, *_state: int) -> tuple[RaceVocabulary, ...]:
    """Cached by the file's state, because every contract of the layer asks."""
    found = _Vocabularies.model_validate(read_yaml(file).data or {})
    return tuple(RaceVocabulary(name=name, **keys.model_dump()) for name, keys in found.race_vocabularies.items())
