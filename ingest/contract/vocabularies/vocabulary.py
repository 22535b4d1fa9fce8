"""Read the word lists of `vocabulary.yml`, against which contracts are checked.

The crosswalk seed defines what a reported label means.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingest.contract.vocabularies.crosswalk import CROSSWALK
from ingest.contract.yaml_source import read_yaml
from ingest.layers import SeedFile

PATH = Path(__file__).parents[2] / "vocabulary.yml"


@dataclass(frozen=True)
class RaceVocabulary:
    """How a source asks for race: under which standard, one answer or several, a closed list or write-ins."""

    name: str
    title: str
    race_standard: str
    selection: str
    open: bool


@dataclass(frozen=True)
class Vocabulary:
    """The words that a contract may use, by list, and the seed with the labels of the race vocabularies."""

    words: dict[str, tuple[str, ...]]
    race: dict[str, RaceVocabulary]
    crosswalk: SeedFile = CROSSWALK

    def of_layer(self, added: Iterable[RaceVocabulary], crosswalk: SeedFile) -> Vocabulary:
        """These words with the race vocabularies and the crosswalk of a layer."""
        return dataclasses.replace(self, race=self.race | {each.name: each for each in added}, crosswalk=crosswalk)


@cache
def load_vocabulary(path: Path = PATH) -> Vocabulary:
    """Read the word lists."""
    data = read_yaml(path).data
    race = {name: RaceVocabulary(name=name, **facts) for name, facts in data.pop("race_vocabularies").items()}
    return Vocabulary({name: tuple(words) for name, words in data.items()}, race)
