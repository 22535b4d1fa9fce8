"""Read the words of contracts: the lists of `vocabulary.yml`, and the labels that the crosswalk seed maps, by race vocabulary.

The seed is read from its CSV, because dbt may not have loaded it yet. The seed and dbt define what a label means. See
`expectations.delivery.cell_checks` for comparing a delivered column with the labels.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ingest.contract.yaml_source import file_state, read_yaml
from ingest.layers import SEEDS, Content, Layer, LayerError, layered_seed, rows_of_seed, text_of

CROSSWALK = Path(__file__).parents[2] / "dbt_project" / "seeds" / "reference" / "race_ethnicity_crosswalk.csv"
FLAG_VALUES = CROSSWALK.with_name("race_flag_values.csv")
Labels = Mapping[str, frozenset[str]]
PATH = Path(__file__).parents[1] / "vocabulary.yml"


class CrosswalkError(ValueError):
    """A seed that describes labels cannot be read."""


def checked_rows(seed: Content, *names: str) -> list[dict[str, str]]:
    """The rows of a seed, each of which has these columns; `CrosswalkError` names the file and what is missing."""
    file = seed if isinstance(seed, Path) else "a seed of several files"
    try:
        text = text_of(seed)
    except (OSError, LayerError) as error:
        problem = f"cannot be read as UTF-8 CSV ({type(error).__name__}); restore the seed from the repository"
        raise CrosswalkError(f"{file}: {problem}") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows, header = list(reader), reader.fieldnames or ()
    for name in names:
        if name not in header or any(row[name] is None for row in rows):
            raise CrosswalkError(f"{file}: a row has no {name}, or there is no column {name}; the seed has {', '.join(names)}")
    return rows


def read_labels(path: Content) -> Labels:
    """The labels of each vocabulary as the seed writes them.

    dbt applies the validity period of a label, row by row; here a label counts if it was ever mapped.
    """
    labels: dict[str, set[str]] = {}
    for row in checked_rows(path, "vocabulary", "reported_label"):
        labels.setdefault(row["vocabulary"], set()).add(row["reported_label"])
    return {vocabulary: frozenset(known) for vocabulary, known in labels.items()}


def folded(label: str) -> str:
    """A label for comparison: in lower case, without blanks that do not separate words."""
    return " ".join(label.split()).lower()


def crosswalk_of(contract: Path) -> Content:
    """The crosswalk that maps the labels of a contract's file: with the rows of the layer that contains it, if one does."""
    layer = Layer(contract.parent.parent.name, contract.parent.parent)
    return layered_seed(CROSSWALK.stem, CROSSWALK.parent, [layer]) if (layer.folder / SEEDS).is_dir() else CROSSWALK


def mapped_labels(vocabularies: tuple[str, ...], crosswalk: Content = CROSSWALK) -> dict[str, str]:
    """The vocabulary of each label of these vocabularies, by the folded label."""
    known = _read(crosswalk, *(file_state(crosswalk) if isinstance(crosswalk, Path) else ()))
    return {folded(label): name for name in reversed(vocabularies) for label in known.get(name, ()) if label}


def flag_values(path: Path = FLAG_VALUES) -> frozenset[str]:
    """The folded cells of a column per race that are a tick or an empty box."""
    return frozenset(folded(row["reported_value"]) for row in rows_of_seed(path))


def label_codes(vocabularies: tuple[str, ...], crosswalk: Content = CROSSWALK) -> dict[str, str]:
    """The code or missing reason of each folded label of these vocabularies: labels with the same one name the same group."""
    rows = [row for row in rows_of_seed(crosswalk) if row["vocabulary"] in vocabularies and row["reported_label"]]
    return {folded(row["reported_label"]): row["race_ethnicity_code"] or row["missing_reason"] for row in rows}


def valid_labels(vocabulary: str, crosswalk: Content = CROSSWALK) -> dict[str, str]:
    """The code or missing reason of each label of a vocabulary that is still valid, as the seed writes and orders them."""
    rows = [row for row in rows_of_seed(crosswalk) if row["vocabulary"] == vocabulary and row["valid_to"].startswith("9999")]
    return {row["reported_label"]: row["race_ethnicity_code"] or row["missing_reason"] for row in rows if row["reported_label"]}


@lru_cache(maxsize=4)
def _read(crosswalk: Content, *_state: int) -> Labels:
    """Cached by the file's state, because every contract is validated with the same labels."""
    return read_labels(crosswalk)


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
    crosswalk: Content = CROSSWALK

    def of_layer(self, added: Iterable[RaceVocabulary], crosswalk: Content) -> Vocabulary:
        """These words with the race vocabularies and the crosswalk of a layer."""
        return dataclasses.replace(self, race=self.race | {each.name: each for each in added}, crosswalk=crosswalk)

    def to_json(self) -> dict[str, Any]:
        """What it has besides the shared words, for a worker, which reads no layer; see `from_json`."""
        added = [dataclasses.asdict(each) for name, each in self.race.items() if name not in load_vocabulary().race]
        return {"added": added, "labels": None if self.crosswalk == CROSSWALK else text_of(self.crosswalk)}

    @classmethod
    def from_json(cls, sent: Mapping[str, Any]) -> Vocabulary:
        """The shared words with what was sent."""
        labels = CROSSWALK if sent["labels"] is None else sent["labels"].encode()
        return load_vocabulary().of_layer((RaceVocabulary(**each) for each in sent["added"]), labels)


@cache
def load_vocabulary(path: Path = PATH) -> Vocabulary:
    """Read the word lists."""
    data = read_yaml(path).data
    race = {name: RaceVocabulary(name=name, **facts) for name, facts in data.pop("race_vocabularies").items()}
    return Vocabulary({name: tuple(words) for name, words in data.items()}, race)
