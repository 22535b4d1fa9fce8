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

from collections.abc import Iterator
from pathlib import Path

from expectations.disclosure.forbidden_disclosures import ForbiddenDisclosure
from expectations.disclosure.inputs.audit_inputs import GRAIN, CellKey
from expectations.disclosure.inputs.reader import AuditReader
from warehouse.sql import queries

HIDDEN_CELLS = 3  # fewer hidden cells get no bounds (docs/rules.md, 3)
WIDEST = 15.0  # percentage points
_QUERIES = Path(__file__).with_suffix(".sql.jinja")


def forbidden_bounds(reader: AuditReader) -> Iterator[ForbiddenDisclosure]:
    """The bounds and sums that reveal more about a hidden cell than the given cells do."""
    table, marts = f"{reader.relations.published}.equity_measures", reader.relations.marts
    sql = queries(_QUERIES, keys=[*GRAIN], table=table, marts=marts, least=HIDDEN_CELLS, widest=WIDEST)
    for *grain, problem, most_open, source, agreed in reader.fetch(sql.bounded()):
        leaves_few = most_open is not None and most_open < reader.threshold_of(source, agreed) - 1.0
        why = problem or ("bounds that leave too few persons open" if leaves_few else "")
        if why and (measure := reader.measures.get((grain[0], grain[1]))):
            yield ForbiddenDisclosure(why, measure, CellKey.of_row(grain))
    for grain in reader.fetch(sql.ratio_bounds()):
        if measure := reader.measures.get((grain[0], grain[1])):
            yield ForbiddenDisclosure("bounds of a ratio over few hidden cells", measure, CellKey.of_row(grain))
