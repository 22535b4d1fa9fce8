"""Check series: a measure does not change its definition without a new version.

This module compares the registry of the candidate with that of the current release. A dbt test of the seed `series_breaks` checks
that a later version has a start and a reason; `levelground releases diff` compares figures.

The registry is ours and not a delivery, and two tables of texts are compared, so no expectation of a suite is needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Engine, text

from expectations.results import ExpectationResult, Severity
from warehouse import dialect
from warehouse.sql import identifier, quoted

REGISTRY = "marts.dim_measure"  # the subject of the findings
# Columns whose change makes another figure. Name, question, caveat and ownership may be reworded;
# the statistical unit decides what is hidden, not what is counted.
DEFINITION = (
    "source", "kind", "numerator", "denominator", "unit", "favourable_direction", "numerator_is_subset",
    "reference_rule", "reference_code", "minimum_n", "age_universe", "agreement",
)  # fmt: skip
_REMEDY = (
    "add the new definition to measure_registry.csv as the next version, keep the row of the old one as it was, and add to "
    "series_breaks.csv since when it applies and what changed"
)


def check_series(
    database: Engine | Path, *, attached: str = "release", previous: str = "previous"
) -> tuple[ExpectationResult, ...]:
    """The findings: `attached` and `previous` are the names under which both releases' files are attached.

    A column that one of the two lacks is not compared: a registry may get a new column without a break.
    """
    engine = dialect.engine(database)
    with engine.connect() as connection:
        earlier, later = (f"{identifier(name)}.marts.dim_measure" for name in (previous, attached))
        known = [set(connection.exec_driver_sql(f"from {table} limit 0").keys()) for table in (earlier, later)]
        compared = [column for column in DEFINITION if column in known[0] & known[1]]
        changed = ", ".join(
            f"case when earlier.{quoted(column)} is distinct from later.{quoted(column)} then '{column}' end"
            for column in compared
        )
        rows = connection.execute(
            text(
                "select earlier.measure_id, earlier.measure_version, later.measure_id is null, "
                f"earlier.measure_id in (select measure_id from {later}), "
                f"array_to_string(list_filter([{changed}]::varchar[], lambda name: name is not null), ', ') "
                f"from {earlier} as earlier left join {later} as later on earlier.measure_id = later.measure_id "
                "and earlier.measure_version = later.measure_version order by all"
            )
        ).all()
    redefined = [f"{measure} version {version} ({what})" for measure, version, removed, _, what in rows if not removed and what]
    unexplained = [f"{measure} version {version}" for measure, version, removed, goes_on, _ in rows if removed and goes_on]
    ended = [f"{measure} version {version}" for measure, version, removed, goes_on, _ in rows if removed and not goes_on]
    differs = f"{REGISTRY}: defined differently than in the current release: {_REMEDY}"
    lost = f"{REGISTRY}: missing in the registry while the measure continues; restore the row"
    return (
        _finding("definition_stays", "critical", redefined, differs),
        _finding("earlier_version_stays", "critical", unexplained, lost),
        _finding("measure_stays", "warning", ended, f"{REGISTRY}: missing in the registry, and its figures in the release"),
    )


def _finding(name: str, severity: Severity, wrong: Iterable[str], problem: str) -> ExpectationResult:
    found = list(wrong)
    message = f"{problem} ({', '.join(found)})" if found else ""
    return ExpectationResult(name, "measure_version", severity, not found, float(len(found)), 0.0, message)
