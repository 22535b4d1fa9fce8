"""Check series: a measure does not change its definition without a new version.

This module compares the registry of the candidate with that of the current release; a run does so before it does anything
(`orchestration.runs.registry_check`). A dbt test of the seed `series_breaks` checks that a later version has a start and a
reason; `levelground releases diff` compares figures.

The registry is ours and not a delivery, and two tables of texts are compared, so no expectation of a suite is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from expectations.results import ExpectationResult, Severity
from warehouse.connection import joined
from warehouse.sql import identifier, named_rows

Registry = Mapping[tuple[str, str], Mapping[str, str]]  # measure and version → its definition

REGISTRY = "marts.dim_measure"  # the subject of the findings
# Columns whose change makes another figure. Name, question, caveat and ownership may be reworded;
# the statistical unit decides what is hidden, not what is counted.
DEFINITION = (
    "source", "kind", "numerator", "denominator", "unit", "favourable_direction", "numerator_is_subset",
    "reference_rule", "reference_code", "minimum_n", "age_universe", "agreement",
)  # fmt: skip
_REMEDY = (
    "add the new definition to measure_registry.csv as the next version, keep the row of the old one as it was, and add to "
    "series_breaks.csv since when it applies and what changed; if the row was wrong and the figures stay, add the correction to "
    "registry_corrections.csv, with its day and the reason"
)


@dataclass(frozen=True)
class KnownChanges:
    """Differences that are no other definition: registry corrections, and sources that got another name.

    `corrections`: (measure, version, column, earlier value) → corrected value. `renamed`: former name of a source → present one.
    """

    corrections: Mapping[tuple[str, str, str, str], str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    def today(self, measure: str, version: str, column: str, value: str) -> str:
        """What a value of an earlier registry reads as today."""
        for _ in range(len(self.corrections) + len(self.renamed)):  # a corrected value may have been corrected again
            later = self.corrections.get((measure, version, column, value))
            if later is None and column == "source":
                later = self.renamed.get(value)
            if later is None:
                break
            value = later
        return value


NONE_KNOWN = KnownChanges()


def check_series(
    database: Path, known: KnownChanges = NONE_KNOWN, *, attached: str = "release", previous: str = "previous"
) -> tuple[ExpectationResult, ...]:
    """The findings: `attached` and `previous` are the names under which both releases' files are attached."""
    registries = []
    with joined(database) as con:
        for name in (previous, attached):
            rows = named_rows(con.execute(f"from {identifier(name)}.marts.dim_measure"))
            registries.append({(str(row["measure_id"]), str(row["measure_version"])): definition_of(row) for row in rows})
    earlier, later = registries
    return compare_registries(earlier, later, known)


def definition_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The definition in a row of a registry, as texts; of the columns that the registry has."""
    return {column: _text(row[column]) for column in DEFINITION if column in row}


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def compare_registries(earlier: Registry, later: Registry, known: KnownChanges = NONE_KNOWN) -> tuple[ExpectationResult, ...]:
    """The findings on a registry that follows another one.

    A column that one of the two lacks is not compared: a registry may get a new column without a break.
    """
    redefined: list[str] = []
    unexplained: list[str] = []
    ended: list[str] = []
    continued = {measure for measure, _ in later}
    for (measure, version), before in sorted(earlier.items()):
        now = later.get((measure, version))
        if now is None:
            (unexplained if measure in continued else ended).append(f"{measure} version {version}")
            continue
        changed = [
            column
            for column, value in before.items()
            if column in now and known.today(measure, version, column, value) != now[column]
        ]
        if changed:
            redefined.append(f"{measure} version {version} ({', '.join(changed)})")
    differs = f"{REGISTRY}: defined differently than in the current release: {_REMEDY}"
    lost = f"{REGISTRY}: missing in the registry while the measure continues; restore the row"
    return (
        _finding("definition_stays", "critical", redefined, differs),
        _finding("earlier_version_stays", "critical", unexplained, lost),
        _finding("measure_stays", "warning", ended, f"{REGISTRY}: missing in the registry, and its figures in the release"),
    )


def _finding(name: str, severity: Severity, wrong: Iterable[str], problem: str) -> ExpectationResult:
    found = list(wrong)
    return ExpectationResult.of_count(name, severity, len(found), f"{problem} ({', '.join(found)})", "measure_version")
