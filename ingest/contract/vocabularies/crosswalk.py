"""Read the labels that the crosswalk seed maps, by vocabulary, from its CSV, because dbt may not have loaded it yet.

See `expectations.delivery.unmapped_labels` for comparing a delivered column with them. The seed and dbt define what a label
means.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from ingest.layers import SEEDS, Layer, SeedFile, seed_file

CROSSWALK = Path(__file__).parents[3] / "dbt_project" / "seeds" / "reference" / "race_ethnicity_crosswalk.csv"

FLAG_VALUES = CROSSWALK.with_name("race_flag_values.csv")

Labels = Mapping[str, frozenset[str]]


class CrosswalkError(ValueError):
    """The crosswalk cannot be read."""


def read_labels(path: SeedFile) -> Labels:
    """The labels of each vocabulary as the seed writes them; `CrosswalkError` names the file and what is missing.

    dbt applies the validity period of a label, row by row; here a label counts if it was ever mapped.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
            names = rows[0].keys() if rows else ()
    except (OSError, UnicodeDecodeError) as error:
        raise CrosswalkError(
            f"{path}: cannot be read as UTF-8 CSV ({type(error).__name__}); restore the seed from the repository"
        ) from None
    for name in ("vocabulary", "reported_label"):
        if name not in names:
            raise CrosswalkError(f"{path}: has no column {name}; the seed has vocabulary and reported_label")
    labels: dict[str, set[str]] = {}
    for row in rows:
        labels.setdefault(row["vocabulary"] or "", set()).add(row["reported_label"] or "")
    return {vocabulary: frozenset(known) for vocabulary, known in labels.items()}


def folded(label: str) -> str:
    """A label for comparison: in lower case, without blanks that do not separate words."""
    return " ".join(label.split()).lower()


def crosswalk_of(contract: Path) -> SeedFile:
    """The crosswalk that maps the labels of a contract's file: with the rows of the layer that contains it, if one does."""
    layer = Layer(contract.parent.parent.name, contract.parent.parent)
    return seed_file(CROSSWALK.stem, CROSSWALK.parent, [layer]) if (layer.folder / SEEDS).is_dir() else CROSSWALK


def mapped_labels(vocabularies: tuple[str, ...], crosswalk: SeedFile = CROSSWALK) -> dict[str, str]:
    """The vocabulary of each label of these vocabularies, by the folded label."""
    state = crosswalk.stat() if isinstance(crosswalk, Path) and crosswalk.is_file() else None
    known = _read(crosswalk, *(state and (state.st_ino, state.st_mtime_ns, state.st_size)) or ())
    return {folded(label): name for name in reversed(vocabularies) for label in known.get(name, ()) if label}


def flag_values(path: Path = FLAG_VALUES) -> frozenset[str]:
    """The folded cells of a column per race that are a tick or an empty box."""
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset(folded(row["reported_value"]) for row in csv.DictReader(file))


def label_codes(vocabularies: tuple[str, ...], crosswalk: SeedFile = CROSSWALK) -> dict[str, str]:
    """The code or missing reason of each folded label of these vocabularies: labels with the same one name the same group."""
    with crosswalk.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["vocabulary"] in vocabularies and row["reported_label"]]
    return {folded(row["reported_label"]): row["race_ethnicity_code"] or row["missing_reason"] for row in rows}


def valid_labels(vocabulary: str, crosswalk: SeedFile = CROSSWALK) -> dict[str, str]:
    """The code or missing reason of each label of a vocabulary that is still valid, as the seed writes and orders them."""
    with crosswalk.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["vocabulary"] == vocabulary and row["valid_to"].startswith("9999")]
    return {row["reported_label"]: row["race_ethnicity_code"] or row["missing_reason"] for row in rows if row["reported_label"]}


@lru_cache(maxsize=4)
def _read(crosswalk: SeedFile, *_state: int) -> Labels:
    """Cached by the file's state, because every contract is validated with the same labels."""
    return read_labels(crosswalk)
