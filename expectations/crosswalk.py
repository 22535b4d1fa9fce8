"""The labels that the crosswalk seed knows, read from its CSV: dbt may not have loaded it yet when a delivery is judged.

Here: which labels each vocabulary maps, and comparing a delivered label with them. Not here: what a label means.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from warehouse.sql import literal, one_of, quoted

Labels = Mapping[str, frozenset[str]]


class CrosswalkError(ValueError):
    """The crosswalk cannot be read."""


def read_labels(path: Path) -> Labels:
    """The labels of each vocabulary as the seed writes them; `CrosswalkError` names the file and what is missing.

    The periods in which a label holds are dbt's to judge, row by row; a label that was ever mapped is known here.
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
    """A label as it is compared: without case, and without spaces that do not separate words."""
    return " ".join(label.split()).lower()


def unmapped_condition(column: str, labels: Iterable[str], question: str | None = None, delimiter: str | None = None) -> str:
    """SQL boolean over a text column: its label is none of these. An empty cell is the label ''.

    The cell of a question is looked up as `question=value`; of a cell with several labels between delimiters, each one.
    """
    known = frozenset(labels)
    text = f"coalesce({quoted(column)}, '')"
    if question:
        return _unmapped(f"{literal(question + '=')} || trim({text})", known)
    if not delimiter:
        return _unmapped(text, known)
    parts = f"list_filter(string_split({text}, {literal(delimiter)}), lambda part: trim(part) <> '')"
    each = f"len(list_filter({parts}, lambda part: {_unmapped('part', known)})) > 0"
    return f"case when len({parts}) = 0 then {_unmapped(literal(''), known)} else {each} end"


def _unmapped(text: str, labels: frozenset[str]) -> str:
    """The folding is that of the dbt macro `normalised`. Labels that stand just as in the seed, nearly all, need none."""
    exact = sorted(labels)
    if not exact:
        return "true"
    compared = rf"trim(regexp_replace(lower({text}), '[\s\p{{Z}}]+', ' ', 'g'))"
    known = sorted({folded(label) for label in exact})
    return f"case when {one_of(text, exact)} then false else not {one_of(compared, known)} end"
