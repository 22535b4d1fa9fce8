"""Check that each census line has the label of its concept: line numbers move between vintages (docs/rules.md, Census lines).

This module compares the labels in the concept seeds with those in the delivery's second header row. It reads the seeds as CSV,
because dbt may not have loaded them when a delivery is checked. See the seeds for the concepts, and the expectations of the
contracts for sums of lines.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from expectations.delivery.unmapped_labels import CrosswalkError, folded
from expectations.engine.checks import Check, header
from ingest.contract import Contract
from ingest.delivery import FileRecord
from ingest.layers import SeedFile

# list of concepts → the contract's column → the label that the column must have
Concepts = Mapping[str, Mapping[str, str]]
_NAMES = ("concepts", "column_name", "label", "margin_column", "margin_label")


@dataclass(frozen=True)
class MovedLine:
    """A column with another label than its concept; `holds` is the column of the list whose label it has, if any."""

    column: str
    label: str
    file: str
    holds: str | None = None


def read_concepts(*paths: SeedFile) -> Concepts:
    """The labels of each list of concepts, including margins of error; `CrosswalkError` names the file and the missing column."""
    concepts: dict[str, dict[str, str]] = {}
    for path in paths:
        for row in _rows(path):
            missing = [name for name in _NAMES if row.get(name) is None]
            if missing:
                raise CrosswalkError(f"{path}: a row has no {missing[0]}; the seed has {', '.join(_NAMES)}")
            labels = concepts.setdefault(row["concepts"], {})
            labels[row["column_name"]] = row["label"]
            if row["margin_column"]:
                labels[row["margin_column"]] = row["margin_label"]
    return concepts


def _rows(path: SeedFile) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise CrosswalkError(
            f"{path}: cannot be read as UTF-8 CSV ({type(error).__name__}); restore the seed from the repository"
        ) from None


def moved_lines(contract: Contract, files: Sequence[FileRecord], concepts: Concepts) -> tuple[MovedLine, ...]:
    """The concept columns of a delivery with a wrong label, per file.

    Only a file with two header rows contains the labels. `header_drift` reports missing columns.
    """
    if not contract.concepts or contract.format.header.rows != 2:
        return ()
    expected = concepts.get(contract.concepts, {})
    by_label = {folded(label): column for column, label in expected.items()}
    moved = []
    for file in files:
        labels_by_name = dict(zip(file.header, (*file.second_header, *[""] * len(file.header)), strict=False))
        for column in contract.columns:
            name = next((str(name) for name in column.delivered_names if str(name) in labels_by_name), None)
            label = expected.get(column.name)
            if name is None or label is None or folded(labels_by_name[name]) == folded(label):
                continue
            moved.append(MovedLine(column.name, label, file.name, by_label.get(folded(labels_by_name[name]))))
    return tuple(moved)


def concept_checks(contract: Contract, moved: Sequence[MovedLine]) -> Iterator[Check]:
    """The check that every line has the label of its concept; a message names the other label only if it is one of the list."""
    for line in moved:
        holds = f" (it has the label of {line.holds})" if line.holds else ""
        message = (
            f"{contract.source} ({line.file}): {line.column} is not called {line.label!r}{holds}: did the lines move "
            f"with the vintage? Fix from: in the contract and the rows of {contract.concepts} in the seeds of concepts"
        )
        yield header("concept_moved", "critical", message, mismatches=1, column=line.column)
    if contract.concepts and contract.format.unpivot is None and not moved:
        yield header("concept_moved", "critical", "", mismatches=0)
