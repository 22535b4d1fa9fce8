"""Find labels of a delivered column that the crosswalk seed does not map.

See `ingest.contract.vocabularies` for reading the seed, and the dbt models for the meaning of a label.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingest.contract.vocabularies import CrosswalkError, Labels, folded, read_labels
from warehouse.sql import literal, one_of, quoted

__all__ = ["CrosswalkError", "Labels", "folded", "is_unmapped", "labels_in", "read_labels", "unmapped_condition"]


FOLDED = r"trim(regexp_replace(lower({}), '[\s\p{{Z}}]+', ' ', 'g'))"  # as the dbt macro `normalised` does


def unmapped_condition(column: str, labels: Iterable[str], question: str | None = None, delimiter: str | None = None) -> str:
    """SQL boolean over a text column: the cell contains a label that is none of these. An empty cell is the label ''.

    The cell of a question is compared as `question=value`; of a cell with several labels between delimiters, each label is.
    """
    if delimiter and not question:
        each = labels_in(column, delimiter=delimiter)
        return f"len(list_filter({each}, lambda label: {is_unmapped('label', labels)})) > 0"
    return is_unmapped(_label_in(column, question), labels)


def labels_in(column: str, question: str | None = None, delimiter: str | None = None) -> str:
    """SQL list over a text column: the labels in a cell, in the form in which the crosswalk contains them."""
    if question or not delimiter:
        return f"[{_label_in(column, question)}]"
    split = f"string_split(coalesce({quoted(column)}, ''), {literal(delimiter)})"
    parts = f"list_filter(list_transform({split}, lambda part: trim(part)), lambda part: part <> '')"
    return f"case when len({parts}) = 0 then [''] else {parts} end"


def _label_in(column: str, question: str | None) -> str:
    text = f"trim(coalesce({quoted(column)}, ''))"
    return f"{literal(question + '=')} || {text}" if question else text


def is_unmapped(text: str, labels: Iterable[str]) -> str:
    """SQL boolean over an SQL text: it is none of these labels. Nearly all labels equal the seed exactly and need no folding."""
    exact = sorted(set(labels))
    if not exact:
        return "true"
    known = sorted({folded(label) for label in exact})
    return f"case when {one_of(text, exact)} then false else not {one_of(FOLDED.format(text), known)} end"
