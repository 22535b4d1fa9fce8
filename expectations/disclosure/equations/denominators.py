"""Find the denominator of a row: the cell that it counts, or the public number by which it was divided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from expectations.disclosure.equations.sum_equations import EXCLUSIVE
from expectations.disclosure.inputs.audit_inputs import AuditedMeasure, Base, CellKey, Published

Schemes = tuple[str, ...]  # of each year of a period, the scheme that counts its people


def denominator_at(measure: AuditedMeasure, where: CellKey) -> CellKey:
    """Where the denominator of a row is counted: for a composition, over all races."""
    return where._replace(race="all", tabulation=EXCLUSIVE) if measure.kind == "composition" else where


def public_denominators(published: Published) -> Mapping[tuple[AuditedMeasure, CellKey], float]:
    """Residents and addresses by row; where a row does not show them, those of the same people in another, or of the census."""
    denominators: dict[tuple[AuditedMeasure, CellKey], float] = {}
    elsewhere: dict[tuple[AuditedMeasure, CellKey, Schemes], float] = {}
    rows = [row for row in (*published.ledger, *published.rows) if row.measure.kind == "rate" and row.measure.denominator is None]
    schemes = {(row.measure, row.where): _schemes(published.bases, row.measure, row.where) for row in rows}
    for row in rows:
        if "denominator" in row.figures:
            denominators[row.measure, row.where] = row.figures["denominator"]
            same = _without_period(row.where)
            elsewhere[row.measure, same, schemes[row.measure, row.where]] = row.figures["denominator"]
    for (measure, at), serving in schemes.items():
        found = elsewhere.get((measure, _without_period(at), serving))
        if found is None:
            found = _residents(published, measure, at, serving)
        if found is not None:
            denominators.setdefault((measure, at), found)
    return denominators


def _schemes(bases: Sequence[Base], measure: AuditedMeasure, at: CellKey) -> Schemes:
    """The closest scheme of each year of a period; what no row of the seed names is a scheme by itself."""
    number, _, unit = at.period_type.partition("_")
    years = int(number) if unit == "year" and number.isdigit() else 1
    ages = measure.age_universe or "total"
    fit = sorted(
        (
            base
            for base in bases
            if (base.population, base.race_standard) == (measure.population, at.race_standard)
            and base.ages in (None, ages)
            and base.geography_type in (None, at.geography_type)
        ),
        key=lambda base: (base.geography_type is None, base.ages is None),
    )
    days = [dt.date(at.period_start.year + year, at.period_start.month, 1) for year in range(years)]
    found = [next((base.scheme for base in fit if base.valid_from <= day <= base.valid_to), None) for day in days]
    return tuple(scheme or measure.population or "" for scheme in found)


def _residents(published: Published, measure: AuditedMeasure, at: CellKey, schemes: Schemes) -> float | None:
    place = (at.geography_type, at.geography_vintage, at.geoid, at.race_standard, at.race)
    years = [published.populations.get((scheme, measure.age_universe or "total", *place)) for scheme in schemes]
    return None if None in years else sum(people for people in years if people is not None)


def _without_period(where: CellKey) -> CellKey:
    return where._replace(period_start=dt.date.min)
