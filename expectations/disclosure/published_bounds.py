"""Check published bounds over cells that their source hides: the bounds must follow from the given cells.

Covered are districts and cities over schools, some of them starred. See `figure_equations` for bounds for unknown race.

A bound is a quotient of sums: the low one of the given cells alone, the high one of the given cells and the sizes of the hidden
ones. A reader who has the given cells solves both for the rest; the remainder must be those sizes and no part of a numerator.
A published sum over a hidden cell reveals that cell, or the sum of a few; a sum of the given cells alone, of a table that is
published in part, reveals none. Bounds over fewer than three hidden
cells are refused, and so are bounds of a ratio over fewer than three hidden cells of all other groups. Only cells with a row in
the public file count: a school that hides all of its rows has no row per group.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from expectations.disclosure.forbidden_disclosures import ForbiddenDisclosure
from expectations.disclosure.inputs.audit_inputs import GRAIN, AuditedMeasure, CellKey
from expectations.disclosure.inputs.reader import AuditReader
from warehouse.sql import literal

HIDDEN_CELLS = 3  # fewer hidden cells get no bounds (docs/rules.md, 3)
_GROUPS = ("category", "combination", "combined_legacy")
WIDEST = 15.0  # percentage points
_CLOSE = 1e-6
# a district or city of `above`, and a school in it
_BELOW = "schools.geography_type = 'school' and (above.geography_type = 'city' or schools.geoid like above.geoid || '/%')"
_SAME = [name for name in GRAIN if name not in ("geography_type", "geography_vintage", "geoid")]


class BoundedRow(NamedTuple):
    """A row over schools with the sums of its given cells. `least`: the number of persons that the bounds must leave open."""

    measure: AuditedMeasure
    where: CellKey
    source: str
    low: float | None
    high: float | None
    denominator: float | None
    is_summed: bool
    given_x: float
    given_n: float
    given: int
    hidden: int
    least: float


def read_bounded_rows(reader: AuditReader) -> Iterator[BoundedRow]:
    """Rows of districts and cities over a hidden school that have bounds or a sum nevertheless."""
    relations = reader.relations
    table = f"{relations.published}.equity_measures"
    if not {"bound_source", "publication_status"} <= reader.columns_of(table):
        return
    rows = reader.fetch(
        f"""
        select {", ".join(f"above.{name}" for name in GRAIN)}, any_value(above.bound_source), any_value(above.bound_low),
            any_value(above.bound_high), any_value(above.denominator),
            coalesce(
                greatest(
                    abs(any_value(above.numerator) - coalesce(sum(given.numerator), 0)),
                    abs(any_value(if(above.numerator is null, null, above.denominator)) - coalesce(sum(given.denominator), 0))
                ) > {_CLOSE},
                false
            ),
            coalesce(sum(schools.numerator), 0), coalesce(sum(schools.denominator), 0), count(schools.numerator),
            count(*) filter (where schools.value_status = 'suppressed_at_source'),
            any_value(measures.source), any_value(sources.suppress_below)
        from {table} as above
        inner join {table} as schools
            on {" and ".join(f"above.{name} = schools.{name}" for name in _SAME)}
            and {_BELOW}
        left join {relations.marts}.fct_equity_measures as given
            on {" and ".join(f"schools.{name} = given.{name}" for name in GRAIN)} and given.value_status = 'computed'
        inner join {relations.marts}.dim_measure as measures
            on above.measure_id = measures.measure_id and above.measure_version = measures.measure_version
        left join {relations.marts}.dim_source as sources on measures.source = sources.source
        where above.geography_type in ('city', 'school_district')
            and (above.race_ethnicity_code <> 'all' or above.value_status = 'bounded')
        group by {", ".join(f"above.{name}" for name in GRAIN)}
        having count(*) filter (where schools.value_status = 'suppressed_at_source') > 0
            and (any_value(above.value_status) = 'bounded' or any_value(above.numerator) is not null)
        """
    )
    for values in rows:
        if measure := reader.measures.get((values[0], values[1])):
            source, low, high, denominator, is_summed, given_x, given_n, given, hidden, of, agreed = values[len(GRAIN) :]
            yield BoundedRow(
                measure, CellKey.of_row(values), source or "", low, high, denominator, bool(is_summed), float(given_x),
                float(given_n), int(given), int(hidden), reader.threshold_of(of, agreed) - 1.0,
            )  # fmt: skip


def read_ratio_bounds_over_few_cells(reader: AuditReader) -> Iterator[ForbiddenDisclosure]:
    """Bounds of a ratio with fewer than HIDDEN_CELLS hidden cells of all other groups."""
    relations = reader.relations
    table = f"{relations.published}.equity_measures"
    if not {"rate_ratio_bound_low", "rate_ratio_bound_high"} <= reader.columns_of(table):
        return
    same = " and ".join(f"above.{name} = schools.{name}" for name in _SAME if name != "race_ethnicity_code")
    rows = reader.fetch(
        f"""
        select {", ".join(f"above.{name}" for name in GRAIN)}
        from {table} as above
        inner join {table} as schools
            on {same} and {_BELOW} and above.race_ethnicity_code <> schools.race_ethnicity_code
        inner join {relations.marts}.dim_race_ethnicity as races on schools.race_ethnicity_code = races.race_ethnicity_code
        where above.geography_type in ('city', 'school_district')
            and (above.rate_ratio_bound_low is not null or above.rate_ratio_bound_high is not null)
            and schools.value_status = 'suppressed_at_source' and races.kind in ({", ".join(map(literal, _GROUPS))})
        group by all
        having count(*) < {HIDDEN_CELLS}
        """
    )
    for grain in rows:
        if measure := reader.measures.get((grain[0], grain[1])):
            yield ForbiddenDisclosure("bounds of a ratio over few hidden cells", measure, CellKey.of_row(grain))


def forbidden_bounds(rows: Iterator[BoundedRow]) -> Iterator[ForbiddenDisclosure]:
    """The bounds and sums that reveal more about a hidden cell than the given cells do."""
    for row in rows:
        why = _why(row)
        if why is not None:
            yield ForbiddenDisclosure(why, row.measure, row.where)


def _why(row: BoundedRow) -> str | None:
    if row.is_summed:
        return "a sum over a hidden cell"
    if row.low is None or row.high is None:
        return None
    if row.hidden < HIDDEN_CELLS:
        return "bounds over few hidden cells"
    if row.high - row.low > WIDEST + _CLOSE:
        return "bounds that are wider than may be published"
    if row.source == "both":
        # it also includes the sizes of hidden cells of unknown race, which no row has: it may only be lower
        most = (row.given_x + row.given / 2) / row.denominator if row.denominator else math.inf
        return None if row.low / 100 <= most + _CLOSE else "bounds that do not follow from the given cells"
    low, high = row.low / 100, row.high / 100
    size = row.denominator
    if size is None:
        size = row.given_x / low if low > 0 else row.given_n / (1 - high) if high < 1 else None
    if size is None:
        return "bounds whose cells have no size"
    # the sizes of the hidden cells are whole; rates of one decimal give counts with an error of half a person each
    open_persons = size - row.given_n
    slack = row.given / 2 + _CLOSE * max(1.0, size)
    if abs(low * size - row.given_x) > slack or abs(high * size - open_persons - row.given_x) > slack:
        return "bounds that do not follow from the given cells"
    allowed = _CLOSE if row.denominator is not None else slack
    return "bounds that leave too few persons open" if open_persons < row.least - allowed else None
