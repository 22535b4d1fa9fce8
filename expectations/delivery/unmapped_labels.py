"""Find labels of a delivered column that the crosswalk seed does not map.

See `ingest.contract.vocabularies` for reading the seed, and the dbt models for the meaning of a label.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingest.contract.vocabularies import CrosswalkError, Labels, folded, read_labels
from warehouse.sql import literal, one_of, quoted

__all__ = ["CrosswalkError", "Labels", "folded", "is_unmapped", "labels_in", "read_labels", "unmapped_condition"]


def unmapped_condition(column: str, labels: Iterable[str], question: str | None = None, delimiter: str | None = None) -> str:
    """SQL boolean over a text column: the cell contains a label that is none of these. An empty cell is the label ''.

    The cell of a question is compared as `question=value`; of a cell with several labels between delimiters, each label is.
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


def labels_in(column: str, question: str | None = None, delimiter: str | None = None) -> str:
    """SQL list over a text column: the labels in a cell, in the form in which the crosswalk contains them."""
    text = f"coalesce({quoted(column)}, '')"
    if question:
        return f"[{literal(question + '=')} || trim({text})]"
    if not delimiter:
        return f"[trim({text})]"
    split = f"list_transform(string_split({text}, {literal(delimiter)}), lambda part: trim(part))"
    parts = f"list_filter({split}, lambda part: part <> '')"
    return f"case when len({parts}) = 0 then [''] else {parts} end"


def is_unmapped(text: str, labels: Iterable[str]) -> str:
    """SQL boolean over an SQL text: it is none of these labels."""
    return _unmapped(text, frozenset(labels))


def _unmapped(text: str, labels: frozenset[str]) -> str:
    """Fold labels like the dbt macro `normalised`. Nearly all labels equal the seed exactly and need no folding."""
    exact = sorted(labels)
    if not exact:
        return "true"
    compared = rf"trim(regexp_replace(lower({text}), '[\s\p{{Z}}]+', ' ', 'g'))"
    known = sorted({folded(label) for label in exact})
    return f"case when {one_of(text, exact)} then false else not {one_of(compared, known)} end"
