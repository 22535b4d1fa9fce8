"""Check the columns of published tables against the seeds that define their concepts (docs/rules.md, Census lines).

Line numbers of the census move between vintages: a second header row labels each line, and each must have the label of its
concept. Of a wide table whose columns become rows (`format.unpivot`), each column must be in the seed with its measure, group and
part. The seeds are read as CSV, because dbt may not have loaded them when a delivery is checked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from expectations.delivery.column_differences import likely_match
from expectations.engine.checks import Check, header
from ingest.contract import Contract
from ingest.contract.vocabularies import checked_rows, folded
from ingest.delivery import FileRecord
from ingest.layers import Content
from ingest.readers.reader_types import unpivoted_columns
from warehouse.printable import first_names

# list of concepts → the contract's column → the label that the column must have
Concepts = Mapping[str, Mapping[str, str]]
# list of concepts → pattern of file names → the columns of these files
ConceptColumns = Mapping[str, Mapping[str, frozenset[str]]]
SHOWN_COLUMNS = 5


def read_concepts(*paths: Content) -> Concepts:
    """The labels of each list of concepts, including margins of error; `CrosswalkError` names the file and the missing column."""
    concepts: dict[str, dict[str, str]] = {}
    for path in paths:
        for row in checked_rows(path, "concepts", "column_name", "label", "margin_column", "margin_label"):
            labels = concepts.setdefault(row["concepts"], {})
            labels[row["column_name"]] = row["label"]
            if row["margin_column"]:
                labels[row["margin_column"]] = row["margin_label"]
    return concepts


def concept_line_checks(contract: Contract, files: Sequence[FileRecord], concepts: Concepts) -> Iterator[Check]:
    """The check that every line has the label of its concept; a message names the other label only if it is one of the list.

    Only a file with two header rows contains the labels. `column_differences` reports missing columns.
    """
    expected = concepts.get(contract.concepts or "", {})
    by_label = {folded(label): column for column, label in expected.items()}
    has_moved = False
    for file in files if contract.format.header.rows == 2 else ():
        labels_by_name = dict(zip(file.header, (*file.second_header, *[""] * len(file.header)), strict=False))
        for column in contract.columns:
            name = next((str(name) for name in column.delivered_names if str(name) in labels_by_name), None)
            label = expected.get(column.name)
            if name is None or label is None or folded(labels_by_name[name]) == folded(label):
                continue
            other = by_label.get(folded(labels_by_name[name]))
            message = (
                f"{contract.source} ({file.name}): {column.name} is not called {label!r}"
                f"{f' (it has the label of {other})' if other else ''}: did the lines move "
                f"with the vintage? Fix from: in the contract and the rows of {contract.concepts} in the seeds of concepts"
            )
            yield header("concept_moved", "critical", message, mismatches=1, column=column.name)
            has_moved = True
    if contract.concepts and contract.format.unpivot is None and not has_moved:
        yield header("concept_moved", "critical", "", mismatches=0)


def read_concept_columns(path: Content) -> ConceptColumns:
    """The columns of each list of concepts by file; `CrosswalkError` names the file and the missing column."""
    found: dict[str, dict[str, set[str]]] = {}
    for row in checked_rows(path, "concepts", "files", "column_name"):
        found.setdefault(row["concepts"], {}).setdefault(row["files"], set()).add(row["column_name"])
    return {concepts: {files: frozenset(names) for files, names in of.items()} for concepts, of in found.items()}


def concept_column_checks(contract: Contract, files: Sequence[FileRecord], known: ConceptColumns) -> Iterator[Check]:
    """A file without rows in the seed, or without one of its columns, is refused; a new column is reported and not read.

    None for a contract without `format.unpivot`.
    """
    unpivot = contract.format.unpivot
    if unpivot is None:
        return
    seed, is_refused = f"the rows of {contract.concepts} in published_concepts", False
    for file in files:
        where = f"{contract.source} ({file.name})"
        expected = _expected(known.get(contract.concepts or "", {}), file.name)
        delivered = {file.header[at].strip() for at in unpivoted_columns(file.header, unpivot, contract.ignore)}
        missing, unknown = sorted(expected - delivered), sorted(delivered - expected)
        is_refused = is_refused or bool(missing) or not expected
        if not expected:
            message = f"{where}: no pattern of {seed} fits this file; add a row for each of its columns"
            yield header("concept_columns_missing", "critical", message, mismatches=1)
            continue
        for name in missing:
            match = likely_match(name, None, unknown)
            renamed = f", and {match} is new: was it renamed? Change" if match else "; ask the steward, or change"
            message = f"{where}: column {name} is missing{renamed} {seed}"
            yield header("concept_columns_missing", "critical", message, mismatches=1)
        if unknown and not missing:
            named = first_names(unknown, SHOWN_COLUMNS)
            message = f"{where}: {named} has no concept and is not read; add it to {seed}, or to ignore:"
            yield header("concept_columns_unknown", "warning", message, mismatches=len(unknown))
    if not is_refused:
        yield header("concept_columns_missing", "critical", "", mismatches=0)


def _expected(of_list: Mapping[str, Collection[str]], file: str) -> set[str]:
    name = PurePosixPath(file).name
    return {column for files, columns in of_list.items() if fnmatchcase(name, files) for column in columns}
