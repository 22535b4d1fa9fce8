"""Find the denominator of a row: the cell that it counts, or the public number by which it was divided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from expectations.disclosure.equations.sum_equations import EXCLUSIVE
from expectations.disclosure.inputs.audit_inputs import AuditedMeasure, CellKey, Published


def denominator_at(measure: AuditedMeasure, where: CellKey) -> CellKey:
    """Where the denominator of a row is counted: for a composition, over all races."""
    return where._replace(race="all", tabulation=EXCLUSIVE) if measure.kind == "composition" else where


def public_denominators(published: Published) -> Mapping[tuple[AuditedMeasure, CellKey], float]:
    """Residents and addresses by row; where a row does not show them, those of the same people in another, or of the census."""
    denominators: dict[tuple[AuditedMeasure, CellKey], float] = {}
    elsewhere: dict[tuple[AuditedMeasure, CellKey], float] = {}
    rows = [row for row in (*published.ledger, *published.rows) if row.measure.kind == "rate" and row.measure.denominator is None]
    for row in rows:
        if "denominator" in row.figures:
            denominators[row.measure, row.where] = row.figures["denominator"]
            elsewhere[row.measure, _without_period(row.where)] = row.figures["denominator"]
    for row in rows:
        at, measure = row.where, row.measure
        census = (
            measure.population_scheme or "", measure.age_universe or "total", at.geography_type, at.geography_vintage, at.geoid,
            at.race_standard, at.race,
        )  # fmt: skip
        found = elsewhere.get((measure, _without_period(at)), published.populations.get(census))
        if found is not None:
            denominators.setdefault((measure, at), found)
    return denominators


def _without_period(where: CellKey) -> CellKey:
    return where._replace(period_start=dt.date.min)
