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
from pathlib import Path
from typing import NamedTuple

from expectations.disclosure.forbidden_disclosures import ForbiddenDisclosure
from expectations.disclosure.inputs.audit_inputs import GRAIN, AuditedMeasure, CellKey
from expectations.disclosure.inputs.reader import AuditReader
from warehouse.sql import queries

HIDDEN_CELLS = 3  # fewer hidden cells get no bounds (docs/rules.md, 3)
WIDEST = 15.0  # percentage points
_CLOSE = 1e-6
_QUERIES = Path(__file__).with_suffix(".sql.jinja")


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
    table, marts = f"{reader.relations.published}.equity_measures", reader.relations.marts
    if not {"bound_source", "publication_status"} <= reader.columns_of(table):
        return
    for values in reader.fetch(queries(_QUERIES, keys=[*GRAIN], table=table, marts=marts).bounded()):
        if measure := reader.measures.get((values[0], values[1])):
            source, low, high, denominator, is_summed, given_x, given_n, given, hidden, of, agreed = values[len(GRAIN) :]
            yield BoundedRow(
                measure, CellKey.of_row(values), source or "", low, high, denominator, bool(is_summed), float(given_x),
                float(given_n), int(given), int(hidden), reader.threshold_of(of, agreed) - 1.0,
            )  # fmt: skip


def read_ratio_bounds_over_few_cells(reader: AuditReader) -> Iterator[ForbiddenDisclosure]:
    """Bounds of a ratio with fewer than HIDDEN_CELLS hidden cells of all other groups."""
    table, marts = f"{reader.relations.published}.equity_measures", reader.relations.marts
    if not {"rate_ratio_bound_low", "rate_ratio_bound_high"} <= reader.columns_of(table):
        return
    for grain in reader.fetch(queries(_QUERIES, keys=[*GRAIN], table=table, marts=marts).ratio_bounds(HIDDEN_CELLS)):
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
