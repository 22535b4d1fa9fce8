"""Check the columns of a wide table that become rows: each is in the seed that defines its measure, group and part.

For tables whose column names hold the measure or the group (`format.unpivot`). See `census_labels` for tables with a second
header row that labels each line. The seed is read as CSV, because dbt may not have loaded it when a delivery is checked.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from expectations.delivery.header_drift import likely_match
from expectations.delivery.unmapped_labels import CrosswalkError
from expectations.engine.checks import Check, header
from ingest.contract import Contract
from ingest.delivery import FileRecord
from ingest.layers import SeedFile
from ingest.readers.unpivot import unpivoted_columns

# list of concepts → pattern of file names → the columns of these files
ConceptColumns = Mapping[str, Mapping[str, frozenset[str]]]
_NAMES = ("concepts", "files", "column_name")
SHOWN_COLUMNS = 5


@dataclass(frozen=True)
class ConceptDifference:
    """The columns that a file lacks, and those that the seed does not define; `is_unknown`: the seed has no row for the file."""

    file: str
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    is_unknown: bool = False


def read_concept_columns(path: SeedFile) -> ConceptColumns:
    """The columns of each list of concepts by file; `CrosswalkError` names the file and the missing column."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise CrosswalkError(
            f"{path}: cannot be read as UTF-8 CSV ({type(error).__name__}); restore the seed from the repository"
        ) from None
    found: dict[str, dict[str, set[str]]] = {}
    for row in rows:
        if missing := [name for name in _NAMES if row.get(name) is None]:
            raise CrosswalkError(f"{path}: a row has no {missing[0]}; the seed has {', '.join(_NAMES)}")
        found.setdefault(row["concepts"], {}).setdefault(row["files"], set()).add(row["column_name"])
    return {concepts: {files: frozenset(names) for files, names in of.items()} for concepts, of in found.items()}


def concept_differences(contract: Contract, files: Sequence[FileRecord], known: ConceptColumns) -> tuple[ConceptDifference, ...]:
    """The files of a delivery whose columns differ from the seed; empty for a contract without `format.unpivot`."""
    unpivot = contract.format.unpivot
    if unpivot is None or contract.concepts is None:
        return ()
    of_list, found = known.get(contract.concepts, {}), []
    for file in files:
        expected = _expected(of_list, file.name)
        delivered = {file.header[at].strip() for at in unpivoted_columns(file.header, unpivot, contract.ignore)}
        missing, unknown = sorted(expected - delivered), sorted(delivered - expected)
        if missing or unknown or not expected:
            found.append(ConceptDifference(file.name, tuple(missing), tuple(unknown), not expected))
    return tuple(found)


def _expected(of_list: Mapping[str, Collection[str]], file: str) -> set[str]:
    name = PurePosixPath(file).name
    return {column for files, columns in of_list.items() if fnmatchcase(name, files) for column in columns}


def concept_column_checks(contract: Contract, differences: Sequence[ConceptDifference]) -> Iterator[Check]:
    """A file without rows in the seed, or without one of its columns, is refused; a new column is reported and not read."""
    if contract.format.unpivot is None:
        return
    seed = f"the rows of {contract.concepts} in published_concepts"
    for found in differences:
        where = f"{contract.source} ({found.file})"
        if found.is_unknown:
            message = f"{where}: no pattern of {seed} fits this file; add a row for each of its columns"
            yield header("concept_columns_missing", "critical", message, mismatches=1)
            continue
        for name in found.missing:
            match = likely_match(name, None, found.unknown)
            renamed = f", and {match} is new: was it renamed? Change" if match else "; ask the steward, or change"
            message = f"{where}: column {name} is missing{renamed} {seed}"
            yield header("concept_columns_missing", "critical", message, mismatches=1)
        if found.unknown and not found.missing:
            more = f" and {len(found.unknown) - SHOWN_COLUMNS} more" if len(found.unknown) > SHOWN_COLUMNS else ""
            named = ", ".join(found.unknown[:SHOWN_COLUMNS]) + more
            message = f"{where}: {named} has no concept and is not read; add it to {seed}, or to ignore:"
            yield header("concept_columns_unknown", "warning", message, mismatches=len(found.unknown))
    if not any(found.missing or found.is_unknown for found in differences):
        yield header("concept_columns_missing", "critical", "", mismatches=0)
