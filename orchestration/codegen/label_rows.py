"""Propose crosswalk rows for labels of race that a vocabulary lacks, into the seeds of a city's layer.

A label that another vocabulary maps is proposed with the same meaning, for a person to check. A label that none maps stays
without a row: the gate holds the source back until it has one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ingest.contract.vocabularies import folded, load_vocabulary
from ingest.layers import ROWS, SEEDS, SeedFile, appended_rows, rows_of_seed
from orchestration.stewardship.audit_delivery import CROSSWALK

MEANING = ("race_ethnicity_set", "race_ethnicity_code", "missing_reason")


def write_label_rows(layer: Path, crosswalk: SeedFile, vocabulary: str, labels: Iterable[str]) -> tuple[Path, int, int]:
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
